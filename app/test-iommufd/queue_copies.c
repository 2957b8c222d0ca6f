/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_dmadev.h>
#include <rte_malloc.h>

#include "copier.h"
#include "queue_ways.h"

#define CHANNEL 0

struct copies {
	struct copier copier;
	int16_t id; /* of a dmadev */
	bool wrong;
	struct copy table[MAX_BURST];
};

static void
close_copies(struct queue_work *work)
{
	struct copies *copies = work->own;

	copier_close(&copies->copier);
	rte_free(work->to);
	rte_free(work->from);
	rte_free(copies);
}

static int
open_copies(struct queue_work *work)
{
	const size_t size = (size_t)work->burst * QUEUE_BYTES;
	struct copies *copies = rte_zmalloc("copies", sizeof(*copies), RTE_CACHE_LINE_SIZE);
	int ret;

	if (copies == NULL)
		return -ENOMEM;
	ret = copier_open(&copies->copier, work->device, 0, 1, NULL);
	if (ret != 0) {
		rte_free(copies);
		return ret;
	}
	copies->id = rte_dma_get_dev_id_by_name(work->device);
	work->own = copies;
	work->pasid = copies->copier.pasid;
	work->from = rte_zmalloc("from", size, 0);
	work->to = rte_zmalloc("to", size, 0);
	if (work->from != NULL && work->to != NULL)
		return 0;
	fprintf(stderr, "%s: no memory to copy\n", work->device);
	close_copies(work);
	return -ENOMEM;
}

static void
fill_copies(struct queue_work *work, uint8_t seed)
{
	struct copies *copies = work->own;
	uint16_t i;

	memset(work->from, seed, (size_t)work->burst * QUEUE_BYTES);
	for (i = 0; i < work->burst; i++)
		copies->table[i] = (struct copy){
			.from = (uintptr_t)work->from + i * QUEUE_BYTES,
			.to = (uintptr_t)work->to + i * QUEUE_BYTES,
			.length = QUEUE_BYTES,
		};
}

static bool
are_same(const struct queue_work *work)
{
	return memcmp(work->from, work->to, (size_t)work->burst * QUEUE_BYTES) == 0;
}

static bool
dmadev_has(const char *device)
{
	return copier_dmadev.count(device) > 0;
}

static uint16_t
dmadev_enqueue(struct queue_work *work)
{
	const struct copies *copies = work->own;
	const uintptr_t from = (uintptr_t)work->from, to = (uintptr_t)work->to;
	const int16_t id = copies->id;
	const uint16_t n = work->burst;
	uint16_t i;

	for (i = 0; i < n; i++)
		if (rte_dma_copy(id, CHANNEL, from + i * QUEUE_BYTES, to + i * QUEUE_BYTES,
				QUEUE_BYTES, 0) < 0)
			break;
	rte_dma_submit(id, CHANNEL);
	return i;
}

static uint16_t
dmadev_dequeue(struct queue_work *work)
{
	struct copies *copies = work->own;
	uint16_t last;

	return rte_dma_completed(copies->id, CHANNEL, work->burst, &last, &copies->wrong);
}

static bool
dmadev_is_right(struct queue_work *work)
{
	const struct copies *copies = work->own;

	return !copies->wrong && are_same(work);
}

const struct queue_way queue_way_dmadev = {
	.unit = "cycles/copy",
	.has = dmadev_has,
	.open = open_copies,
	.close = close_copies,
	.fill = fill_copies,
	.enqueue = dmadev_enqueue,
	.dequeue = dmadev_dequeue,
	.is_right = dmadev_is_right,
};

#ifdef HAVE_IOMMUFD_BUS

static bool
ring_has(const char *device)
{
	return copier_ring.count(device) > 0;
}

static uint16_t
ring_enqueue(struct queue_work *work)
{
	struct copies *copies = work->own;

	return copier_ring.enqueue(&copies->copier, copies->table, work->burst);
}

static uint16_t
ring_dequeue(struct queue_work *work)
{
	return copier_ring.dequeue(&((struct copies *)work->own)->copier);
}

static bool
ring_is_right(struct queue_work *work)
{
	const struct copies *copies = work->own;
	uint16_t i;

	for (i = 0; i < work->burst; i++)
		if (copies->table[i].state != COPY_DONE)
			return false;
	return are_same(work);
}

const struct queue_way queue_way_ring = {
	.unit = "cycles/copy",
	.has = ring_has,
	.open = open_copies,
	.close = close_copies,
	.fill = fill_copies,
	.enqueue = ring_enqueue,
	.dequeue = ring_dequeue,
	.is_right = ring_is_right,
};

#endif
