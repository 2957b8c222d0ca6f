/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_FRAMING_H
#define ZIP_ACCEL_FRAMING_H

/**
 * @file
 * What of a packet is (de)compressed, and what its headers say then.
 *
 * A packet of which nothing is passes as it is. For that the other end has to see by the packet
 * itself what was done to it, or both must come to the same verdict.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/** Why a packet passes as it is. */
enum pass {
	PASS_NOT,		/**< It doesn't. */
	PASS_PROTOCOL,
	PASS_FRAGMENT,
	PASS_SHORT,
	PASS_CHECKSUM,
	PASS_CHAIN,
	PASS_NOT_SHORTER,
	PASS_REASONS,
};

/** Why a packet is dropped. */
enum drop {
	DROP_BAD_DATA,
	DROP_TOO_LONG,
	DROP_NO_MBUF,
	DROP_ERROR,
	DROP_REASONS,
};

extern const char *const pass_names[PASS_REASONS];
extern const char *const drop_names[DROP_REASONS];

/** What framings need to know of a port. */
struct port {
	uint16_t id;
	uint16_t mtu;
	bool udp_checksums;	/**< It makes them. */
};

/** What of a packet is the payload, and where the result goes. */
struct cut {
	uint32_t offset;	/**< Of the payload in the packet. */
	uint32_t length;
	uint16_t headers;	/**< Bytes at the packet's beginning that go along. */
	uint16_t place;		/**< Of the result, behind them. */
	uint32_t room;		/**< For the result. */
};

/** One direction of a framing. */
struct half {
	/** Find the payload; not all of the packet needs to be in its first mbuf, headers do. */
	enum pass (*find)(const struct rte_mbuf *packet, uint16_t mtu, struct cut *cut);
	/** Make the headers of the result true, which has the packet's and its own length. */
	void (*finish)(const struct rte_mbuf *packet, struct rte_mbuf *result,
			const struct port *to);
	/** A packet whose result is too long passes as it is. Otherwise it is dropped. */
	bool too_long_passes;
};

struct framing {
	struct half compress;
	struct half decompress;
	bool checksums;		/**< It wants ports to check and make UDP checksums. */
};

extern const struct framing framing_ipcomp;
extern const struct framing framing_payload;

/** The IPv4 header of a packet that is whole, else NULL with why. */
struct rte_ipv4_hdr *framing_ipv4(const struct rte_mbuf *packet, enum pass *why);

/** Make the length and checksum of an IPv4 header, the first of a packet, true. */
void framing_set_ipv4(struct rte_mbuf *packet);

#endif /* ZIP_ACCEL_FRAMING_H */
