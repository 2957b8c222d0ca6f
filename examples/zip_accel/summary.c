/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <stdio.h>

#include "summary.h"

/* Counters are numbers only. */
static void
add(struct counters *sum, const struct counters *more)
{
	const uint64_t *from = (const uint64_t *)more;
	uint64_t *to = (uint64_t *)sum;
	size_t i;

	for (i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

void
summary_of_bytes(const char *what, uint64_t units, const char *unit, uint64_t in, uint64_t out)
{
	printf("  %s %" PRIu64 " %s: %" PRIu64 " bytes to %" PRIu64, what, units, unit, in, out);
	if (in != 0)
		printf(" (%.1f %%)", 100.0 * out / in);
	printf("\n");
}

static void
print_way(const struct way *way, const struct counters *sum)
{
	unsigned int i;

	printf("port %u to port %u: packets received %" PRIu64 ", sent %" PRIu64 "\n",
		way->from->id, way->to->id, sum->received, sum->sent);
	if (way->half != NULL)
		summary_of_bytes(way->flow.type == RTE_COMP_COMPRESS ? "compressed" :
			"decompressed", sum->converted, "packets", sum->bytes_in, sum->bytes_out);
	for (i = 0; way->half != NULL && i < PASS_REASONS; i++)
		if (sum->passed[i] != 0)
			printf("  passed as they are, %s: %" PRIu64 "\n", pass_names[i],
				sum->passed[i]);
	for (i = 0; i < DROP_REASONS; i++)
		if (sum->dropped[i] != 0)
			printf("  dropped, %s: %" PRIu64 "\n", drop_names[i], sum->dropped[i]);
	if (sum->unsent != 0)
		printf("  not sent before the end: %" PRIu64 "\n", sum->unsent);
}

void
summary_of_engine(const struct engine *engine, uint64_t operations, uint64_t bursts,
		uint64_t lost, uint64_t copied)
{
	printf("%s%s%s: operations %" PRIu64, engine->name, engine->as == AS_ANY ? "" : ", as=",
		engine->as == AS_ANY ? "" : as_names[engine->as], operations);
	if (bursts != 0)
		printf(", %.1f handed in at a time", (double)operations / bursts);
	if (lost != 0)
		printf(", without an answer %" PRIu64, lost);
	printf("\npayload bytes copied by the CPU: %" PRIu64 "\n", copied);
	fflush(stdout);
}

void
summary_of_packets(const struct engine *engine, const struct worker *workers, uint16_t n)
{
	uint64_t operations = 0, bursts = 0, lost = 0, copied = 0;
	struct counters sum;
	unsigned int side;
	uint16_t i;

	printf("\n");
	for (side = 0; side < SIDES; side++) {
		sum = (struct counters){ 0 };
		for (i = 0; i < n; i++)
			add(&sum, &workers[i].ways[side].counters);
		print_way(&workers[0].ways[side], &sum);
	}
	for (i = 0; i < n; i++) {
		operations += workers[i].lane.operations;
		bursts += workers[i].lane.bursts;
		lost += workers[i].failed ? lane_pending(&workers[i].lane) : 0;
		copied += workers[i].lane.copied;
	}
	summary_of_engine(engine, operations, bursts, lost, copied);
}
