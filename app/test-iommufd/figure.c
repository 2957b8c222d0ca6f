/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdio.h>
#include <stdlib.h>

#include "figure.h"

const struct figure_percentile figure_percentiles[FIGURE_PERCENTILES] = {
	{ "p50", 500 },
	{ "p90", 900 },
	{ "p99", 990 },
	{ "p99.9", 999 },
};

struct figure *
figure_new(const char *bench, const char *name, const char *unit, unsigned int room)
{
	struct figure *figure = calloc(1, sizeof(*figure));

	if (figure == NULL)
		return NULL;
	if (room > 0) {
		figure->samples = calloc(room, sizeof(*figure->samples));
		if (figure->samples == NULL) {
			free(figure);
			return NULL;
		}
	}
	figure->room = room;
	snprintf(figure->bench, sizeof(figure->bench), "%s", bench);
	snprintf(figure->name, sizeof(figure->name), "%s", name);
	snprintf(figure->unit, sizeof(figure->unit), "%s", unit);
	return figure;
}

void
figures_free(struct figures *figures)
{
	struct figure *figure;

	while ((figure = STAILQ_FIRST(figures)) != NULL) {
		STAILQ_REMOVE_HEAD(figures, next);
		free(figure->samples);
		free(figure);
	}
}

void
figure_add(struct figure *figure, double value)
{
	figure->samples[figure->count++] = value;
}

void
figure_set_requests(struct figure *figure, uint64_t requests)
{
	figure->has_requests = true;
	figure->requests = requests;
}

static int
compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

/* The smallest sample that so many of all are not above. */
static double
percentile(const struct figure *figure, unsigned int thousandths)
{
	uint64_t rank = (figure->count * thousandths + 999) / 1000;

	return figure->samples[rank == 0 ? 0 : rank - 1];
}

void
figure_finish(struct figure *figure)
{
	double sum = 0;
	uint64_t i;

	if (figure->samples == NULL)
		return;
	if (figure->count > 0) {
		figure->requests /= figure->count;
		qsort(figure->samples, figure->count, sizeof(*figure->samples), compare);
		for (i = 0; i < figure->count; i++)
			sum += figure->samples[i];
		figure->mean = sum / figure->count;
		figure->least = figure->samples[0];
		figure->most = figure->samples[figure->count - 1];
		for (i = 0; i < FIGURE_PERCENTILES; i++)
			figure->percentiles[i] = percentile(figure, figure_percentiles[i].thousandths);
	}
	free(figure->samples);
	figure->samples = NULL;
}
