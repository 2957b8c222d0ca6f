/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_TASK_H
#define ZIP_ACCEL_TASK_H

/**
 * @file
 * What it takes to work on the blocks of a file: the device, mbufs, a flow of jobs, the file.
 */

#include "flow.h"
#include "reader.h"

struct task {
	const struct options *options;
	volatile bool *stop;
	struct engine engine;
	struct rte_mempool *mbufs;
	struct lane lane;
	struct flow flow;
	struct reader reader;
	/* Blocks that are done: */
	uint64_t n_blocks;
	uint64_t bytes_in;
	uint64_t bytes_out;
};

/**
 * @param n_blocks
 *   That are kept beside those in the flow.
 * @return
 *   0 or a negative errno, which has been logged.
 */
int task_open(struct task *task, const struct options *options, volatile bool *stop,
		unsigned int n_blocks);
void task_close(struct task *task);

/** Begin a job for a block. 0 or a negative errno, which has been logged. */
int task_begin(struct task *task, const struct block *block);

/** 0; -ETIMEDOUT, -EINTR: the device doesn't answer, or somebody says stop. It has been logged. */
int task_may_go_on(const struct task *task);

/** What is wrong with a job that is done. 0 or a negative errno, which has been logged. */
int task_check(const struct task *task, const struct job *job);

/** The CRC-32 of the first bytes of a chain. */
uint32_t task_crc(const struct rte_mbuf *chain, uint32_t length);

void task_summary(const struct task *task);

#endif /* ZIP_ACCEL_TASK_H */
