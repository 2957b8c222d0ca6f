/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <stdio.h>

#include <rte_cycles.h>

#include "repeat.h"
#include "task.h"

/* Of a longer file the first ones are taken */
#define MAX_BLOCKS 1024

struct repeat {
	struct task task;
	struct block blocks[MAX_BLOCKS];
	unsigned int n;
	uint64_t busy;		/* cycles */
};

/* Blocks stay: a job frees a reference. */
static int
begin_block(struct repeat *repeat, unsigned int number)
{
	const struct block *block = &repeat->blocks[number];
	int ret;

	rte_pktmbuf_refcnt_update(block->data, 1);
	ret = task_begin(&repeat->task, block);
	if (ret < 0)
		rte_pktmbuf_refcnt_update(block->data, -1);
	return ret;
}

/* What has been collected, which began at a moment. */
static int
end_done(struct repeat *repeat, bool check, uint64_t begin)
{
	struct task *task = &repeat->task;
	struct job *job;
	int ret = 0;

	while (ret == 0 && (job = flow_first(&task->flow)) != NULL) {
		if (check)
			ret = task_check(task, job);
		task->n_blocks++;
		task->bytes_in += job->source.length;
		task->bytes_out += job->produced;
		flow_end(&task->flow);
	}
	repeat->busy += rte_rdtsc() - begin;
	return ret;
}

/*
 * A burst: handed in at once and waited for. Looking for what isn't there yet isn't counted: how
 * often that is depends on the device.
 */
static int
do_burst(struct repeat *repeat, unsigned int from, unsigned int to, bool check)
{
	struct task *task = &repeat->task;
	uint64_t begin = rte_rdtsc();
	unsigned int i;
	int ret = 0;

	for (i = from; ret == 0 && i < to; i++)
		ret = begin_block(repeat, i);
	if (ret == 0)
		flow_hand_in(&task->flow);
	repeat->busy += rte_rdtsc() - begin;
	while (ret == 0 && !flow_is_empty(&task->flow)) {
		begin = rte_rdtsc();
		if (lane_collect(&task->lane) == 0)
			ret = task_may_go_on(task);
		else
			ret = end_done(repeat, check, begin);
	}
	return ret;
}

static int
do_round(struct repeat *repeat, bool check)
{
	const unsigned int burst = repeat->task.options->burst;
	unsigned int from;
	int ret = 0;

	for (from = 0; ret == 0 && from < repeat->n; from += burst)
		ret = do_burst(repeat, from, RTE_MIN(from + burst, repeat->n), check);
	return ret;
}

static int
read_blocks(struct repeat *repeat)
{
	int ret = 1;

	while (repeat->n < MAX_BLOCKS) {
		ret = reader_next(&repeat->task.reader, &repeat->blocks[repeat->n]);
		if (ret != 1)
			break;
		repeat->n++;
	}
	return ret < 0 ? ret : 0;
}

/* The first round finds out whether all is well, and warms caches up. */
static int
repeat_blocks(struct repeat *repeat)
{
	const uint32_t times = repeat->task.options->repeat;
	uint32_t round;
	int ret;

	ret = read_blocks(repeat);
	if (ret == 0)
		ret = do_round(repeat, true);
	repeat->busy = 0;
	for (round = 0; ret == 0 && round < times; round++)
		ret = do_round(repeat, false);
	if (ret == 0 && repeat->n > 0)
		printf("busy cycles: %" PRIu64 " for %" PRIu64 " blocks, %.1f for each\n",
			repeat->busy, (uint64_t)repeat->n * times,
			(double)repeat->busy / repeat->n / times);
	return ret;
}

int
repeat_run(const struct options *options, volatile bool *stop)
{
	static struct repeat repeat;
	int ret;

	ret = task_open(&repeat.task, options, stop, MAX_BLOCKS);
	if (ret < 0)
		return ret;
	ret = repeat_blocks(&repeat);
	task_summary(&repeat.task);
	while (repeat.n > 0)
		rte_pktmbuf_free(repeat.blocks[--repeat.n].data);
	task_close(&repeat.task);
	return ret;
}
