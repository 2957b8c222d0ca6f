/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>

#include <rte_compressdev.h>
#include <rte_mbuf.h>

#include "queue.h"

#define DEVICE 0
#define CAPACITY 512

static struct rte_mempool *mbufs, *op_pool;
static void *xform;
static struct rte_comp_op *ops[QUEUE_BURST], *done[QUEUE_BURST];

static int
open_device(void)
{
	struct rte_compressdev_config config = { .nb_queue_pairs = 1, .max_nb_priv_xforms = 1 };
	const struct rte_comp_xform compress = {
		.type = RTE_COMP_COMPRESS,
		.compress = {
			.algo = RTE_COMP_ALGO_DEFLATE,
			.level = RTE_COMP_LEVEL_PMD_DEFAULT,
			.window_size = 15,
		},
	};
	int ret;

	ret = rte_compressdev_configure(DEVICE, &config);
	if (ret == 0)
		ret = rte_compressdev_queue_pair_setup(DEVICE, 0, CAPACITY, SOCKET_ID_ANY);
	if (ret == 0)
		ret = rte_compressdev_private_xform_create(DEVICE, &compress, &xform);
	if (ret == 0)
		ret = rte_compressdev_start(DEVICE);
	return ret;
}

static struct rte_mbuf *
make_mbuf(void)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(mbufs);

	if (mbuf != NULL)
		rte_pktmbuf_append(mbuf, QUEUE_BYTES);
	return mbuf;
}

static int
compressdev_open(void)
{
	unsigned int i;
	int ret;

	ret = open_device();
	if (ret < 0)
		return ret;
	mbufs = rte_pktmbuf_pool_create("mbufs", 2 * QUEUE_BURST, 0, 0,
			RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	op_pool = rte_comp_op_pool_create("ops", QUEUE_BURST, 0, 0, SOCKET_ID_ANY);
	if (mbufs == NULL || op_pool == NULL)
		return -ENOMEM;
	for (i = 0; i < QUEUE_BURST; i++) {
		ops[i] = rte_comp_op_alloc(op_pool);
		if (ops[i] == NULL)
			return -ENOMEM;
		ops[i]->op_type = RTE_COMP_OP_STATELESS;
		ops[i]->private_xform = xform;
		ops[i]->m_src = make_mbuf();
		ops[i]->m_dst = make_mbuf();
		ops[i]->src.length = QUEUE_BYTES;
		ops[i]->flush_flag = RTE_COMP_FLUSH_FINAL;
	}
	return 0;
}

static void
compressdev_close(void)
{
	rte_compressdev_private_xform_free(DEVICE, xform);
	rte_compressdev_stop(DEVICE);
	rte_compressdev_close(DEVICE);
	rte_mempool_free(op_pool);
	rte_mempool_free(mbufs);
}

static void
compressdev_fill(uint8_t seed)
{
	unsigned int i;

	for (i = 0; i < QUEUE_BURST; i++) {
		memset(rte_pktmbuf_mtod(ops[i]->m_src, char *), seed, QUEUE_BYTES);
		ops[i]->status = RTE_COMP_OP_STATUS_NOT_PROCESSED;
	}
}

static uint16_t
compressdev_enqueue(void)
{
	return rte_compressdev_enqueue_burst(DEVICE, 0, ops, QUEUE_BURST);
}

static uint16_t
compressdev_dequeue(void)
{
	return rte_compressdev_dequeue_burst(DEVICE, 0, done, QUEUE_BURST);
}

static bool
compressdev_is_right(void)
{
	unsigned int i;

	for (i = 0; i < QUEUE_BURST; i++)
		if (ops[i]->status != RTE_COMP_OP_STATUS_SUCCESS ||
				ops[i]->consumed != QUEUE_BYTES || ops[i]->produced == 0 ||
				ops[i]->produced >= QUEUE_BYTES)
			return false;
	return true;
}

const struct queue_way queue_compressdev = {
	.name = "compressdev",
	.open = compressdev_open,
	.close = compressdev_close,
	.fill = compressdev_fill,
	.enqueue = compressdev_enqueue,
	.dequeue = compressdev_dequeue,
	.is_right = compressdev_is_right,
};
