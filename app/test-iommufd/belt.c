/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "belt.h"

/* So long a device may work at the oldest packet. */
#define PATIENCE_SECONDS 5

int
belt_open(struct belt *belt, struct stream *stream, const char *engine)
{
	/* One burst may come while the one before it is with the device. */
	const uint32_t size = RTE_MIN(rte_align32pow2(2 * stream->burst), (uint32_t)BELT_MAX);

	*belt = (struct belt){
		.stream = stream,
		.engine = engine,
		.mask = size - 1,
		.patience = PATIENCE_SECONDS * rte_get_tsc_hz(),
	};
	belt->places = rte_calloc("belt", size, sizeof(*belt->places), RTE_CACHE_LINE_SIZE);
	if (belt->places != NULL)
		return 0;
	fprintf(stderr, "%s: no memory for %u packets under way\n", engine, size);
	return -ENOMEM;
}

void
belt_close(struct belt *belt)
{
	struct place *place;

	for (; belt->first != belt->end; belt->first++) {
		place = &belt->places[belt->first & belt->mask];
		if (place->packet != place->result)
			rte_pktmbuf_free(place->packet);
		rte_pktmbuf_free(place->result);
	}
	rte_free(belt->places);
	belt->places = NULL;
}

void
belt_fail(struct belt *belt, struct place *place, const char *why, int number)
{
	place->failed = true;
	if (belt->complained)
		return;
	belt->complained = true;
	fprintf(stderr, "%s: stream %u: %s: %s (%d): the packet is dropped; further ones are only "
		"counted (show fwd stats)\n", belt->engine, belt->stream->index, belt->device, why,
		number);
}

void
belt_refuse(struct belt *belt, struct rte_mbuf **packets, uint16_t n)
{
	belt->stream->failed += n;
	rte_pktmbuf_free_bulk(packets, n);
}

void
belt_look(struct belt *belt)
{
	if (belt->stuck || rte_rdtsc() - belt->since < belt->patience)
		return;
	belt->stuck = true;
	fprintf(stderr, "%s: stream %u: %s hasn't answered for %d s, %u packets wait: what is received "
		"is dropped\n", belt->engine, belt->stream->index, belt->device, PATIENCE_SECONDS,
		belt_length(belt));
}

void
belt_drain(struct belt *belt, bool (*move)(struct stream *stream))
{
	belt->since = rte_rdtsc();
	belt->stuck = false;
	while (belt_length(belt) > 0 && !belt->stuck)
		move(belt->stream);
	belt->stream->failed += belt_length(belt);
}
