/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef QUEUE_H
#define QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "completion_queue.h"
#include "contexts.h"
#include "dma.h"
#include "engine.h"
#include "misbehaviour.h"
#include "options.h"
#include "workers.h"

/*
 * A submission queue: a ring of requests in the guest's memory. The ring is in the function's own
 * address space, the data of its requests in that of the queue's PASID.
 *
 *        head: next to be done     tail: the driver's, by doorbell
 *          v                         v
 *   | SQE | SQE | SQE | SQE | SQE | SQE | ... |
 *
 * Its requests are done one after the other by whoever owns it: nobody while it is idle, the
 * thread that serves the doorbell (short copies, which the driver expects to be done at once), or
 * the workers. `busy` says that somebody does; it and all below it is guarded by the lock, but the
 * request that is being done, which is its owner's.
 *
 * Stopping a queue starts a new epoch, by which its owner sees that nobody wants the request
 * any more, and waits until the queue has no owner.
 */

/* What queues share. */
struct queue_surroundings {
	const struct options *options;
	struct dma *dma;
	struct record *record;
	struct misbehaviour *misbehaviour;
	struct workers *workers;
	struct completion_queue *completion_queues;
};

struct queue {
	const struct queue_surroundings *around;
	uint16_t number;
	struct queue *next;		/* of those that wait for a worker */
	atomic_uint epoch;

	pthread_mutex_t lock;
	pthread_cond_t idle;
	bool busy;
	bool ready;			/* started, and not stopped since */
	bool broken;			/* its ring can't be read or written: nothing more is done */
	struct sq_context context;	/* as the driver wrote it */
	uint64_t base;
	uint32_t depth;
	uint32_t head, tail;
	bool lap;			/* of the tail; inverted at each wrap */

	bool fetched;			/* the request is valid */
	uint64_t ring_address;		/* where it came from */
	uint32_t index;
	struct request request;
};

void queue_init(struct queue *queue, uint16_t number, const struct queue_surroundings *around);

/* Starts it anew, whatever it did before. 0, or -EINVAL: a context that makes no sense. */
int queue_start(struct queue *queue, const struct sq_context *context);

/* Stops it: no access to memory for it any more after that. */
void queue_stop(struct queue *queue);

/* Lets it do what it has, at most for that time, then stops it. */
void queue_drain(struct queue *queue, unsigned int milliseconds);

/* The context as it is now: -ENODEV before it was started. */
int queue_dump(struct queue *queue, struct sq_context *context);

/* The driver has put requests up to this index. */
void queue_doorbell(struct queue *queue, uint32_t tail);

/* A worker's turn: does some requests, then gives the queue back or has it wait for its next turn. */
void queue_work(struct queue *queue);

#endif
