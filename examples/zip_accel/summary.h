/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_SUMMARY_H
#define ZIP_ACCEL_SUMMARY_H

/**
 * @file
 * What has been done, on standard output.
 */

#include "worker.h"

/** Of packets: each way, and the device. Workers may be at work meanwhile. */
void summary_of_packets(const struct engine *engine, const struct worker *workers, uint16_t n);

/** Bytes before and after, and by how much they differ. */
void summary_of_bytes(const char *what, uint64_t units, const char *unit, uint64_t in,
		uint64_t out);

/** Of the device, by what lanes have counted. */
void summary_of_engine(const struct engine *engine, uint64_t operations, uint64_t bursts,
		uint64_t lost, uint64_t copied);

#endif /* ZIP_ACCEL_SUMMARY_H */
