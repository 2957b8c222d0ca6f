/* SPDX-License-Identifier: BSD-3-Clause */

#include <rte_ether.h>

#include "engine.h"
#include "generator.h"
#include "lcore.h"

static __rte_always_inline bool
forward(struct stream *stream)
{
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t i, n = stream_receive(stream, packets);
	struct rte_ether_hdr *header;

	if (n == 0)
		return false;
	stream_check(stream, packets, n);
	for (i = 0; i < n; i++) {
		header = rte_pktmbuf_mtod(packets[i], struct rte_ether_hdr *);
		header->src_addr = stream->source;
		header->dst_addr = stream->destination;
	}
	stream_send(stream, packets, n);
	return true;
}

static void
run(struct lcore *lcore)
{
	lcore_loop(lcore, forward);
}

const struct engine engine_mac = {
	.name = "mac",
	.help = "from the sending port's MAC address to that of its --eth-peer",
	.receives = true,
	.sends = true,
	.begin = generator_set_addresses,
	.run = run,
};
