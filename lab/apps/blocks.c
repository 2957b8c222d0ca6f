/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Has a HiSilicon ZIP compress files in blocks of 64 KiB, one request after the other, and
 * decompress them again, for `lab bench`. As it is told on standard input:
 *
 *	open DEVICE	take two queues of "hisi_zip-0"
 *	file PATH	read a file, whose blocks are added to those there are
 *	compress	have all blocks compressed
 *	decompress	and decompressed; what comes out must be what went in
 *	quit
 */

#define _GNU_SOURCE /* strerrorname_np() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"
#include "uacce_queue.h"
#include "zip_request.h"

#define PATIENCE_MS 60000
#define BLOCK (64 << 10)
#define ROOM (BLOCK + BLOCK / 8)
#define WINDOW_32K (4u << 12)	/* of the request's format: zlib's own size */

struct block {
	struct block *next;
	uint32_t bytes, compressed_bytes;
	uint8_t data[BLOCK], compressed[ROOM];
};

static struct {
	struct block *first, **end;
	struct uacce_queue compressor, decompressor;
} blocks = { .end = &blocks.first, .compressor.fd = -1, .decompressor.fd = -1 };

static void
answer(int ret)
{
	if (ret < 0)
		printf("error: %s (%s)\n", strerror(-ret), strerrorname_np(-ret));
	else
		printf("ok\n");
}

static void
open_queues(char *const arg[])
{
	int ret = uacce_queue_open(&blocks.compressor, arg[0], ZIP_COMPRESS);

	if (ret == 0)
		ret = uacce_queue_open(&blocks.decompressor, arg[0], ZIP_DECOMPRESS);
	answer(ret);
}

/* All memory is written to here, where the device is to write: then it's there. */
static struct block *
new_block(void)
{
	struct block *block = malloc(sizeof(*block));

	if (block != NULL) {
		explicit_bzero(block, sizeof(*block));
		*blocks.end = block;
		blocks.end = &block->next;
	}
	return block;
}

static void
read_file(char *const arg[])
{
	FILE *file = fopen(arg[0], "rb");
	struct block *block;

	if (file == NULL) {
		answer(-errno);
		return;
	}
	do {
		block = new_block();
		if (block != NULL)
			block->bytes = fread(block->data, 1, BLOCK, file);
	} while (block != NULL && block->bytes == BLOCK);
	fclose(file);
	answer(block == NULL ? -ENOMEM : 0);
}

/* Returns the bytes produced, or -errno. */
static int
carry_out(struct uacce_queue *queue, const uint8_t *source, uint32_t bytes, uint8_t *destination,
		uint32_t room)
{
	const struct zip_request request = {
		.kind = ZIP_KIND,
		.format = ZIP_DEFLATE | WINDOW_32K,
		.source = (uintptr_t)source,
		.source_bytes = bytes,
		.destination = (uintptr_t)destination,
		.destination_bytes = room,
	};
	const struct zip_request *done;
	int place = uacce_queue_submit(queue, &request);

	if (place < 0)
		return place;
	place = uacce_queue_wait(queue, PATIENCE_MS);
	if (place < 0)
		return place;
	done = uacce_queue_request(queue, place);
	if (!zip_is_success(done) || done->consumed != bytes || done->produced > room)
		return -EIO;
	return done->produced;
}

static void
compress_all(char *const arg[])
{
	struct block *block;
	int ret = 0;

	(void)arg;
	for (block = blocks.first; block != NULL && ret >= 0; block = block->next) {
		if (block->bytes == 0)
			continue;
		ret = carry_out(&blocks.compressor, block->data, block->bytes, block->compressed,
				ROOM);
		block->compressed_bytes = ret;
	}
	answer(ret);
}

static void
decompress_all(char *const arg[])
{
	static uint8_t again[BLOCK];
	struct block *block;
	int ret = 0;

	(void)arg;
	for (block = blocks.first; block != NULL && ret >= 0; block = block->next) {
		if (block->bytes == 0)
			continue;
		memset(again, 0xa5, sizeof(again));
		ret = carry_out(&blocks.decompressor, block->compressed, block->compressed_bytes,
				again, BLOCK);
		if (ret >= 0 && ((uint32_t)ret != block->bytes ||
				memcmp(again, block->data, block->bytes) != 0))
			ret = -EBADMSG;
	}
	answer(ret);
}

static const struct prompt_command commands[] = {
	{ "open DEVICE", open_queues },
	{ "file PATH", read_file },
	{ "compress", compress_all },
	{ "decompress", decompress_all },
	{ NULL, NULL },
};

int
main(void)
{
	prompt_loop("blocks", commands);
	uacce_queue_close(&blocks.decompressor);
	uacce_queue_close(&blocks.compressor);
	return EXIT_SUCCESS;
}
