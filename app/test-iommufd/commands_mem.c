/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "argument.h"
#include "command.h"
#include "inventory.h"
#include "show.h"

/* How EAL's heaps have changed. */
static void
tell_of_heaps(uint64_t before)
{
	uint64_t now = memory_of_heaps();
	char size[INVENTORY_NAME];

	if (now > before)
		printf("EAL's heaps have grown by %s\n", inventory_size(now - before, size));
	else if (now < before)
		printf("EAL's heaps have shrunk by %s\n", inventory_size(before - now, size));
}

static int
add(struct app *app, const char *const arg[])
{
	const struct memory_piece *piece;
	uint64_t length, before = memory_of_heaps();
	int ret = argument_address(arg[1], &length);

	if (ret == 0)
		ret = memory_add(&app->memory, arg[0], length, &piece);
	if (ret != 0)
		return ret;
	memory_show_piece(stdout, piece);
	tell_of_heaps(before);
	return 0;
}

static int
remove_memory(struct app *app, const char *const arg[])
{
	uint64_t before = memory_of_heaps();
	uint32_t id;
	int ret = argument_number(arg[0], 1, UINT32_MAX, &id);

	if (ret == 0)
		ret = memory_remove(&app->memory, id);
	if (ret == 0)
		tell_of_heaps(before);
	return ret;
}

static int
show(struct app *app, const char *const arg[] __rte_unused)
{
	memory_show(stdout, &app->memory);
	return 0;
}

static int
probe_address(struct app *app __rte_unused, const char *const arg[])
{
	uint64_t address;
	int ret = argument_address(arg[0], &address);

	return ret == 0 ? show_probed_address(stdout, address) : ret;
}

const struct command mem_commands[] = {
	{ "mem add KIND LENGTH", "more memory for devices, and its number", add },
	{ "mem remove ID", "give it back", remove_memory },
	{ "show mem", "memory that was added", show },
	{ "probe-address IOVA", "who sees an address, and where from", probe_address },
	{ NULL, NULL, NULL },
};
