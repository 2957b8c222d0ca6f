/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef PROMPT_H
#define PROMPT_H

/**
 * @file
 * An application that does what lines on its standard input tell it, with an answer to each.
 */

#define PROMPT_MAX_WORDS 8

/** What a line may begin with. */
struct prompt_command {
	const char *usage; /**< Its words: lower case as they are, UPPER CASE for an argument. */
	/** @param arg The words that stand for arguments. */
	void (*run)(char *const arg[]);
};

/**
 * Answer lines until one says quit.
 *
 * @param commands
 *   A table that ends with a NULL usage.
 */
void prompt_loop(const char *prompt, const struct prompt_command *commands);

/** A number in any of C's notations. */
unsigned long long prompt_number(const char *word);

#endif /* PROMPT_H */
