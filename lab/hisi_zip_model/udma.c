/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "udma.h"

#define PAGE 4096

struct udma_sqe {
	uint32_t kind;		/* 5:0 descriptor, 13:8 task, 21:16 operation, 31 invalid */
	uint32_t unused0[2];
	uint32_t tag[2];
	uint32_t length;
	uint32_t unused1;
	uint16_t flags;		/* 14: many addresses, 15: prefetch translations */
	uint16_t addresses;
	uint64_t pattern;
	uint32_t unused2[12];
	uint64_t destination;
	uint32_t unused3[2];
	uint64_t source;
	uint32_t result;
	uint32_t unused4[3];
};
static_assert(sizeof(struct udma_sqe) == SQE_SIZE, "a submission queue entry");

#define KIND_INVALID (1u << 31)
#define KIND_TYPES (0x3fu | 0x3fu << 8)
#define KIND_UDMA (1u | 3u << 8)
#define KIND_OPERATION(kind) ((kind) >> 16 & 0x3f)
#define OPERATION_COPY 0
#define OPERATION_FILL 7
#define FLAG_MANY (1u << 14)

static bool
is_good(const struct udma_sqe *sqe)
{
	unsigned int operation = KIND_OPERATION(sqe->kind);

	return (sqe->kind & KIND_INVALID) == 0 && (sqe->kind & KIND_TYPES) == KIND_UDMA
		&& (operation == OPERATION_COPY || operation == OPERATION_FILL)
		&& (sqe->flags & FLAG_MANY) == 0
		&& sqe->length > 0 && sqe->length <= UDMA_MAX_LENGTH;
}

static uint64_t
left_in_page(uint64_t address)
{
	return PAGE - address % PAGE;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Forwards, page by page; so data may be copied to lower addresses over itself. A piece is in one
 * page at both ends: it's copied, or it isn't, and then it can be tried again later.
 */
static int
copy(struct request *request, const struct udma_sqe *sqe)
{
	uint8_t piece[PAGE];

	while (request->done < sqe->length) {
		uint64_t from = sqe->source + request->done;
		uint64_t to = sqe->destination + request->done;
		uint64_t length = smaller(sqe->length - request->done,
				smaller(left_in_page(from), left_in_page(to)));
		int ret = dma_read(&request->data, from, piece, length);

		if (ret == 0)
			ret = dma_write(&request->data, to, piece, length);
		if (ret != 0)
			return ret;
		request->done += length;
	}
	return 0;
}

static int
fill(struct request *request, const struct udma_sqe *sqe)
{
	uint64_t words[PAGE / sizeof(uint64_t) + 1];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = sqe->pattern;
	while (request->done < sqe->length) {
		uint64_t to = sqe->destination + request->done;
		uint64_t length = smaller(sqe->length - request->done, left_in_page(to));
		/* the pattern begins at the destination's first byte, wherever pages begin */
		const uint8_t *from = (uint8_t *)words + request->done % sizeof(uint64_t);
		int ret = dma_write(&request->data, to, from, length);

		if (ret != 0)
			return ret;
		request->done += length;
	}
	return 0;
}

static void
finish(struct request *request, enum udma_result result)
{
	uint32_t word = result;

	memcpy(request->sqe + offsetof(struct udma_sqe, result), &word, sizeof(word));
	request->summary.status = result == UDMA_DONE ? 0 : result;
	request->summary.consumed = request->summary.source.length > 0 ? request->done : 0;
	request->summary.produced = request->done;
}

static void
record_accesses(struct request *request)
{
	const struct dma_channel *data = &request->data;
	const struct record_request *summary = &request->summary;

	if (request->done == 0)
		return;
	if (summary->source.length > 0)
		record_add_access(data->dma->record, data->queue, data->pasid,
				summary->source.address, request->done, false);
	record_add_access(data->dma->record, data->queue, data->pasid,
			summary->destination.address, request->done, true);
}

int
udma_run(struct request *request)
{
	struct udma_sqe sqe;
	int ret;

	memcpy(&sqe, request->sqe, sizeof(sqe));
	if (!is_good(&sqe)) {
		finish(request, UDMA_BAD_DESCRIPTOR);
		return 0;
	}

	request->summary.destination = (struct record_buffer){ sqe.destination, sqe.length };
	if (KIND_OPERATION(sqe.kind) == OPERATION_COPY) {
		request->summary.operation = "copy";
		request->summary.source = (struct record_buffer){ sqe.source, sqe.length };
		ret = copy(request, &sqe);
	} else {
		request->summary.operation = "fill";
		ret = fill(request, &sqe);
	}
	if (ret == -EAGAIN)
		return ret;

	record_accesses(request);
	if (ret == -ECANCELED)
		return ret;
	finish(request, ret == 0 ? UDMA_DONE : UDMA_FAULT);
	return 0;
}

uint32_t
udma_length(const struct request *request)
{
	uint32_t length;

	memcpy(&length, request->sqe + offsetof(struct udma_sqe, length), sizeof(length));
	return length;
}
