/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef COMMAND_H
#define COMMAND_H

/**
 * @file
 * The commands of the prompt and of scripts: tables of them, a file for each subject.
 */

struct app;
struct bench;

#define COMMAND_WORDS 8

struct command {
	/** Its words: lower case as they are, UPPER CASE for an argument (see argument.h). */
	const char *usage;
	const char *help;
	/**
	 * @param arg
	 *   The words that stand for arguments, then NULL.
	 * @return
	 *   0 or a negative errno, and then it said why.
	 */
	int (*run)(struct app *app, const char *const arg[]);
	/** In place of run(): it measures; see bench.h. */
	int (*bench)(struct app *app, struct bench *bench, const char *const arg[]);
};

/** Tables, each ending with a NULL usage. */
extern const struct command as_commands[];
extern const struct command bench_commands[];
extern const struct command forward_commands[];
extern const struct command general_commands[];
extern const struct command mem_commands[];
extern const struct command port_commands[];
extern const struct command queue_commands[];
extern const struct command show_commands[];

/** All tables, ending with NULL. */
extern const struct command *const command_tables[];

#endif /* COMMAND_H */
