/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "completion_queue.h"
#include "log.h"

/* What an error event says in bits 20:17 */
#define ERROR_TYPE_SHIFT 17
#define ERROR_CQ_OVERFLOW 0u

void
completion_queue_init(struct completion_queue *queue, uint16_t number, struct dma *dma,
		struct event_queue *events, struct event_queue *errors)
{
	*queue = (struct completion_queue){
		.ring = {
			.dma = dma,
			.queue = number,
			.entry_size = sizeof(struct cq_entry),
		},
		.events = events,
		.errors = errors,
		.number = number,
	};
	pthread_mutex_init(&queue->lock, NULL);
}

int
completion_queue_start(struct completion_queue *queue, const struct cq_context *context)
{
	if (CONTEXT_ENTRY_SIZE(context->dw3) != sizeof(struct cq_entry))
		return -EINVAL;
	pthread_mutex_lock(&queue->lock);
	queue->context = *context;
	queue->interrupt_wanted = context->dw6 & CQ_CONTEXT_INTERRUPT;
	ring_start(&queue->ring, context_base(context->base_low, context->base_high),
			CONTEXT_DEPTH(context->dw3), context->dw6 & CQ_CONTEXT_PHASE);
	pthread_mutex_unlock(&queue->lock);
	return 0;
}

void
completion_queue_stop(struct completion_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	ring_stop(&queue->ring);
	pthread_mutex_unlock(&queue->lock);
}

int
completion_queue_dump(struct completion_queue *queue, struct cq_context *context)
{
	const struct ring *ring = &queue->ring;
	int ret = -ENODEV;

	pthread_mutex_lock(&queue->lock);
	if (ring->ready) {
		*context = queue->context;
		context->head = ring->head;
		context->tail = ring->tail;
		context->w11 &= ~CONTEXT_LAP;
		context->w11 |= ring->lap ? CONTEXT_LAP : 0;
		context->dw6 &= ~(CQ_CONTEXT_PHASE | CQ_CONTEXT_INTERRUPT);
		context->dw6 |= ring->phase ? CQ_CONTEXT_PHASE : 0;
		context->dw6 |= queue->interrupt_wanted ? CQ_CONTEXT_INTERRUPT : 0;
		ret = 0;
	}
	pthread_mutex_unlock(&queue->lock);
	return ret;
}

/* An event for the driver, once. */
static void
notify_locked(struct completion_queue *queue)
{
	int ret;

	queue->interrupt_wanted = false;
	ret = event_queue_post(queue->events, queue->number);
	if (ret < 0)
		log_line("completion queue %u: no event posted: errno %d", queue->number, -ret);
}

static int
post_locked(struct completion_queue *queue, struct cq_entry *entry, bool wrong_phase)
{
	int ret;

	entry->phase = queue->ring.phase != wrong_phase;
	ret = ring_post(&queue->ring, entry);
	if (ret == 0 && queue->interrupt_wanted)
		notify_locked(queue);
	return ret;
}

int
completion_queue_post(struct completion_queue *queue, uint16_t sq_number, uint16_t sq_index,
		bool wrong_phase)
{
	struct cq_entry entry = { .sq_head = sq_index, .sq_number = sq_number };
	int ret;

	pthread_mutex_lock(&queue->lock);
	ret = post_locked(queue, &entry, wrong_phase);
	pthread_mutex_unlock(&queue->lock);
	if (ret == -ENOSPC) {
		log_line("completion queue %u: overflow", queue->number);
		event_queue_post(queue->errors,
				ERROR_CQ_OVERFLOW << ERROR_TYPE_SHIFT | queue->number);
	}
	return ret;
}

void
completion_queue_consume(struct completion_queue *queue, uint32_t head, bool interrupt_wanted)
{
	int ret;

	pthread_mutex_lock(&queue->lock);
	ret = ring_consume(&queue->ring, head);
	if (ret == -ENODEV || ret == -ERANGE) {
		log_line("completion queue %u: doorbell %u ignored: %s", queue->number, head,
			ret == -ERANGE ? "beyond the ring" : "not started");
		pthread_mutex_unlock(&queue->lock);
		return;
	}
	if (ret == -EINVAL)
		log_line("completion queue %u: doorbell %u is beyond the tail %u", queue->number,
			head, queue->ring.tail);
	queue->interrupt_wanted = interrupt_wanted;
	if (interrupt_wanted && queue->ring.used > 0)
		notify_locked(queue);
	pthread_mutex_unlock(&queue->lock);
}
