/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_dmadev.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "copier.h"

#define CHANNEL 0
#define DEPTH 1024
#define BURST 64

/* A dmadev's channels may share what one thread alone may use: a device is a queue. */
struct dmadev_queue {
	int16_t id;
	uint16_t mask;
	uint16_t head; /* the oldest one under way */
	uint16_t tail;
	struct copy *under_way[]; /* dmadevs do copies in the order in which they got them */
};

/* The one of a number, of a name if one is given; negative: there is none. */
static int16_t
find(const char *device, unsigned int number)
{
	struct rte_dma_info info;
	int16_t id;

	RTE_DMA_FOREACH_DEV(id) {
		if (rte_dma_info_get(id, &info) != 0 ||
				(device != NULL && strcmp(info.dev_name, device) != 0))
			continue;
		if (number-- == 0)
			return id;
	}
	return -1;
}

static unsigned int
dmadev_count(const char *device)
{
	unsigned int n = 0;

	while (find(device, n) >= 0)
		n++;
	return n;
}

static int
start(int16_t id, uint16_t depth)
{
	const struct rte_dma_vchan_conf channel = {
		.direction = RTE_DMA_DIR_MEM_TO_MEM,
		.nb_desc = depth,
	};
	const struct rte_dma_conf conf = { .nb_vchans = 1 };
	int ret = rte_dma_configure(id, &conf);

	if (ret == 0)
		ret = rte_dma_vchan_setup(id, CHANNEL, &channel);
	return ret == 0 ? rte_dma_start(id) : ret;
}

static int
dmadev_open(struct copier *copier, const char *device, unsigned int number,
		const struct ports *ports __rte_unused)
{
	int16_t id = find(device, number);
	struct dmadev_queue *queue;
	struct rte_dma_info info;
	uint16_t depth;
	uint32_t size;
	int ret;

	rte_dma_info_get(id, &info);
	if (!(info.dev_capa & RTE_DMA_CAPA_OPS_COPY)) {
		fprintf(stderr, "dma: %s doesn't copy\n", info.dev_name);
		return -ENOTSUP;
	}
	depth = RTE_MIN(DEPTH, info.max_desc);
	depth = RTE_MAX(depth, info.min_desc);
	size = rte_align32pow2(depth);
	queue = rte_zmalloc("dmadev queue", sizeof(*queue) + size * sizeof(queue->under_way[0]), 0);
	if (queue == NULL)
		return -ENOMEM;
	queue->id = id;
	queue->mask = size - 1;
	ret = start(id, depth);
	if (ret != 0) {
		fprintf(stderr, "dma: %s can't be started with %u descriptors: %s\n", info.dev_name,
			depth, rte_strerror(-ret));
		rte_free(queue);
		return ret;
	}
	copier->queue = queue;
	copier->virtual_addresses = info.dev_capa & RTE_DMA_CAPA_SVA;
	snprintf(copier->name, sizeof(copier->name), "%s", info.dev_name);
	return 0;
}

/* Closing a dmadev would take it away from EAL: it is only stopped. */
static void
dmadev_close(struct copier *copier)
{
	struct dmadev_queue *queue = copier->queue;

	rte_dma_stop(queue->id);
	rte_free(queue);
}

static uint16_t
dmadev_enqueue(struct copier *copier, struct copy *copies, uint16_t n)
{
	struct dmadev_queue *queue = copier->queue;
	uint16_t i;

	for (i = 0; i < n; i++) {
		if ((uint16_t)(queue->tail - queue->head) > queue->mask ||
				rte_dma_copy(queue->id, CHANNEL, copies[i].from, copies[i].to,
					copies[i].length, 0) < 0)
			break;
		queue->under_way[queue->tail++ & queue->mask] = &copies[i];
	}
	rte_dma_submit(queue->id, CHANNEL);
	return i;
}

static void
finish(struct dmadev_queue *queue, enum copy_state state)
{
	queue->under_way[queue->head++ & queue->mask]->state = state;
}

static uint16_t
dmadev_dequeue(struct copier *copier)
{
	enum rte_dma_status_code statuses[BURST];
	struct dmadev_queue *queue = copier->queue;
	uint16_t i, last, done, failed = 0;
	bool error = false;

	done = rte_dma_completed(queue->id, CHANNEL, BURST, &last, &error);
	for (i = 0; i < done; i++)
		finish(queue, COPY_DONE);
	if (unlikely(error))
		failed = rte_dma_completed_status(queue->id, CHANNEL, BURST, &last, statuses);
	for (i = 0; i < failed; i++)
		finish(queue, statuses[i] == RTE_DMA_STATUS_SUCCESSFUL ? COPY_DONE : COPY_FAILED);
	return done + failed;
}

const struct copier_kind copier_dmadev = {
	.count = dmadev_count,
	.open = dmadev_open,
	.close = dmadev_close,
	.enqueue = dmadev_enqueue,
	.dequeue = dmadev_dequeue,
};
