/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef COMPRESSOR_H
#define COMPRESSOR_H

/**
 * @file
 * A compressdev, set up with queue pairs for streams, whatever its driver. Functions that return
 * int return 0 or a negative errno, and then they said why.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_compressdev.h>

#define XFORM_TYPES 2 /* compress, decompress */

struct ports;

struct compressor {
	uint8_t id;
	const char *name;
	uint64_t features;  /**< RTE_COMP_FF_* of DEFLATE. */
	uint16_t max_pairs;
	uint16_t n_pairs;
	bool started;
	bool shares_xforms; /**< Operations under way may have the same one. */
	void *shared[XFORM_TYPES];
	unsigned int n_xforms;
	unsigned int max_xforms;
	void **xforms;      /**< All there are. */
};

/** The number of a device; those of the iommufd bus without "iommufd:", too. Negative: none. */
int compressor_find(const char *name);

/** Find out what a device is, by its number among those EAL has. */
int compressor_look(struct compressor *compressor, uint8_t id);

/**
 * Start it.
 *
 * @param depth
 *   Operations that each queue pair may have under way.
 * @param ports
 *   Whose buffers the queues reach; NULL: their address space holds what they work at.
 */
int compressor_open(struct compressor *compressor, uint16_t n_pairs, uint16_t depth,
		const struct ports *ports);

/** Stop it: it lets go of all memory. Harmless on one that wasn't opened. */
void compressor_close(struct compressor *compressor);

/** What an operation is done by; NULL with a message. It stays the compressor's. */
void *compressor_xform(struct compressor *compressor, enum rte_comp_xform_type type);

/** Does it take these, of one buffer or several? */
bool compressor_takes(const struct compressor *compressor, bool from_chain, bool to_chain);

/** The compressdevs that serve the streams of a run. */
struct compressors {
	unsigned int n;
	struct compressor table[RTE_COMPRESS_MAX_DEVS];
};

/**
 * Start them, with a queue pair for each stream.
 *
 * @param device
 *   The name of the only one; NULL: all that EAL has.
 */
struct compressors *compressors_open(const char *device, unsigned int n_streams, uint16_t depth,
		const struct ports *ports);

void compressors_close(struct compressors *compressors);

/** The one of a stream, and which of its queue pairs is the stream's. */
struct compressor *compressors_of_stream(struct compressors *compressors, unsigned int stream,
		uint16_t *pair);

#endif /* COMPRESSOR_H */
