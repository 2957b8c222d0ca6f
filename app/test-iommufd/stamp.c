/* SPDX-License-Identifier: BSD-3-Clause */

#include <stddef.h>
#include <string.h>

#include <rte_hash_crc.h>

#include "stamp.h"

#define SUMMED_FROM (STAMP_OFFSET + offsetof(struct stamp, run))
#define CRC_SEED UINT32_MAX

/* The CRC of what lies from an offset on in a chain of buffers. */
static uint32_t
crc_of(const struct rte_mbuf *packet, uint32_t offset, uint32_t length)
{
	const struct rte_mbuf *segment;
	uint32_t here, crc = CRC_SEED;

	for (segment = packet; segment != NULL && length > 0; segment = segment->next) {
		if (offset >= segment->data_len) {
			offset -= segment->data_len;
			continue;
		}
		here = RTE_MIN(length, segment->data_len - offset);
		crc = rte_hash_crc(rte_pktmbuf_mtod_offset(segment, const void *, offset), here,
			crc);
		length -= here;
		offset = 0;
	}
	return crc;
}

/* Another byte in each packet, each flow and each place, so that no old content passes for new. */
static void
fill(struct rte_mbuf *packet, uint32_t offset, uint32_t seed)
{
	struct rte_mbuf *segment;
	uint8_t *byte;
	uint32_t i;

	for (segment = packet; segment != NULL; segment = segment->next) {
		byte = rte_pktmbuf_mtod(segment, uint8_t *);
		for (i = offset; i < segment->data_len; i++)
			byte[i] = seed++;
		offset = offset > segment->data_len ? offset - segment->data_len : 0;
	}
}

void
stamp_write(struct rte_mbuf *packet, const struct stamp_content *content)
{
	struct stamp *stamp = rte_pktmbuf_mtod_offset(packet, struct stamp *, STAMP_OFFSET);

	stamp->magic = RTE_BE16(STAMP_MAGIC);
	stamp->run = rte_cpu_to_be_16(content->run);
	stamp->flow = rte_cpu_to_be_16(content->flow);
	stamp->number = rte_cpu_to_be_32(content->number);
	stamp->time = rte_cpu_to_be_64(content->time);
	fill(packet, STAMP_OFFSET + sizeof(*stamp), content->number + content->flow + content->run);
	stamp->crc = rte_cpu_to_be_32(crc_of(packet, SUMMED_FROM, packet->pkt_len - SUMMED_FROM));
}

/* The length of the UDP payload; 0 where the packet is anything else, or cut off. */
static uint32_t
payload_length(const struct rte_mbuf *packet)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(packet, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(ether + 1);
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(ip + 1);
	uint32_t length;

	if (packet->data_len < STAMP_OFFSET + sizeof(struct stamp) ||
			ether->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
			ip->version_ihl != RTE_IPV4_VHL_DEF || ip->next_proto_id != IPPROTO_UDP)
		return 0;
	length = rte_be_to_cpu_16(udp->dgram_len);
	if (length < sizeof(*udp) + sizeof(struct stamp) ||
			length - sizeof(*udp) > packet->pkt_len - STAMP_OFFSET)
		return 0;
	return length - sizeof(*udp);
}

enum stamp_verdict
stamp_read(const struct rte_mbuf *packet, struct stamp_content *content)
{
	const struct stamp *stamp = rte_pktmbuf_mtod_offset(packet, const struct stamp *,
		STAMP_OFFSET);
	uint32_t length = payload_length(packet);

	if (length == 0 || stamp->magic != RTE_BE16(STAMP_MAGIC))
		return STAMP_NONE;
	if (rte_be_to_cpu_32(stamp->crc) != crc_of(packet, SUMMED_FROM,
			length - offsetof(struct stamp, run)))
		return STAMP_CORRUPT;
	content->run = rte_be_to_cpu_16(stamp->run);
	content->flow = rte_be_to_cpu_16(stamp->flow);
	content->number = rte_be_to_cpu_32(stamp->number);
	content->time = rte_be_to_cpu_64(stamp->time);
	return STAMP_OK;
}
