/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * IPComp (RFC 3173) with DEFLATE (RFC 2394): whatever is behind the IPv4 header, the transport's
 * header included, becomes one compressed stream behind a header that tells so. What doesn't get
 * shorter goes as it is. The transport's checksum is not touched.
 */

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "framing.h"

#define CPI_DEFLATE 2
/* RFC 2394: shorter ones aren't worth it */
#define SHORTEST 90

struct ipcomp {
	uint8_t next_header;
	uint8_t flags;
	rte_be16_t cpi;
};

#define ETHER_LENGTH sizeof(struct rte_ether_hdr)

static enum pass
find_plain(const struct rte_mbuf *packet, uint16_t mtu, struct cut *cut)
{
	enum pass why;
	const struct rte_ipv4_hdr *ip = framing_ipv4(packet, &why);
	uint16_t header, length;

	(void)mtu;	/* it gets shorter */
	if (ip == NULL)
		return why;
	if (ip->next_proto_id == IPPROTO_COMP)
		return PASS_PROTOCOL;
	header = rte_ipv4_hdr_len(ip);
	length = rte_be_to_cpu_16(ip->total_length) - header;
	if (length < SHORTEST)
		return PASS_SHORT;
	*cut = (struct cut){
		.offset = ETHER_LENGTH + header,
		.length = length,
		.headers = ETHER_LENGTH + header,
		.place = ETHER_LENGTH + header + sizeof(struct ipcomp),
		.room = length - sizeof(struct ipcomp) - 1,
	};
	return PASS_NOT;
}

static void
finish_packed(const struct rte_mbuf *packet, struct rte_mbuf *result, const struct port *to)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(result, struct rte_ipv4_hdr *,
			ETHER_LENGTH);
	struct ipcomp *ipcomp = RTE_PTR_ADD(ip, rte_ipv4_hdr_len(ip));

	(void)packet;
	(void)to;
	*ipcomp = (struct ipcomp){
		.next_header = ip->next_proto_id,
		.cpi = rte_cpu_to_be_16(CPI_DEFLATE),
	};
	ip->next_proto_id = IPPROTO_COMP;
	framing_set_ipv4(result);
}

static enum pass
find_packed(const struct rte_mbuf *packet, uint16_t mtu, struct cut *cut)
{
	enum pass why;
	const struct rte_ipv4_hdr *ip = framing_ipv4(packet, &why);
	const struct ipcomp *ipcomp;
	uint16_t header, length;

	if (ip == NULL)
		return why;
	header = rte_ipv4_hdr_len(ip);
	length = rte_be_to_cpu_16(ip->total_length);
	if (ip->next_proto_id != IPPROTO_COMP || length <= header + sizeof(*ipcomp) ||
			packet->data_len < ETHER_LENGTH + header + sizeof(*ipcomp))
		return PASS_PROTOCOL;
	ipcomp = RTE_PTR_ADD(ip, header);
	if (ipcomp->cpi != rte_cpu_to_be_16(CPI_DEFLATE))
		return PASS_PROTOCOL;
	*cut = (struct cut){
		.offset = ETHER_LENGTH + header + sizeof(*ipcomp),
		.length = length - header - sizeof(*ipcomp),
		.headers = ETHER_LENGTH + header,
		.place = ETHER_LENGTH + header,
		.room = mtu - header,
	};
	return PASS_NOT;
}

static void
finish_plain(const struct rte_mbuf *packet, struct rte_mbuf *result, const struct port *to)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(result, struct rte_ipv4_hdr *,
			ETHER_LENGTH);
	const struct ipcomp *ipcomp = rte_pktmbuf_mtod_offset(packet, const struct ipcomp *,
			ETHER_LENGTH + rte_ipv4_hdr_len(ip));

	(void)to;
	ip->next_proto_id = ipcomp->next_header;
	framing_set_ipv4(result);
}

const struct framing framing_ipcomp = {
	.compress = { find_plain, finish_packed, .too_long_passes = true },
	.decompress = { find_packed, finish_plain },
};
