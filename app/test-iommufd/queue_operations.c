/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "compressor.h"
#include "queue_ways.h"

#define DEPTH 512

struct operations {
	struct compressor compressor;
	struct rte_mempool *buffers;
	struct rte_mempool *pool;
	struct rte_comp_op *ops[MAX_BURST];
	struct rte_comp_op *done[MAX_BURST];
};

static bool
compressdev_has(const char *device)
{
	return compressor_find(device) >= 0;
}

static struct rte_mbuf *
make_buffer(struct rte_mempool *pool)
{
	struct rte_mbuf *buffer = rte_pktmbuf_alloc(pool);

	if (buffer != NULL)
		rte_pktmbuf_append(buffer, QUEUE_BYTES);
	return buffer;
}

static int
make_operations(struct operations *operations, uint16_t n)
{
	void *xform = compressor_xform(&operations->compressor, RTE_COMP_COMPRESS);
	struct rte_comp_op *op;
	uint16_t i;

	if (xform == NULL)
		return -ENOTSUP;
	operations->buffers = rte_pktmbuf_pool_create("queue_buffers", 2 * n, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	operations->pool = rte_comp_op_pool_create("queue_ops", n, 0, 0, SOCKET_ID_ANY);
	if (operations->buffers == NULL || operations->pool == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		op = rte_comp_op_alloc(operations->pool);
		op->op_type = RTE_COMP_OP_STATELESS;
		op->private_xform = xform;
		op->m_src = make_buffer(operations->buffers);
		op->m_dst = make_buffer(operations->buffers);
		op->src.length = QUEUE_BYTES;
		op->flush_flag = RTE_COMP_FLUSH_FINAL;
		operations->ops[i] = op;
	}
	return 0;
}

static void
compressdev_close(struct queue_work *work)
{
	struct operations *operations = work->own;

	compressor_close(&operations->compressor);
	rte_mempool_free(operations->pool);
	rte_mempool_free(operations->buffers);
	rte_free(operations);
}

static int
compressdev_open(struct queue_work *work)
{
	struct operations *operations = rte_zmalloc("operations", sizeof(*operations),
		RTE_CACHE_LINE_SIZE);
	int ret;

	if (operations == NULL)
		return -ENOMEM;
	work->own = operations;
	ret = compressor_look(&operations->compressor, compressor_find(work->device));
	if (ret == 0)
		ret = compressor_open(&operations->compressor, 1, DEPTH, NULL);
	if (ret == 0)
		ret = make_operations(operations, work->burst);
	if (ret == -ENOMEM)
		fprintf(stderr, "%s: no memory for %u operations\n", work->device, work->burst);
	if (ret != 0)
		compressdev_close(work);
	return ret;
}

static void
compressdev_fill(struct queue_work *work, uint8_t seed)
{
	struct operations *operations = work->own;
	struct rte_comp_op *op;
	uint16_t i;

	for (i = 0; i < work->burst; i++) {
		op = operations->ops[i];
		memset(rte_pktmbuf_mtod(op->m_src, char *), seed, QUEUE_BYTES);
		op->consumed = 0;
		op->produced = 0;
		op->status = RTE_COMP_OP_STATUS_NOT_PROCESSED;
	}
}

static uint16_t
compressdev_enqueue(struct queue_work *work)
{
	struct operations *operations = work->own;

	return rte_compressdev_enqueue_burst(operations->compressor.id, 0, operations->ops,
		work->burst);
}

static uint16_t
compressdev_dequeue(struct queue_work *work)
{
	struct operations *operations = work->own;

	return rte_compressdev_dequeue_burst(operations->compressor.id, 0, operations->done,
		work->burst);
}

static bool
compressdev_is_right(struct queue_work *work)
{
	const struct operations *operations = work->own;
	const struct rte_comp_op *op;
	uint16_t i;

	for (i = 0; i < work->burst; i++) {
		op = operations->ops[i];
		if (op->status != RTE_COMP_OP_STATUS_SUCCESS || op->consumed != QUEUE_BYTES ||
				op->produced == 0 || op->produced >= QUEUE_BYTES)
			return false;
	}
	return true;
}

const struct queue_way queue_way_compressdev = {
	.unit = "cycles/operation",
	.has = compressdev_has,
	.open = compressdev_open,
	.close = compressdev_close,
	.fill = compressdev_fill,
	.enqueue = compressdev_enqueue,
	.dequeue = compressdev_dequeue,
	.is_right = compressdev_is_right,
};
