/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_ENGINE_H
#define ZIP_ACCEL_ENGINE_H

/**
 * @file
 * The compression device: set up, with what it is able to do, and given back.
 *
 * It is any that compressdev has. One on the bus iommufd is asked for the address spaces of its
 * queues: where they are private, they get the memory of the mbufs and nothing else.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_comp.h>
#include <rte_mempool.h>

#include "options.h"

/** Compress, decompress. */
#define XFORM_TYPES 2

struct engine {
	uint8_t id;
	const char *name;
	uint64_t features;	/**< RTE_COMP_FF_... of DEFLATE */
	uint16_t n_pairs;
	uint32_t depth;		/**< Operations under way, for each flow. */
	int level;
	enum as_kind as;	/**< AS_ANY: the device isn't on the bus. */
	struct rte_mempool *ops;
	void **xforms;		/**< All there are. */
	unsigned int n_xforms;
	void *shared_xforms[XFORM_TYPES];	/**< Where operations may share them. */
	bool started;
};

/**
 * @param n_pairs
 *   Queue pairs.
 * @param n_flows
 *   Of jobs (flow.h), and so of operations.
 * @return
 *   0 or a negative errno, which has been logged.
 */
int engine_open(struct engine *engine, const struct options *options, uint16_t n_pairs,
		unsigned int n_flows);
void engine_close(struct engine *engine);

/** Have it let go of all memory; what it had under way is lost. */
void engine_stop(struct engine *engine);

/** Let the queues reach the memory of a pool. 0 or a negative errno, which has been logged. */
int engine_share(struct engine *engine, struct rte_mempool *pool, const struct options *options);

/** What an operation of a kind is done by; NULL with a line in the log. It stays the engine's. */
void *engine_xform(struct engine *engine, enum rte_comp_xform_type type);

/** Whether it takes chains of mbufs as the source, or as the destination. */
bool engine_takes_chains(const struct engine *engine);

/** Whether operations tell the CRC-32 of what isn't compressed. */
static inline bool
engine_has_crc(const struct engine *engine)
{
	return engine->features & RTE_COMP_FF_CRC32_CHECKSUM;
}

#endif /* ZIP_ACCEL_ENGINE_H */
