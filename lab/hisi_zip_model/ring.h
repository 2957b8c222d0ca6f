/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RING_H
#define RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dma.h"

/*
 * A ring of entries in the guest's memory, in the function's own address space, which the function
 * fills and the driver empties. An entry's phase says whether it is new: it is inverted at each wrap.
 * Guarded by the lock of whoever has it.
 */
struct ring {
	struct dma *dma;
	uint16_t queue;		/* for the record */
	uint16_t entry_size;	/* bytes */
	atomic_uint epoch;	/* ends with a stop */
	bool ready;
	uint64_t base;
	uint32_t depth;
	bool phase;		/* of the next entry */
	bool lap;		/* of the tail; inverted at each wrap */
	/* Indices of entries */
	uint32_t head;		/* the driver's, by doorbell */
	uint32_t tail;		/* ours */
	uint32_t used;		/* entries between them */
};

void ring_start(struct ring *ring, uint64_t base, uint32_t depth, bool phase);
void ring_stop(struct ring *ring);

/*
 * Appends an entry, which has its phase already.
 * Returns 0, -ENODEV (not started), -ENOSPC (the driver hasn't consumed any), or dma_write()'s error.
 */
int ring_post(struct ring *ring, const void *entry);

/*
 * The driver has consumed entries up to this index.
 * Returns 0, or with nothing changed -ENODEV (not started), -ERANGE (beyond the ring), -EINVAL (beyond
 * the tail).
 */
int ring_consume(struct ring *ring, uint32_t head);

#endif
