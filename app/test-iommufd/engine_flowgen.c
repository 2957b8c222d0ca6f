/* SPDX-License-Identifier: BSD-3-Clause */

#include "engine.h"
#include "generator.h"
#include "lcore.h"
#include "parameters.h"

static int
begin(struct stream *stream, struct run *run)
{
	return generator_begin(stream, run, run->parameters->flows);
}

/* Send, unless too many are on their way. */
static __rte_always_inline bool
send_within_limit(struct stream *stream)
{
	struct run *run = generator_run(stream);
	uint64_t before = stream->tx_packets;

	if (run->parameters->in_flight == 0)
		return generator_send(stream);
	if (rte_atomic_load_explicit(&run->in_flight, rte_memory_order_relaxed) >=
			(int64_t)run->parameters->in_flight || !generator_send(stream))
		return false;
	rte_atomic_fetch_add_explicit(&run->in_flight, stream->tx_packets - before,
		rte_memory_order_relaxed);
	return true;
}

static __rte_always_inline bool
send_and_receive(struct stream *stream)
{
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t n = stream_receive(stream, packets);

	if (n > 0) {
		stream_check(stream, packets, n);
		rte_pktmbuf_free_bulk(packets, n);
		if (generator_run(stream)->parameters->in_flight != 0)
			rte_atomic_fetch_sub_explicit(&generator_run(stream)->in_flight, n,
				rte_memory_order_relaxed);
	}
	return send_within_limit(stream) || n > 0;
}

static void
run(struct lcore *lcore)
{
	lcore_loop(lcore, send_and_receive);
}

const struct engine engine_flowgen = {
	.name = "flowgen",
	.help = "packets of many flows are made and sent, and what arrives is dropped",
	.receives = true,
	.sends = true,
	.makes_packets = true,
	.begin = begin,
	.run = run,
	.end = generator_end,
};
