/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>

#include "sgl.h"

struct block_head {
	uint64_t next;
	uint16_t entries_in_chain;
	uint16_t entries_used;
	uint16_t entries_room;
	uint16_t unused[25];
};
static_assert(sizeof(struct block_head) == 64, "head of a block");

struct block_entry {
	uint64_t address;
	uint64_t unused0;
	uint32_t length;
	uint32_t unused1[3];
};
static_assert(sizeof(struct block_entry) == 32, "entry of a block");

static void
begin_stretch(struct sgl *sgl, uint64_t address, uint64_t length)
{
	sgl->start = address;
	sgl->position = address;
	sgl->left = length;
	if (sgl->first.length == 0)
		sgl->first = (struct record_buffer){ .address = address, .length = length };
}

static void
end_stretch(struct sgl *sgl)
{
	const struct dma_channel *channel = sgl->channel;
	uint64_t used = sgl->position - sgl->start;

	if (used > 0)
		record_add_access(channel->dma->record, channel->queue, channel->pasid,
				sgl->start, used, sgl->write);
	sgl->start = sgl->position;
	sgl->left = 0;
}

void
sgl_open_flat(struct sgl *sgl, const struct dma_channel *channel, bool write, uint64_t address,
		uint64_t length)
{
	*sgl = (struct sgl){ .channel = channel, .write = write };
	begin_stretch(sgl, address, length);
}

void
sgl_open_list(struct sgl *sgl, const struct dma_channel *channel, bool write, uint64_t address)
{
	*sgl = (struct sgl){ .channel = channel, .write = write, .next_block = address };
}

void
sgl_close(struct sgl *sgl)
{
	end_stretch(sgl);
}

static int
next_block(struct sgl *sgl)
{
	struct block_head head;
	uint64_t address = sgl->next_block;
	int ret;

	if (address == 0)
		return -ENODATA;
	if (address % SGL_ALIGNMENT != 0 || sgl->blocks == SGL_MAX_BLOCKS)
		return -EINVAL;
	ret = dma_read(sgl->channel, address, &head, sizeof(head));
	if (ret != 0)
		return ret;
	if (head.entries_used > head.entries_room || head.entries_room > SGL_MAX_ENTRIES)
		return -EINVAL;
	sgl->entry = address + sizeof(head);
	sgl->entries = head.entries_used;
	sgl->next_block = head.next;
	sgl->blocks++;
	return 0;
}

static int
next_stretch(struct sgl *sgl)
{
	struct block_entry entry;
	int ret;

	end_stretch(sgl);
	while (sgl->left == 0) {
		if (sgl->entries == 0) {
			ret = next_block(sgl);
			if (ret != 0)
				return ret;
			continue;
		}
		ret = dma_read(sgl->channel, sgl->entry, &entry, sizeof(entry));
		if (ret != 0)
			return ret;
		sgl->entry += sizeof(entry);
		sgl->entries--;
		begin_stretch(sgl, entry.address, entry.length);
	}
	return 0;
}

/* Does the same to each stretch of the next bytes; to and from are NULL where they don't apply. */
static int
pass(struct sgl *sgl, uint8_t *to, const uint8_t *from, uint64_t length)
{
	int ret;

	while (length > 0) {
		uint64_t now;

		if (sgl->left == 0) {
			ret = next_stretch(sgl);
			if (ret != 0)
				return ret;
		}
		now = length < sgl->left ? length : sgl->left;
		if (to != NULL) {
			ret = dma_read(sgl->channel, sgl->position, to, now);
			to += now;
		} else if (from != NULL) {
			ret = dma_write(sgl->channel, sgl->position, from, now);
			from += now;
		} else {
			sgl->start += now;
			ret = 0;
		}
		if (ret != 0)
			return ret;
		sgl->position += now;
		sgl->left -= now;
		length -= now;
	}
	return 0;
}

int
sgl_read(struct sgl *sgl, void *to, size_t length)
{
	return pass(sgl, to, NULL, length);
}

int
sgl_write(struct sgl *sgl, const void *from, size_t length)
{
	return pass(sgl, NULL, from, length);
}

int
sgl_skip(struct sgl *sgl, uint64_t length)
{
	return pass(sgl, NULL, NULL, length);
}
