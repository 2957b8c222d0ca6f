/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef BENCH_H
#define BENCH_H

/**
 * @file
 * Benches: commands that measure, a file for each (bench_*.c), in the table of commands_bench.c.
 * Their figures are printed when all are found, and written to the file of --json.
 */

#include <stdbool.h>
#include <stdint.h>

#include "figure.h"

struct app;
struct command;
struct histogram;
struct requests;

/** One that runs. */
struct bench {
	struct app *app;
	char name[16]; /**< As "map". */
	struct figures figures;
	uint64_t shown_ns; /**< When progress was shown last. */
	bool shows; /**< There is a line of progress on the terminal. */
};

/**
 * Measure, and return 0 or a negative errno, after it said why. Then nothing is printed of what
 * was found so far.
 *
 * @param arg
 *   The words of the command that stand for arguments, then NULL.
 */
typedef int bench_function(struct app *app, struct bench *bench, const char *const arg[]);

bench_function bench_as;
bench_function bench_forward;
bench_function bench_grow;
bench_function bench_map;
bench_function bench_queue;
bench_function bench_startup;

/** What is left to do of `bench restart` when the application has ended; see restart.h. */
extern const struct command bench_restart_command;

/** Carry a command out that is a bench. */
int bench_run(struct app *app, const struct command *command, const char *const arg[]);

/**
 * @name Figures
 * Each takes its place behind those before it. They return NULL or -ENOMEM without memory, and said
 * so.
 * @{
 */

/** One of so many samples at most, to be filled by figure_add(). */
struct figure *bench_samples(struct bench *bench, const char *name, const char *unit,
		unsigned int n);

/** One of a histogram, whose values are multiplied by a scale. */
int bench_histogram(struct bench *bench, const char *name, const char *unit,
		const struct histogram *histogram, double scale);

/** One value. */
int bench_value(struct bench *bench, const char *name, const char *unit, double value);

/** One value, for which requests were made. */
int bench_requests(struct bench *bench, const char *name, const char *unit, double value,
		uint64_t requests);
/** @} */

/**
 * Show how far it is: a line on stderr where that is a terminal, at most twice a second.
 *
 * @return
 *   false when the application is to end: then the bench says nothing and returns -EINTR.
 */
bool bench_progress(struct bench *bench, uint64_t done, uint64_t of);

#endif /* BENCH_H */
