/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_atomic.h>
#include <rte_byteorder.h>
#include <rte_io.h>
#include <rte_malloc.h>

#include "contexts.h"
#include "owned_zip.h"
#include "zip_request.h"

/* What events and completions have room for, and what there is of each in memory */
#define EVENTS 2048
#define ERRORS 1024
#define DEPTH 64
#define CAPACITY RTE_BUS_IOMMUFD_RING_CAPACITY(DEPTH)
#define EVENTS_AT 4096
#define ERRORS_AT (EVENTS_AT + EVENTS * 4)
#define MEMORY_SIZE (ERRORS_AT + ERRORS * 4)
#define RINGS_SIZE (DEPTH * (sizeof(struct zip_copy) + sizeof(struct rte_bus_iommufd_completion)))

#define REGISTERS_BAR 2
#define DOORBELLS_BAR 4
#define DOORBELL_DROP 0x38
#define MAILBOX 0x300
#define MAILBOX_BUSY (1u << 13)
#define MAILBOX_READ (1u << 14)
#define MAILBOX_STATUS 0x1e00u
#define DOORBELL_PAGE 0x10000u

enum mailbox_command {
	MAILBOX_SQC = 0,
	MAILBOX_CQC = 1,
	MAILBOX_EQC = 2,
	MAILBOX_AEQC = 3,
	MAILBOX_QUEUES = 6,
	MAILBOX_STOP_QUEUE = 8,
};

/* Nothing takes as long; a page that isn't there is looked for during a tenth of it */
#define DEADLINE_S 2

static uint64_t
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int
map_region(struct zip_function *function, unsigned int index, struct zip_region *region)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };
	void *bytes;

	if (ioctl(function->fd, VFIO_DEVICE_GET_REGION_INFO, &info) < 0)
		return -errno;
	bytes = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, function->fd,
		info.offset);
	if (bytes == MAP_FAILED)
		return -errno;
	region->bytes = bytes;
	region->size = info.size;
	return 0;
}

static void
unmap_region(struct zip_region *region)
{
	if (region->bytes != NULL)
		munmap((void *)(uintptr_t)region->bytes, region->size);
	region->bytes = NULL;
}

/* Without it the function may make no request of its own. */
static int
enable_bus_master(int fd)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command;

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info) < 0)
		return -errno;
	if (pread(fd, &command, sizeof(command), info.offset + PCI_COMMAND) < 0)
		return -errno;
	command |= PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;
	if (pwrite(fd, &command, sizeof(command), info.offset + PCI_COMMAND) < 0)
		return -errno;
	return 0;
}

static int
mailbox(struct zip_function *function, enum mailbox_command command, uint16_t queue, bool read)
{
	volatile uint8_t *words = function->registers.bytes + MAILBOX;
	const uint64_t context = (uintptr_t)function->memory;
	const uint64_t deadline = seconds() + DEADLINE_S;
	uint32_t w0;

	rte_write32(command | MAILBOX_BUSY | (read ? MAILBOX_READ : 0) | (uint32_t)queue << 16,
		words);
	rte_write32((uint32_t)context, words + 4);
	rte_write32(context >> 32, words + 8);
	rte_write32(0, words + 12);
	do {
		w0 = rte_read32(words);
		if (!(w0 & MAILBOX_BUSY))
			return w0 & MAILBOX_STATUS ? -EIO : 0;
	} while (seconds() <= deadline);
	return -ETIMEDOUT;
}

static int
start_events(struct zip_function *function, enum mailbox_command command, size_t offset,
		unsigned int depth)
{
	const uint64_t base = (uintptr_t)function->memory + offset;
	const struct eq_context context = {
		.base_low = (uint32_t)base,
		.base_high = base >> 32,
		.dw6 = (depth - 1) | EQ_CONTEXT_PHASE,
	};

	memcpy(function->memory, &context, sizeof(context));
	return mailbox(function, command, 0, false);
}

static int
bring_up(struct zip_function *function)
{
	int ret;

	ret = mailbox(function, MAILBOX_QUEUES, 0, true);
	if (ret == 0)
		ret = start_events(function, MAILBOX_EQC, EVENTS_AT, EVENTS);
	if (ret == 0)
		ret = start_events(function, MAILBOX_AEQC, ERRORS_AT, ERRORS);
	rte_write32(0, function->registers.bytes + DOORBELL_DROP);
	return ret;
}

int
zip_function_open(struct zip_function *function, int fd)
{
	int ret;

	*function = (struct zip_function){ .fd = fd };
	function->memory = rte_zmalloc("zip function", MEMORY_SIZE, 4096);
	if (function->memory == NULL)
		return -ENOMEM;
	ret = enable_bus_master(fd);
	if (ret == 0)
		ret = map_region(function, REGISTERS_BAR, &function->registers);
	if (ret == 0)
		ret = map_region(function, DOORBELLS_BAR, &function->doorbells);
	if (ret == 0)
		ret = bring_up(function);
	if (ret < 0)
		zip_function_close(function);
	return ret;
}

void
zip_function_close(struct zip_function *function)
{
	unmap_region(&function->doorbells);
	unmap_region(&function->registers);
	rte_free(function->memory);
	function->memory = NULL;
}

static int
start_completions(struct zip_queue *queue)
{
	const uint64_t base = (uintptr_t)queue->ring.cq;
	const struct cq_context context = {
		.base_low = (uint32_t)base,
		.base_high = base >> 32,
		.dw3 = (DEPTH - 1) | 4 << 12,
		.dw6 = CQ_CONTEXT_PHASE,
	};

	memcpy(queue->function->memory, &context, sizeof(context));
	return mailbox(queue->function, MAILBOX_CQC, queue->ring.number, false);
}

static int
start_requests(struct zip_queue *queue, uint32_t pasid)
{
	const uint64_t base = (uintptr_t)queue->ring.sq;
	const struct sq_context context = {
		.base_low = (uint32_t)base,
		.base_high = base >> 32,
		.dw3 = (DEPTH - 1) | 7 << 12,
		.pasid = pasid,
		.w11 = pasid != 0 ? SQ_CONTEXT_PASID_ENABLED : 0,
		.cq_number = queue->ring.number,
		.w13 = ZIP_COPY_TYPE << 8,
	};

	memcpy(queue->function->memory, &context, sizeof(context));
	return mailbox(queue->function, MAILBOX_SQC, queue->ring.number, false);
}

static void
free_rings(struct zip_queue *queue)
{
	rte_bus_iommufd_ring_close(&queue->ring);
	rte_free(queue->rings);
	queue->rings = NULL;
}

int
zip_queue_open(struct zip_queue *queue, struct zip_function *function, uint16_t number,
		uint32_t pasid)
{
	int ret;

	*queue = (struct zip_queue){
		.function = function,
		.rings = rte_zmalloc("zip queue", RINGS_SIZE, 4096),
	};
	if (queue->rings == NULL)
		return -ENOMEM;
	queue->ring = (struct rte_bus_iommufd_ring){
		.sq = queue->rings,
		.cq = (void *)(queue->rings + DEPTH * sizeof(struct zip_copy)),
		.doorbell = function->doorbells.bytes + number * DOORBELL_PAGE +
			RTE_BUS_IOMMUFD_DOORBELL,
		.number = number,
		.depth = DEPTH,
	};
	ret = rte_bus_iommufd_ring_open(&queue->ring, CAPACITY, SOCKET_ID_ANY);
	if (ret == 0)
		ret = start_completions(queue);
	if (ret == 0)
		ret = start_requests(queue, pasid);
	if (ret < 0)
		free_rings(queue);
	return ret;
}

void
zip_queue_close(struct zip_queue *queue)
{
	if (queue->rings == NULL)
		return;
	mailbox(queue->function, MAILBOX_STOP_QUEUE, queue->ring.number, false);
	free_rings(queue);
}

static inline void
take(void *context __rte_unused, uint16_t place __rte_unused, void *request __rte_unused)
{
}

/* A request that wasn't waited for to its end may be completed meanwhile. */
static int
wait_for(struct zip_queue *queue, const struct zip_copy *request)
{
	const uint64_t deadline = seconds() + DEADLINE_S;
	void *done;

	do {
		if (rte_bus_iommufd_ring_collect(&queue->ring, take, NULL, &done, 1) == 1 &&
				done == request)
			return 0;
	} while (seconds() <= deadline);
	return -ETIMEDOUT;
}

int
zip_queue_copy(struct zip_queue *queue, uint64_t to, uint64_t from, uint32_t len)
{
	struct zip_copy *request = (struct zip_copy *)queue->ring.sq + queue->ring.tail;
	int ret;

	if (rte_bus_iommufd_ring_is_full(&queue->ring))
		return -ENOSPC;
	*request = (struct zip_copy){
		.kind = ZIP_COPY,
		.bytes = len,
		.destination = to,
		.source = from,
	};
	rte_bus_iommufd_ring_put(&queue->ring, request);
	rte_bus_iommufd_ring_submit(&queue->ring);
	ret = wait_for(queue, request);
	if (ret < 0)
		return ret;
	return (request->result & 7) == ZIP_COPY_DONE ? 0 : -EFAULT;
}
