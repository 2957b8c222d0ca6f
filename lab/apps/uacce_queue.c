/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <misc/uacce/hisi_qm.h>
#include <misc/uacce/uacce.h>

#include "uacce_queue.h"

#define DOORBELL 0x1000	/* in the queue's doorbell page */
#define PAGE 4096

enum doorbell {
	DOORBELL_REQUESTS = 0,
	DOORBELL_COMPLETIONS = 1,
};

/* An entry of the completion ring */
struct completion {
	uint32_t reserved[2];
	uint16_t place;		/* of the request */
	uint16_t queue;
	uint16_t reserved2;
	_Atomic uint16_t phase;	/* bit 0; stored last */
};

/* A size from the device's directory in sysfs; 0 or -errno. */
static int
read_size(const char *device, const char *attribute, size_t *size)
{
	char path[256];
	FILE *file;
	int ret = 0;

	snprintf(path, sizeof(path), "/sys/class/uacce/%s/%s", device, attribute);
	file = fopen(path, "re");
	if (file == NULL)
		return -errno;
	if (fscanf(file, "%zu", size) != 1)
		ret = -EINVAL;
	fclose(file);
	return ret;
}

/* One of the areas that the kernel hands out, by its number. */
static int
map_area(int fd, enum uacce_qfrt area, size_t size, uint8_t **bytes)
{
	void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			(off_t)area * PAGE);

	if (mapped == MAP_FAILED)
		return -errno;
	*bytes = mapped;
	return 0;
}

static void
ring_doorbell(const struct uacce_queue *queue, enum doorbell which, uint16_t index,
		bool interrupt)
{
	volatile uint64_t *doorbell = (volatile uint64_t *)(queue->doorbells + DOORBELL);

	/* What is in the rings is there before the device looks */
	atomic_thread_fence(memory_order_seq_cst);
	*doorbell = queue->id | (uint64_t)which << 12 | (uint64_t)index << 32 |
			(uint64_t)interrupt << 48;
}

static int
configure(struct uacce_queue *queue, const char *device, uint16_t type)
{
	struct hisi_qp_ctx context = { .qc_type = type };
	struct hisi_qp_info info = { 0 };
	int ret;

	if (ioctl(queue->fd, UACCE_CMD_QM_SET_QP_CTX, &context) < 0 ||
			ioctl(queue->fd, UACCE_CMD_QM_SET_QP_INFO, &info) < 0)
		return -errno;
	if (info.sq_depth != info.cq_depth || info.sq_depth > UACCE_QUEUE_MAX_DEPTH)
		return -ENOTSUP;
	queue->id = context.id;
	queue->depth = info.sq_depth;
	queue->entry_size = info.sqe_size;

	ret = read_size(device, "region_mmio_size", &queue->doorbells_size);
	if (ret == 0)
		ret = read_size(device, "region_dus_size", &queue->rings_size);
	return ret;
}

int
uacce_queue_open(struct uacce_queue *queue, const char *device, uint16_t type)
{
	char path[256];
	int ret;

	*queue = (struct uacce_queue){ .phase = 1 };
	snprintf(path, sizeof(path), "/dev/%s", device);
	queue->fd = open(path, O_RDWR | O_CLOEXEC);
	if (queue->fd < 0)
		return -errno;

	ret = configure(queue, device, type);
	if (ret < 0)
		goto close_queue;
	ret = map_area(queue->fd, UACCE_QFRT_MMIO, queue->doorbells_size, &queue->doorbells);
	if (ret < 0)
		goto close_queue;
	ret = map_area(queue->fd, UACCE_QFRT_DUS, queue->rings_size, &queue->rings);
	if (ret < 0)
		goto close_queue;
	if (ioctl(queue->fd, UACCE_CMD_START_Q) < 0) {
		ret = -errno;
		goto close_queue;
	}
	return 0;

close_queue:
	uacce_queue_close(queue);
	return ret;
}

void
uacce_queue_close(struct uacce_queue *queue)
{
	if (queue->rings != NULL)
		munmap(queue->rings, queue->rings_size);
	if (queue->doorbells != NULL)
		munmap(queue->doorbells, queue->doorbells_size);
	if (queue->fd >= 0)
		close(queue->fd);
	*queue = (struct uacce_queue){ .fd = -1 };
}

int
uacce_queue_submit(struct uacce_queue *queue, const void *request)
{
	const uint16_t place = queue->tail;

	if (queue->pending == queue->depth - 1 || queue->is_pending[place])
		return -ENOSPC;
	memcpy(queue->rings + place * queue->entry_size, request, queue->entry_size);
	queue->is_pending[place] = true;
	queue->pending++;
	queue->tail = (place + 1) % queue->depth;
	ring_doorbell(queue, DOORBELL_REQUESTS, queue->tail, false);
	return place;
}

static struct completion *
next_completion(const struct uacce_queue *queue)
{
	return (struct completion *)(queue->rings + queue->depth * queue->entry_size) +
			queue->head;
}

static bool
is_complete(const struct uacce_queue *queue)
{
	return (atomic_load_explicit(&next_completion(queue)->phase, memory_order_acquire) & 1) ==
			queue->phase;
}

int
uacce_queue_poll(struct uacce_queue *queue)
{
	uint16_t place;

	if (!is_complete(queue))
		return -EAGAIN;
	place = next_completion(queue)->place;
	if (++queue->head == queue->depth) {
		queue->head = 0;
		queue->phase ^= 1;
	}
	ring_doorbell(queue, DOORBELL_COMPLETIONS, queue->head, false);
	if (place >= queue->depth || !queue->is_pending[place])
		return -EBADMSG;
	queue->is_pending[place] = false;
	queue->pending--;
	return place;
}

static int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

int
uacce_queue_wait(struct uacce_queue *queue, int milliseconds)
{
	const int64_t deadline = now() + milliseconds;
	struct pollfd readable = { .fd = queue->fd, .events = POLLIN };
	int64_t left;

	while (!is_complete(queue)) {
		left = deadline - now();
		if (left <= 0)
			return -ETIME;
		/* The device interrupts once for this, at once if there is a completion already */
		ring_doorbell(queue, DOORBELL_COMPLETIONS, queue->head, true);
		if (poll(&readable, 1, left) < 0)
			return -errno;
	}
	return uacce_queue_poll(queue);
}

const void *
uacce_queue_request(const struct uacce_queue *queue, int place)
{
	return queue->rings + place * queue->entry_size;
}
