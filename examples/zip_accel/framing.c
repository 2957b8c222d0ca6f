/* SPDX-License-Identifier: BSD-3-Clause */

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "framing.h"

const char *const pass_names[PASS_REASONS] = {
	[PASS_PROTOCOL] = "of another protocol",
	[PASS_FRAGMENT] = "fragments",
	[PASS_SHORT] = "short",
	[PASS_CHECKSUM] = "with a wrong checksum",
	[PASS_CHAIN] = "in several mbufs",
	[PASS_NOT_SHORTER] = "that don't get shorter",
};

const char *const drop_names[DROP_REASONS] = {
	[DROP_BAD_DATA] = "not DEFLATE data",
	[DROP_TOO_LONG] = "too long for the MTU",
	[DROP_NO_MBUF] = "no mbuf left",
	[DROP_ERROR] = "refused or failed operations",
};

struct rte_ipv4_hdr *
framing_ipv4(const struct rte_mbuf *packet, enum pass *why)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(packet, const struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(uintptr_t)(ether + 1);

	*why = PASS_PROTOCOL;
	if (packet->data_len < sizeof(*ether) + sizeof(*ip) ||
			ether->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
			ip->version_ihl >> 4 != 4)
		return NULL;
	if (rte_ipv4_hdr_len(ip) < sizeof(*ip) ||
			packet->data_len < sizeof(*ether) + rte_ipv4_hdr_len(ip) ||
			packet->pkt_len < sizeof(*ether) + rte_be_to_cpu_16(ip->total_length) ||
			rte_be_to_cpu_16(ip->total_length) < rte_ipv4_hdr_len(ip))
		return NULL;
	*why = PASS_FRAGMENT;
	if (ip->fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_MF_FLAG |
			RTE_IPV4_HDR_OFFSET_MASK))
		return NULL;
	return ip;
}

void
framing_set_ipv4(struct rte_mbuf *packet)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(packet, struct rte_ipv4_hdr *,
			sizeof(struct rte_ether_hdr));

	ip->total_length = rte_cpu_to_be_16(packet->pkt_len - sizeof(struct rte_ether_hdr));
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}
