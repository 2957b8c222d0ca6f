/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_PACKETS_H
#define ZIP_ACCEL_PACKETS_H

/**
 * @file
 * Packets from each port to the other one, (de)compressed on the way.
 *
 * Each lcore has a queue of each port and queue pairs of its own. The mbuf that a NIC has filled is
 * what the device reads, and the mbuf that the device fills is what the other NIC sends.
 */

#include <stdbool.h>

#include "engine.h"
#include "options.h"

/** Forward until *stop. 0 or a negative errno, which has been logged. */
int packets_run(const struct options *options, volatile bool *stop);

#endif /* ZIP_ACCEL_PACKETS_H */
