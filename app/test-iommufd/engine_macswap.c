/* SPDX-License-Identifier: BSD-3-Clause */

#include <rte_ether.h>

#include "engine.h"
#include "lcore.h"

static __rte_always_inline bool
forward(struct stream *stream)
{
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t i, n = stream_receive(stream, packets);
	struct rte_ether_hdr *header;
	struct rte_ether_addr source;

	if (n == 0)
		return false;
	stream_check(stream, packets, n);
	for (i = 0; i < n; i++) {
		header = rte_pktmbuf_mtod(packets[i], struct rte_ether_hdr *);
		source = header->src_addr;
		header->src_addr = header->dst_addr;
		header->dst_addr = source;
	}
	stream_send(stream, packets, n);
	return true;
}

static void
run(struct lcore *lcore)
{
	lcore_loop(lcore, forward);
}

const struct engine engine_macswap = {
	.name = "macswap",
	.help = "with source and destination MAC addresses swapped",
	.receives = true,
	.sends = true,
	.run = run,
};
