/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef FORWARDING_H
#define FORWARDING_H

/**
 * @file
 * A run of an engine: the streams between the ports that are started, the lcores that serve them.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "engine.h"
#include "lcore.h"

struct parameters;
struct ports;

struct forwarding {
	bool running;
	const struct engine *engine; /**< Of this run or the last one; NULL: there was none. */
	uint32_t topology;
	struct run run;
	unsigned int n_streams;
	unsigned int n_lcores;
	struct lcore lcores[RTE_MAX_LCORE];
	bool found_errors; /**< By --verify, in a run before the last one. */
};

/**
 * Start forwarding.
 *
 * @param tx_first
 *   Each stream first sends a burst.
 * @return
 *   0 or a negative errno, and then it said why.
 */
int forwarding_start(struct forwarding *forwarding, struct ports *ports,
		const struct parameters *parameters, bool tx_first);

/** Stop it; what was counted stays until the next start. */
void forwarding_stop(struct forwarding *forwarding);

/** Give everything back. */
void forwarding_end(struct forwarding *forwarding);

/** Forget what was counted. Only while nothing is forwarded. */
void forwarding_clear(struct forwarding *forwarding);

/** The sums over all streams. */
struct forwarding_sums {
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t dropped;
	uint64_t failed;
	uint64_t busy_cycles;
	struct checker_counters checked;
	bool checks; /**< Is anything checked at all? */
};

void forwarding_sum(const struct forwarding *forwarding, struct forwarding_sums *sums);

/** How long packets took that --verify found to be good, on all streams, in cycles of the TSC. */
void forwarding_latency(const struct forwarding *forwarding, struct histogram *latency);

/** Has --verify found anything, in any run? */
bool forwarding_found_errors(const struct forwarding *forwarding);

/** By which port leaves what the one at a place among n is to send. */
unsigned int topology_peer(uint32_t topology, unsigned int place, unsigned int n);

#endif /* FORWARDING_H */
