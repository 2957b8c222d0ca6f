/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The payload of UDP datagrams, for receivers that know: it becomes a DEFLATE stream, and the
 * headers stay what they are, with right lengths and checksums. As nothing in a datagram tells
 * whether it was compressed, all are that have a payload; one that would get too long is dropped.
 *
 * A datagram whose checksum is wrong passes, for the receiver to drop: it must not get a right one.
 */

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "framing.h"

#define ETHER_LENGTH sizeof(struct rte_ether_hdr)

/* The NIC has looked, or the CPU does. */
static bool
is_checksum_right(const struct rte_mbuf *packet, const struct rte_ipv4_hdr *ip,
		const struct rte_udp_hdr *udp)
{
	switch (packet->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) {
	case RTE_MBUF_F_RX_L4_CKSUM_GOOD:
		return true;
	case RTE_MBUF_F_RX_L4_CKSUM_BAD:
		return false;
	}
	return udp->dgram_cksum == 0 || rte_ipv4_udptcp_cksum_mbuf_verify(packet, ip,
		ETHER_LENGTH + rte_ipv4_hdr_len(ip)) == 0;
}

static enum pass
find(const struct rte_mbuf *packet, uint16_t mtu, struct cut *cut)
{
	enum pass why;
	const struct rte_ipv4_hdr *ip = framing_ipv4(packet, &why);
	const struct rte_udp_hdr *udp;
	uint16_t header;

	if (ip == NULL)
		return why;
	header = rte_ipv4_hdr_len(ip);
	if (ip->next_proto_id != IPPROTO_UDP ||
			packet->data_len < ETHER_LENGTH + header + sizeof(*udp))
		return PASS_PROTOCOL;
	udp = RTE_PTR_ADD(ip, header);
	if (rte_be_to_cpu_16(udp->dgram_len) != rte_be_to_cpu_16(ip->total_length) - header)
		return PASS_PROTOCOL;
	if (rte_be_to_cpu_16(udp->dgram_len) <= sizeof(*udp))
		return PASS_SHORT;
	if (!is_checksum_right(packet, ip, udp))
		return PASS_CHECKSUM;
	header += ETHER_LENGTH + sizeof(*udp);
	*cut = (struct cut){
		.offset = header,
		.length = rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp),
		.headers = header,
		.place = header,
		.room = ETHER_LENGTH + mtu - header,
	};
	return PASS_NOT;
}

static void
set_checksum(struct rte_mbuf *result, struct rte_ipv4_hdr *ip, struct rte_udp_hdr *udp,
		const struct port *to)
{
	if (!to->udp_checksums) {
		udp->dgram_cksum = 0;
		udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
		return;
	}
	result->l2_len = ETHER_LENGTH;
	result->l3_len = rte_ipv4_hdr_len(ip);
	result->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
	udp->dgram_cksum = rte_ipv4_phdr_cksum(ip, result->ol_flags);
}

static void
finish(const struct rte_mbuf *packet, struct rte_mbuf *result, const struct port *to)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(result, struct rte_ipv4_hdr *,
			ETHER_LENGTH);
	struct rte_udp_hdr *udp = RTE_PTR_ADD(ip, rte_ipv4_hdr_len(ip));

	(void)packet;
	framing_set_ipv4(result);
	udp->dgram_len = rte_cpu_to_be_16(result->pkt_len - ETHER_LENGTH - rte_ipv4_hdr_len(ip));
	/* 0: its sender makes none */
	if (udp->dgram_cksum != 0)
		set_checksum(result, ip, udp, to);
}

const struct framing framing_payload = {
	.compress = { find, finish },
	.decompress = { find, finish },
	.checksums = true,
};
