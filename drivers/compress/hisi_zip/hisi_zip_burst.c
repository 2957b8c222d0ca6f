/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <unistd.h>

#include <rte_branch_prediction.h>

#include "hisi_zip_private.h"

/* Finds where in a chain an offset is. Returns the bytes from there to the chain's end. */
static uint32_t
find_offset(struct rte_mbuf *mbuf, uint32_t offset, struct hisi_zip_span *span)
{
	const uint32_t length = mbuf->pkt_len;

	if (offset >= length)
		return 0;
	span->offset = offset;
	while (mbuf != NULL && span->offset >= mbuf->data_len) {
		span->offset -= mbuf->data_len;
		mbuf = mbuf->next;
	}
	span->segment = mbuf;
	return mbuf != NULL ? length - offset : 0;
}

/* Whether the chain has what it says it has; pkt_len is only a number. */
static bool
is_whole(const struct hisi_zip_span *span)
{
	const struct rte_mbuf *segment = span->segment;
	uint64_t length = segment->data_len - span->offset;

	while (length < span->length && (segment = segment->next) != NULL)
		length += segment->data_len;
	return length >= span->length;
}

static inline bool
is_flat(const struct hisi_zip_span *span)
{
	return span->length <= (uint32_t)span->segment->data_len - span->offset;
}

/* Whether it is of a kind that the device can do. */
static inline bool
is_supported(const struct rte_comp_op *op)
{
	const struct hisi_zip_xform *xform = op->private_xform;

	if (unlikely(op->op_type != RTE_COMP_OP_STATELESS || xform == NULL ||
			op->m_src == NULL || op->m_dst == NULL))
		return false;
	/* What the hardware compresses ends with a final block */
	return likely(op->flush_flag == RTE_COMP_FLUSH_FINAL) ||
		xform->direction != HISI_ZIP_COMPRESS;
}

/* Finds the buffers. Returns whether the device takes as much, and the chains have it. */
static bool
find_buffers(const struct rte_comp_op *op, struct hisi_zip_span *source,
		struct hisi_zip_span *destination)
{
	source->length = op->src.length;
	if (source->length == 0 || source->length > HISI_ZIP_MAX_LENGTH ||
			source->length > find_offset(op->m_src, op->src.offset, source))
		return false;
	destination->length = find_offset(op->m_dst, op->dst.offset, destination);
	if (destination->length == 0)
		return false;
	destination->length = RTE_MIN(destination->length, HISI_ZIP_MAX_LENGTH);
	return is_whole(source) && is_whole(destination);
}

/* Whether both buffers are in the first segments of their chains, as they mostly are. */
static inline bool
is_first_segments(const struct rte_comp_op *op)
{
	const struct rte_mbuf *source = op->m_src, *destination = op->m_dst;

	/* A length of 0 is the greatest here; and no segment is longer than the device takes */
	return likely((int64_t)(op->src.length - 1) <
			(int64_t)source->data_len - op->src.offset &&
		destination->pkt_len <= destination->data_len &&
		op->dst.offset < destination->pkt_len);
}

/* A page that the IOMMU finds absent or read-only is an error, as nobody makes it present then. */
static void
touch(const struct hisi_zip_span *span, bool write)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	const struct rte_mbuf *segment = span->segment;
	uint32_t offset = span->offset, left = span->length, length;
	volatile char *byte, *end;

	for (; left > 0; segment = segment->next, offset = 0, left -= length) {
		length = RTE_MIN(left, segment->data_len - offset);
		byte = rte_pktmbuf_mtod_offset(segment, volatile char *, offset);
		for (end = byte + length; byte < end;
				byte = RTE_PTR_ALIGN_FLOOR(byte + page, page)) {
			char value = *byte;

			if (write)
				*byte = value;
		}
	}
}

/* Both lists, or none of them: the hardware takes both ends in one way. */
static bool
make_lists(struct hisi_zip_qp *qp, struct hisi_zip_slot *slot, const struct hisi_zip_span *source,
		const struct hisi_zip_span *destination)
{
	slot->source = hisi_zip_sgl_make(&qp->sgls, source, qp->virtual_addresses);
	if (slot->source == HISI_ZIP_SGL_NONE)
		return false;
	slot->destination = hisi_zip_sgl_make(&qp->sgls, destination, qp->virtual_addresses);
	if (slot->destination == HISI_ZIP_SGL_NONE) {
		hisi_zip_sgl_free(&qp->sgls, slot->source);
		return false;
	}
	return true;
}

/* Puts a request at the tail of its queue, whose buffers or lists are known. */
static inline void
put_request(struct hisi_zip_queue *queue, struct rte_comp_op *op, uint32_t kind, uint64_t source,
		uint64_t destination, struct hisi_zip_slot kept)
{
	struct hisi_zip_sqe *sqe = (struct hisi_zip_sqe *)queue->ring.sq + queue->ring.tail;

	sqe->consumed = 0;
	sqe->produced = 0;
	sqe->status = 0;
	sqe->input_length = op->src.length;
	sqe->mode = HISI_ZIP_SQE_TYPE;
	sqe->kind = kind;
	sqe->room = kept.room;
	sqe->source = source;
	sqe->destination = destination;
	queue->slots[queue->ring.tail] = kept;
	rte_bus_iommufd_ring_put(&queue->ring, op);
}

static bool
is_idle(const struct hisi_zip_qp *qp)
{
	return rte_bus_iommufd_ring_pending(&qp->queues[0].ring) == 0 &&
		rte_bus_iommufd_ring_pending(&qp->queues[1].ring) == 0;
}

/* Puts a request whose buffers are anywhere in their chains. Returns 0, -EINVAL or -EBUSY. */
static __rte_noinline int
enqueue_chains(struct hisi_zip_qp *qp, struct hisi_zip_queue *queue, struct rte_comp_op *op)
{
	const struct hisi_zip_xform *xform = op->private_xform;
	struct hisi_zip_slot slot = { .source = HISI_ZIP_SGL_NONE,
		.destination = HISI_ZIP_SGL_NONE };
	struct hisi_zip_span source, destination;

	if (!find_buffers(op, &source, &destination))
		return -EINVAL;
	if (rte_bus_iommufd_ring_is_full(&queue->ring))
		return -EBUSY;
	if (qp->touch) {
		touch(&source, false);
		touch(&destination, true);
	}
	slot.room = destination.length;
	if (is_flat(&source) && is_flat(&destination)) {
		put_request(queue, op, xform->kind, hisi_zip_mbuf_address(source.segment,
			source.offset, qp->virtual_addresses),
			hisi_zip_mbuf_address(destination.segment, destination.offset,
				qp->virtual_addresses), slot);
		return 0;
	}
	/* What doesn't fit when nothing else is there never will */
	if (!make_lists(qp, &slot, &source, &destination))
		return is_idle(qp) ? -EINVAL : -EBUSY;
	put_request(queue, op, xform->kind | HISI_ZIP_KIND_LISTS,
		hisi_zip_sgl_address(&qp->sgls, slot.source),
		hisi_zip_sgl_address(&qp->sgls, slot.destination), slot);
	return 0;
}

/* Puts a request. Returns 0, -EINVAL or -EBUSY. */
static inline int
enqueue(struct hisi_zip_qp *qp, struct rte_comp_op *op)
{
	const struct hisi_zip_xform *xform = op->private_xform;
	struct hisi_zip_queue *queue;

	if (unlikely(!is_supported(op)))
		return -EINVAL;
	queue = &qp->queues[xform->direction];
	if (unlikely(qp->touch || !is_first_segments(op)))
		return enqueue_chains(qp, queue, op);
	if (unlikely(rte_bus_iommufd_ring_is_full(&queue->ring)))
		return -EBUSY;
	put_request(queue, op, xform->kind,
		hisi_zip_mbuf_address(op->m_src, op->src.offset, qp->virtual_addresses),
		hisi_zip_mbuf_address(op->m_dst, op->dst.offset, qp->virtual_addresses),
		(struct hisi_zip_slot){
			.room = op->m_dst->pkt_len - op->dst.offset,
			.source = HISI_ZIP_SGL_NONE,
			.destination = HISI_ZIP_SGL_NONE,
		});
	return 0;
}

uint16_t
hisi_zip_enqueue_burst(void *queue_pair, struct rte_comp_op **ops, uint16_t nb_ops)
{
	struct hisi_zip_qp *qp = queue_pair;
	uint16_t i;
	int ret;

	for (i = 0; i < nb_ops; i++) {
		ret = enqueue(qp, ops[i]);
		if (unlikely(ret != 0)) {
			if (ret == -EINVAL) {
				ops[i]->status = RTE_COMP_OP_STATUS_INVALID_ARGS;
				qp->stats.enqueue_err_count++;
			}
			break;
		}
	}
	qp->stats.enqueued_count += i;
	rte_bus_iommufd_ring_submit(&qp->queues[0].ring);
	rte_bus_iommufd_ring_submit(&qp->queues[1].ring);
	return i;
}

static enum rte_comp_op_status
op_status(uint32_t status)
{
	switch (HISI_ZIP_SQE_STATUS(status)) {
	case HISI_ZIP_STATUS_SUCCESS:
	case HISI_ZIP_STATUS_LONGER:
		return RTE_COMP_OP_STATUS_SUCCESS;
	case HISI_ZIP_STATUS_NO_ROOM:
		return RTE_COMP_OP_STATUS_OUT_OF_SPACE_TERMINATED;
	default:
		return RTE_COMP_OP_STATUS_ERROR;
	}
}

/* Where a direction's requests are taken from. */
struct source {
	struct hisi_zip_qp *qp;
	const volatile struct hisi_zip_sqe *sq;
	const struct hisi_zip_slot *slots;
};

static void
free_lists(struct hisi_zip_qp *qp, struct hisi_zip_slot slot)
{
	if (slot.source == HISI_ZIP_SGL_NONE)
		return;
	hisi_zip_sgl_free(&qp->sgls, slot.source);
	hisi_zip_sgl_free(&qp->sgls, slot.destination);
}

/* Puts any results into an op. */
static __rte_noinline void
take_any(struct hisi_zip_qp *qp, const volatile struct hisi_zip_sqe *sqe,
		struct hisi_zip_slot slot, struct rte_comp_op *op)
{
	const uint32_t consumed = sqe->consumed, produced = sqe->produced;
	const enum hisi_zip_format format = hisi_zip_format(sqe->kind);

	op->status = op_status(sqe->status);
	op->consumed = 0;
	op->produced = 0;
	/* Results that can't be true would lead the application out of its buffers */
	if (consumed > op->src.length || produced > slot.room)
		op->status = RTE_COMP_OP_STATUS_ERROR;
	if (op->status == RTE_COMP_OP_STATUS_SUCCESS) {
		op->consumed = consumed;
		op->produced = produced;
		if (format != HISI_ZIP_FORMAT_RAW)
			op->output_chksum = hisi_zip_checksum(format, sqe->checksum);
	} else {
		qp->stats.dequeue_err_count++;
	}
	free_lists(qp, slot);
}

/* Puts a request's results into its op: here those of flat buffers that went well. */
static inline void
take_request(void *context, uint16_t place, void *request)
{
	const struct source *from = context;
	const volatile struct hisi_zip_sqe *sqe = &from->sq[place];
	const struct hisi_zip_slot *slot = &from->slots[place];
	const uint32_t consumed = sqe->consumed, produced = sqe->produced;
	struct rte_comp_op *op = request;

	if (unlikely(HISI_ZIP_SQE_STATUS(sqe->status) != HISI_ZIP_STATUS_SUCCESS ||
			consumed > op->src.length || produced > slot->room ||
			slot->source != HISI_ZIP_SGL_NONE ||
			hisi_zip_format(sqe->kind) != HISI_ZIP_FORMAT_RAW)) {
		take_any(from->qp, sqe, *slot, op);
		return;
	}
	op->status = RTE_COMP_OP_STATUS_SUCCESS;
	op->consumed = consumed;
	op->produced = produced;
}

static inline uint16_t
collect(struct hisi_zip_qp *qp, struct hisi_zip_queue *queue, struct rte_comp_op **ops,
		uint16_t nb_ops)
{
	struct source from = { .qp = qp, .sq = queue->ring.sq, .slots = queue->slots };

	return rte_bus_iommufd_ring_collect(&queue->ring, take_request, &from, (void **)ops,
		nb_ops);
}

/* Ends a request of a device that was reset: it has no result. */
static void
fail_request(void *context, uint16_t place, void *request)
{
	const struct source *from = context;
	struct rte_comp_op *op = request;

	op->status = RTE_COMP_OP_STATUS_ERROR;
	op->consumed = 0;
	op->produced = 0;
	from->qp->stats.dequeue_err_count++;
	free_lists(from->qp, from->slots[place]);
}

/* What never comes back of a device that was reset comes back as errors. */
static __rte_noinline uint16_t
abandon(struct hisi_zip_qp *qp, struct rte_comp_op **ops, uint16_t nb_ops)
{
	struct hisi_zip_queue *queue;
	struct source from;
	uint16_t n = 0, i;

	for (i = 0; i < HISI_ZIP_DIRECTIONS; i++) {
		queue = &qp->queues[i];
		if (!rte_bus_iommufd_ring_was_reset(&queue->ring, RTE_BUS_IOMMUFD_RESET_CQ))
			continue;
		/* What was completed while the kernel stopped the device */
		rte_io_rmb();
		n += collect(qp, queue, ops + n, nb_ops - n);
		from = (struct source){ .qp = qp, .slots = queue->slots };
		n += rte_bus_iommufd_ring_abandon(&queue->ring, fail_request, &from,
			(void **)ops + n, nb_ops - n);
	}
	if (unlikely(n > 0 && !qp->told_of_reset)) {
		qp->told_of_reset = true;
		rte_log(RTE_LOG_ERR, hisi_zip_logtype, "HISI_ZIP: %s: the kernel has reset the "
			"device under queue %u: operations come back as errors until the device is "
			"stopped, closed and set up again\n", qp->queues[0].bus.dev->name,
			qp->queues[0].ring.number);
	}
	return n;
}

uint16_t
hisi_zip_dequeue_burst(void *queue_pair, struct rte_comp_op **ops, uint16_t nb_ops)
{
	struct hisi_zip_qp *qp = queue_pair;
	const uint8_t first = qp->first;
	uint16_t n;

	/* Neither direction has to wait for the other's to end */
	qp->first = !first;
	n = collect(qp, &qp->queues[first], ops, nb_ops);
	n += collect(qp, &qp->queues[!first], ops + n, nb_ops - n);
	if (n == 0)
		n = abandon(qp, ops, nb_ops);
	qp->stats.dequeued_count += n;
	return n;
}
