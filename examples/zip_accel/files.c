/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include "bgzf.h"
#include "files.h"
#include "repeat.h"
#include "task.h"
#include "writer.h"

#define MAX_SEGMENTS 8

/* The data of a chain, for writer_put(). Returns how many pieces. */
static int
add_chain(struct iovec *pieces, const struct rte_mbuf *chain, uint32_t length)
{
	uint32_t part;
	int n = 0;

	for (; length > 0 && n < MAX_SEGMENTS; chain = chain->next, length -= part) {
		part = RTE_MIN(length, (uint32_t)chain->data_len);
		pieces[n++] = (struct iovec){
			.iov_base = rte_pktmbuf_mtod(chain, void *),
			.iov_len = part,
		};
	}
	return n;
}

static int
write_plain(struct task *task, struct writer *writer, const struct job *job)
{
	struct iovec pieces[MAX_SEGMENTS];

	task->bytes_out += job->produced;
	return writer_put(writer, pieces, add_chain(pieces, job->destination.mbuf, job->produced));
}

/* A member: the compressed data, or the data itself in a block that isn't compressed. */
static int
write_member(struct task *task, struct writer *writer, const struct job *job, bool stored)
{
	uint8_t header[BGZF_HEADER + BGZF_STORED], trailer[BGZF_TRAILER];
	const struct part *data = stored ? &job->source : &job->destination;
	const uint32_t length = stored ? job->source.length : job->produced;
	const uint32_t more = stored ? BGZF_STORED : 0;
	const uint32_t crc = engine_has_crc(&task->engine) && !stored ? job->crc :
		task_crc(job->source.mbuf, job->source.length);
	struct iovec pieces[MAX_SEGMENTS + 2] = {
		{ .iov_base = header, .iov_len = BGZF_HEADER + more },
	};
	int n = 1;

	bgzf_put_header(header, more + length);
	if (stored)
		bgzf_put_stored(header + BGZF_HEADER, length);
	bgzf_put_trailer(trailer, crc, job->source.length);
	n += add_chain(pieces + 1, data->mbuf, length);
	pieces[n++] = (struct iovec){ .iov_base = trailer, .iov_len = sizeof(trailer) };
	task->bytes_out += BGZF_HEADER + more + length + BGZF_TRAILER;
	return writer_put(writer, pieces, n);
}

static int
write_job(struct task *task, struct writer *writer, const struct job *job)
{
	const bool compress = task->flow.type == RTE_COMP_COMPRESS;
	const bool stored = compress && job->status == RTE_COMP_OP_STATUS_OUT_OF_SPACE_TERMINATED;
	int ret = stored ? 0 : task_check(task, job);

	if (ret == 0)
		ret = compress ? write_member(task, writer, job, stored) :
			write_plain(task, writer, job);
	task->bytes_in += job->source.length;
	task->n_blocks++;
	return ret;
}

static int
write_done(struct task *task, struct writer *writer)
{
	struct job *job;
	int ret = 0;

	while (ret == 0 && (job = flow_first(&task->flow)) != NULL) {
		ret = write_job(task, writer, job);
		flow_end(&task->flow);
	}
	return ret;
}

/* Begins as many jobs as there may be. 1; 0: the file has ended; or a negative errno. */
static int
read_more(struct task *task)
{
	struct block block;
	int ret = 1;

	while (ret == 1 && !flow_is_full(&task->flow)) {
		ret = reader_next(&task->reader, &block);
		if (ret == 1 && task_begin(task, &block) < 0) {
			rte_pktmbuf_free(block.data);
			ret = -ENOMEM;
		}
	}
	return ret;
}

static int
convert(struct task *task, struct writer *writer)
{
	struct iovec end = { .iov_base = (void *)(uintptr_t)bgzf_end, .iov_len = sizeof(bgzf_end) };
	int more = 1, ret = 0;

	while (ret == 0 && (more == 1 || !flow_is_empty(&task->flow))) {
		if (more == 1)
			more = read_more(task);
		flow_hand_in(&task->flow);
		lane_collect(&task->lane);
		ret = more < 0 ? more : write_done(task, writer);
		if (ret == 0)
			ret = task_may_go_on(task);
	}
	if (ret == 0 && task->flow.type == RTE_COMP_COMPRESS) {
		task->bytes_out += sizeof(bgzf_end);
		ret = writer_put(writer, &end, 1);
	}
	return ret;
}

int
files_run(const struct options *options, volatile bool *stop)
{
	struct writer writer;
	struct task task;
	int ret;

	if (options->repeat != 0)
		return repeat_run(options, stop);
	ret = task_open(&task, options, stop, 0);
	if (ret < 0)
		return ret;
	ret = writer_open(&writer, options, &task.reader);
	if (ret == 0) {
		ret = convert(&task, &writer);
		ret = writer_close(&writer, ret);
		task_summary(&task);
	}
	task_close(&task);
	return ret;
}
