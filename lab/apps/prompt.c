/* SPDX-License-Identifier: BSD-3-Clause */

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"

#define BLANKS " \n"

static unsigned int
split(char *line, char *words[])
{
	unsigned int n = 0;
	char *rest = line;

	while (n < PROMPT_MAX_WORDS && (words[n] = strtok_r(rest, BLANKS, &rest)) != NULL)
		n++;
	return n;
}

/* Does the line say what the usage says? Then arg gets its arguments. */
static bool
matches(const char *usage, char *const words[], unsigned int n_words, char *arg[])
{
	char line[128], *expected[PROMPT_MAX_WORDS];
	unsigned int i, n_arg = 0;

	snprintf(line, sizeof(line), "%s", usage);
	if (split(line, expected) != n_words)
		return false;
	for (i = 0; i < n_words; i++) {
		if (isupper(expected[i][0]))
			arg[n_arg++] = words[i];
		else if (strcmp(expected[i], words[i]) != 0)
			return false;
	}
	return true;
}

static void
carry_out(char *line, const struct prompt_command *commands)
{
	char *words[PROMPT_MAX_WORDS], *arg[PROMPT_MAX_WORDS];
	const struct prompt_command *command;
	unsigned int n_words = split(line, words);

	for (command = commands; command->usage != NULL; command++) {
		if (matches(command->usage, words, n_words, arg)) {
			command->run(arg);
			return;
		}
	}
	printf("unknown command; there are:\n");
	for (command = commands; command->usage != NULL; command++)
		printf("  %s\n", command->usage);
}

void
prompt_loop(const char *prompt, const struct prompt_command *commands)
{
	char line[128];

	for (;;) {
		printf("%s> ", prompt);
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL || strcmp(line, "quit\n") == 0)
			break;
		carry_out(line, commands);
	}
}

unsigned long long
prompt_number(const char *word)
{
	return strtoull(word, NULL, 0);
}
