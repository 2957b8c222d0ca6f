/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "event_queue.h"
#include "log.h"

#define PHASE_SHIFT 16

void
event_queue_init(struct event_queue *queue, struct dma *dma, unsigned int vector,
		event_interrupt interrupt, void *function)
{
	*queue = (struct event_queue){
		.dma = dma,
		.interrupt = interrupt,
		.function = function,
		.vector = vector,
		.masked = true,
	};
	pthread_mutex_init(&queue->lock, NULL);
}

void
event_queue_start(struct event_queue *queue, uint64_t base, uint32_t depth, bool phase)
{
	pthread_mutex_lock(&queue->lock);
	queue->base = base;
	queue->depth = depth;
	queue->phase = phase;
	queue->head = 0;
	queue->tail = 0;
	queue->used = 0;
	queue->ready = true;
	pthread_mutex_unlock(&queue->lock);
}

void
event_queue_reset(struct event_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->ready = false;
	atomic_fetch_add(&queue->epoch, 1);
	queue->masked = true;
	pthread_mutex_unlock(&queue->lock);
}

static int
post_locked(struct event_queue *queue, uint32_t entry)
{
	const struct dma_channel channel = {
		.dma = queue->dma,
		.queue = RECORD_NO_QUEUE,
		.pasid = VTD_NO_PASID,
		.patient = true,
		.epoch = &queue->epoch,
		.started = atomic_load(&queue->epoch),
	};
	int ret;

	if (!queue->ready)
		return -ENODEV;
	if (queue->used == queue->depth)
		return -ENOSPC;
	entry |= (uint32_t)queue->phase << PHASE_SHIFT;
	ret = dma_write_entry(&channel, queue->base + queue->tail * sizeof(entry), &entry,
			sizeof(entry));
	if (ret < 0)
		return ret;
	queue->used++;
	if (++queue->tail == queue->depth) {
		queue->tail = 0;
		queue->phase = !queue->phase;
	}
	return 0;
}

int
event_queue_post(struct event_queue *queue, uint32_t entry)
{
	bool masked;
	int ret;

	pthread_mutex_lock(&queue->lock);
	ret = post_locked(queue, entry);
	masked = queue->masked;
	pthread_mutex_unlock(&queue->lock);
	if (ret == 0 && !masked)
		queue->interrupt(queue->function, queue->vector);
	return ret;
}

void
event_queue_consume(struct event_queue *queue, uint32_t head)
{
	uint32_t consumed;

	pthread_mutex_lock(&queue->lock);
	if (queue->ready && head < queue->depth) {
		consumed = (head + queue->depth - queue->head) % queue->depth;
		/* The same index again: nothing, or a whole lap of a full ring */
		if (consumed <= queue->used) {
			queue->used -= consumed;
			queue->head = head;
		} else {
			log_line("event queue %u: doorbell %u is beyond the tail %u: ignored",
				queue->vector, head, queue->tail);
		}
	}
	pthread_mutex_unlock(&queue->lock);
}

void
event_queue_mask(struct event_queue *queue, bool masked)
{
	bool waiting;

	pthread_mutex_lock(&queue->lock);
	queue->masked = masked;
	waiting = queue->ready && queue->used > 0;
	pthread_mutex_unlock(&queue->lock);
	if (waiting && !masked)
		queue->interrupt(queue->function, queue->vector);
}
