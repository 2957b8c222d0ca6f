/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef FIGURE_H
#define FIGURE_H

/**
 * @file
 * A figure that a bench has found: one value, or a number of samples of which it says how they are
 * distributed.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sys/queue.h>

/** The percentiles that figures have. */
#define FIGURE_PERCENTILES 4
extern const struct figure_percentile {
	const char *name;
	unsigned int thousandths;
} figure_percentiles[FIGURE_PERCENTILES];

struct figure {
	STAILQ_ENTRY(figure) next;
	char bench[16]; /**< As "map". */
	char name[64];
	char unit[24];

	bool one_value; /**< Then it is the mean, and nothing else below is set. */
	uint64_t count;
	double mean;
	double least;
	double most;
	double percentiles[FIGURE_PERCENTILES];

	bool has_requests;
	double requests; /**< Of VFIO and iommufd, for each sample. */

	double *samples; /**< Until it is finished. */
	unsigned int room;
};

STAILQ_HEAD(figures, figure);

/** @return One with room for so many samples; NULL without memory. */
struct figure *figure_new(const char *bench, const char *name, const char *unit, unsigned int room);

/** Free all of a list. */
void figures_free(struct figures *figures);

/** Add a sample. There must be room. */
void figure_add(struct figure *figure, double value);

/** Say how many requests of VFIO and iommufd were made for all samples together. */
void figure_set_requests(struct figure *figure, uint64_t requests);

/** Sum the samples up, and forget them. */
void figure_finish(struct figure *figure);

#endif /* FIGURE_H */
