/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef BELT_H
#define BELT_H

/**
 * @file
 * The packets of a stream that an accelerator works at: they leave in the order in which they came,
 * whatever order the device does them in.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_cycles.h>

#include "stream.h"

/** The most packets that a stream may have on its belt, by buffers_needed() of ports.c, too. */
#define BELT_MAX 512

/** A packet on the belt. */
struct place {
	struct rte_mbuf *packet; /**< As it came, which goes back when it leaves; NULL: it has. */
	struct rte_mbuf *result; /**< What is sent; may be the packet itself. */
	uint16_t left;           /**< Pieces of work that aren't done: 0: it may leave. */
	bool failed;             /**< It is dropped, and counted. */
};

struct belt {
	struct stream *stream;
	const char *engine; /**< For messages, as is the next one. */
	char device[96];
	uint32_t mask;  /**< Of places. */
	uint32_t first; /**< The oldest one. */
	uint32_t end;   /**< Behind the newest one. */
	uint64_t since; /**< When a packet left last, or came onto an empty belt. */
	uint64_t patience; /**< Cycles. */
	bool stuck;     /**< The oldest one has waited for longer. */
	bool complained; /**< Of a failure. */
	struct place *places;
};

/** 0 or a negative errno, and then it said why. The device's name is written by the engine. */
int belt_open(struct belt *belt, struct stream *stream, const char *engine);

/** Give back what is on it. The device must have let go of it. */
void belt_close(struct belt *belt);

/** How many places there are. */
static inline uint32_t
belt_size(const struct belt *belt)
{
	return belt->mask + 1;
}

/** How many packets are on it. */
static inline uint32_t
belt_length(const struct belt *belt)
{
	return belt->end - belt->first;
}

/** Which of the places one is. */
static inline uint32_t
belt_index(const struct belt *belt, const struct place *place)
{
	return place - belt->places;
}

/** The work at a packet failed: said once, counted each time. */
void belt_fail(struct belt *belt, struct place *place, const char *why, int number);

/** Drop packets for which nothing can be done while the device doesn't answer. */
void belt_refuse(struct belt *belt, struct rte_mbuf **packets, uint16_t n);

/** Find out whether the device has stopped answering; says so. */
void belt_look(struct belt *belt);

/**
 * Receive a burst, if there is room for it.
 *
 * @return
 *   How many packets are to be put on the belt.
 */
static __rte_always_inline uint16_t
belt_receive(struct belt *belt, struct rte_mbuf **packets)
{
	struct stream *stream = belt->stream;
	uint16_t n;

	if (unlikely(belt->stuck)) {
		belt_refuse(belt, packets, stream_receive(stream, packets));
		return 0;
	}
	if (belt_size(belt) - belt_length(belt) < stream->burst)
		return 0;
	n = stream_receive(stream, packets);
	if (n > 0) {
		stream_check(stream, packets, n);
		if (belt_length(belt) == 0)
			belt->since = rte_rdtsc();
	}
	return n;
}

/** Put a packet on a belt with room. It may leave at once, as it came, unless that is changed. */
static __rte_always_inline struct place *
belt_put(struct belt *belt, struct rte_mbuf *packet)
{
	struct place *place = &belt->places[belt->end++ & belt->mask];

	*place = (struct place){ .packet = packet, .result = packet };
	return place;
}

/** Send what is done, up to a burst. Whether there was any. */
static __rte_always_inline bool
belt_send(struct belt *belt)
{
	struct stream *stream = belt->stream;
	struct rte_mbuf *packets[MAX_BURST];
	uint32_t before = belt->first;
	struct place *place;
	uint16_t n = 0;

	while (belt->first != belt->end && n < stream->burst) {
		place = &belt->places[belt->first & belt->mask];
		if (place->left > 0)
			break;
		if (place->packet != place->result)
			rte_pktmbuf_free(place->packet);
		if (unlikely(place->failed)) {
			stream->failed++;
			rte_pktmbuf_free(place->result);
		} else {
			packets[n++] = place->result;
		}
		belt->first++;
	}
	if (belt->first == before) {
		if (belt->first != belt->end)
			belt_look(belt);
		return false;
	}
	belt->since = rte_rdtsc();
	belt->stuck = false;
	if (n > 0)
		stream_send(stream, packets, n);
	return true;
}

/**
 * Let what is on the belt leave, for as long as the device goes on answering.
 *
 * @param move
 *   Does what can be done, as belt_send() does; returns whether that was anything.
 */
void belt_drain(struct belt *belt, bool (*move)(struct stream *stream));

#endif /* BELT_H */
