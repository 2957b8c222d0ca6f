/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "app.h"
#include "argument.h"
#include "command.h"

const struct command *const command_tables[] = {
	show_commands,
	forward_commands,
	port_commands,
	as_commands,
#ifdef HAVE_IOMMUFD_BUS
	queue_commands,
#endif
	mem_commands,
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
			printf("  %-36s  %s\n", command->usage, command->help);
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
	uint64_t begin = rte_rdtsc(), hz = rte_get_tsc_hz(), passed;

	if (ret != 0)
		return ret;
	while ((passed = (rte_rdtsc() - begin) * 1000 / hz) < UINT64_C(1000) * seconds)
		if (ending_wait(&app->ending, -1, UINT64_C(1000) * seconds - passed) < 0)
			break;
	return 0;
}

const struct command general_commands[] = {
	{ "wait SECONDS", "wait, in scripts", wait_seconds },
	{ "help", "this", help },
	{ "help WORD", "the commands that begin with a word", help },
	{ "quit", "end the application", quit },
	{ NULL, NULL, NULL },
};
