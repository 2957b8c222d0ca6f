/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Counts what a burst of work takes that is handed to an accelerator, in cycles of the CPU's time
 * stamp counter: handing it in, and getting it back. Between these the accelerator is waited for,
 * which isn't counted, nor is a burst that wasn't done then.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "app.h"
#include "argument.h"
#include "bench.h"
#include "queue_ways.h"

#define MAX_BURSTS 1000000
#define FIRST_WAIT_US 100
#define LONGEST_WAIT_US 1000000
#define PATIENCE_SECONDS 60

static const struct queue_way *const ways[] = {
#ifdef HAVE_IOMMUFD_BUS
	&queue_way_ring,
#endif
	&queue_way_dmadev,
	&queue_way_compressdev,
};

struct counts {
	struct figure *enqueue;
	struct figure *dequeue;
	struct figure *both;
};

static const struct queue_way *
find_way(const char *device)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(ways); i++)
		if (ways[i]->has(device))
			return ways[i];
	fprintf(stderr, "%s: no compressdev, no dmadev and (--udma) no device that copies on the iommufd "
		"bus\n", device);
	return NULL;
}

/* Wait for what is still under way when a burst wasn't done in time. */
static int
drain(struct queue_work *work, uint16_t done)
{
	const uint64_t deadline = rte_get_timer_cycles() + PATIENCE_SECONDS * rte_get_timer_hz();

	while (done < work->burst) {
		done += work->way->dequeue(work);
		if (done < work->burst && rte_get_timer_cycles() > deadline) {
			fprintf(stderr, "%s: %u of %u pieces of work came back within %d s\n",
				work->device, done, work->burst, PATIENCE_SECONDS);
			return -ETIMEDOUT;
		}
	}
	return 0;
}

/* One burst: 1, 0 when it wasn't done in time and isn't counted, or a negative errno. */
static int
count(struct queue_work *work, struct counts *counts, uint8_t seed, unsigned int wait_us)
{
	const struct queue_way *way = work->way;
	uint64_t begin, handed_in, end;
	uint16_t done;
	int ret;

	way->fill(work, seed);
	begin = rte_rdtsc();
	done = way->enqueue(work);
	handed_in = rte_rdtsc() - begin;
	if (done != work->burst) {
		fprintf(stderr, "%s: it takes %u pieces of work, not %u: use a shorter --burst\n",
			work->device, done, work->burst);
		return -ENOSPC;
	}
	rte_delay_us_block(wait_us);
	begin = rte_rdtsc();
	done = way->dequeue(work);
	end = rte_rdtsc() - begin;
	ret = drain(work, done);
	if (ret != 0)
		return ret;
	if (!way->is_right(work)) {
		fprintf(stderr, "%s: what came back is wrong\n", work->device);
		return -EIO;
	}
	if (done != work->burst)
		return 0;
	figure_add(counts->enqueue, (double)handed_in / work->burst);
	figure_add(counts->dequeue, (double)end / work->burst);
	figure_add(counts->both, (double)(handed_in + end) / work->burst);
	return 1;
}

static int
count_all(struct queue_work *work, struct bench *bench, struct counts *counts, uint32_t wanted)
{
	unsigned int wait_us = FIRST_WAIT_US;
	uint32_t n = 0, bursts;
	int ret;

	for (bursts = 0; n < wanted; bursts++) {
		if (!bench_progress(bench, n, wanted))
			return -EINTR;
		ret = count(work, counts, bursts, wait_us);
		if (ret < 0)
			return ret;
		if (ret > 0)
			n++;
		else if (wait_us < LONGEST_WAIT_US)
			wait_us *= 2;
	}
	ret = bench_value(bench, "bursts", "bursts", bursts);
	return ret == 0 ? bench_value(bench, "PASID", "number", work->pasid) : ret;
}

int
bench_queue(struct app *app, struct bench *bench, const char *const arg[])
{
	struct queue_work work = {
		.way = find_way(arg[0]),
		.device = arg[0],
		.burst = app->parameters.burst,
	};
	struct counts counts;
	uint32_t wanted;
	int ret;

	if (work.way == NULL)
		return -ENODEV;
	ret = argument_number(arg[1], 1, MAX_BURSTS, &wanted);
	if (ret == 0 && app->forwarding.running) {
		fprintf(stderr, "forwarding is running: stop it first\n");
		ret = -EBUSY;
	}
	if (ret == 0)
		ret = work.way->open(&work);
	if (ret != 0)
		return ret;
	counts.enqueue = bench_samples(bench, "enqueue", work.way->unit, wanted);
	counts.dequeue = bench_samples(bench, "dequeue", work.way->unit, wanted);
	counts.both = bench_samples(bench, "both", work.way->unit, wanted);
	ret = counts.enqueue == NULL || counts.dequeue == NULL || counts.both == NULL ? -ENOMEM :
		count_all(&work, bench, &counts, wanted);
	work.way->close(&work);
	return ret;
}
