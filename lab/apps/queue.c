/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Counts what a burst takes, one way or another, in cycles of the CPU's time stamp counter, which
 * are instructions in a machine that counts:
 *
 *	queue dmadev|ring|compressdev ROUNDS EAL'S ARGUMENTS
 *
 * It prints the median of a burst of QUEUE_BURST: handing it in, and getting it back. Between these
 * the accelerator is waited for, which isn't counted, nor is a round in which it wasn't done then.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_eal.h>

#include "queue.h"

#define PATIENCE_US 1000000

static const struct queue_way *const ways[] = { &queue_dmadev, &queue_ring, &queue_compressdev };

struct counted {
	uint64_t *enqueue, *dequeue;
	unsigned int n;
};

static int
by_value(const void *one, const void *other)
{
	const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

static uint64_t
median(uint64_t *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

/** What is still under way when a burst wasn't done in time. */
static void
drain(const struct queue_way *way, uint16_t done)
{
	const uint64_t deadline = rte_get_timer_cycles() + 60 * rte_get_timer_hz();

	while (done < QUEUE_BURST) {
		done += way->dequeue();
		if (rte_get_timer_cycles() > deadline)
			rte_exit(EXIT_FAILURE, "%u of %u came back\n", done, QUEUE_BURST);
	}
}

/** One burst. @return whether it was done in time, and is counted. */
static bool
count(const struct queue_way *way, struct counted *counted, uint8_t seed, unsigned int wait_us)
{
	uint64_t begin, end;
	uint16_t done;

	way->fill(seed);
	begin = rte_rdtsc();
	done = way->enqueue();
	end = rte_rdtsc();
	if (done != QUEUE_BURST)
		rte_exit(EXIT_FAILURE, "%u of %u were taken\n", done, QUEUE_BURST);
	counted->enqueue[counted->n] = end - begin;

	rte_delay_us_block(wait_us);
	begin = rte_rdtsc();
	done = way->dequeue();
	end = rte_rdtsc();
	counted->dequeue[counted->n] = end - begin;
	drain(way, done);
	if (!way->is_right())
		rte_exit(EXIT_FAILURE, "what came back is wrong\n");
	return done == QUEUE_BURST;
}

static void
measure(const struct queue_way *way, unsigned int rounds)
{
	struct counted counted = {
		.enqueue = calloc(rounds, sizeof(uint64_t)),
		.dequeue = calloc(rounds, sizeof(uint64_t)),
	};
	unsigned int wait_us = 100, i;

	if (counted.enqueue == NULL || counted.dequeue == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	for (i = 0; counted.n < rounds; i++) {
		if (count(way, &counted, i, wait_us))
			counted.n++;
		else if (wait_us < PATIENCE_US)
			wait_us *= 2;
	}
	printf("%s: %u bursts, enqueue %" PRIu64 " dequeue %" PRIu64 "\n", way->name, i,
		median(counted.enqueue, rounds), median(counted.dequeue, rounds));
	free(counted.enqueue);
	free(counted.dequeue);
}

static const struct queue_way *
find_way(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(ways); i++)
		if (strcmp(ways[i]->name, name) == 0)
			return ways[i];
	rte_exit(EXIT_FAILURE, "%s: dmadev, ring or compressdev is wanted\n", name);
}

int
main(int argc, char **argv)
{
	const struct queue_way *way;
	int rounds, ret;

	if (argc < 3)
		rte_exit(EXIT_FAILURE, "a way and a number of rounds are wanted\n");
	way = find_way(argv[1]);
	rounds = atoi(argv[2]);
	if (rounds < 1)
		rte_exit(EXIT_FAILURE, "%s: no number of rounds\n", argv[2]);
	argv[2] = argv[0];
	if (way->prepare != NULL)
		way->prepare();
	if (rte_eal_init(argc - 2, argv + 2) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");
	ret = way->open();
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "%s: %s\n", way->name, strerror(-ret));
	measure(way, rounds);
	way->close();
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
