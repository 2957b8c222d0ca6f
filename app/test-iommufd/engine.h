/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ENGINE_H
#define ENGINE_H

/**
 * @file
 * What is done with packets: a file for each engine, and engines.c with the table of them.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_stdatomic.h>

struct compressors;
struct lcore;
struct parameters;
struct ports;
struct stream;

/** What holds from start to stop. */
struct run {
	const struct parameters *parameters;
	const struct ports *ports;
	unsigned int n_streams;
	uint16_t number; /**< For stamps: packets of another run are told from those of this one. */
	RTE_ATOMIC(int64_t) in_flight; /**< Sent and not yet back, with --in-flight. */
	struct compressors *compressors; /**< Engine zip's. */
};

struct engine {
	const char *name;
	const char *help;
	bool receives;
	bool sends;
	bool makes_packets;
	/** It sends by the port by which it received, whatever the topology. */
	bool answers;
	/**
	 * Start the devices that serve all streams, before any is prepared; 0 or a negative errno,
	 * and then it said why. NULL: there are none.
	 */
	int (*start)(struct run *run);
	/** Stop them, so that they let go of what end() gives back; NULL: there are none. */
	void (*stop)(struct run *run);
	/** Prepare a stream; 0 or a negative errno, and then it said why. NULL: nothing to prepare. */
	int (*begin)(struct stream *stream, struct run *run);
	/** Serve all streams of an lcore until it is told to stop. */
	void (*run)(struct lcore *lcore);
	/** Give back what begin() took; NULL: nothing. */
	void (*end)(struct stream *stream);
};

extern const struct engine engine_dma;
extern const struct engine engine_flowgen;
extern const struct engine engine_icmpecho;
extern const struct engine engine_io;
extern const struct engine engine_mac;
extern const struct engine engine_macswap;
extern const struct engine engine_rxonly;
extern const struct engine engine_txonly;
extern const struct engine engine_zip;

/** The engine at a place in the table, or NULL behind the last. */
const struct engine *engine_at(unsigned int place);

/** The engine of a name, or NULL. */
const struct engine *engine_find(const char *name);

#endif /* ENGINE_H */
