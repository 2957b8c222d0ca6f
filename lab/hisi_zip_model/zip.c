/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "codec.h"
#include "log.h"
#include "sgl.h"
#include "zip.h"

struct zip_sqe {
	uint32_t consumed;
	uint32_t produced;
	uint32_t compressed_length;
	uint32_t status;		/* 7:0 */
	uint32_t input_length;
	uint32_t unused0[2];
	uint32_t mode;			/* 23:0 offset into source, 26 stateful, 31:28 type */
	uint32_t destination_offset;	/* 23:0; offsets are into lists */
	uint32_t kind;			/* 7:0 format, 11:8 buffers, 15:12 window */
	uint32_t unused1[4];
	uint32_t room;
	uint32_t unused2[3];
	uint32_t source[2];		/* low, high */
	uint32_t destination[2];
	uint32_t unused3[4];
	uint32_t tag[2];
	uint32_t unused4[2];
	uint32_t data_length;		/* not compressed; as gzip's ISIZE */
	uint32_t checksum;
};
static_assert(sizeof(struct zip_sqe) == SQE_SIZE, "a submission queue entry");

#define MODE_OFFSET(mode) ((mode) & 0xffffff)
#define MODE_STATEFUL (1u << 26)
#define MODE_TYPE(mode) ((mode) >> 28)
#define TYPE 3

#define KIND_FORMAT(kind) ((kind) & 0xff)
#define KIND_BUFFERS(kind) ((kind) >> 8 & 0xf)
#define KIND_WINDOW(kind) ((kind) >> 12 & 0xf)
#define BUFFERS_FLAT 0
#define BUFFERS_LISTS 1

/* 4, 8, 16, 24 and 32 KiB. zlib has none of 24 KiB: what the next smaller one makes is as good. */
static const unsigned int window_bits[] = { 12, 13, 14, 14, 15 };

static const char *const operations[][2] = {
	{ "compress unknown", "decompress unknown" },
	[CODEC_RAW] = { "compress deflate", "decompress deflate" },
	[CODEC_ZLIB] = { "compress zlib", "decompress zlib" },
	[CODEC_GZIP] = { "compress gzip", "decompress gzip" },
};

static uint64_t
address(const uint32_t low_high[2])
{
	return low_high[0] | (uint64_t)low_high[1] << 32;
}

static bool
is_known_format(unsigned int format)
{
	return format == CODEC_RAW || format == CODEC_ZLIB || format == CODEC_GZIP;
}

static bool
is_good(const struct zip_sqe *sqe)
{
	return MODE_TYPE(sqe->mode) == TYPE && (sqe->mode & MODE_STATEFUL) == 0
		&& is_known_format(KIND_FORMAT(sqe->kind))
		&& (KIND_BUFFERS(sqe->kind) == BUFFERS_FLAT
			|| KIND_BUFFERS(sqe->kind) == BUFFERS_LISTS)
		&& KIND_WINDOW(sqe->kind) < sizeof(window_bits) / sizeof(window_bits[0])
		&& sqe->input_length > 0 && sqe->input_length <= ZIP_MAX_LENGTH
		&& sqe->room > 0;
}

/*
 * What word 31 holds, by UADK's append_store_block(): Adler-32 as it is; of the CRC-32 the register
 * as it stands before the last step, with its bits the other way round.
 */
static uint32_t
checksum_word(enum codec_format format, uint32_t checksum)
{
	uint32_t word = 0;
	unsigned int i;

	if (format != CODEC_GZIP)
		return checksum;
	for (i = 0; i < 32; i++)
		word |= (checksum >> i & 1) << (31 - i);
	return ~word;
}

static enum zip_status
status_of(int ret)
{
	switch (ret) {
	case 0:
		return ZIP_OK;
	case -ENOSPC:
		return ZIP_NO_ROOM;
	case -EBADMSG:
		return ZIP_BAD_DATA;
	case -EILSEQ:
		return ZIP_WRONG_CHECKSUM;
	case -EINVAL:
	case -ENODATA:
		return ZIP_BAD_DESCRIPTOR;
	default:
		return ZIP_FAULT;
	}
}

/* Moves the data between the two ends. Returns as codec_compress(). */
static int
transfer(struct request *request, const struct zip_sqe *sqe, struct codec_result *result)
{
	enum codec_format format = KIND_FORMAT(sqe->kind);
	bool lists = KIND_BUFFERS(sqe->kind) == BUFFERS_LISTS;
	uint64_t room = sqe->room < ZIP_MAX_LENGTH ? sqe->room : ZIP_MAX_LENGTH;
	struct sgl source, destination;
	int ret = 0;

	*result = (struct codec_result){ 0 };
	if (lists) {
		sgl_open_list(&source, &request->data, false, address(sqe->source));
		sgl_open_list(&destination, &request->data, true, address(sqe->destination));
		ret = sgl_skip(&source, MODE_OFFSET(sqe->mode));
		if (ret == 0)
			ret = sgl_skip(&destination, MODE_OFFSET(sqe->destination_offset));
	} else {
		sgl_open_flat(&source, &request->data, false, address(sqe->source),
				sqe->input_length);
		sgl_open_flat(&destination, &request->data, true, address(sqe->destination), room);
	}

	if (ret == 0 && request->type == QUEUE_COMPRESS)
		ret = codec_compress(format, window_bits[KIND_WINDOW(sqe->kind)], &source,
				sqe->input_length, &destination, room, result);
	else if (ret == 0)
		ret = codec_decompress(format, &source, sqe->input_length, &destination, room,
				result);
	request->summary.source = source.first;
	request->summary.destination = destination.first;
	sgl_close(&destination);
	sgl_close(&source);
	return ret;
}

static void
finish(struct request *request, struct zip_sqe *sqe, enum zip_status status)
{
	sqe->status = (sqe->status & ~0xffu) | status;
	memcpy(request->sqe, sqe, sizeof(*sqe));
	request->summary.consumed = sqe->consumed;
	request->summary.produced = sqe->produced;
	request->summary.status = status;
}

static void
put_result(struct request *request, struct zip_sqe *sqe, const struct codec_result *result)
{
	enum codec_format format = KIND_FORMAT(sqe->kind);

	sqe->consumed = result->consumed;
	sqe->produced = result->produced;
	if (request->type == QUEUE_COMPRESS)
		sqe->compressed_length = result->produced;
	if (format != CODEC_RAW) {
		sqe->data_length = request->type == QUEUE_COMPRESS ?
			result->consumed : result->produced;
		sqe->checksum = checksum_word(format, result->checksum);
	}
}

int
zip_run(struct request *request)
{
	struct codec_result result;
	enum zip_status status;
	struct zip_sqe sqe;
	unsigned int format;
	int ret;

	memcpy(&sqe, request->sqe, sizeof(sqe));
	format = KIND_FORMAT(sqe.kind);
	request->summary.operation =
		operations[is_known_format(format) ? format : 0][request->type != QUEUE_COMPRESS];
	if (!is_good(&sqe)) {
		zip_refuse(request);
		return 0;
	}
	if (!request->data.patient)
		return -EAGAIN;

	ret = transfer(request, &sqe, &result);
	if (ret == -ECANCELED)
		return ret;
	if (ret == -ENOMEM || ret == -EIO)
		log_line("queue %u: zlib: %s", request->data.queue, strerror(-ret));
	status = status_of(ret);
	/* Nothing can be said of data that was only partly there. */
	if (status == ZIP_FAULT || status == ZIP_BAD_DESCRIPTOR)
		result = (struct codec_result){ 0 };
	else if (status == ZIP_OK && request->type == QUEUE_COMPRESS
			&& result.produced > result.consumed)
		status = ZIP_LONGER;
	put_result(request, &sqe, &result);
	finish(request, &sqe, status);
	return 0;
}

void
zip_refuse(struct request *request)
{
	struct zip_sqe sqe;

	memcpy(&sqe, request->sqe, sizeof(sqe));
	sqe.consumed = 0;
	sqe.produced = 0;
	finish(request, &sqe, ZIP_BAD_DESCRIPTOR);
}
