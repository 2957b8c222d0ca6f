/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_io.h>
#include <rte_malloc.h>

#include "hisi_zip_private.h"
#include "hisi_zip_qm.h"

/*
 * A function that is brought up by its registers. Contexts, and the rings they name, are read with
 * the function's own address space, the shared one; data and lists with the queue's PASID.
 */

#define REVISION_3 0x30

#define CONTEXT_SIZE 4096
#define EVENTS_OFFSET CONTEXT_SIZE
#define ERRORS_OFFSET (EVENTS_OFFSET + HISI_ZIP_EVENTS * 4)
#define MEMORY_SIZE (ERRORS_OFFSET + HISI_ZIP_ERRORS * 4)

/* A queue is drained before STOP_QUEUE is done, and may have long requests */
#define MAILBOX_SECONDS 5

static time_t
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Has a command carried out; a context, if it has one, is where dev->memory begins. */
static int
mailbox(struct hisi_zip_device *dev, enum hisi_zip_mailbox_command command, uint32_t flags,
		uint16_t queue)
{
	volatile uint8_t *words = dev->registers + HISI_ZIP_MAILBOX;
	const uint64_t context = (uintptr_t)dev->memory;
	const time_t deadline = seconds() + MAILBOX_SECONDS;
	uint32_t w0;

	/* The last word is what starts the command */
	rte_write32(command | HISI_ZIP_MAILBOX_BUSY | flags | (uint32_t)queue << 16, words);
	rte_write32((uint32_t)context, words + 4);
	rte_write32(context >> 32, words + 8);
	rte_write32(0, words + 12);
	do {
		w0 = rte_read32(words);
		/* What is read of a device that has gone */
		if (w0 == UINT32_MAX)
			return -ENODEV;
		if (!(w0 & HISI_ZIP_MAILBOX_BUSY))
			return w0 & HISI_ZIP_MAILBOX_STATUS ? -EIO : 0;
	} while (seconds() <= deadline);
	return -ETIMEDOUT;
}

static int
count_queues(struct hisi_zip_device *dev, uint16_t *n_queues)
{
	uint64_t answer;
	int ret;

	ret = mailbox(dev, HISI_ZIP_MAILBOX_QUEUES, HISI_ZIP_MAILBOX_READ, 0);
	if (ret < 0)
		return ret;
	answer = rte_read32(dev->registers + HISI_ZIP_MAILBOX + 4);
	answer |= (uint64_t)rte_read32(dev->registers + HISI_ZIP_MAILBOX + 8) << 32;
	*n_queues = HISI_ZIP_QUEUES(answer);
	return 0;
}

/* Events go into rings that are full some day; completions are polled for. */
static int
start_events(struct hisi_zip_device *dev, enum hisi_zip_mailbox_command command, size_t offset,
		uint16_t depth)
{
	const uint64_t base = (uintptr_t)dev->memory + offset;
	const struct hisi_zip_eq_context context = {
		.base_low = (uint32_t)base,
		.base_high = base >> 32,
		.dw6 = (depth - 1) | HISI_ZIP_EQ_CONTEXT_PHASE,
	};

	memcpy(dev->memory, &context, sizeof(context));
	return mailbox(dev, command, 0, 0);
}

static int
bring_up(struct hisi_zip_device *dev, uint16_t *n_queues)
{
	int ret;

	ret = count_queues(dev, n_queues);
	if (ret == 0)
		ret = start_events(dev, HISI_ZIP_MAILBOX_EQC, EVENTS_OFFSET, HISI_ZIP_EVENTS);
	if (ret == 0)
		ret = start_events(dev, HISI_ZIP_MAILBOX_AEQC, ERRORS_OFFSET, HISI_ZIP_ERRORS);
	if (ret < 0) {
		HISI_ZIP_LOG(ERR, dev, "it doesn't come up: %s", strerror(-ret));
		return ret;
	}
	rte_write32(0, dev->registers + HISI_ZIP_DOORBELL_DROP);
	return 0;
}

/* Looks at what the registers tell. */
static int
identify(struct hisi_zip_device *dev)
{
	uint32_t depths;

	if (dev->bus->revision < REVISION_3 ||
			!(rte_read32(dev->registers + HISI_ZIP_CAPABILITIES) &
			HISI_ZIP_CAPABILITY_STOP_QUEUE)) {
		HISI_ZIP_LOG(ERR, dev, "revision %#x: this driver is for version 3 and later",
			dev->bus->revision);
		return -ENOTSUP;
	}
	depths = rte_read32(dev->registers + HISI_ZIP_QUEUE_DEPTHS);
	dev->depth = RTE_MIN(depths & 0xffff, depths >> 16);
	if (dev->depth < 2 || dev->depth > 4096) {
		HISI_ZIP_LOG(ERR, dev, "its queues are of %u entries", dev->depth);
		return -ENOTSUP;
	}
	return 0;
}

static void
function_close(struct hisi_zip_device *dev)
{
	rte_free(dev->memory);
	dev->memory = NULL;
}

static int
function_open(struct hisi_zip_device *dev, uint16_t *n_queues)
{
	const struct rte_bus_iommufd_region *registers, *doorbells;
	int ret;

	registers = rte_bus_iommufd_region_map(dev->bus, HISI_ZIP_REGISTERS_BAR);
	if (registers == NULL)
		return -rte_errno;
	doorbells = rte_bus_iommufd_region_map(dev->bus, HISI_ZIP_DOORBELLS_BAR);
	if (doorbells == NULL)
		return -rte_errno;
	dev->registers = registers->addr;
	dev->doorbells = doorbells->addr;
	ret = identify(dev);
	if (ret < 0)
		return ret;
	dev->memory = rte_zmalloc("hisi_zip contexts", MEMORY_SIZE, CONTEXT_SIZE);
	if (dev->memory == NULL)
		return -ENOMEM;
	ret = bring_up(dev, n_queues);
	if (ret < 0)
		goto free_memory;
	*n_queues = RTE_MIN(*n_queues, doorbells->len / HISI_ZIP_DOORBELL_STRIDE);
	return 0;

free_memory:
	function_close(dev);
	return ret;
}

static int
start_completions(struct hisi_zip_device *dev, const struct hisi_zip_queue *queue)
{
	const uint64_t base = (uintptr_t)queue->ring.cq;
	const struct hisi_zip_cq_context context = {
		.base_low = (uint32_t)base,
		.base_high = base >> 32,
		.dw3 = HISI_ZIP_CONTEXT_DW3(queue->ring.depth, HISI_ZIP_CQE_SHIFT),
		.pasid = queue->bus.pasid,
		.w11 = queue->bus.pasid != 0 ? HISI_ZIP_CQ_CONTEXT_PASID : 0,
		.dw6 = HISI_ZIP_CQ_CONTEXT_PHASE,
	};

	memcpy(dev->memory, &context, sizeof(context));
	return mailbox(dev, HISI_ZIP_MAILBOX_CQC, 0, queue->ring.number);
}

static int
start_requests(struct hisi_zip_device *dev, const struct hisi_zip_queue *queue)
{
	const uint64_t base = (uintptr_t)queue->ring.sq;
	const struct hisi_zip_sq_context context = {
		.base_low = (uint32_t)base,
		.base_high = base >> 32,
		.dw3 = HISI_ZIP_CONTEXT_DW3(queue->ring.depth, HISI_ZIP_SQE_SHIFT),
		.pasid = queue->bus.pasid,
		.w11 = queue->bus.pasid != 0 ? HISI_ZIP_SQ_CONTEXT_PASID : 0,
		.cq_number = queue->ring.number,
		.w13 = queue->direction << 8,
	};

	memcpy(dev->memory, &context, sizeof(context));
	return mailbox(dev, HISI_ZIP_MAILBOX_SQC, 0, queue->ring.number);
}

static int
function_queue_start(struct hisi_zip_device *dev, struct hisi_zip_queue *queue, int socket_id)
{
	const size_t sq_size = dev->depth * sizeof(struct hisi_zip_sqe);
	const size_t cq_size = dev->depth * sizeof(*queue->ring.cq);
	int ret;

	queue->rings = rte_zmalloc_socket("hisi_zip rings", sq_size + cq_size, CONTEXT_SIZE,
			socket_id);
	if (queue->rings == NULL)
		return -ENOMEM;
	queue->ring.sq = queue->rings;
	queue->ring.cq = RTE_PTR_ADD(queue->rings, sq_size);
	queue->ring.number = queue->bus.number;
	queue->ring.depth = dev->depth;
	queue->ring.doorbell = dev->doorbells + queue->ring.number * HISI_ZIP_DOORBELL_STRIDE +
		RTE_BUS_IOMMUFD_DOORBELL;
	ret = start_completions(dev, queue);
	if (ret == 0)
		ret = start_requests(dev, queue);
	if (ret < 0) {
		HISI_ZIP_LOG(ERR, dev, "queue %u doesn't start: %s", queue->ring.number,
			strerror(-ret));
		rte_free(queue->rings);
		queue->rings = NULL;
	}
	return ret;
}

static void
function_queue_stop(struct hisi_zip_device *dev, struct hisi_zip_queue *queue)
{
	int ret;

	ret = mailbox(dev, HISI_ZIP_MAILBOX_STOP_QUEUE, 0, queue->ring.number);
	if (ret < 0)
		/* The device may still write completions: nobody else gets this memory */
		HISI_ZIP_LOG(ERR, dev, "queue %u doesn't stop (%s), its rings are given up",
			queue->ring.number, strerror(-ret));
	else
		rte_free(queue->rings);
	queue->rings = NULL;
}

const struct hisi_zip_kind hisi_zip_function = {
	.open = function_open,
	.close = function_close,
	.queue_start = function_queue_start,
	.queue_stop = function_queue_stop,
};
