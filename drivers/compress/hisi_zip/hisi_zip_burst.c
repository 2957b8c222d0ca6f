/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_io.h>

#include "hisi_zip_queue.h"

/* Finds where in a chain an offset is. Returns the bytes from there to the chain's end. */
static inline uint32_t
find_offset(struct rte_mbuf *mbuf, uint32_t offset, struct hisi_zip_span *span)
{
	const uint32_t length = mbuf->pkt_len;

	if (unlikely(offset >= length))
		return 0;
	span->offset = offset;
	while (unlikely(mbuf != NULL && span->offset >= mbuf->data_len)) {
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
	return likely(span->length <= (uint32_t)span->segment->data_len - span->offset);
}

/* Whether the device can do what is asked for; finds the buffers. */
static inline bool
is_valid(const struct rte_comp_op *op, struct hisi_zip_span *source,
		struct hisi_zip_span *destination)
{
	const struct hisi_zip_xform *xform = op->private_xform;

	if (unlikely(op->op_type != RTE_COMP_OP_STATELESS || xform == NULL ||
			op->m_src == NULL || op->m_dst == NULL))
		return false;
	/* What the hardware compresses ends with a final block */
	if (unlikely(op->flush_flag != RTE_COMP_FLUSH_FINAL &&
			xform->direction == HISI_ZIP_COMPRESS))
		return false;
	source->length = op->src.length;
	if (unlikely(source->length == 0 || source->length > HISI_ZIP_MAX_LENGTH ||
			source->length > find_offset(op->m_src, op->src.offset, source)))
		return false;
	destination->length = find_offset(op->m_dst, op->dst.offset, destination);
	if (unlikely(destination->length == 0))
		return false;
	destination->length = RTE_MIN(destination->length, HISI_ZIP_MAX_LENGTH);
	return (is_flat(source) || is_whole(source)) &&
		(is_flat(destination) || is_whole(destination));
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

/* Puts a request at the tail of its queue. Returns 0, -EINVAL or -EBUSY. */
static inline int
put_request(struct hisi_zip_qp *qp, struct hisi_zip_queue *queue, struct rte_comp_op *op,
		const struct hisi_zip_span *source, const struct hisi_zip_span *destination)
{
	const struct hisi_zip_xform *xform = op->private_xform;
	struct hisi_zip_slot *slot = &queue->slots[queue->tail];
	struct hisi_zip_sqe *sqe = &queue->sq[queue->tail];
	uint32_t kind = xform->kind;

	if (is_flat(source) && is_flat(destination)) {
		slot->source = HISI_ZIP_SGL_NONE;
		slot->destination = HISI_ZIP_SGL_NONE;
		sqe->source = hisi_zip_mbuf_address(source->segment, source->offset,
				qp->virtual_addresses);
		sqe->destination = hisi_zip_mbuf_address(destination->segment,
				destination->offset, qp->virtual_addresses);
	} else {
		/* What doesn't fit when nothing else is there never will */
		if (!make_lists(qp, slot, source, destination))
			return queue->pending == 0 && qp->queues[!xform->direction].pending == 0 ?
				-EINVAL : -EBUSY;
		kind |= HISI_ZIP_KIND_LISTS;
		sqe->source = hisi_zip_sgl_address(&qp->sgls, slot->source);
		sqe->destination = hisi_zip_sgl_address(&qp->sgls, slot->destination);
	}
	sqe->consumed = 0;
	sqe->produced = 0;
	sqe->status = 0;
	sqe->input_length = source->length;
	sqe->mode = HISI_ZIP_SQE_TYPE;
	sqe->kind = kind;
	sqe->room = destination->length;
	slot->op = op;
	slot->room = destination->length;
	queue->pending++;
	queue->tail = queue->tail + 1 == queue->depth ? 0 : queue->tail + 1;
	return 0;
}

static inline bool
is_full(const struct hisi_zip_qp *qp, const struct hisi_zip_queue *queue)
{
	/* A request whose completion never comes holds its place */
	return qp->queues[0].pending + qp->queues[1].pending >= qp->max_pending ||
		queue->pending >= HISI_ZIP_QUEUE_CAPACITY(queue->depth) ||
		queue->slots[queue->tail].op != NULL;
}

static int
enqueue(struct hisi_zip_qp *qp, struct rte_comp_op *op)
{
	struct hisi_zip_span source, destination;
	const struct hisi_zip_xform *xform = op->private_xform;
	struct hisi_zip_queue *queue;

	if (unlikely(!is_valid(op, &source, &destination)))
		return -EINVAL;
	queue = &qp->queues[xform->direction];
	if (unlikely(is_full(qp, queue)))
		return -EBUSY;
	if (qp->touch) {
		touch(&source, false);
		touch(&destination, true);
	}
	return put_request(qp, queue, op, &source, &destination);
}

static inline void
ring(const struct hisi_zip_queue *queue, uint64_t command, uint16_t index)
{
	rte_write64_relaxed(hisi_zip_doorbell(command, queue->number, index), queue->doorbell);
}

uint16_t
hisi_zip_enqueue_burst(void *queue_pair, struct rte_comp_op **ops, uint16_t nb_ops)
{
	struct hisi_zip_qp *qp = queue_pair;
	const uint16_t before[HISI_ZIP_DIRECTIONS] = {
		qp->queues[0].pending,
		qp->queues[1].pending,
	};
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
	/* What is in the rings is there before the device looks */
	rte_io_wmb();
	if (qp->queues[0].pending != before[0])
		ring(&qp->queues[0], HISI_ZIP_DOORBELL_SQ, qp->queues[0].tail);
	if (qp->queues[1].pending != before[1])
		ring(&qp->queues[1], HISI_ZIP_DOORBELL_SQ, qp->queues[1].tail);
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

/* Puts a request's results into its op, and makes its place free. */
static inline struct rte_comp_op *
take_request(struct hisi_zip_qp *qp, struct hisi_zip_queue *queue, uint16_t place)
{
	const volatile struct hisi_zip_sqe *sqe = &queue->sq[place];
	struct hisi_zip_slot *slot = &queue->slots[place];
	struct rte_comp_op *op = slot->op;
	const uint32_t consumed = sqe->consumed, produced = sqe->produced;

	op->status = op_status(sqe->status);
	op->consumed = 0;
	op->produced = 0;
	/* Results that can't be true would lead the application out of its buffers */
	if (unlikely(consumed > op->src.length || produced > slot->room))
		op->status = RTE_COMP_OP_STATUS_ERROR;
	if (likely(op->status == RTE_COMP_OP_STATUS_SUCCESS)) {
		op->consumed = consumed;
		op->produced = produced;
		if (unlikely(hisi_zip_format(sqe->kind) != HISI_ZIP_FORMAT_RAW))
			op->output_chksum = hisi_zip_checksum(hisi_zip_format(sqe->kind),
					sqe->checksum);
	} else {
		qp->stats.dequeue_err_count++;
	}
	if (unlikely(slot->source != HISI_ZIP_SGL_NONE)) {
		hisi_zip_sgl_free(&qp->sgls, slot->source);
		hisi_zip_sgl_free(&qp->sgls, slot->destination);
	}
	slot->op = NULL;
	queue->pending--;
	return op;
}

/* Looks at no more than nb_ops completions, true or not. */
static inline uint16_t
collect(struct hisi_zip_qp *qp, struct hisi_zip_queue *queue, struct rte_comp_op **ops,
		uint16_t nb_ops)
{
	const volatile struct hisi_zip_cqe *cqe;
	uint16_t looked, place, n = 0;

	for (looked = 0; looked < nb_ops; looked++) {
		cqe = &queue->cq[queue->head];
		if ((cqe->phase & HISI_ZIP_CQE_PHASE) != queue->phase)
			break;
		/* The phase was written after everything else */
		rte_io_rmb();
		place = cqe->place;
		if (unlikely(++queue->head == queue->depth)) {
			queue->head = 0;
			queue->phase ^= HISI_ZIP_CQE_PHASE;
		}
		if (likely(place < queue->depth && queue->slots[place].op != NULL))
			ops[n++] = take_request(qp, queue, place);
		else
			qp->stats.dequeue_err_count++;
	}
	queue->untold += looked;
	if (queue->untold > HISI_ZIP_QUEUE_PORTION(queue->depth)) {
		/* What has been looked at may be overwritten from now on */
		rte_io_mb();
		ring(queue, HISI_ZIP_DOORBELL_CQ, queue->head);
		queue->untold = 0;
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
	qp->stats.dequeued_count += n;
	return n;
}
