/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "ring.h"

void
ring_start(struct ring *ring, uint64_t base, uint32_t depth, bool phase)
{
	ring->base = base;
	ring->depth = depth;
	ring->phase = phase;
	ring->lap = false;
	ring->head = 0;
	ring->tail = 0;
	ring->used = 0;
	ring->ready = true;
}

void
ring_stop(struct ring *ring)
{
	ring->ready = false;
	atomic_fetch_add(&ring->epoch, 1);
}

int
ring_post(struct ring *ring, const void *entry)
{
	const struct dma_channel channel = {
		.dma = ring->dma,
		.queue = ring->queue,
		.pasid = VTD_NO_PASID,
		.patient = true,
		.epoch = &ring->epoch,
		.started = atomic_load(&ring->epoch),
	};
	int ret;

	if (!ring->ready)
		return -ENODEV;
	if (ring->used == ring->depth)
		return -ENOSPC;
	ret = dma_write(&channel, ring->base + (uint64_t)ring->tail * ring->entry_size, entry,
			ring->entry_size);
	if (ret < 0)
		return ret;
	ring->used++;
	if (++ring->tail == ring->depth) {
		ring->tail = 0;
		ring->phase = !ring->phase;
		ring->lap = !ring->lap;
	}
	return 0;
}

int
ring_consume(struct ring *ring, uint32_t head)
{
	uint32_t consumed;

	if (!ring->ready)
		return -ENODEV;
	if (head >= ring->depth)
		return -ERANGE;
	/* The same index again is nothing, never a whole lap of a full ring */
	consumed = (head + ring->depth - ring->head) % ring->depth;
	if (consumed > ring->used)
		return -EINVAL;
	ring->used -= consumed;
	ring->head = head;
	return 0;
}
