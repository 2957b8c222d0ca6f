/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>

#include <rte_dmadev.h>
#include <rte_malloc.h>

#include "queue.h"

#define DEVICE 0
#define CHANNEL 0

static uint8_t *from, *to;
static bool wrong;

static int
dmadev_open(void)
{
	const struct rte_dma_conf device = { .nb_vchans = 1 };
	struct rte_dma_vchan_conf channel = { .direction = RTE_DMA_DIR_MEM_TO_MEM };
	struct rte_dma_info info;
	int ret;

	ret = rte_dma_info_get(DEVICE, &info);
	if (ret < 0)
		return ret;
	channel.nb_desc = info.min_desc;
	ret = rte_dma_configure(DEVICE, &device);
	if (ret == 0)
		ret = rte_dma_vchan_setup(DEVICE, CHANNEL, &channel);
	if (ret == 0)
		ret = rte_dma_start(DEVICE);
	if (ret < 0)
		return ret;
	from = rte_zmalloc("from", QUEUE_BURST * QUEUE_BYTES, 0);
	to = rte_zmalloc("to", QUEUE_BURST * QUEUE_BYTES, 0);
	return from == NULL || to == NULL ? -ENOMEM : 0;
}

static void
dmadev_close(void)
{
	rte_dma_stop(DEVICE);
	rte_dma_close(DEVICE);
	rte_free(to);
	rte_free(from);
}

static void
dmadev_fill(uint8_t seed)
{
	memset(from, seed, QUEUE_BURST * QUEUE_BYTES);
}

static uint16_t
dmadev_enqueue(void)
{
	uint16_t i;

	for (i = 0; i < QUEUE_BURST; i++)
		if (rte_dma_copy(DEVICE, CHANNEL, (uintptr_t)from + i * QUEUE_BYTES,
				(uintptr_t)to + i * QUEUE_BYTES, QUEUE_BYTES, 0) < 0)
			break;
	rte_dma_submit(DEVICE, CHANNEL);
	return i;
}

static uint16_t
dmadev_dequeue(void)
{
	uint16_t last;

	return rte_dma_completed(DEVICE, CHANNEL, QUEUE_BURST, &last, &wrong);
}

static bool
dmadev_is_right(void)
{
	return !wrong && memcmp(from, to, QUEUE_BURST * QUEUE_BYTES) == 0;
}

const struct queue_way queue_dmadev = {
	.name = "dmadev",
	.open = dmadev_open,
	.close = dmadev_close,
	.fill = dmadev_fill,
	.enqueue = dmadev_enqueue,
	.dequeue = dmadev_dequeue,
	.is_right = dmadev_is_right,
};
