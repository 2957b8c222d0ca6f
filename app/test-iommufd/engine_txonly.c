/* SPDX-License-Identifier: BSD-3-Clause */

#include "engine.h"
#include "generator.h"
#include "lcore.h"

static int
begin(struct stream *stream, struct run *run)
{
	return generator_begin(stream, run, 1);
}

static void
run(struct lcore *lcore)
{
	lcore_loop(lcore, generator_send);
}

const struct engine engine_txonly = {
	.name = "txonly",
	.help = "packets are made and sent, in one flow for each stream; none are received",
	.sends = true,
	.makes_packets = true,
	.begin = begin,
	.run = run,
	.end = generator_end,
};
