/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <unistd.h>

#include <rte_malloc.h>

#include "hisi_zip_sgl.h"

int
hisi_zip_sgls_open(struct hisi_zip_sgls *sgls, uint16_t n_blocks, int socket_id)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	uint16_t i;

	*sgls = (struct hisi_zip_sgls){ .n_blocks = n_blocks };
	/* Whole pages: another address space gets these and nothing that lies beside them */
	sgls->size = RTE_ALIGN_CEIL(n_blocks * sizeof(sgls->blocks[0]), page);
	sgls->blocks = rte_zmalloc_socket("hisi_zip lists", sgls->size, page, socket_id);
	sgls->next = rte_zmalloc_socket("hisi_zip blocks", n_blocks * sizeof(sgls->next[0]), 0,
			socket_id);
	if (sgls->blocks == NULL || sgls->next == NULL) {
		hisi_zip_sgls_close(sgls);
		return -ENOMEM;
	}
	for (i = 0; i < n_blocks; i++)
		sgls->next[i] = i + 1 < n_blocks ? i + 1 : HISI_ZIP_SGL_NONE;
	return 0;
}

void
hisi_zip_sgls_close(struct hisi_zip_sgls *sgls)
{
	rte_free(sgls->next);
	rte_free(sgls->blocks);
	*sgls = (struct hisi_zip_sgls){ .free = HISI_ZIP_SGL_NONE };
}

static uint16_t
take_block(struct hisi_zip_sgls *sgls)
{
	const uint16_t taken = sgls->free;
	struct hisi_zip_sgl_block *block;

	if (taken == HISI_ZIP_SGL_NONE)
		return taken;
	sgls->free = sgls->next[taken];
	sgls->next[taken] = HISI_ZIP_SGL_NONE;
	block = &sgls->blocks[taken];
	block->next = 0;
	block->entries_used = 0;
	block->entries_room = HISI_ZIP_SGL_ENTRIES;
	return taken;
}

/* Adds a block to the end of a list. Returns it, or HISI_ZIP_SGL_NONE. */
static uint16_t
append_block(struct hisi_zip_sgls *sgls, uint16_t last)
{
	const uint16_t taken = take_block(sgls);

	if (taken != HISI_ZIP_SGL_NONE) {
		sgls->next[last] = taken;
		sgls->blocks[last].next = hisi_zip_sgl_address(sgls, taken);
	}
	return taken;
}

uint16_t
hisi_zip_sgl_make(struct hisi_zip_sgls *sgls, const struct hisi_zip_span *span,
		bool virtual_addresses)
{
	const uint16_t first = take_block(sgls);
	const struct rte_mbuf *segment = span->segment;
	uint32_t offset = span->offset, left = span->length, length;
	uint16_t last = first, entries = 0;
	struct hisi_zip_sgl_block *block;

	for (; left > 0 && last != HISI_ZIP_SGL_NONE; segment = segment->next, offset = 0) {
		length = RTE_MIN(left, segment->data_len - offset);
		if (length == 0)
			continue;
		if (sgls->blocks[last].entries_used == HISI_ZIP_SGL_ENTRIES) {
			last = append_block(sgls, last);
			if (last == HISI_ZIP_SGL_NONE)
				break;
		}
		block = &sgls->blocks[last];
		block->entries[block->entries_used++] = (struct hisi_zip_sge){
			.address = hisi_zip_mbuf_address(segment, offset, virtual_addresses),
			.length = length,
		};
		entries++;
		left -= length;
	}
	if (last == HISI_ZIP_SGL_NONE) {
		hisi_zip_sgl_free(sgls, first);
		return HISI_ZIP_SGL_NONE;
	}
	sgls->blocks[first].entries_in_list = entries;
	return first;
}

void
hisi_zip_sgl_free(struct hisi_zip_sgls *sgls, uint16_t first)
{
	uint16_t next;

	for (; first != HISI_ZIP_SGL_NONE; first = next) {
		next = sgls->next[first];
		sgls->next[first] = sgls->free;
		sgls->free = first;
	}
}
