/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "ealmem.h"
#include "prompt.h"

#define MAX_TAKEN 64

static void *taken[MAX_TAKEN];
static unsigned int n_taken;

static void
take(size_t len, int node)
{
	void *memory = n_taken < MAX_TAKEN ? rte_zmalloc_socket(NULL, len, 0, node) : NULL;

	if (memory == NULL) {
		printf("no memory\n");
		return;
	}
	taken[n_taken++] = memory;
	printf("%p\n", memory);
}

void
ealmem_alloc(char *const arg[])
{
	take(prompt_number(arg[0]), SOCKET_ID_ANY);
}

void
ealmem_alloc_on(char *const arg[])
{
	take(prompt_number(arg[0]), prompt_number(arg[1]));
}

void
ealmem_free(char *const arg[] __rte_unused)
{
	if (n_taken > 0)
		rte_free(taken[--n_taken]);
}

static int
print_segment(const struct rte_memseg_list *msl, const struct rte_memseg *ms,
		void *arg __rte_unused)
{
	printf("segment 0x%" PRIx64 " 0x%" PRIx64 " %zu %" PRIu64 " %d %s\n",
		ms->addr_64, ms->iova, ms->len, ms->hugepage_sz, ms->socket_id,
		msl->external ? "external" : "own");
	return 0;
}

void
ealmem_segments(char *const arg[] __rte_unused)
{
	rte_memseg_walk(print_segment, NULL);
}

void
ealmem_usage(char *const arg[] __rte_unused)
{
	struct mallinfo2 info = mallinfo2();

	printf("usage %zu\n", info.uordblks + info.hblkhd);
}
