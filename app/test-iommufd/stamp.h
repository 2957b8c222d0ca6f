/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef STAMP_H
#define STAMP_H

/**
 * @file
 * What --verify writes at the beginning of a UDP payload: which packet this is, and a checksum of
 * all that follows it. It fits into a frame of 64 bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#define STAMP_MAGIC 0x494f

/** So many flows can be told apart. */
#define STAMP_FLOWS (UINT16_MAX + 1)

/** Where the UDP payload begins. */
#define STAMP_OFFSET (sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr) + \
		sizeof(struct rte_udp_hdr))

struct stamp {
	rte_be16_t magic;
	rte_be32_t crc; /**< CRC-32C of the payload behind this field. */
	rte_be16_t run; /**< Of the sender, which begins each with new numbers. */
	rte_be16_t flow;
	rte_be32_t number; /**< Of the packet in its flow, from 0 on; it wraps. */
	rte_be64_t time;   /**< When it was made, by the sender's TSC. */
} __attribute__((packed));

/** What a stamp says. */
struct stamp_content {
	uint16_t run;
	uint16_t flow;
	uint32_t number;
	uint64_t time;
};

enum stamp_verdict {
	STAMP_OK,
	STAMP_NONE,    /**< Not a stamped packet. */
	STAMP_CORRUPT, /**< Its checksum is wrong. */
};

/**
 * Stamp a packet that has its headers and its length: fill the rest of the payload with what
 * depends on flow and number, and write the checksum.
 */
void stamp_write(struct rte_mbuf *packet, const struct stamp_content *content);

/** Read and check the stamp of a packet. */
enum stamp_verdict stamp_read(const struct rte_mbuf *packet, struct stamp_content *content);

#endif /* STAMP_H */
