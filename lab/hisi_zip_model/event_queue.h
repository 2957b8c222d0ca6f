/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVENT_QUEUE_H
#define EVENT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

/*
 * One of the function's two event queues, a ring of 32-bit entries in the guest's memory, with an
 * interrupt: of completions (EQ), and of what went wrong (AEQ). Thread-safe.
 *
 * An entry has the phase in bit 16: 1 in the first lap, then inverted at each wrap.
 */

typedef void (*event_interrupt)(void *function, unsigned int vector);

struct event_queue {
	pthread_mutex_t lock;
	struct ring ring;
	event_interrupt interrupt;
	void *function;
	unsigned int vector;
	bool masked;		/* no interrupts */
};

void event_queue_init(struct event_queue *queue, struct dma *dma, unsigned int vector,
		event_interrupt interrupt, void *function);
void event_queue_start(struct event_queue *queue, uint64_t base, uint32_t depth, bool phase);

/* As after power-on: not ready, masked. */
void event_queue_reset(struct event_queue *queue);

/*
 * Appends an entry (without its phase) and raises the interrupt.
 * Returns 0, -ENODEV (not ready), -ENOSPC (the driver hasn't consumed any), or dma_write()'s.
 */
int event_queue_post(struct event_queue *queue, uint32_t entry);

/* The driver has consumed entries up to this index. */
void event_queue_consume(struct event_queue *queue, uint32_t head);

/* Interrupts off or on; what waits raises one as soon as they are on. */
void event_queue_mask(struct event_queue *queue, bool masked);

#endif
