/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef CHECKER_H
#define CHECKER_H

/**
 * @file
 * Checks what a stream receives: are stamped packets whole, is each there, once and in order?
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "histogram.h"

/** What was found. Each stamped packet is counted once in `good` or in one of those behind it. */
struct checker_counters {
	uint64_t good;
	uint64_t corrupt;    /**< The checksum is wrong; it is lost, too. */
	uint64_t reordered;  /**< Later than a packet of its flow that was sent after it. */
	uint64_t duplicated; /**< Was there already. */
	uint64_t lost;       /**< Overtaken, and not seen since. */
	uint64_t unstamped;  /**< Of somebody else. */
};

/**
 * A flow as it was seen so far. Those that are late are told from those that come twice as long as
 * no more than CHECKER_WINDOW packets came in between.
 */
struct checker_flow {
	uint64_t seen; /**< Bit i: the packet i + 1 before `next` was there. */
	uint32_t next; /**< The packet that is due. */
	uint16_t run;  /**< Of the sender. */
	uint8_t known; /**< So many before `next` were seen or missed; others were before our time. */
	bool begun;
};

#define CHECKER_WINDOW 64

/** The application sends no stamped packets itself. */
#define CHECKER_NO_RUN UINT32_MAX

struct checker {
	struct checker_counters counters;
	struct histogram latency; /**< Of the good ones, in cycles of the TSC. */
	uint32_t run; /**< The application's own, or CHECKER_NO_RUN. */
	struct checker_flow *flows;
};

/**
 * @param run
 *   The application's own, or CHECKER_NO_RUN: its flows are seen from their beginning, those of
 *   others from the first packet that arrives.
 * @return
 *   It; NULL when there is no memory.
 */
struct checker *checker_new(uint32_t run);

void checker_free(struct checker *checker);

/** Check packets. */
void checker_check(struct checker *checker, struct rte_mbuf *const *packets, uint16_t n);

/** Forget what was counted, but not where the flows are. */
void checker_clear(struct checker *checker);

/** Add the counters of one to those of several. */
void checker_add(struct checker_counters *sum, const struct checker_counters *counters);

/** Was anything found that must not be? */
bool checker_found_errors(const struct checker_counters *counters);

#endif /* CHECKER_H */
