/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * EAL's memory grows by one hugepage after the other, and shrinks again: the requests for each.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "app.h"
#include "argument.h"
#include "bench.h"

#define MAX_PAGES 65536

/* What an allocation is in, while the heap is full: they are freed in reverse order. */
struct block {
	struct block *below;
};

struct growth {
	unsigned int socket;
	uint64_t page;
	struct block *fillers; /* what the heap had left */
	void **pages; /* one allocation for each hugepage */
	uint32_t n;
};

/* With the heap's header more than half of a hugepage: each allocation is a hugepage of its own. */
static size_t
taken(const struct growth *growth)
{
	return growth->page * 3 / 4;
}

/* Take what the heap has, so that it must grow for more. */
static int
fill(struct growth *growth)
{
	struct rte_malloc_socket_stats stats;
	struct block *block;

	for (;;) {
		rte_malloc_get_socket_stats(growth->socket, &stats);
		if (stats.greatest_free_size < taken(growth) / 2)
			return 0;
		/* What the heap needs for itself is less than this. */
		block = rte_malloc_socket(NULL, stats.greatest_free_size - 4 * RTE_CACHE_LINE_SIZE,
			0, growth->socket);
		if (block == NULL)
			return -rte_errno;
		block->below = growth->fillers;
		growth->fillers = block;
	}
}

static void
empty(struct growth *growth)
{
	struct block *block;

	while (growth->n > 0)
		rte_free(growth->pages[--growth->n]);
	while ((block = growth->fillers) != NULL) {
		growth->fillers = block->below;
		rte_free(block);
	}
	free(growth->pages);
}

/* A sample of the requests behind the first n; n is how many there are then. */
static void
add_sample(struct figure *figure, const struct requests *requests, unsigned int *n)
{
	uint64_t nanoseconds = 0;

	for (; *n < requests->n; ++*n)
		nanoseconds += requests->all[*n].nanoseconds;
	figure_add(figure, nanoseconds);
}

static int
grow(struct growth *growth, struct bench *bench, struct requests *requests, uint32_t count)
{
	struct figure *figure = bench_samples(bench, "growth", "ns", count);
	unsigned int n_sampled = 0;
	void *page;

	if (figure == NULL)
		return -ENOMEM;
	while (growth->n < count) {
		if (!bench_progress(bench, growth->n, 2 * (uint64_t)count))
			return -EINTR;
		requests_record(requests);
		page = rte_malloc_socket(NULL, taken(growth), 0, growth->socket);
		if (requests_stop(requests) != 0)
			return -ENOMEM;
		if (page == NULL) {
			fprintf(stderr, "bench grow: after %u hugepages there is no further one; "
				"the machine's are in /proc/meminfo\n", growth->n);
			return -ENOMEM;
		}
		growth->pages[growth->n++] = page;
		add_sample(figure, requests, &n_sampled);
	}
	figure_set_requests(figure, requests->n);
	return 0;
}

static int
shrink(struct growth *growth, struct bench *bench, struct requests *requests, uint32_t count)
{
	struct figure *figure = bench_samples(bench, "shrinking", "ns", count);
	unsigned int n_sampled = 0;

	if (figure == NULL)
		return -ENOMEM;
	while (growth->n > 0) {
		if (!bench_progress(bench, 2 * (uint64_t)count - growth->n, 2 * (uint64_t)count))
			return -EINTR;
		requests_record(requests);
		rte_free(growth->pages[--growth->n]);
		if (requests_stop(requests) != 0)
			return -ENOMEM;
		add_sample(figure, requests, &n_sampled);
	}
	figure_set_requests(figure, requests->n);
	return 0;
}

/* The requests must be about so many hugepages, and no more. */
static int
check(const struct growth *growth, const struct requests *requests,
		bool (*choice)(const struct request *request), uint32_t count)
{
	uint64_t length = requests_length(requests, choice);

	if (requests->n == 0) {
		fprintf(stderr, "bench grow: no device has EAL's memory: give EAL one of VFIO's "
			"(-a)\n");
		return -ENODEV;
	}
	if (length == count * growth->page)
		return 0;
	fprintf(stderr, "bench grow: %u requests were for %" PRIu64 " bytes, not for %u hugepages "
		"of %" PRIu64 "\n", requests->n, length, count, growth->page);
	return -EIO;
}

static int
measure(struct growth *growth, struct bench *bench, uint32_t count)
{
	struct requests growing = { 0 }, shrinking = { 0 };
	int ret = grow(growth, bench, &growing, count);

	if (ret == 0)
		ret = check(growth, &growing, request_maps, count);
	if (ret == 0)
		ret = shrink(growth, bench, &shrinking, count);
	if (ret == 0)
		ret = check(growth, &shrinking, request_unmaps, count);
	requests_clear(&shrinking);
	requests_clear(&growing);
	return ret;
}

/* The size of the pages that the heap has, and would get more of. */
static int
find_page(struct growth *growth)
{
	void *memory = rte_malloc_socket(NULL, 1, 0, growth->socket);
	const struct rte_memseg_list *list;

	if (memory == NULL)
		return -ENOMEM;
	list = rte_mem_virt2memseg_list(memory);
	growth->page = list->page_sz;
	rte_free(memory);
	return 0;
}

int
bench_grow(struct app *app __rte_unused, struct bench *bench, const char *const arg[])
{
	struct growth growth = { .socket = rte_socket_id() };
	uint32_t count;
	int ret = argument_number(arg[0], 1, MAX_PAGES, &count);

	if (ret != 0)
		return ret;
	if (!rte_eal_has_hugepages()) {
		fprintf(stderr, "bench grow: EAL has no hugepages (--no-huge), and its memory "
			"doesn't grow\n");
		return -ENOTSUP;
	}
	growth.pages = calloc(count, sizeof(*growth.pages));
	ret = growth.pages == NULL ? -ENOMEM : find_page(&growth);
	if (ret == 0)
		ret = fill(&growth);
	if (ret != 0)
		fprintf(stderr, "bench grow: EAL's memory can't be filled: %s\n",
			rte_strerror(-ret));
	else
		ret = measure(&growth, bench, count);
	empty(&growth);
	return ret;
}
