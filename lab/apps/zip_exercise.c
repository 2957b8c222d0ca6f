/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "uacce_queue.h"
#include "zip_exercise.h"
#include "zip_memory.h"
#include "zip_request.h"

#define PATIENCE_MS 60000
#define PLAIN_SIZE (64 << 10)
#define PACKED_SIZE (80 << 10)	/* text that does not compress has room */
#define GUARD 64		/* bytes after a result, which stay as they are */
#define GUARD_BYTE 0xa5
#define PLACES 3

/* Memory of one kind for all that a round needs. */
struct place {
	uint8_t plain[PLAIN_SIZE];
	uint8_t packed[PACKED_SIZE + GUARD];
	uint8_t again[PLAIN_SIZE + GUARD];
};

/* What compressed data is wrapped in, beside its trailer. */
struct wrapping {
	enum zip_format format;
	int window_bits;	/* zlib's number for it */
	uint8_t header[10];	/* which the device neither writes nor reads */
	size_t header_size;
};

static const struct wrapping wrappings[] = {
	{ ZIP_DEFLATE, -15, { 0 }, 0 },
	{ ZIP_ZLIB, 15, { 0x78, 0x01 }, 2 },
	{ ZIP_GZIP, 15 + 16, { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 }, 10 },
};

#define N_WRAPPINGS (sizeof(wrappings) / sizeof(wrappings[0]))

/* One round: what is compressed, how, and where. */
struct round {
	struct uacce_queue *compressor, *decompressor;
	const struct wrapping *wrapping;
	uint8_t *plain, *packed, *again;
	size_t size;		/* of the text */
	size_t packed_size;	/* with its header */
};

static int
complain(const struct round *round, const char *what)
{
	printf("%s: format %d, %zu bytes at %p, packed at %p, unpacked at %p\n", what,
			round->wrapping->format, round->size, (void *)round->plain,
			(void *)round->packed, (void *)round->again);
	return -EBADMSG;
}

/* Has the device do it. Returns the bytes produced, or -errno. */
static int
carry_out(struct uacce_queue *queue, const struct round *round, const uint8_t *source,
		size_t bytes, uint8_t *destination, size_t room)
{
	const struct zip_request request = {
		.kind = ZIP_KIND,
		.format = round->wrapping->format,
		.source = (uintptr_t)source,
		.source_bytes = bytes,
		.destination = (uintptr_t)destination,
		.destination_bytes = room,
	};
	const struct zip_request *answer;
	int place, completed, i;

	memset(destination, GUARD_BYTE, room + GUARD);
	place = uacce_queue_submit(queue, &request);
	if (place < 0)
		return place;
	completed = uacce_queue_wait(queue, PATIENCE_MS);
	if (completed < 0)
		return completed;
	answer = uacce_queue_request(queue, place);
	if (completed != place || !zip_is_success(answer) || answer->consumed != bytes ||
			answer->produced > room) {
		printf("status %#x consumed %u of %zu produced %u\n", ZIP_STATUS(answer),
				answer->consumed, bytes, answer->produced);
		return complain(round, "the device failed");
	}
	for (i = 0; i < GUARD; i++)
		if (destination[room + i] != GUARD_BYTE)
			return complain(round, "written beyond the result's room");
	return answer->produced;
}

static bool
is_text(const struct round *round, size_t size)
{
	return size == round->size && memcmp(round->again, round->plain, size) == 0;
}

/* Decompresses with zlib. */
static bool
zlib_agrees(const struct round *round)
{
	z_stream stream = { .next_in = round->packed, .avail_in = round->packed_size,
		.next_out = round->again, .avail_out = PLAIN_SIZE };
	int ret;

	if (inflateInit2(&stream, round->wrapping->window_bits) != Z_OK)
		return false;
	ret = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	return ret == Z_STREAM_END && stream.avail_in == 0 && is_text(round, stream.total_out);
}

static bool
zlib_compress(struct round *round)
{
	z_stream stream = { .next_in = round->plain, .avail_in = round->size,
		.next_out = round->packed, .avail_out = PACKED_SIZE };
	int ret;

	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, round->wrapping->window_bits, 8,
			Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	ret = deflate(&stream, Z_FINISH);
	round->packed_size = stream.total_out;
	deflateEnd(&stream);
	return ret == Z_STREAM_END;
}

static int
compress_by_device(struct round *round)
{
	const struct wrapping *wrapping = round->wrapping;
	int ret = carry_out(round->compressor, round, round->plain, round->size,
			round->packed + wrapping->header_size,
			PACKED_SIZE - wrapping->header_size);

	if (ret < 0)
		return ret;
	memcpy(round->packed, wrapping->header, wrapping->header_size);
	round->packed_size = wrapping->header_size + ret;
	return 0;
}

static int
decompress_by_device(const struct round *round)
{
	const size_t header_size = round->wrapping->header_size;
	int ret = carry_out(round->decompressor, round, round->packed + header_size,
			round->packed_size - header_size, round->again, round->size);

	if (ret < 0)
		return ret;
	return is_text(round, ret) ? 0 : complain(round, "the device decompressed wrongly");
}

static int
do_round(struct round *round)
{
	int ret;

	ret = compress_by_device(round);
	if (ret < 0)
		return ret;
	if (!zlib_agrees(round))
		return complain(round, "zlib does not agree");
	ret = decompress_by_device(round);
	if (ret < 0)
		return ret;
	if (!zlib_compress(round))
		return complain(round, "zlib did not compress");
	return decompress_by_device(round);
}

/* How an exercise goes. */
struct plan {
	unsigned int seed;
	bool (*goes_on)(unsigned int done, unsigned int count);
	unsigned int count;
};

static int
do_rounds(struct uacce_queue *compressor, struct uacce_queue *decompressor,
		struct place *const places[], const struct plan *plan)
{
	unsigned int seed = plan->seed;
	unsigned int i;
	int ret;

	for (i = 0; plan->goes_on(i, plan->count); i++) {
		struct round round = {
			.compressor = compressor,
			.decompressor = decompressor,
			.wrapping = &wrappings[i % N_WRAPPINGS],
			.plain = places[rand_r(&seed) % PLACES]->plain,
			.packed = places[rand_r(&seed) % PLACES]->packed,
			.again = places[rand_r(&seed) % PLACES]->again,
			.size = 1 + rand_r(&seed) % PLAIN_SIZE,
		};

		zip_memory_text(round.plain, round.size, rand_r(&seed));
		ret = do_round(&round);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int
do_rounds_everywhere(struct uacce_queue *compressor, struct uacce_queue *decompressor,
		const struct plan *plan)
{
	struct place on_stack = { 0 };
	struct place *const places[PLACES] = {
		(struct place *)zip_memory("malloc", sizeof(struct place)),
		(struct place *)zip_memory("file", sizeof(struct place)),
		&on_stack,
	};

	if (places[0] == NULL || places[1] == NULL)
		return -errno;
	return do_rounds(compressor, decompressor, places, plan);
}

int
zip_exercise(const char *device, unsigned int seed,
		bool (*goes_on)(unsigned int done, unsigned int count), unsigned int count)
{
	const struct plan plan = { .seed = seed, .goes_on = goes_on, .count = count };
	struct uacce_queue compressor, decompressor;
	int ret;

	ret = uacce_queue_open(&compressor, device, ZIP_COMPRESS);
	if (ret < 0)
		return ret;
	ret = uacce_queue_open(&decompressor, device, ZIP_DECOMPRESS);
	if (ret < 0)
		goto close_compressor;
	ret = do_rounds_everywhere(&compressor, &decompressor, &plan);
	uacce_queue_close(&decompressor);
close_compressor:
	uacce_queue_close(&compressor);
	return ret;
}
