/* SPDX-License-Identifier: BSD-3-Clause */

#include <stddef.h>

#include "bench.h"
#include "command.h"

const struct command bench_commands[] = {
	{ "bench startup", "what EAL's start took", .bench = bench_startup },
	{ "bench grow COUNT", "EAL's memory grows by hugepages, and shrinks", .bench = bench_grow },
	{ NULL, NULL, NULL },
};
