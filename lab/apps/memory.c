/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * A DPDK application whose memory grows and shrinks as it is told on standard input:
 *
 *	cycle memory BYTES TIMES	take memory and give it back again and again; prints how often
 *					EAL's memory grew and shrank
 *	quit
 *
 * and what ealmem.h has.
 */

#include <stdio.h>
#include <stdlib.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "ealmem.h"
#include "prompt.h"
#include "prompt_result.h"

#define COUNTER_NAME "cycle"

/** How often EAL's memory changed, by the event. */
struct counts {
	unsigned long grown;
	unsigned long shrunk;
};

static void
count(enum rte_mem_event event, const void *addr __rte_unused, size_t len __rte_unused, void *arg)
{
	struct counts *counts = arg;

	if (event == RTE_MEM_EVENT_ALLOC)
		counts->grown++;
	else
		counts->shrunk++;
}

static void
cycle_memory(char *const arg[])
{
	const size_t len = prompt_number(arg[0]);
	unsigned long times = prompt_number(arg[1]);
	struct counts counts = { 0 };
	void *memory;

	if (rte_mem_event_callback_register(COUNTER_NAME, count, &counts) < 0) {
		prompt_result(-1);
		return;
	}
	while (times-- > 0) {
		memory = rte_malloc(NULL, len, 0);
		if (memory == NULL)
			break;
		rte_free(memory);
	}
	rte_mem_event_callback_unregister(COUNTER_NAME, &counts);
	printf("grown %lu shrunk %lu\n", counts.grown, counts.shrunk);
}

static const struct prompt_command commands[] = {
	EALMEM_COMMANDS,
	{ "cycle memory BYTES TIMES", cycle_memory },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");

	prompt_loop("memory", commands);
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
