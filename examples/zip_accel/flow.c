/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_compressdev.h>
#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_memcpy.h>

#include "flow.h"
#include "log.h"
#include "mbufs.h"

int
lane_open(struct lane *lane, struct engine *engine, const struct options *options,
		uint16_t first_pair, struct rte_mempool *bounces)
{
	*lane = (struct lane){
		.engine = engine,
		.bounces = options->copy ? bounces : NULL,
		.first_pair = first_pair,
		.n_pairs = options->queues,
		.burst = options->burst,
		.timeout = options->timeout * rte_get_timer_hz(),
	};
	lane->pending = rte_calloc("lane", lane->n_pairs, sizeof(lane->pending[0]), 0);
	return lane->pending == NULL ? -ENOMEM : 0;
}

void
lane_close(struct lane *lane)
{
	rte_free(lane->pending);
}

static struct job **
job_of(struct rte_comp_op *op)
{
	return (struct job **)(op + 1);
}

static int
open_job(struct flow *flow, struct job *job)
{
	struct engine *engine = flow->lane->engine;

	job->op = rte_comp_op_alloc(engine->ops);
	if (job->op == NULL)
		return -ENOMEM;
	job->flow = flow;
	job->op->op_type = RTE_COMP_OP_STATELESS;
	job->op->flush_flag = RTE_COMP_FLUSH_FINAL;
	job->op->private_xform = engine_xform(engine, flow->type);
	*job_of(job->op) = job;
	return job->op->private_xform == NULL ? -ENOTSUP : 0;
}

int
flow_open(struct flow *flow, struct lane *lane, enum rte_comp_xform_type type)
{
	uint32_t i;
	int ret;

	*flow = (struct flow){ .lane = lane, .type = type, .mask = lane->engine->depth - 1 };
	flow->jobs = rte_calloc("flow", lane->engine->depth, sizeof(flow->jobs[0]), 0);
	if (flow->jobs == NULL)
		return -ENOMEM;
	for (i = 0; i <= flow->mask; i++) {
		ret = open_job(flow, &flow->jobs[i]);
		if (ret < 0) {
			flow_close(flow);
			return ret;
		}
	}
	return 0;
}

static void
free_mbufs(struct job *job)
{
	rte_pktmbuf_free(job->source.mbuf);
	rte_pktmbuf_free(job->destination.mbuf);
	rte_pktmbuf_free(job->bounces[0]);
	rte_pktmbuf_free(job->bounces[1]);
	job->source.mbuf = NULL;
	job->destination.mbuf = NULL;
	job->bounces[0] = NULL;
	job->bounces[1] = NULL;
}

void
flow_close(struct flow *flow)
{
	uint32_t i;

	if (flow->jobs == NULL)
		return;
	for (i = 0; i <= flow->mask; i++) {
		free_mbufs(&flow->jobs[i]);
		rte_comp_op_free(flow->jobs[i].op);
	}
	rte_free(flow->jobs);
	flow->jobs = NULL;
}

/* The only place where the CPU moves payload: --copy shows what the other way saves. */
static void
copy_payload(struct lane *lane, const struct part *to, const struct part *from, uint32_t length)
{
	struct rte_mbuf *source = from->mbuf, *target = to->mbuf;
	uint32_t source_at = from->offset, target_at = to->offset, left = length, n;

	while (left > 0) {
		while (source_at >= source->data_len) {
			source_at -= source->data_len;
			source = source->next;
		}
		while (target_at >= target->data_len) {
			target_at -= target->data_len;
			target = target->next;
		}
		n = RTE_MIN(source->data_len - source_at, target->data_len - target_at);
		n = RTE_MIN(left, n);
		rte_memcpy(rte_pktmbuf_mtod_offset(target, void *, target_at),
			rte_pktmbuf_mtod_offset(source, const void *, source_at), n);
		source_at += n;
		target_at += n;
		left -= n;
	}
	lane->copied += length;
}

static bool
bounce(struct lane *lane, struct job *job)
{
	job->bounces[0] = mbufs_take(lane->bounces, job->source.length);
	job->bounces[1] = mbufs_take(lane->bounces, job->destination.length);
	if (job->bounces[0] == NULL || job->bounces[1] == NULL)
		return false;
	copy_payload(lane, &(struct part){ .mbuf = job->bounces[0] }, &job->source,
		job->source.length);
	return true;
}

static void
fill_op(struct job *job)
{
	struct rte_comp_op *op = job->op;

	op->m_src = job->source.mbuf;
	op->src.offset = job->source.offset;
	op->src.length = job->source.length;
	op->m_dst = job->destination.mbuf;
	op->dst.offset = job->destination.offset;
	if (job->bounces[0] != NULL) {
		op->m_src = job->bounces[0];
		op->src.offset = 0;
		op->m_dst = job->bounces[1];
		op->dst.offset = 0;
	}
	op->consumed = 0;
	op->produced = 0;
	op->input_chksum = 0;
	op->output_chksum = 0;
	op->status = RTE_COMP_OP_STATUS_NOT_PROCESSED;
}

static void
end_with(struct job *job, enum rte_comp_op_status status)
{
	job->state = JOB_DONE;
	job->status = status;
}

struct job *
flow_begin(struct flow *flow, const struct part *source, const struct part *destination)
{
	struct job *job = &flow->jobs[flow->end++ & flow->mask];

	job->source = *source;
	job->produced = 0;
	job->consumed = 0;
	job->state = JOB_DONE;
	job->asked = destination != NULL;
	if (destination == NULL)
		return job;
	job->destination = *destination;
	if (flow->lane->bounces != NULL && !bounce(flow->lane, job)) {
		end_with(job, RTE_COMP_OP_STATUS_INVALID_ARGS);
		return job;
	}
	fill_op(job);
	job->state = JOB_WAITING;
	return job;
}

void
flow_end(struct flow *flow)
{
	free_mbufs(&flow->jobs[flow->first++ & flow->mask]);
	if ((int32_t)(flow->next - flow->first) < 0)
		flow->next = flow->first;
}

/* Jobs that wait, from flow->next on; those between them that don't are passed over. */
static uint16_t
gather(struct flow *flow, struct job **jobs, struct rte_comp_op **ops)
{
	struct job *job;
	uint32_t at;
	uint16_t n = 0;

	for (at = flow->next; at != flow->end && n < flow->lane->burst; at++) {
		job = &flow->jobs[at & flow->mask];
		if (job->state == JOB_WAITING) {
			jobs[n] = job;
			ops[n++] = job->op;
		} else if (n == 0) {
			flow->next = at + 1;
		}
	}
	return n;
}

static uint16_t
hand_in_burst(struct flow *flow)
{
	struct lane *lane = flow->lane;
	struct rte_comp_op *ops[lane->burst];
	struct job *jobs[lane->burst];
	const uint16_t pair = lane->next_pair, n = gather(flow, jobs, ops);
	uint16_t i, taken;

	if (n == 0)
		return 0;
	taken = rte_compressdev_enqueue_burst(lane->engine->id, lane->first_pair + pair, ops, n);
	if (taken > 0) {
		const uint64_t now = rte_get_timer_cycles();

		for (i = 0; i < taken; i++) {
			jobs[i]->state = JOB_UNDER_WAY;
			jobs[i]->since = now;
			jobs[i]->pair = pair;
		}
		lane->pending[pair] += taken;
		lane->operations += taken;
		lane->bursts++;
	}
	if (taken < n && ops[taken]->status == RTE_COMP_OP_STATUS_INVALID_ARGS)
		end_with(jobs[taken], RTE_COMP_OP_STATUS_INVALID_ARGS);
	/* The next burst goes to the next queue pair, also when this one is full */
	lane->next_pair = pair + 1 == lane->n_pairs ? 0 : pair + 1;
	return taken;
}

unsigned int
flow_hand_in(struct flow *flow)
{
	unsigned int taken, total = 0;

	do {
		taken = hand_in_burst(flow);
		total += taken;
	} while (taken == flow->lane->burst);
	return total;
}

static void
show(const struct job *job)
{
	const struct rte_comp_op *op = job->op;

	LOG(DEBUG, "%s %p, %u bytes, to %p, %u bytes: status %u, %u bytes",
		job->flow->type == RTE_COMP_COMPRESS ? "compress" : "decompress",
		rte_pktmbuf_mtod_offset(op->m_src, void *, op->src.offset), op->src.length,
		rte_pktmbuf_mtod_offset(op->m_dst, void *, op->dst.offset),
		op->m_dst->pkt_len - op->dst.offset, op->status, op->produced);
}

static void
finish(struct lane *lane, struct rte_comp_op *op)
{
	struct job *job = *job_of(op);

	end_with(job, op->status);
	job->consumed = op->consumed;
	job->produced = op->produced;
	job->crc = (uint32_t)op->output_chksum;
	lane->pending[job->pair]--;
	if (job->bounces[1] != NULL && op->status == RTE_COMP_OP_STATUS_SUCCESS)
		copy_payload(lane, &job->destination, &(struct part){ .mbuf = job->bounces[1] },
			op->produced);
	if (unlikely(rte_log_can_log(zip_accel_logtype, RTE_LOG_DEBUG)))
		show(job);
}

unsigned int
lane_collect(struct lane *lane)
{
	struct rte_comp_op *ops[lane->burst];
	unsigned int total = 0;
	uint16_t pair, i, n;

	for (pair = 0; pair < lane->n_pairs; pair++) {
		if (lane->pending[pair] == 0)
			continue;
		n = rte_compressdev_dequeue_burst(lane->engine->id, lane->first_pair + pair, ops,
			lane->burst);
		for (i = 0; i < n; i++)
			finish(lane, ops[i]);
		total += n;
	}
	return total;
}

bool
flow_is_stuck(const struct flow *flow)
{
	const struct job *job = &flow->jobs[flow->first & flow->mask];
	const struct lane *lane = flow->lane;

	if (flow_is_empty(flow) || job->state != JOB_UNDER_WAY ||
			rte_get_timer_cycles() - job->since < lane->timeout)
		return false;
	LOG(ERR, "%s: queue pair %u hasn't done an operation for %" PRIu64 " s (--timeout), "
		"%u are under way", lane->engine->name, lane->first_pair + job->pair,
		lane->timeout / rte_get_timer_hz(), lane->pending[job->pair]);
	return true;
}

uint32_t
lane_pending(const struct lane *lane)
{
	uint32_t total = 0;
	uint16_t pair;

	for (pair = 0; pair < lane->n_pairs; pair++)
		total += lane->pending[pair];
	return total;
}
