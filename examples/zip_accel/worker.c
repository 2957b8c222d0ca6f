/* SPDX-License-Identifier: BSD-3-Clause */

#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_memcpy.h>

#include "worker.h"

int
worker_open(struct worker *worker, struct engine *engine, const struct options *options,
		const struct ports *ports, const struct framing *framing)
{
	struct way *compress = &worker->ways[PLAIN], *decompress = &worker->ways[PACKED];
	int ret;

	*compress = (struct way){ .from = &ports->side[PLAIN], .to = &ports->side[PACKED] };
	*decompress = (struct way){ .from = &ports->side[PACKED], .to = &ports->side[PLAIN] };
	if (options->operation != OPERATION_DECOMPRESS)
		compress->half = &framing->compress;
	if (options->operation != OPERATION_COMPRESS)
		decompress->half = &framing->decompress;
	ret = lane_open(&worker->lane, engine, options, worker->queue * options->queues,
			worker->mbufs);
	if (ret < 0)
		return ret;
	ret = flow_open(&compress->flow, &worker->lane, RTE_COMP_COMPRESS);
	if (ret < 0)
		goto close_lane;
	ret = flow_open(&decompress->flow, &worker->lane, RTE_COMP_DECOMPRESS);
	if (ret < 0)
		goto close_compress;
	return 0;

close_compress:
	flow_close(&compress->flow);
close_lane:
	lane_close(&worker->lane);
	return ret;
}

void
worker_abandon(struct worker *worker)
{
	struct way *way;

	for (way = worker->ways; way < &worker->ways[SIDES]; way++) {
		way->counters.unsent = way->flow.end - way->flow.first + way->n_outbox;
		rte_pktmbuf_free_bulk(way->outbox, way->n_outbox);
		way->n_outbox = 0;
		flow_close(&way->flow);
	}
}

void
worker_close(struct worker *worker)
{
	flow_close(&worker->ways[PACKED].flow);
	flow_close(&worker->ways[PLAIN].flow);
	lane_close(&worker->lane);
}

/* A fresh mbuf, with the packet's headers and room for the result. */
static struct rte_mbuf *
take_result(struct rte_mempool *pool, const struct rte_mbuf *packet, const struct cut *cut)
{
	struct rte_mbuf *result = rte_pktmbuf_alloc(pool);
	char *headers;

	if (result == NULL)
		return NULL;
	headers = rte_pktmbuf_append(result, cut->place + RTE_MIN(cut->room,
			(uint32_t)rte_pktmbuf_tailroom(result) - cut->place));
	rte_memcpy(headers, rte_pktmbuf_mtod(packet, const char *), cut->headers);
	return result;
}

static enum pass
find_payload(const struct worker *worker, const struct way *way, const struct rte_mbuf *packet,
		struct cut *cut)
{
	enum pass why;

	if (way->half == NULL)
		return PASS_PROTOCOL;
	why = way->half->find(packet, way->to->mtu, cut);
	if (why == PASS_NOT && packet->nb_segs > 1 && !engine_takes_chains(worker->lane.engine))
		why = PASS_CHAIN;
	return why;
}

static void
take_packet(struct worker *worker, struct way *way, struct rte_mbuf *packet)
{
	struct part source = { .mbuf = packet }, destination;
	struct cut cut;
	const enum pass why = find_payload(worker, way, packet, &cut);

	if (why != PASS_NOT) {
		way->counters.passed[why]++;
		flow_begin(&way->flow, &source, NULL);
		return;
	}
	destination.mbuf = take_result(worker->mbufs, packet, &cut);
	if (destination.mbuf == NULL) {
		way->counters.dropped[DROP_NO_MBUF]++;
		rte_pktmbuf_free(packet);
		return;
	}
	source.offset = cut.offset;
	source.length = cut.length;
	destination.offset = cut.place;
	destination.length = destination.mbuf->pkt_len - cut.place;
	flow_begin(&way->flow, &source, &destination);
}

static void
receive(struct worker *worker, struct way *way)
{
	const uint16_t burst = RTE_MIN((uint32_t)worker->lane.burst, flow_room(&way->flow));
	struct rte_mbuf *packets[worker->lane.burst];
	uint16_t i, n;

	if (burst == 0)
		return;
	n = rte_eth_rx_burst(way->from->id, worker->queue, packets, burst);
	way->counters.received += n;
	for (i = 0; i < n; i++)
		take_packet(worker, way, packets[i]);
}

/* The result, with headers that are true; the packet itself; or NULL: it is dropped. */
static struct rte_mbuf *
convert(struct way *way, struct job *job)
{
	struct counters *counters = &way->counters;
	struct rte_mbuf *result = job->destination.mbuf;

	if (job->status == RTE_COMP_OP_STATUS_OUT_OF_SPACE_TERMINATED) {
		if (way->half->too_long_passes) {
			counters->passed[PASS_NOT_SHORTER]++;
			return job->source.mbuf;
		}
		counters->dropped[DROP_TOO_LONG]++;
		return NULL;
	}
	if (job->status != RTE_COMP_OP_STATUS_SUCCESS || job->consumed != job->source.length) {
		counters->dropped[way->flow.type == RTE_COMP_DECOMPRESS &&
			job->status != RTE_COMP_OP_STATUS_INVALID_ARGS ?
			DROP_BAD_DATA : DROP_ERROR]++;
		return NULL;
	}
	result->data_len = job->destination.offset + job->produced;
	result->pkt_len = result->data_len;
	way->half->finish(job->source.mbuf, result, way->to);
	counters->converted++;
	counters->bytes_in += job->source.length;
	counters->bytes_out += job->produced;
	return result;
}

/* What is sent for a job that is done; it isn't the job's any more. NULL: nothing. */
static struct rte_mbuf *
take_outgoing(struct way *way, struct job *job)
{
	struct rte_mbuf *outgoing = job->asked ? convert(way, job) : job->source.mbuf;

	if (outgoing == job->source.mbuf)
		job->source.mbuf = NULL;
	else if (outgoing == job->destination.mbuf)
		job->destination.mbuf = NULL;
	return outgoing;
}

/* In the order in which they came; what the port doesn't take waits. */
static void
send_packets(struct worker *worker, struct way *way)
{
	struct rte_mbuf *outgoing;
	struct job *job;
	uint16_t sent;

	while (way->n_outbox < worker->lane.burst && (job = flow_first(&way->flow)) != NULL) {
		outgoing = take_outgoing(way, job);
		flow_end(&way->flow);
		if (outgoing != NULL)
			way->outbox[way->n_outbox++] = outgoing;
	}
	if (way->n_outbox == 0)
		return;
	sent = rte_eth_tx_burst(way->to->id, worker->queue, way->outbox, way->n_outbox);
	way->n_outbox -= sent;
	memmove(way->outbox, way->outbox + sent, way->n_outbox * sizeof(way->outbox[0]));
	way->counters.sent += sent;
}

static void
move_on(struct worker *worker)
{
	flow_hand_in(&worker->ways[PLAIN].flow);
	flow_hand_in(&worker->ways[PACKED].flow);
	lane_collect(&worker->lane);
	send_packets(worker, &worker->ways[PLAIN]);
	send_packets(worker, &worker->ways[PACKED]);
}

void
worker_step(struct worker *worker)
{
	receive(worker, &worker->ways[PLAIN]);
	receive(worker, &worker->ways[PACKED]);
	move_on(worker);
}

static bool
is_empty(const struct way *way)
{
	return flow_is_empty(&way->flow) && way->n_outbox == 0;
}

void
worker_drain(struct worker *worker)
{
	const uint64_t deadline = rte_get_timer_cycles() + worker->lane.timeout;

	while (!(is_empty(&worker->ways[PLAIN]) && is_empty(&worker->ways[PACKED])) &&
			rte_get_timer_cycles() < deadline)
		move_on(worker);
}

bool
worker_is_stuck(struct worker *worker)
{
	if (!flow_is_stuck(&worker->ways[PLAIN].flow) &&
			!flow_is_stuck(&worker->ways[PACKED].flow))
		return false;
	worker->failed = true;
	*worker->stop = true;
	return true;
}
