/* SPDX-License-Identifier: BSD-3-Clause */

#include "engine.h"
#include "lcore.h"

static __rte_always_inline bool
receive(struct stream *stream)
{
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t n = stream_receive(stream, packets);

	if (n == 0)
		return false;
	stream_check(stream, packets, n);
	rte_pktmbuf_free_bulk(packets, n);
	return true;
}

static void
run(struct lcore *lcore)
{
	lcore_loop(lcore, receive);
}

const struct engine engine_rxonly = {
	.name = "rxonly",
	.help = "packets are received and dropped",
	.receives = true,
	.run = run,
};
