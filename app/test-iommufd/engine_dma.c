/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "belt.h"
#include "copier.h"
#include "engine.h"
#include "lcore.h"
#include "parameters.h"

/* Copies for each place on the belt: one for each buffer of a packet, and of its copy. */
#define COPIES_PER_PLACE 8

/* A stream's copier, with the copies in the order in which it gets them. */
struct dma {
	struct belt belt;
	struct copier copier;
	struct copy *copies;
	uint32_t mask;
	uint32_t first; /* the oldest one that isn't known to be done */
	uint32_t next;  /* the oldest one that the copier hasn't got */
	uint32_t end;
};

static uint64_t
address_of(const struct copier *copier, const struct rte_mbuf *buffer)
{
	return copier->virtual_addresses ? rte_pktmbuf_mtod(buffer, uintptr_t) :
		rte_pktmbuf_iova(buffer);
}

/* The buffer that the next bytes of a result go to: its last one, or a fresh one behind that. */
static struct rte_mbuf *
buffer_with_room(struct place *place, struct rte_mempool *pool)
{
	struct rte_mbuf *buffer;

	if (place->result != NULL) {
		buffer = rte_pktmbuf_lastseg(place->result);
		if (rte_pktmbuf_tailroom(buffer) > 0)
			return buffer;
	}
	buffer = rte_pktmbuf_alloc(pool);
	if (buffer == NULL)
		return NULL;
	if (place->result == NULL)
		place->result = buffer;
	else if (rte_pktmbuf_chain(place->result, buffer) != 0)
		goto free_buffer;
	return buffer;

free_buffer:
	rte_pktmbuf_free(buffer);
	return NULL;
}

/* What of a packet's buffer lies from an offset on, as far as there is room; 0: there is none. */
static uint16_t
copy_piece(struct dma *dma, struct place *place, const struct rte_mbuf *from, uint16_t offset)
{
	struct rte_mbuf *to;
	uint16_t length;

	if (dma->end - dma->first > dma->mask)
		return 0;
	to = buffer_with_room(place, dma->belt.stream->pool);
	if (to == NULL)
		return 0;
	length = RTE_MIN(from->data_len - offset, rte_pktmbuf_tailroom(to));
	dma->copies[dma->end++ & dma->mask] = (struct copy){
		.from = address_of(&dma->copier, from) + offset,
		.to = address_of(&dma->copier, to) + to->data_len,
		.length = length,
		.cookie = place,
	};
	rte_pktmbuf_append(place->result, length);
	place->left++;
	return length;
}

static void
put_packet(struct dma *dma, struct rte_mbuf *packet)
{
	struct place *place = belt_put(&dma->belt, packet);
	const struct rte_mbuf *from;
	uint16_t offset, length;

	if (packet->pkt_len > 0)
		place->result = NULL;
	for (from = packet; from != NULL; from = from->next) {
		for (offset = 0; offset < from->data_len; offset += length) {
			length = copy_piece(dma, place, from, offset);
			if (length == 0) {
				belt_fail(&dma->belt, place, "no buffer (--total-num-mbufs), or no room "
					"for more copies, for a packet in so many buffers",
					packet->nb_segs);
				return;
			}
		}
	}
}

/* What waits goes to the copier, as far as it has room, in runs that don't wrap. */
static void
hand_in(struct dma *dma)
{
	uint32_t at, n;
	uint16_t taken;

	while (dma->next != dma->end) {
		at = dma->next & dma->mask;
		n = RTE_MIN(dma->end - dma->next, dma->mask + 1 - at);
		taken = dma->copier.kind->enqueue(&dma->copier, &dma->copies[at], n);
		dma->next += taken;
		if (taken < n)
			break;
	}
}

static void
take_back(struct dma *dma)
{
	struct place *place;
	struct copy *copy;

	if (dma->first == dma->next)
		return;
	dma->copier.kind->dequeue(&dma->copier);
	for (; dma->first != dma->next; dma->first++) {
		copy = &dma->copies[dma->first & dma->mask];
		if (copy->state == COPY_WAITING)
			break;
		place = copy->cookie;
		place->left--;
		if (unlikely(copy->state == COPY_FAILED))
			belt_fail(&dma->belt, place, "a copy failed, of so many bytes", copy->length);
	}
}

static __rte_always_inline bool
move(struct stream *stream)
{
	struct dma *dma = stream->accelerated;

	hand_in(dma);
	take_back(dma);
	return belt_send(&dma->belt);
}

static __rte_always_inline bool
forward(struct stream *stream)
{
	struct dma *dma = stream->accelerated;
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t i, n = belt_receive(&dma->belt, packets);

	for (i = 0; i < n; i++)
		put_packet(dma, packets[i]);
	return move(stream) || n > 0;
}

static void
run(struct lcore *lcore)
{
	unsigned int i;

	lcore_loop(lcore, forward);
	for (i = 0; i < lcore->n_streams; i++)
		belt_drain(&((struct dma *)lcore->streams[i].accelerated)->belt, move);
}

static int
begin(struct stream *stream, struct run *run)
{
	struct dma *dma = rte_zmalloc("dma", sizeof(*dma), RTE_CACHE_LINE_SIZE);
	int ret;

	if (dma == NULL)
		return -ENOMEM;
	ret = belt_open(&dma->belt, stream, "dma");
	if (ret != 0)
		goto free_dma;
	dma->mask = belt_size(&dma->belt) * COPIES_PER_PLACE - 1;
	dma->copies = rte_calloc("copies", dma->mask + 1, sizeof(*dma->copies), 0);
	ret = dma->copies == NULL ? -ENOMEM : copier_open(&dma->copier,
		run->parameters->accelerator, stream->index, run->n_streams, run->ports);
	if (ret != 0)
		goto close_belt;
	snprintf(dma->belt.device, sizeof(dma->belt.device), "%s", dma->copier.name);
	stream->accelerated = dma;
	return 0;

close_belt:
	rte_free(dma->copies);
	belt_close(&dma->belt);
free_dma:
	rte_free(dma);
	return ret;
}

static void
end(struct stream *stream)
{
	struct dma *dma = stream->accelerated;

	/* First the device lets go of what the belt gives back. */
	copier_close(&dma->copier);
	rte_free(dma->copies);
	belt_close(&dma->belt);
	rte_free(dma);
	stream->accelerated = NULL;
}

const struct engine engine_dma = {
	.name = "dma",
	.help = "copied into fresh buffers by a dmadev, or a ZIP's queue that copies",
	.receives = true,
	.sends = true,
	.begin = begin,
	.run = run,
	.end = end,
};
