/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef COMPRESS_FEATURES_H
#define COMPRESS_FEATURES_H

/**
 * @file
 * What compressdev knows of features, and which of them a device says it has.
 */

#include <stdint.h>

/** Print both, a line each: "known NAME ..." and "has NAME ...", by DPDK's names. */
void compress_features_print(uint8_t device);

#endif /* COMPRESS_FEATURES_H */
