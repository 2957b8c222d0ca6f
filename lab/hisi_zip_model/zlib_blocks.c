/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What zlib takes for itself: compresses files in blocks of 64 KiB, at the level at which the model
 * does, and decompresses them again, and prints the CPU time as JSON. `lab bench` compares the
 * model's with it.
 *
 *	zlib-blocks FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zlib.h>

#include "codec.h"

#define BLOCK (64 << 10)
#define ROOM (BLOCK + BLOCK / 8)

struct zlib {
	z_stream deflate, inflate;
	uint64_t bytes, compress_ns, decompress_ns;
};

static void
fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static uint64_t
cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1000000000ull + used.tv_nsec;
}

/* Streams are set up once and reset for each block: it's the least that zlib can take. */
static size_t
compress_block(struct zlib *zlib, uint8_t *data, size_t length, uint8_t *compressed)
{
	z_stream *stream = &zlib->deflate;
	uint64_t start = cpu_ns();

	deflateReset(stream);
	stream->next_in = data;
	stream->avail_in = length;
	stream->next_out = compressed;
	stream->avail_out = ROOM;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		fail("deflate");
	zlib->compress_ns += cpu_ns() - start;
	return stream->total_out;
}

static void
decompress_block(struct zlib *zlib, uint8_t *compressed, size_t length, uint8_t *data, size_t room)
{
	z_stream *stream = &zlib->inflate;
	uint64_t start = cpu_ns();

	inflateReset(stream);
	stream->next_in = compressed;
	stream->avail_in = length;
	stream->next_out = data;
	stream->avail_out = room;
	if (inflate(stream, Z_FINISH) != Z_STREAM_END || stream->total_out != room)
		fail("inflate");
	zlib->decompress_ns += cpu_ns() - start;
}

static void
do_file(struct zlib *zlib, const char *path)
{
	static uint8_t data[BLOCK], compressed[ROOM], again[BLOCK];
	FILE *file = fopen(path, "rb");
	size_t length, compressed_length;

	if (file == NULL)
		fail(path);
	while ((length = fread(data, 1, sizeof(data), file)) > 0) {
		compressed_length = compress_block(zlib, data, length, compressed);
		decompress_block(zlib, compressed, compressed_length, again, length);
		if (memcmp(data, again, length) != 0)
			fail("zlib");
		zlib->bytes += length;
	}
	fclose(file);
}

int
main(int argc, char **argv)
{
	struct zlib zlib = { 0 };
	int i;

	if (deflateInit2(&zlib.deflate, CODEC_LEVEL, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK
			|| inflateInit2(&zlib.inflate, -15) != Z_OK)
		fail("zlib");
	for (i = 1; i < argc; i++)
		do_file(&zlib, argv[i]);
	printf("{\"bytes\": %llu, \"compress_us\": %llu, \"decompress_us\": %llu}\n",
			(unsigned long long)zlib.bytes,
			(unsigned long long)zlib.compress_ns / 1000,
			(unsigned long long)zlib.decompress_ns / 1000);
	inflateEnd(&zlib.inflate);
	deflateEnd(&zlib.deflate);
	return EXIT_SUCCESS;
}
