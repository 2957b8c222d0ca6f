/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "app.h"
#include "bench.h"
#include "command.h"
#include "histogram.h"

#define PROGRESS_NS (NS_PER_S / 2)
#define ERASE_LINE "\r\033[K"

static struct figure *
add(struct bench *bench, const char *name, const char *unit, unsigned int room)
{
	struct figure *figure = figure_new(bench->name, name, unit, room);

	if (figure == NULL) {
		fprintf(stderr, "bench %s: no memory for the figure %s\n", bench->name, name);
		return NULL;
	}
	STAILQ_INSERT_TAIL(&bench->figures, figure, next);
	return figure;
}

struct figure *
bench_samples(struct bench *bench, const char *name, const char *unit, unsigned int n)
{
	return add(bench, name, unit, n);
}

int
bench_histogram(struct bench *bench, const char *name, const char *unit,
		const struct histogram *histogram, double scale)
{
	struct figure *figure = add(bench, name, unit, 0);
	unsigned int i;

	if (figure == NULL)
		return -ENOMEM;
	figure->count = histogram->count;
	if (histogram->count == 0)
		return 0;
	figure->mean = scale * histogram->sum / histogram->count;
	figure->least = scale * histogram->least;
	figure->most = scale * histogram->most;
	for (i = 0; i < FIGURE_PERCENTILES; i++)
		figure->percentiles[i] = scale *
			histogram_percentile(histogram, figure_percentiles[i].thousandths);
	return 0;
}

static struct figure *
add_value(struct bench *bench, const char *name, const char *unit, double value)
{
	struct figure *figure = add(bench, name, unit, 0);

	if (figure != NULL) {
		figure->one_value = true;
		figure->mean = value;
	}
	return figure;
}

int
bench_value(struct bench *bench, const char *name, const char *unit, double value)
{
	return add_value(bench, name, unit, value) == NULL ? -ENOMEM : 0;
}

int
bench_requests(struct bench *bench, const char *name, const char *unit, double value,
		uint64_t requests)
{
	struct figure *figure = add_value(bench, name, unit, value);

	if (figure == NULL)
		return -ENOMEM;
	figure_set_requests(figure, requests);
	return 0;
}

static void
erase_progress(struct bench *bench)
{
	if (bench->shows)
		fprintf(stderr, ERASE_LINE);
	bench->shows = false;
}

bool
bench_progress(struct bench *bench, uint64_t done, uint64_t of)
{
	uint64_t now = requests_clock();

	if (ending_wait(&bench->app->ending, -1, 0) < 0) {
		erase_progress(bench);
		fprintf(stderr, "bench %s was ended at %" PRIu64 " of %" PRIu64 "\n", bench->name,
			done, of);
		return false;
	}
	if (now - bench->shown_ns >= PROGRESS_NS && isatty(STDERR_FILENO)) {
		fprintf(stderr, ERASE_LINE "bench %s: %" PRIu64 " of %" PRIu64, bench->name, done,
			of);
		bench->shown_ns = now;
		bench->shows = true;
	}
	return true;
}

/* The second word of the usage. */
static void
set_name(struct bench *bench, const char *usage)
{
	const char *word = strchr(usage, ' ') + 1;

	snprintf(bench->name, sizeof(bench->name), "%.*s", (int)strcspn(word, " "), word);
}

int
bench_run(struct app *app, const struct command *command, const char *const arg[])
{
	struct bench bench = { .app = app };
	struct figure *figure;
	int ret;

	STAILQ_INIT(&bench.figures);
	set_name(&bench, command->usage);
	ret = command->bench(app, &bench, arg);
	erase_progress(&bench);
	if (ret != 0) {
		figures_free(&bench.figures);
		return ret;
	}
	STAILQ_FOREACH(figure, &bench.figures, next)
		figure_finish(figure);
	report_print(stdout, &bench.figures);
	return report_add(&app->report, &bench.figures);
}
