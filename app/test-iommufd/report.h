/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef REPORT_H
#define REPORT_H

/**
 * @file
 * All figures of a run, and the file of --json with them. Functions that return int return 0 or a
 * negative errno, and then they said why.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "figure.h"

struct report {
	const char *path; /**< NULL: no file is written. */
	struct figures figures;
	bool iommufd; /**< These two are EAL's to say, which may have ended. */
	uint64_t tsc_hz;
};

/** Begin one, and see whether the file can be written. */
int report_open(struct report *report, const char *path);

/** Keep what EAL says of itself, which has started. */
void report_take_eal(struct report *report);

/** Add figures, none of which are left, and write the file anew. */
int report_add(struct report *report, struct figures *figures);

void report_close(struct report *report);

/** Print figures as a table. */
void report_print(FILE *out, const struct figures *figures);

#endif /* REPORT_H */
