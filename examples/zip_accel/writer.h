/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_WRITER_H
#define ZIP_ACCEL_WRITER_H

/**
 * @file
 * A file that is complete or isn't there.
 */

#include <stdbool.h>
#include <sys/uio.h>

#include "options.h"
#include "reader.h"

struct writer {
	const char *name;
	int fd;
};

/** 0 or a negative errno, which has been logged. */
int writer_open(struct writer *writer, const struct options *options,
		const struct reader *reader);

/** Write all of that, which is changed. 0 or a negative errno, which has been logged. */
int writer_put(struct writer *writer, struct iovec *pieces, int n);

/**
 * @param status
 *   Of the work; when that has failed the file is removed.
 * @return
 *   The status, or a negative errno, which has been logged.
 */
int writer_close(struct writer *writer, int status);

#endif /* ZIP_ACCEL_WRITER_H */
