/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef STARTUP_H
#define STARTUP_H

/**
 * @file
 * EAL's start, and what it took.
 */

#include <stdint.h>

#include "requests.h"

struct startup {
	uint64_t nanoseconds; /**< Of rte_eal_init(). */
	uint64_t bytes; /**< Memory that EAL had then. */
	struct requests requests;
};

/** Start EAL; returns what rte_eal_init() does. */
int startup_eal(struct startup *startup, int argc, char *argv[]);

void startup_forget(struct startup *startup);

#endif /* STARTUP_H */
