/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <zlib.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "bgzf.h"
#include "log.h"
#include "mbufs.h"
#include "summary.h"
#include "task.h"

static int
create_mbufs(struct task *task, unsigned int n_blocks)
{
	const bool compress = task->options->operation == OPERATION_COMPRESS;
	const unsigned int for_a_job = task->options->copy ? 4 : 2;
	/* What a member has may take two mbufs */
	const unsigned int n = n_blocks + task->engine.depth * for_a_job * (compress ? 1 : 2) + 1;
	const uint16_t size = compress ? task->options->block_size : UINT16_MAX;

	task->mbufs = rte_pktmbuf_pool_create("zip_accel mbufs", n, 0, 0, size, rte_socket_id());
	if (task->mbufs == NULL)
		LOG(ERR, "no memory for %u mbufs of %u bytes: %s", n, size,
			rte_strerror(rte_errno));
	return task->mbufs == NULL ? -ENOMEM : 0;
}

int
task_open(struct task *task, const struct options *options, volatile bool *stop,
		unsigned int n_blocks)
{
	int ret;

	*task = (struct task){ .options = options, .stop = stop };
	ret = engine_open(&task->engine, options, options->queues, 1);
	if (ret < 0)
		return ret;
	ret = create_mbufs(task, n_blocks);
	if (ret < 0)
		goto close_engine;
	ret = engine_share(&task->engine, task->mbufs, options);
	if (ret < 0)
		goto free_mbufs;
	ret = lane_open(&task->lane, &task->engine, options, 0, task->mbufs);
	if (ret < 0)
		goto free_mbufs;
	ret = flow_open(&task->flow, &task->lane, options->operation == OPERATION_COMPRESS ?
		RTE_COMP_COMPRESS : RTE_COMP_DECOMPRESS);
	if (ret < 0)
		goto close_lane;
	ret = reader_open(&task->reader, options, task->mbufs);
	if (ret < 0)
		goto close_flow;
	return 0;

close_flow:
	flow_close(&task->flow);
close_lane:
	lane_close(&task->lane);
free_mbufs:
	rte_mempool_free(task->mbufs);
close_engine:
	engine_close(&task->engine);
	return ret;
}

void
task_close(struct task *task)
{
	reader_close(&task->reader);
	/* What it may still write to goes back when it has stopped */
	engine_stop(&task->engine);
	flow_close(&task->flow);
	lane_close(&task->lane);
	rte_mempool_free(task->mbufs);
	engine_close(&task->engine);
}

int
task_begin(struct task *task, const struct block *block)
{
	const struct part source = { .mbuf = block->data, .length = block->data->pkt_len };
	struct part destination = { .length = block->room };
	struct job *job;

	destination.mbuf = mbufs_take(task->mbufs, block->room);
	if (destination.mbuf == NULL) {
		LOG(ERR, "no mbuf left");
		return -ENOMEM;
	}
	if (destination.mbuf->nb_segs > 1 && !engine_takes_chains(&task->engine)) {
		LOG(ERR, "%s: a member of %u bytes: %s doesn't take chains of mbufs",
			task->reader.name, block->room, task->engine.name);
		rte_pktmbuf_free(destination.mbuf);
		return -ENOTSUP;
	}
	job = flow_begin(&task->flow, &source, &destination);
	job->cookie = (uint64_t)block->size << 32 | block->crc;
	return 0;
}

int
task_may_go_on(const struct task *task)
{
	if (flow_is_stuck(&task->flow))
		return -ETIMEDOUT;
	if (*task->stop) {
		LOG(ERR, "interrupted");
		return -EINTR;
	}
	return 0;
}

uint32_t
task_crc(const struct rte_mbuf *chain, uint32_t length)
{
	uLong crc = crc32(0, NULL, 0);
	uint32_t n;

	for (; length > 0; chain = chain->next, length -= n) {
		n = RTE_MIN(length, (uint32_t)chain->data_len);
		crc = crc32(crc, rte_pktmbuf_mtod(chain, const Bytef *), n);
	}
	return crc;
}

static int
bad_block(const struct task *task, const char *what)
{
	LOG(ERR, "%s: block %" PRIu64 ": %s", task->reader.name, task->n_blocks, what);
	return -EBADMSG;
}

int
task_check(const struct task *task, const struct job *job)
{
	uint32_t crc;

	if (task->flow.type == RTE_COMP_COMPRESS) {
		if (job->status == RTE_COMP_OP_STATUS_SUCCESS &&
				job->consumed == job->source.length)
			return 0;
		LOG(ERR, "%s: block %" PRIu64 ": %s can't compress it: status %u",
			task->reader.name, task->n_blocks, task->engine.name, job->status);
		return -EIO;
	}
	if (job->status != RTE_COMP_OP_STATUS_SUCCESS || job->consumed != job->source.length)
		return bad_block(task, "its data isn't valid");
	if (job->produced != job->cookie >> 32)
		return bad_block(task, "its length is wrong");
	crc = engine_has_crc(&task->engine) ? job->crc :
		task_crc(job->destination.mbuf, job->produced);
	return crc == (uint32_t)job->cookie ? 0 : bad_block(task, "its checksum is wrong");
}

void
task_summary(const struct task *task)
{
	printf("%s\n", task->reader.name);
	summary_of_bytes(task->flow.type == RTE_COMP_COMPRESS ? "compressed" : "decompressed",
		task->n_blocks, "blocks", task->bytes_in, task->bytes_out);
	summary_of_engine(&task->engine, task->lane.operations, task->lane.bursts,
		lane_pending(&task->lane), task->lane.copied);
}
