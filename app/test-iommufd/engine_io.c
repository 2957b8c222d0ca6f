/* SPDX-License-Identifier: BSD-3-Clause */

#include "engine.h"
#include "lcore.h"

/* Nothing is read of a packet. */
static __rte_always_inline bool
forward(struct stream *stream)
{
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t n = stream_receive(stream, packets);

	if (n == 0)
		return false;
	stream_check(stream, packets, n);
	stream_send(stream, packets, n);
	return true;
}

static void
run(struct lcore *lcore)
{
	lcore_loop(lcore, forward);
}

const struct engine engine_io = {
	.name = "io",
	.help = "packets leave as they came",
	.receives = true,
	.sends = true,
	.run = run,
};
