/* SPDX-License-Identifier: BSD-3-Clause */

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "engine.h"
#include "generator.h"
#include "lcore.h"

/* Ask who has any address, and it is this port. */
static bool
answer_arp(const struct stream *stream, struct rte_mbuf *packet)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(packet, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ether + 1);
	struct rte_arp_ipv4 *data = &arp->arp_data;
	rte_be32_t asked;

	if (packet->data_len < sizeof(*ether) + sizeof(*arp) ||
			arp->arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
			arp->arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
			arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST))
		return false;
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	asked = data->arp_tip;
	data->arp_tha = data->arp_sha;
	data->arp_tip = data->arp_sip;
	data->arp_sha = stream->source;
	data->arp_sip = asked;
	return true;
}

#define IS_FRAGMENT RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)

/* An echo request becomes the reply where it is; swapped addresses leave IP's checksum right. */
static bool
answer_echo(struct rte_mbuf *packet)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(packet, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ether + 1);
	struct rte_icmp_hdr *icmp;
	rte_be32_t source;
	uint32_t sum;

	if (packet->data_len < sizeof(*ether) + sizeof(*ip) ||
			ip->next_proto_id != IPPROTO_ICMP ||
			(ip->fragment_offset & IS_FRAGMENT) != 0 ||
			packet->data_len < sizeof(*ether) + rte_ipv4_hdr_len(ip) + sizeof(*icmp))
		return false;
	icmp = (struct rte_icmp_hdr *)((char *)ip + rte_ipv4_hdr_len(ip));
	if (icmp->icmp_type != RTE_ICMP_TYPE_ECHO_REQUEST || icmp->icmp_code != 0)
		return false;
	source = ip->src_addr;
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = source;
	/* The sum of RFC 1624: the type is the high half of a word that gets smaller. */
	icmp->icmp_type = RTE_ICMP_TYPE_ECHO_REPLY;
	sum = rte_be_to_cpu_16(icmp->icmp_cksum) + (RTE_ICMP_TYPE_ECHO_REQUEST << 8);
	icmp->icmp_cksum = rte_cpu_to_be_16(sum + (sum >> 16));
	return true;
}

static bool
answer(const struct stream *stream, struct rte_mbuf *packet)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(packet, struct rte_ether_hdr *);
	bool is_answer;

	switch (ether->ether_type) {
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
		is_answer = answer_arp(stream, packet);
		break;
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
		is_answer = answer_echo(packet);
		break;
	default:
		is_answer = false;
	}
	if (is_answer) {
		ether->dst_addr = ether->src_addr;
		ether->src_addr = stream->source;
	}
	return is_answer;
}

static __rte_always_inline bool
reply(struct stream *stream)
{
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t i, n = stream_receive(stream, packets), n_answers = 0;

	if (n == 0)
		return false;
	stream_check(stream, packets, n);
	for (i = 0; i < n; i++) {
		if (answer(stream, packets[i]))
			packets[n_answers++] = packets[i];
		else
			rte_pktmbuf_free(packets[i]);
	}
	if (n_answers > 0)
		stream_send(stream, packets, n_answers);
	return true;
}

static void
run(struct lcore *lcore)
{
	lcore_loop(lcore, reply);
}

const struct engine engine_icmpecho = {
	.name = "icmpecho",
	.help = "ARP requests and pings are answered, whatever address they are for",
	.receives = true,
	.sends = true,
	.answers = true,
	.begin = generator_set_addresses,
	.run = run,
};
