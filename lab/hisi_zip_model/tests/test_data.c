/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine_fixture.h"
#include "test_data.h"

/* xorshift */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

void
random_bytes(uint8_t *bytes, size_t length, uint32_t seed)
{
	uint32_t state = seed * 2654435761u | 1;
	size_t i;

	for (i = 0; i < length; i++)
		bytes[i] = next_random(&state) >> 24;
}

void
text_bytes(uint8_t *bytes, size_t length, uint32_t seed)
{
	static const char *const words[] = {
		"queue ", "page ", "table ", "doorbell ", "guest", "0x", "\n\t", "of the ",
	};
	uint32_t state = seed * 2654435761u | 1;
	size_t at = 0;

	while (at < length) {
		uint32_t choice = next_random(&state) >> 20;
		const char *word = words[choice % 8];
		size_t n = strlen(word);

		if (n > length - at)
			n = length - at;
		memcpy(bytes + at, word, n);
		at += n;
		/* Something new now and then, so that it isn't too easy */
		if (at < length && choice % 5 == 0)
			bytes[at++] = choice >> 4;
	}
}

static size_t
header_length(unsigned int format)
{
	return format == GZIP ? 10 : format == ZLIB ? 2 : 0;
}

/* zlib's way to say which format it is to read or write */
static int
zlib_window(unsigned int format, int bits)
{
	return format == GZIP ? bits + 16 : format == ZLIB ? bits : -bits;
}

size_t
cpu_compress(unsigned int format, int level, const uint8_t *data, size_t length,
		uint8_t *compressed, size_t room)
{
	size_t header = header_length(format);
	uint8_t *whole = malloc(room + header);
	z_stream stream = { .next_in = (uint8_t *)data, .avail_in = length, .next_out = whole,
		.avail_out = room + header };

	if (whole == NULL || deflateInit2(&stream, level, Z_DEFLATED, zlib_window(format, 15), 8,
			Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&stream);
	memcpy(compressed, whole + header, stream.total_out - header);
	free(whole);
	return stream.total_out - header;
}

long
cpu_decompress(unsigned int format, unsigned int window_bits, const uint8_t *compressed,
		size_t length, uint8_t *data, size_t room)
{
	static const uint8_t gzip_header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	/* The same for all: to be taken for zlib's, window and check have to go with each other. */
	const uint8_t zlib_header[2] = { (window_bits - 8) << 4 | 8,
		31 - ((window_bits - 8) << 4 | 8) * 256 % 31 };
	size_t header = header_length(format);
	uint8_t *whole = malloc(length + header);
	z_stream stream = { .next_in = whole, .next_out = data, .avail_out = 0 };
	int status = Z_OK;

	if (whole == NULL || inflateInit2(&stream, zlib_window(format, window_bits)) != Z_OK)
		abort();
	memcpy(whole, format == GZIP ? gzip_header : zlib_header, header);
	memcpy(whole + header, compressed, length);
	stream.avail_in = length + header;
	/* A little output at a time: zlib has to look back into its window then, not its output. */
	while (status == Z_OK) {
		uint64_t left = room - stream.total_out;

		stream.avail_out = left < 512 ? left : 512;
		status = inflate(&stream, Z_SYNC_FLUSH);
	}
	inflateEnd(&stream);
	free(whole);
	return status == Z_STREAM_END && stream.avail_in == 0 ? (long)stream.total_out : -1;
}
