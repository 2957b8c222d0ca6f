/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ARGUMENT_H
#define ARGUMENT_H

/**
 * @file
 * Arguments of commands: what there is to choose from, for completion, and what is chosen. What
 * is wrong is said on stderr.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct engine;

struct argument {
	const char *name; /**< As usages have it. */
	const char *help;
	/**
	 * Write the choice of a number.
	 *
	 * @return
	 *   Whether there are so many. NULL: any word will do.
	 */
	bool (*choice)(const struct app *app, unsigned int number, char *text, size_t size);
};

/** The argument that a word of a usage stands for; NULL for a word as it is. */
const struct argument *argument_find(const char *word);

/**
 * Do something with the port that is named, or with all.
 *
 * @return
 *   0, what the first failure returned, or -EINVAL for no port.
 */
int argument_each_port(struct app *app, const char *word,
		int (*what)(struct app *app, uint16_t port));

/** @return 0 or -EINVAL. */
int argument_port(const struct app *app, const char *word, uint16_t *port);
int argument_engine(const char *word, const struct engine **engine);
int argument_switch(const char *word, bool *on);
int argument_space(const char *word, uint32_t *id);
int argument_address(const char *word, uint64_t *address);
int argument_number(const char *word, uint32_t least, uint32_t most, uint32_t *number);

#endif /* ARGUMENT_H */
