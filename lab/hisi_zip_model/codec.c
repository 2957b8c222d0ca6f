/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#include "codec.h"

#define PIECE (64 << 10)
#define MEMORY_LEVEL 8		/* zlib's default */

/* Of what deflate's windows may be: 4 KiB to 32 KiB */
#define MIN_WINDOW_BITS 12
#define MAX_WINDOW_BITS 15
#define WINDOWS (MAX_WINDOW_BITS - MIN_WINDOW_BITS + 1)

/* A thread's own */
struct codec {
	z_stream deflate[WINDOWS], inflate;
	bool deflate_ready[WINDOWS], inflate_ready;
	uint8_t in[PIECE];
	uint8_t out[PIECE];
};

/* What goes on between two ends */
struct transfer {
	enum codec_format format;
	struct codec *codec;
	z_stream *stream;
	struct sgl *source, *destination;
	uint64_t unread, room;		/* bytes */
	uint32_t checksum;
};

static struct {
	pthread_once_t once;
	pthread_key_t codec;
	bool usable;
} threads = { .once = PTHREAD_ONCE_INIT };

static void
codec_close(void *thread_codec)
{
	struct codec *codec = thread_codec;
	unsigned int i;

	if (codec->inflate_ready)
		inflateEnd(&codec->inflate);
	for (i = 0; i < WINDOWS; i++) {
		if (codec->deflate_ready[i])
			deflateEnd(&codec->deflate[i]);
	}
	free(codec);
}

static void
threads_init(void)
{
	threads.usable = pthread_key_create(&threads.codec, codec_close) == 0;
}

/* This thread's; NULL: no memory. */
static struct codec *
codec_open(void)
{
	struct codec *codec;

	pthread_once(&threads.once, threads_init);
	if (!threads.usable)
		return NULL;
	codec = pthread_getspecific(threads.codec);
	if (codec != NULL)
		return codec;
	codec = calloc(1, sizeof(*codec));
	if (codec != NULL && pthread_setspecific(threads.codec, codec) != 0) {
		free(codec);
		codec = NULL;
	}
	return codec;
}

static z_stream *
deflate_stream(struct codec *codec, unsigned int window_bits)
{
	unsigned int i = window_bits - MIN_WINDOW_BITS;
	z_stream *stream;

	assert(i < WINDOWS);
	stream = &codec->deflate[i];
	if (codec->deflate_ready[i])
		deflateReset(stream);
	else
		codec->deflate_ready[i] = deflateInit2(stream, CODEC_LEVEL, Z_DEFLATED,
				-(int)window_bits, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
	return codec->deflate_ready[i] ? stream : NULL;
}

/* With the largest window: whatever made the input, its distances are taken. */
static z_stream *
inflate_stream(struct codec *codec)
{
	if (codec->inflate_ready)
		inflateReset(&codec->inflate);
	else
		codec->inflate_ready = inflateInit2(&codec->inflate, -MAX_WINDOW_BITS) == Z_OK;
	return codec->inflate_ready ? &codec->inflate : NULL;
}

static uint32_t
checksum_of_nothing(enum codec_format format)
{
	return format == CODEC_ZLIB ? adler32(0, NULL, 0) : 0;
}

static void
add_to_checksum(struct transfer *transfer, const uint8_t *bytes, size_t length)
{
	if (transfer->format == CODEC_ZLIB)
		transfer->checksum = adler32(transfer->checksum, bytes, length);
	else if (transfer->format == CODEC_GZIP)
		transfer->checksum = crc32(transfer->checksum, bytes, length);
}

static void
put_little_endian(uint8_t *bytes, uint32_t number)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		bytes[i] = number >> 8 * i;
}

/* Returns the length. */
static size_t
make_trailer(const struct transfer *transfer, uint64_t data_length, uint8_t trailer[8])
{
	switch (transfer->format) {
	case CODEC_ZLIB:
		put_little_endian(trailer, __builtin_bswap32(transfer->checksum));
		return 4;
	case CODEC_GZIP:
		put_little_endian(trailer, transfer->checksum);
		put_little_endian(trailer + 4, data_length);
		return 8;
	case CODEC_RAW:
		break;
	}
	return 0;
}

/* The next piece of input, when zlib has used the last one up. */
static int
read_piece(struct transfer *transfer)
{
	size_t length = transfer->unread < PIECE ? transfer->unread : PIECE;
	int ret = sgl_read(transfer->source, transfer->codec->in, length);

	if (ret != 0)
		return ret;
	transfer->unread -= length;
	transfer->stream->next_in = transfer->codec->in;
	transfer->stream->avail_in = length;
	return 0;
}

/* Writes as much as there is room for. */
static int
write_bytes(struct transfer *transfer, const uint8_t *bytes, size_t length)
{
	size_t fits = length < transfer->room ? length : transfer->room;
	int ret = sgl_write(transfer->destination, bytes, fits);

	if (ret == -ENODATA)
		return -ENOSPC;
	if (ret != 0)
		return ret;
	transfer->room -= fits;
	return fits < length ? -ENOSPC : 0;
}

/* Writes what zlib has put out. */
static int
write_piece(struct transfer *transfer)
{
	return write_bytes(transfer, transfer->codec->out, PIECE - transfer->stream->avail_out);
}

static void
empty_piece(struct transfer *transfer)
{
	transfer->stream->next_out = transfer->codec->out;
	transfer->stream->avail_out = PIECE;
}

static int
compress_all(struct transfer *transfer)
{
	z_stream *stream = transfer->stream;
	int status = Z_OK;
	int ret;

	while (status != Z_STREAM_END) {
		if (stream->avail_in == 0 && transfer->unread > 0) {
			ret = read_piece(transfer);
			if (ret != 0)
				return ret;
			add_to_checksum(transfer, stream->next_in, stream->avail_in);
		}
		empty_piece(transfer);
		status = deflate(stream, transfer->unread > 0 ? Z_NO_FLUSH : Z_FINISH);
		if (status != Z_OK && status != Z_STREAM_END)
			return -EIO;
		ret = write_piece(transfer);
		if (ret != 0)
			return ret;
	}
	return 0;
}

int
codec_compress(enum codec_format format, unsigned int window_bits, struct sgl *source,
		uint64_t length, struct sgl *destination, uint64_t room,
		struct codec_result *result)
{
	struct transfer transfer = {
		.format = format, .codec = codec_open(), .source = source,
		.destination = destination, .unread = length, .room = room,
		.checksum = checksum_of_nothing(format),
	};
	uint8_t trailer[8];
	int ret;

	*result = (struct codec_result){ 0 };
	if (transfer.codec != NULL)
		transfer.stream = deflate_stream(transfer.codec, window_bits);
	if (transfer.stream == NULL)
		return -ENOMEM;
	transfer.stream->avail_in = 0;

	ret = compress_all(&transfer);
	if (ret == 0)
		ret = write_bytes(&transfer, trailer, make_trailer(&transfer, length, trailer));
	result->consumed = transfer.stream->total_in;
	result->produced = room - transfer.room;
	result->checksum = transfer.checksum;
	return ret;
}

static int
decompress_all(struct transfer *transfer)
{
	z_stream *stream = transfer->stream;
	int status = Z_OK;
	int ret;

	while (status != Z_STREAM_END) {
		if (stream->avail_in == 0 && transfer->unread > 0) {
			ret = read_piece(transfer);
			if (ret != 0)
				return ret;
		}
		/*
		 * A whole piece even where less room is left: so data that ends there is told from
		 * data that doesn't.
		 */
		empty_piece(transfer);
		/* With Z_FINISH zlib keeps no window of data that fits into a piece. */
		status = inflate(stream, transfer->unread > 0 ? Z_NO_FLUSH : Z_FINISH);
		ret = write_piece(transfer);
		if (ret != 0)
			return ret;
		add_to_checksum(transfer, transfer->codec->out, PIECE - stream->avail_out);
		if (status == Z_MEM_ERROR)
			return -ENOMEM;
		if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END)
			return -EBADMSG;
		if (status != Z_STREAM_END && stream->avail_out > 0
				&& stream->avail_in == 0 && transfer->unread == 0)
			return -EBADMSG;
	}
	return 0;
}

/* Compares the input's next bytes with what the trailer ought to be. */
static int
check_trailer(struct transfer *transfer)
{
	uint8_t trailer[8];
	size_t length = make_trailer(transfer, transfer->stream->total_out, trailer);
	bool right = true;
	size_t i;
	int ret;

	for (i = 0; i < length; i++) {
		if (transfer->stream->avail_in == 0) {
			if (transfer->unread == 0)
				return -EBADMSG;
			ret = read_piece(transfer);
			if (ret != 0)
				return ret;
		}
		right = *transfer->stream->next_in++ == trailer[i] && right;
		transfer->stream->avail_in--;
	}
	return right ? 0 : -EILSEQ;
}

int
codec_decompress(enum codec_format format, struct sgl *source, uint64_t length,
		struct sgl *destination, uint64_t room, struct codec_result *result)
{
	struct transfer transfer = {
		.format = format, .codec = codec_open(), .source = source,
		.destination = destination, .unread = length, .room = room,
		.checksum = checksum_of_nothing(format),
	};
	int ret;

	*result = (struct codec_result){ 0 };
	if (transfer.codec != NULL)
		transfer.stream = inflate_stream(transfer.codec);
	if (transfer.stream == NULL)
		return -ENOMEM;
	transfer.stream->avail_in = 0;

	ret = decompress_all(&transfer);
	if (ret == 0)
		ret = check_trailer(&transfer);
	result->consumed = length - transfer.unread - transfer.stream->avail_in;
	result->produced = room - transfer.room;
	result->checksum = transfer.checksum;
	return ret;
}
