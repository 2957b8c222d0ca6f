/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_WORKER_H
#define ZIP_ACCEL_WORKER_H

/**
 * @file
 * What one lcore does with packets.
 */

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"
#include "framing.h"
#include "ports.h"

struct counters {
	uint64_t received;
	uint64_t sent;
	uint64_t converted;	/**< Packets that were (de)compressed... */
	uint64_t bytes_in;	/**< ... their payload... */
	uint64_t bytes_out;	/**< ... and what became of it. */
	uint64_t passed[PASS_REASONS];
	uint64_t dropped[DROP_REASONS];
	uint64_t unsent;	/**< They were there when it ended. */
};

/** From one port to the other. */
struct way {
	const struct port *from;
	const struct port *to;
	const struct half *half;	/**< NULL: everything passes. */
	struct flow flow;
	struct rte_mbuf *outbox[MAX_BURST];	/**< Taken from the flow, not yet by the port. */
	uint16_t n_outbox;
	struct counters counters;
};

struct worker {
	struct lane lane;
	struct way ways[SIDES];	/**< By the port they begin at. */
	uint16_t queue;		/**< Of the ports. */
	unsigned int lcore;
	struct rte_mempool *mbufs;
	volatile bool *stop;
	bool failed;
};

/** The queue pairs, and the flows of both ways. 0 or a negative errno, which has been logged. */
int worker_open(struct worker *worker, struct engine *engine, const struct options *options,
		const struct ports *ports, const struct framing *framing);
/** The device must have been stopped. Counts what was still there. */
void worker_abandon(struct worker *worker);
void worker_close(struct worker *worker);

/** Receive, hand in, collect, send: once. */
void worker_step(struct worker *worker);

/** Without receiving, until all has been sent or it takes too long. */
void worker_drain(struct worker *worker);

/** Whether the device doesn't answer; says so, and has all workers stop. */
bool worker_is_stuck(struct worker *worker);

#endif /* ZIP_ACCEL_WORKER_H */
