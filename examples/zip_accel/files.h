/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_FILES_H
#define ZIP_ACCEL_FILES_H

/**
 * @file
 * A file to BGZF or back, block by block: read straight into the mbufs that the device reads, and
 * written from those that it has filled.
 */

#include <stdbool.h>

#include "options.h"

/** Until the file's end or *stop. 0 or a negative errno, which has been logged. */
int files_run(const struct options *options, volatile bool *stop);

#endif /* ZIP_ACCEL_FILES_H */
