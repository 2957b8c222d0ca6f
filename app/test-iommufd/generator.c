/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "generator.h"
#include "pacer.h"
#include "parameters.h"
#include "stamp.h"

/* Discard, of RFC 863, between addresses that RFC 2544 keeps for measurements. */
#define UDP_PORT 9
#define SOURCE UINT32_C(0xc6120001)      /* 198.18.0.1 */
#define DESTINATION UINT32_C(0xc6128000) /* 198.18.128.0 and up, by flow */
#define TIME_TO_LIVE 64

struct headers {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __attribute__((packed, aligned(2)));

struct generator {
	struct headers headers;
	uint32_t n_segments;
	uint32_t segments[MAX_SEGMENTS]; /* bytes */
	uint32_t length;
	bool stamps;
	struct run *run;

	struct pacer pacer;

	uint32_t first_flow;
	uint32_t n_flows;
	uint32_t flow;     /* whose turn it is, from 0 on */
	uint32_t *numbers; /* of the next packet, by flow */

	/* What has been made but not sent: n_made packets, those before `first` are gone. */
	uint16_t first;
	uint16_t n_made;
	struct rte_mbuf *made[MAX_BURST];
};

int
generator_set_addresses(struct stream *stream, struct run *run)
{
	const struct rte_ether_addr *peer = &run->parameters->peers[stream->tx_port];
	int ret = rte_eth_macaddr_get(stream->tx_port, &stream->source);

	if (ret != 0) {
		fprintf(stderr, "port %u: no MAC address: %s\n", stream->tx_port, strerror(-ret));
		return ret;
	}
	stream->destination = rte_is_zero_ether_addr(peer) ?
		(struct rte_ether_addr){ { 0x02, 0, 0, 0, 0, stream->tx_port } } : *peer;
	return 0;
}

static void
set_headers(struct generator *generator, const struct stream *stream)
{
	struct headers *headers = &generator->headers;

	headers->ether.src_addr = stream->source;
	headers->ether.dst_addr = stream->destination;
	headers->ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	headers->ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(generator->length - sizeof(headers->ether)),
		.time_to_live = TIME_TO_LIVE,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = rte_cpu_to_be_32(SOURCE),
	};
	/* Without a checksum of UDP, which would have to be computed over the payload. */
	headers->udp = (struct rte_udp_hdr){
		.src_port = RTE_BE16(UDP_PORT),
		.dst_port = RTE_BE16(UDP_PORT),
		.dgram_len = rte_cpu_to_be_16(generator->length - sizeof(headers->ether) -
			sizeof(headers->ip)),
	};
}

int
generator_begin(struct stream *stream, struct run *run, uint32_t n_flows)
{
	const struct parameters *parameters = run->parameters;
	struct generator *generator;
	int ret = generator_set_addresses(stream, run);

	if (ret != 0)
		return ret;
	if ((stream->index + 1) * n_flows > STAMP_FLOWS) {
		fprintf(stderr, "%u flows of each stream are more than %u in all: use fewer "
			"(--flowgen-flows)\n", n_flows, STAMP_FLOWS);
		return -ERANGE;
	}
	generator = calloc(1, sizeof(*generator));
	stream->generator = generator;
	if (generator == NULL)
		return -ENOMEM;
	generator->numbers = calloc(n_flows, sizeof(*generator->numbers));
	if (generator->numbers == NULL) {
		generator_end(stream);
		return -ENOMEM;
	}
	generator->n_segments = parameters->n_segments;
	memcpy(generator->segments, parameters->segments, sizeof(generator->segments));
	generator->length = parameters_packet_length(parameters);
	generator->stamps = parameters->verify;
	generator->run = run;
	generator->first_flow = stream->index * n_flows;
	generator->n_flows = n_flows;
	set_headers(generator, stream);
	/* Each stream may send its part of the packets: as many in as much more time. */
	pacer_begin(&generator->pacer, parameters->tx_pps, run->n_streams * rte_get_tsc_hz(),
		stream->burst, rte_rdtsc());
	return 0;
}

void
generator_end(struct stream *stream)
{
	struct generator *generator = stream->generator;

	if (generator == NULL)
		return;
	rte_pktmbuf_free_bulk(&generator->made[generator->first],
		generator->n_made - generator->first);
	free(generator->numbers);
	free(generator);
	stream->generator = NULL;
}

struct run *
generator_run(const struct stream *stream)
{
	return stream->generator->run;
}

/* Give a packet, which is its first buffer, the others. */
static int
add_segments(const struct generator *generator, struct rte_mempool *pool, struct rte_mbuf *packet)
{
	struct rte_mbuf *last = packet;
	uint32_t i;

	packet->data_len = generator->segments[0];
	packet->pkt_len = generator->length;
	packet->nb_segs = generator->n_segments;
	for (i = 1; i < generator->n_segments; i++) {
		last->next = rte_pktmbuf_alloc(pool);
		if (last->next == NULL) {
			packet->nb_segs = i;
			return -ENOMEM;
		}
		last = last->next;
		last->data_len = generator->segments[i];
	}
	return 0;
}

static void
write_packet(struct generator *generator, struct rte_mbuf *packet)
{
	struct headers *headers = rte_pktmbuf_mtod(packet, struct headers *);
	uint32_t flow = generator->flow;
	struct stamp_content content;

	*headers = generator->headers;
	headers->ip.dst_addr = rte_cpu_to_be_32(DESTINATION + generator->first_flow + flow);
	headers->ip.hdr_checksum = rte_ipv4_cksum(&headers->ip);
	if (generator->stamps) {
		content = (struct stamp_content){
			.run = generator->run->number,
			.flow = generator->first_flow + flow,
			.number = generator->numbers[flow]++,
			.time = rte_rdtsc(),
		};
		stamp_write(packet, &content);
	}
	if (++generator->flow == generator->n_flows)
		generator->flow = 0;
}

static void
make(struct generator *generator, const struct stream *stream)
{
	struct rte_mbuf **made = generator->made;
	uint16_t i;

	generator->first = 0;
	generator->n_made = 0;
	if (rte_pktmbuf_alloc_bulk(stream->pool, made, stream->burst) != 0)
		return;
	for (i = 0; i < stream->burst; i++) {
		if (add_segments(generator, stream->pool, made[i]) != 0)
			break;
		write_packet(generator, made[i]);
	}
	rte_pktmbuf_free_bulk(&made[i], stream->burst - i);
	generator->n_made = i;
}

bool
generator_send(struct stream *stream)
{
	struct generator *generator = stream->generator;
	uint16_t n, sent;

	if (generator->first == generator->n_made)
		make(generator, stream);
	n = pacer_allows(&generator->pacer, rte_rdtsc(), generator->n_made - generator->first);
	if (n == 0)
		return false;
	sent = rte_eth_tx_burst(stream->tx_port, stream->tx_queue,
		&generator->made[generator->first], n);
	pacer_spend(&generator->pacer, sent);
	generator->first += sent;
	stream->tx_packets += sent;
	return sent > 0;
}
