/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef COMPLETION_QUEUE_H
#define COMPLETION_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "contexts.h"
#include "event_queue.h"
#include "ring.h"

/*
 * A ring of completions in the guest's memory, in the function's own address space. Thread-safe.
 *
 * A driver that wants to be interrupted says so with each doorbell: the next completion, or one that
 * waits already, gives one event and one interrupt, and then none until it says so again.
 */

struct completion_queue {
	pthread_mutex_t lock;
	struct ring ring;
	struct event_queue *events, *errors;
	uint16_t number;
	struct cq_context context;	/* as the driver wrote it */
	bool interrupt_wanted;
};

void completion_queue_init(struct completion_queue *queue, uint16_t number, struct dma *dma,
		struct event_queue *events, struct event_queue *errors);

/* 0, or -EINVAL: a context that makes no sense. */
int completion_queue_start(struct completion_queue *queue, const struct cq_context *context);
void completion_queue_stop(struct completion_queue *queue);

/* The context as it is now: -ENODEV before it was started. */
int completion_queue_dump(struct completion_queue *queue, struct cq_context *context);

/*
 * Tells the driver that a request is done. With wrong_phase it can't see that.
 * Returns 0, -ENODEV (not started), -ENOSPC (the driver hasn't consumed any: it is told so by an
 * error event), or dma_write()'s error.
 */
int completion_queue_post(struct completion_queue *queue, uint16_t sq_number, uint16_t sq_index,
		bool wrong_phase);

/* The driver has consumed entries up to this index. */
void completion_queue_consume(struct completion_queue *queue, uint32_t head,
		bool interrupt_wanted);

#endif
