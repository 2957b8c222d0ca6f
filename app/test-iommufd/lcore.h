/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef LCORE_H
#define LCORE_H

/**
 * @file
 * An lcore that forwards, and the loop that it runs.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_cycles.h>
#include <rte_stdatomic.h>

#include "stream.h"

struct engine;

struct __rte_cache_aligned lcore {
	unsigned int id;
	unsigned int n_streams;
	struct stream *streams;
	const struct engine *engine;
	bool records_cycles;
	RTE_ATOMIC(bool) stops;
};

/**
 * Forward a burst of a stream.
 *
 * @return
 *   Whether there were packets.
 */
typedef bool (*forward_burst)(struct stream *stream);

/* As lcore_loop(), with the time that turns with packets take. */
static __rte_always_inline void
lcore_loop_recording(struct lcore *lcore, forward_burst forward)
{
	struct stream *stream, *const end = lcore->streams + lcore->n_streams;
	uint64_t start;

	do {
		for (stream = lcore->streams; stream < end; stream++) {
			start = rte_rdtsc();
			if (forward(stream))
				stream->busy_cycles += rte_rdtsc() - start;
		}
	} while (!rte_atomic_load_explicit(&lcore->stops, rte_memory_order_relaxed));
}

/**
 * Serve an lcore's streams in turn until it is told to stop. Engines call it with their function,
 * which then is compiled into the loop.
 */
static __rte_always_inline void
lcore_loop(struct lcore *lcore, forward_burst forward)
{
	struct stream *stream, *const end = lcore->streams + lcore->n_streams;

	if (lcore->records_cycles) {
		lcore_loop_recording(lcore, forward);
		return;
	}
	do {
		for (stream = lcore->streams; stream < end; stream++)
			forward(stream);
	} while (!rte_atomic_load_explicit(&lcore->stops, rte_memory_order_relaxed));
}

#endif /* LCORE_H */
