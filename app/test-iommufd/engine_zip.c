/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "belt.h"
#include "compressor.h"
#include "engine.h"
#include "lcore.h"
#include "parameters.h"

/* One of those that IEEE 802 keeps for whoever wants them. */
#define ETHER_TYPE RTE_BE16(0x88b5)

/* What a compressed frame begins with; a DEFLATE stream follows. */
struct header {
	struct rte_ether_addr addresses[2];
	rte_be16_t ether_type;
	rte_be16_t length; /* of what was compressed: all that followed the addresses */
} __attribute__((packed, aligned(2)));

#define ADDRESSES offsetof(struct header, ether_type)

/* DEFLATE makes what can't be compressed longer by an eighth at most, with fixed codes. */
#define LONGER(length) ((length) + (length) / 8 + 64)

/* The work at a place of the belt. */
struct job {
	struct rte_comp_op *op;
	void *xforms[XFORM_TYPES];
	enum rte_comp_xform_type type; /* of what is under way */
	uint32_t length;               /* of what was there before it was compressed */
};

struct zip {
	struct belt belt;
	const struct compressor *compressor;
	struct rte_mempool *pool; /* of operations */
	uint16_t pair;
	enum zip_mode mode;
	struct job *jobs;
	uint32_t n_under_way;
	uint32_t n_waiting;
	struct rte_comp_op *waiting[BELT_MAX]; /* for the device to have room */
};

/* The place that an operation is for is what follows the operation. */
static struct place **
place_of(struct rte_comp_op *op)
{
	return (struct place **)(op + 1);
}

static struct job *
job_of(struct zip *zip, const struct place *place)
{
	return &zip->jobs[belt_index(&zip->belt, place)];
}

/* A fresh packet with room for so many bytes, which has the addresses of another one. */
static struct rte_mbuf *
make_result(struct rte_mempool *pool, const struct rte_mbuf *packet, uint32_t length)
{
	struct rte_mbuf *result = NULL, *buffer;
	uint32_t here;

	do {
		buffer = rte_pktmbuf_alloc(pool);
		if (buffer == NULL)
			break;
		here = RTE_MIN(length, (uint32_t)rte_pktmbuf_tailroom(buffer));
		rte_pktmbuf_append(buffer, here);
		length -= here;
		if (result == NULL) {
			result = buffer;
		} else if (rte_pktmbuf_chain(result, buffer) != 0) {
			rte_pktmbuf_free(buffer);
			break;
		}
	} while (length > 0);
	if (result == NULL || length > 0) {
		rte_pktmbuf_free(result);
		return NULL;
	}
	memcpy(rte_pktmbuf_mtod(result, void *), rte_pktmbuf_mtod(packet, const void *), ADDRESSES);
	return result;
}

/* Cut a packet to its length; buffers behind that go back. */
static void
cut(struct rte_mbuf *packet, uint32_t length)
{
	struct rte_mbuf *last = packet;

	packet->pkt_len = length;
	packet->nb_segs = 1;
	while (length > last->data_len) {
		length -= last->data_len;
		last = last->next;
		packet->nb_segs++;
	}
	last->data_len = length;
	rte_pktmbuf_free(last->next);
	last->next = NULL;
}

/* Have the packet of a place turned into a result, which has `room` bytes. */
static void
ask(struct zip *zip, struct place *place, enum rte_comp_xform_type type, uint32_t room)
{
	const bool compress = type == RTE_COMP_COMPRESS;
	struct job *job = job_of(zip, place);
	struct rte_mbuf *packet = place->packet;
	struct rte_comp_op *op = job->op;

	place->result = make_result(zip->belt.stream->pool, packet, room);
	if (place->result == NULL) {
		belt_fail(&zip->belt, place, "no buffer for a result of so many bytes "
			"(--total-num-mbufs)", room);
		return;
	}
	if (!compressor_takes(zip->compressor, packet->nb_segs > 1, place->result->nb_segs > 1)) {
		belt_fail(&zip->belt, place, "it takes no packets of several buffers", room);
		return;
	}
	*place_of(op) = place;
	op->private_xform = job->xforms[type];
	op->m_src = packet;
	op->src.offset = compress ? ADDRESSES : sizeof(struct header);
	op->src.length = packet->pkt_len - op->src.offset;
	op->m_dst = place->result;
	op->dst.offset = compress ? sizeof(struct header) : ADDRESSES;
	op->consumed = 0;
	op->produced = 0;
	op->status = RTE_COMP_OP_STATUS_NOT_PROCESSED;
	job->type = type;
	place->left = 1;
	zip->waiting[zip->n_waiting++] = op;
}

static void
ask_compress(struct zip *zip, struct place *place)
{
	const uint32_t length = place->packet->pkt_len - ADDRESSES;

	job_of(zip, place)->length = length;
	/* What is to be sent compressed mustn't get longer than it was. */
	ask(zip, place, RTE_COMP_COMPRESS, zip->mode == ZIP_COMPRESS ? place->packet->pkt_len :
		sizeof(struct header) + LONGER(length));
}

static void
ask_decompress(struct zip *zip, struct place *place)
{
	const struct header *header = rte_pktmbuf_mtod(place->packet, const struct header *);
	const uint32_t length = rte_be_to_cpu_16(header->length);

	job_of(zip, place)->length = length;
	ask(zip, place, RTE_COMP_DECOMPRESS, ADDRESSES + length);
}

static bool
is_compressed(const struct rte_mbuf *packet)
{
	return packet->data_len > sizeof(struct header) &&
		rte_pktmbuf_mtod(packet, const struct header *)->ether_type == ETHER_TYPE;
}

static void
put_packet(struct zip *zip, struct rte_mbuf *packet)
{
	struct place *place = belt_put(&zip->belt, packet);

	/* What is too short or too long for a header, or isn't compressed, leaves as it came. */
	if (zip->mode == ZIP_DECOMPRESS) {
		if (is_compressed(packet))
			ask_decompress(zip, place);
	} else if (packet->data_len > sizeof(struct header) && packet->pkt_len <= UINT16_MAX) {
		ask_compress(zip, place);
	}
}

static void
hand_in(struct zip *zip)
{
	struct rte_comp_op **waiting = zip->waiting;
	uint16_t taken, n = zip->n_waiting;

	if (n == 0)
		return;
	taken = rte_compressdev_enqueue_burst(zip->compressor->id, zip->pair, waiting, n);
	zip->n_under_way += taken;
	/* One that the driver refuses it will never take. */
	if (taken < n && waiting[taken]->status == RTE_COMP_OP_STATUS_INVALID_ARGS) {
		struct place *place = *place_of(waiting[taken]);

		belt_fail(&zip->belt, place, "it refuses an operation",
			waiting[taken]->status);
		place->left = 0;
		taken++;
	}
	zip->n_waiting -= taken;
	memmove(waiting, waiting + taken, zip->n_waiting * sizeof(waiting[0]));
}

static void
finish_compress(struct zip *zip, struct place *place, const struct rte_comp_op *op)
{
	struct job *job = job_of(zip, place);
	struct header *header;

	if (op->consumed != job->length) {
		belt_fail(&zip->belt, place, "it compressed only so many bytes", op->consumed);
		return;
	}
	header = rte_pktmbuf_mtod(place->result, struct header *);
	header->ether_type = ETHER_TYPE;
	header->length = rte_cpu_to_be_16(job->length);
	cut(place->result, sizeof(*header) + op->produced);
	if (zip->mode == ZIP_COMPRESS)
		return;
	rte_pktmbuf_free(place->packet);
	place->packet = place->result;
	place->result = NULL;
	ask_decompress(zip, place);
}

/* An operation is done, well or not. */
static void
finish(struct zip *zip, const struct rte_comp_op *op, struct place *place)
{
	struct job *job = job_of(zip, place);

	place->left = 0;
	if (op->status == RTE_COMP_OP_STATUS_OUT_OF_SPACE_TERMINATED && zip->mode == ZIP_COMPRESS) {
		/* It would get longer: it leaves as it came, which its EtherType tells. */
		rte_pktmbuf_free(place->result);
		place->result = place->packet;
	} else if (op->status != RTE_COMP_OP_STATUS_SUCCESS) {
		belt_fail(&zip->belt, place, job->type == RTE_COMP_COMPRESS ?
			"it can't compress a packet; status of the operation" :
			"it can't decompress a packet; status of the operation", op->status);
	} else if (job->type == RTE_COMP_COMPRESS) {
		finish_compress(zip, place, op);
	} else if (op->produced != job->length) {
		belt_fail(&zip->belt, place, "it decompressed a packet to so many bytes only",
			op->produced);
	}
}

static void
take_back(struct zip *zip)
{
	struct rte_comp_op *ops[MAX_BURST];
	uint16_t i, n;

	if (zip->n_under_way == 0)
		return;
	n = rte_compressdev_dequeue_burst(zip->compressor->id, zip->pair, ops,
		zip->belt.stream->burst);
	zip->n_under_way -= n;
	for (i = 0; i < n; i++)
		finish(zip, ops[i], *place_of(ops[i]));
}

static __rte_always_inline bool
move(struct stream *stream)
{
	struct zip *zip = stream->accelerated;

	hand_in(zip);
	take_back(zip);
	return belt_send(&zip->belt);
}

static __rte_always_inline bool
forward(struct stream *stream)
{
	struct zip *zip = stream->accelerated;
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t i, n = belt_receive(&zip->belt, packets);

	for (i = 0; i < n; i++)
		put_packet(zip, packets[i]);
	return move(stream) || n > 0;
}

static void
run(struct lcore *lcore)
{
	unsigned int i;

	lcore_loop(lcore, forward);
	for (i = 0; i < lcore->n_streams; i++)
		belt_drain(&((struct zip *)lcore->streams[i].accelerated)->belt, move);
}

static int
start(struct run *run)
{
	run->compressors = compressors_open(run->parameters->accelerator, run->n_streams, BELT_MAX,
		run->ports);
	return run->compressors == NULL ? -rte_errno : 0;
}

static void
stop(struct run *run)
{
	compressors_close(run->compressors);
	run->compressors = NULL;
}

static int
open_jobs(struct zip *zip, struct compressor *compressor)
{
	uint32_t i, size = belt_size(&zip->belt);
	enum rte_comp_xform_type type;
	struct job *job;
	char name[32];

	snprintf(name, sizeof(name), "zip_ops_%u", zip->belt.stream->index);
	zip->pool = rte_comp_op_pool_create(name, size, 0, sizeof(struct place *), rte_socket_id());
	zip->jobs = rte_calloc("zip jobs", size, sizeof(*zip->jobs), 0);
	if (zip->pool == NULL || zip->jobs == NULL) {
		fprintf(stderr, "zip: no memory for %u operations\n", size);
		return -ENOMEM;
	}
	for (i = 0; i < size; i++) {
		job = &zip->jobs[i];
		job->op = rte_comp_op_alloc(zip->pool);
		job->op->op_type = RTE_COMP_OP_STATELESS;
		job->op->flush_flag = RTE_COMP_FLUSH_FINAL;
		for (type = 0; type < XFORM_TYPES; type++) {
			job->xforms[type] = compressor_xform(compressor, type);
			if (job->xforms[type] == NULL)
				return -ENOTSUP;
		}
	}
	return 0;
}

static void
close_jobs(struct zip *zip)
{
	uint32_t i;

	for (i = 0; zip->jobs != NULL && i < belt_size(&zip->belt); i++)
		if (zip->jobs[i].op != NULL)
			rte_comp_op_free(zip->jobs[i].op);
	rte_free(zip->jobs);
	rte_mempool_free(zip->pool);
}

static void
end(struct stream *stream)
{
	struct zip *zip = stream->accelerated;

	close_jobs(zip);
	belt_close(&zip->belt);
	rte_free(zip);
	stream->accelerated = NULL;
}

static int
begin(struct stream *stream, struct run *run)
{
	struct zip *zip = rte_zmalloc("zip", sizeof(*zip), RTE_CACHE_LINE_SIZE);
	struct compressor *compressor;
	int ret;

	if (zip == NULL)
		return -ENOMEM;
	stream->accelerated = zip;
	ret = belt_open(&zip->belt, stream, "zip");
	if (ret != 0) {
		rte_free(zip);
		return ret;
	}
	compressor = compressors_of_stream(run->compressors, stream->index, &zip->pair);
	zip->compressor = compressor;
	zip->mode = run->parameters->zip;
	snprintf(zip->belt.device, sizeof(zip->belt.device), "%s, queue pair %u", compressor->name,
		zip->pair);
	ret = open_jobs(zip, compressor);
	if (ret != 0)
		end(stream);
	return ret;
}

const struct engine engine_zip = {
	.name = "zip",
	.help = "compressed by a compressdev and (--zip) decompressed again",
	.receives = true,
	.sends = true,
	.start = start,
	.stop = stop,
	.begin = begin,
	.run = run,
	.end = end,
};
