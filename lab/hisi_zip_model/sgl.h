/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SGL_H
#define SGL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dma.h"
#include "record.h"

/*
 * One end of a request: a flat buffer, or what the entries of a HiSilicon scatter-gather list name,
 * one after the other. Used from its start to its end, for either reading or writing.
 *
 * A list is a chain of blocks in the guest's memory, in the same address space as the data, each
 * aligned to 64 bytes: a head (u64 address of the next block, 0 in the last one; u16 entries in the
 * chain; u16 entries used in this block; u16 entries there is room for; 64 bytes in all), and
 * entries (u64 address, u64 unused, u32 length; 32 bytes each). The number for the whole chain is
 * not looked at: Linux puts the size of its block there, UADK that of all its blocks.
 */

#define SGL_ALIGNMENT 64
#define SGL_MAX_ENTRIES 255	/* in a block */
#define SGL_MAX_BLOCKS 256	/* in a chain; what is longer may be a loop */

struct sgl {
	const struct dma_channel *channel;
	bool write;
	struct record_buffer first;	/* the flat buffer, or the first entry that isn't empty */

	/* The stretch in use: from start, at position, with so many bytes left */
	uint64_t start, position, left;

	/* What comes after it; all 0 for a flat buffer */
	uint64_t entry;			/* address of the next entry in this block */
	unsigned int entries;		/* left in this block */
	uint64_t next_block;
	unsigned int blocks;		/* so far */
};

void sgl_open_flat(struct sgl *sgl, const struct dma_channel *channel, bool write,
		uint64_t address, uint64_t length);
void sgl_open_list(struct sgl *sgl, const struct dma_channel *channel, bool write,
		uint64_t address);

/* Tells the record of the last stretch. */
void sgl_close(struct sgl *sgl);

/*
 * Read, write or pass over the next bytes.
 * Returns 0, or
 *  -ENODATA: there are fewer.
 *  -EINVAL: a block that isn't aligned, that claims more entries than it has room for, or one too
 *           many in the chain.
 *  -EFAULT, -EAGAIN, -ECANCELED: as dma_read(), for the data or for the list itself.
 */
int sgl_read(struct sgl *sgl, void *to, size_t length);
int sgl_write(struct sgl *sgl, const void *from, size_t length);
int sgl_skip(struct sgl *sgl, uint64_t length);

#endif
