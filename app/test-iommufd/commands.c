/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "argument.h"
#include "command.h"

const struct command *const command_tables[] = {
	show_commands,
	forward_commands,
	port_commands,
	as_commands,
	bench_commands,
	general_commands,
	NULL,
};

/* Does a usage begin with this word, or is none asked for? */
static bool
begins_with(const char *usage, const char *word)
{
	size_t length;

	if (word == NULL)
		return true;
	length = strlen(word);
	return strncmp(usage, word, length) == 0 && (usage[length] == ' ' || usage[length] == '\0');
}

static int
help(struct app *app __rte_unused, const char *const arg[])
{
	const struct command *const *table, *command;
	unsigned int n = 0;

	for (table = command_tables; *table != NULL; table++) {
		for (command = *table; command->usage != NULL; command++) {
			if (!begins_with(command->usage, arg[0]))
				continue;
			printf("  %-32s %s\n", command->usage, command->help);
			n++;
		}
	}
	if (n > 0)
		return 0;
	fprintf(stderr, "%s: no command begins so; help shows all\n", arg[0]);
	return -EINVAL;
}

static int
quit(struct app *app, const char *const arg[] __rte_unused)
{
	app->ending.asked = true;
	return 0;
}

static int
wait_seconds(struct app *app, const char *const arg[])
{
	uint32_t seconds;
	int ret = argument_number(arg[0], 0, INT32_MAX / 1000, &seconds);

	if (ret == 0)
		ending_wait(&app->ending, -1, seconds * 1000);
	return ret;
}

const struct command general_commands[] = {
	{ "wait SECONDS", "wait, in scripts", wait_seconds },
	{ "help", "this", help },
	{ "help WORD", "the commands that begin with a word", help },
	{ "quit", "end the application", quit },
	{ NULL, NULL, NULL },
};
