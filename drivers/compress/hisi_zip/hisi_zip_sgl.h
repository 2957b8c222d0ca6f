/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISI_ZIP_SGL_H
#define HISI_ZIP_SGL_H

/**
 * @file
 * Scatter-gather lists for the hardware, in blocks of memory that a queue pair's requests share.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "hisi_zip_hw.h"

/** No block. */
#define HISI_ZIP_SGL_NONE UINT16_MAX

struct hisi_zip_sgls {
	struct hisi_zip_sgl_block *blocks;	/**< The device reads them. */
	uint16_t *next;		/**< Of each block: the next of its list, or of the free ones. */
	uint16_t free;		/**< The first free one. */
	uint16_t n_blocks;
	size_t size;		/**< Of the blocks, in bytes: whole pages. */
};

/** A place in a chain of mbufs, and how much of the chain follows. */
struct hisi_zip_span {
	struct rte_mbuf *segment;
	uint32_t offset;	/**< Into the segment. */
	uint32_t length;
};

/** Take memory for lists. Returns 0 or -ENOMEM. */
int hisi_zip_sgls_open(struct hisi_zip_sgls *sgls, uint16_t n_blocks, int socket_id);

void hisi_zip_sgls_close(struct hisi_zip_sgls *sgls);

/**
 * Make a list of a span, which the chain has in full.
 *
 * @param virtual_addresses
 *   The device uses the process's own page tables, and else the IOVAs of mbufs.
 * @return
 *   The first block, or HISI_ZIP_SGL_NONE when there aren't enough.
 */
uint16_t hisi_zip_sgl_make(struct hisi_zip_sgls *sgls, const struct hisi_zip_span *span,
		bool virtual_addresses);

/** Give back a list, or none. */
void hisi_zip_sgl_free(struct hisi_zip_sgls *sgls, uint16_t first);

static inline uint64_t
hisi_zip_sgl_address(const struct hisi_zip_sgls *sgls, uint16_t first)
{
	return (uintptr_t)&sgls->blocks[first];
}

static inline uint64_t
hisi_zip_mbuf_address(const struct rte_mbuf *mbuf, uint32_t offset, bool virtual_addresses)
{
	return virtual_addresses ? (uintptr_t)rte_pktmbuf_mtod_offset(mbuf, char *, offset) :
		rte_pktmbuf_iova_offset(mbuf, offset);
}

#endif /* HISI_ZIP_SGL_H */
