/* SPDX-License-Identifier: BSD-3-Clause */

#include <stddef.h>

#include "app.h"
#include "argument.h"
#include "bench.h"
#include "command.h"

#define MAX_STARTS 65536

/* What is behind it in a script is not carried out any more, as behind quit. */
static int
restart(struct app *app, const char *const arg[])
{
	int ret = argument_number(arg[0], 1, MAX_STARTS, &app->restarts);

	if (ret == 0)
		app->ending.asked = true;
	return ret;
}

const struct command bench_commands[] = {
	{ "bench startup", "what EAL's start took", .bench = bench_startup },
	{ "bench map MIB", "external memory is registered, and taken back", .bench = bench_map },
	{ "bench grow COUNT", "EAL's memory grows by hugepages, and shrinks", .bench = bench_grow },
	{ "bench as DEVICE MIB", "memory and PASIDs of an address space beside the shared one",
		.bench = bench_as },
	{ "bench queue DEVICE COUNT", "bursts of work for a queue of an accelerator",
		.bench = bench_queue },
	{ "bench forward SECONDS", "forwarding as it is set: rates, cycles, latency",
		.bench = bench_forward },
	{ "bench restart COUNT", "the application ends, and is started so often", restart },
	{ NULL, NULL, NULL },
};
