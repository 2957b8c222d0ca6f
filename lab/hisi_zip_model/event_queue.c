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
		.ring = {
			.dma = dma,
			.queue = RECORD_NO_QUEUE,
			.entry_size = sizeof(uint32_t),
		},
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
	ring_start(&queue->ring, base, depth, phase);
	pthread_mutex_unlock(&queue->lock);
}

void
event_queue_reset(struct event_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	ring_stop(&queue->ring);
	queue->masked = true;
	pthread_mutex_unlock(&queue->lock);
}

int
event_queue_post(struct event_queue *queue, uint32_t entry)
{
	bool masked;
	int ret;

	pthread_mutex_lock(&queue->lock);
	entry |= (uint32_t)queue->ring.phase << PHASE_SHIFT;
	ret = ring_post(&queue->ring, &entry);
	masked = queue->masked;
	pthread_mutex_unlock(&queue->lock);
	if (ret == 0 && !masked)
		queue->interrupt(queue->function, queue->vector);
	return ret;
}

void
event_queue_consume(struct event_queue *queue, uint32_t head)
{
	pthread_mutex_lock(&queue->lock);
	if (ring_consume(&queue->ring, head) == -EINVAL)
		log_line("event queue %u: doorbell %u is beyond the tail %u: ignored",
			queue->vector, head, queue->ring.tail);
	pthread_mutex_unlock(&queue->lock);
}

void
event_queue_mask(struct event_queue *queue, bool masked)
{
	bool waiting;

	pthread_mutex_lock(&queue->lock);
	queue->masked = masked;
	waiting = queue->ring.ready && queue->ring.used > 0;
	pthread_mutex_unlock(&queue->lock);
	if (waiting && !masked)
		queue->interrupt(queue->function, queue->vector);
}
