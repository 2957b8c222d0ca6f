/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_REPEAT_H
#define ZIP_ACCEL_REPEAT_H

/**
 * @file
 * The same blocks of a file again and again, in memory, to count what the CPU does for each.
 */

#include <stdbool.h>

#include "options.h"

/** 0 or a negative errno, which has been logged. */
int repeat_run(const struct options *options, volatile bool *stop);

#endif /* ZIP_ACCEL_REPEAT_H */
