/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_OPTIONS_H
#define ZIP_ACCEL_OPTIONS_H

/**
 * @file
 * The command line behind EAL's.
 */

#include <stdbool.h>
#include <stdint.h>

/** What --burst takes at most. */
#define MAX_BURST 64

enum operation { OPERATION_DEFAULT, OPERATION_COMPRESS, OPERATION_DECOMPRESS, OPERATION_BOTH };
enum framing_kind { FRAMING_IPCOMP, FRAMING_PAYLOAD };
enum as_kind { AS_ANY, AS_SHARED, AS_PRIVATE, AS_SVA };

struct options {
	uint32_t operation;	/**< enum operation */

	/* Packets */
	const char *plain;	/**< Ports, by number or name. */
	const char *packed;
	uint32_t framing;	/**< enum framing_kind */
	uint32_t stats_period;	/**< Seconds; 0: only at the end. */

	/* Files */
	const char *input;	/**< NULL: packets */
	const char *output;
	bool force;
	uint32_t block_size;
	uint32_t repeat;	/**< 0: a file is written; else the work is repeated in memory. */

	/* The accelerator */
	const char *device;	/**< NULL: the first compressdev */
	uint32_t as;		/**< enum as_kind */
	uint32_t queues;	/**< Queue pairs for each lcore. */
	uint32_t burst;
	int level;
	bool copy;
	uint32_t timeout;	/**< Seconds. */
};

/** The names of enum as_kind, as in the option. */
extern const char *const as_names[];

/**
 * Read the command line.
 *
 * @return
 *   0; 1: help was asked for and has been printed; -EINVAL: something is wrong and has been said.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif /* ZIP_ACCEL_OPTIONS_H */
