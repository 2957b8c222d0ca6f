/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef STREAM_H
#define STREAM_H

/**
 * @file
 * A stream: a queue that packets are received from, and one by which they leave. It belongs to one
 * lcore, which alone writes it while it forwards; others may read the counters at any time.
 */

#include <stdint.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "checker.h"

#define MAX_BURST 512

struct generator;

struct __rte_cache_aligned stream {
	uint16_t rx_port;
	uint16_t rx_queue;
	uint16_t tx_port;
	uint16_t tx_queue;
	uint16_t burst;
	uint16_t index; /**< Among all streams. */

	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t dropped;     /**< Packets that the queue for sending had no room for. */
	uint64_t failed;      /**< Packets that an accelerator failed at; they are dropped, too. */
	uint64_t busy_cycles; /**< Of turns that had packets; with --record-core-cycles. */

	struct checker *checker; /**< What arrives is checked; NULL: it isn't. */
	struct generator *generator; /**< Of engines that make packets. */
	void *accelerated; /**< Of engines that have packets with an accelerator. */
	struct rte_mempool *pool; /**< On the lcore's NUMA node. */
	struct rte_ether_addr source; /**< What engines that write MAC addresses put there. */
	struct rte_ether_addr destination;
};

static __rte_always_inline uint16_t
stream_receive(struct stream *stream, struct rte_mbuf **packets)
{
	uint16_t n = rte_eth_rx_burst(stream->rx_port, stream->rx_queue, packets, stream->burst);

	stream->rx_packets += n;
	return n;
}

/** Check what arrived, where that is asked for. */
static __rte_always_inline void
stream_check(struct stream *stream, struct rte_mbuf **packets, uint16_t n)
{
	if (unlikely(stream->checker != NULL))
		checker_check(stream->checker, packets, n);
}

/** Send packets; those for which there is no room are dropped. */
static __rte_always_inline void
stream_send(struct stream *stream, struct rte_mbuf **packets, uint16_t n)
{
	uint16_t sent = rte_eth_tx_burst(stream->tx_port, stream->tx_queue, packets, n);

	stream->tx_packets += sent;
	if (unlikely(sent < n)) {
		stream->dropped += n - sent;
		rte_pktmbuf_free_bulk(&packets[sent], n - sent);
	}
}

#endif /* STREAM_H */
