/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * A DPDK application whose memory grows and shrinks as it is told on standard input:
 *
 *	alloc BYTES	take memory from EAL's heap
 *	free		give back what was taken last
 *	segments	print EAL's memory segments: address, IOVA, length, page size
 *	quit
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#define MAX_TAKEN 64

static void *taken[MAX_TAKEN];
static unsigned int n_taken;

static void
alloc(size_t len)
{
	void *memory = n_taken < MAX_TAKEN ? rte_zmalloc(NULL, len, 0) : NULL;

	if (memory == NULL) {
		printf("no memory\n");
		return;
	}
	taken[n_taken++] = memory;
	printf("%p\n", memory);
}

static void
free_last(void)
{
	if (n_taken > 0)
		rte_free(taken[--n_taken]);
}

static int
print_segment(const struct rte_memseg_list *msl __rte_unused, const struct rte_memseg *ms,
		void *arg __rte_unused)
{
	printf("segment 0x%" PRIx64 " 0x%" PRIx64 " %zu %" PRIu64 "\n",
		ms->addr_64, ms->iova, ms->len, ms->hugepage_sz);
	return 0;
}

static void
command(const char *line)
{
	size_t len;

	if (sscanf(line, "alloc %zu", &len) == 1)
		alloc(len);
	else if (strcmp(line, "free\n") == 0)
		free_last();
	else if (strcmp(line, "segments\n") == 0)
		rte_memseg_walk(print_segment, NULL);
	else
		printf("unknown command\n");
}

int
main(int argc, char **argv)
{
	char line[64];

	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");

	for (;;) {
		printf("memory> ");
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL || strcmp(line, "quit\n") == 0)
			break;
		command(line);
	}
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
