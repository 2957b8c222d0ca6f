/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "hisi_zip_private.h"

/* Blocks for lists beyond a pair for each request: some requests need more */
#define SPARE_BLOCKS 64

#define WINDOW_MIN 12
#define WINDOW_MAX 15

#define CAPABILITIES(checksum) { \
	{ \
		.algo = RTE_COMP_ALGO_DEFLATE, \
		.comp_feature_flags = RTE_COMP_FF_OOP_SGL_IN_SGL_OUT | \
			RTE_COMP_FF_OOP_SGL_IN_LB_OUT | \
			RTE_COMP_FF_OOP_LB_IN_SGL_OUT | \
			RTE_COMP_FF_SHAREABLE_PRIV_XFORM | \
			RTE_COMP_FF_HUFFMAN_DYNAMIC | (checksum), \
		.window_size = { .min = WINDOW_MIN, .max = WINDOW_MAX, .increment = 1 }, \
	}, \
	RTE_COMP_END_OF_CAPABILITIES_LIST() \
}

/* A device has one format for all its operations: compressdev has no word for what follows DEFLATE */
static const struct {
	struct rte_compressdev_capabilities capabilities[2];
	enum rte_comp_checksum_type checksum;
} formats[] = {
	[HISI_ZIP_FORMAT_RAW] = { CAPABILITIES(0), RTE_COMP_CHECKSUM_NONE },
	[HISI_ZIP_FORMAT_ZLIB] = { CAPABILITIES(RTE_COMP_FF_ADLER32_CHECKSUM),
		RTE_COMP_CHECKSUM_ADLER32 },
	[HISI_ZIP_FORMAT_GZIP] = { CAPABILITIES(RTE_COMP_FF_CRC32_CHECKSUM),
		RTE_COMP_CHECKSUM_CRC32 },
};

static int
hisi_zip_configure(struct rte_compressdev *cdev __rte_unused,
		struct rte_compressdev_config *config __rte_unused)
{
	return 0;
}

static int
hisi_zip_start(struct rte_compressdev *cdev __rte_unused)
{
	return 0;
}

static void
hisi_zip_stop(struct rte_compressdev *cdev __rte_unused)
{
}

/* The queue pairs have been released; the device goes when the bus takes it. */
static int
hisi_zip_close(struct rte_compressdev *cdev __rte_unused)
{
	return 0;
}

static void
hisi_zip_stats_get(struct rte_compressdev *cdev, struct rte_compressdev_stats *stats)
{
	const struct hisi_zip_qp *qp;
	uint16_t i;

	for (i = 0; i < cdev->data->nb_queue_pairs; i++) {
		qp = cdev->data->queue_pairs[i];
		if (qp == NULL)
			continue;
		stats->enqueued_count += qp->stats.enqueued_count;
		stats->dequeued_count += qp->stats.dequeued_count;
		stats->enqueue_err_count += qp->stats.enqueue_err_count;
		stats->dequeue_err_count += qp->stats.dequeue_err_count +
			qp->queues[0].ring.n_of_nothing + qp->queues[1].ring.n_of_nothing;
	}
}

static void
hisi_zip_stats_reset(struct rte_compressdev *cdev)
{
	struct hisi_zip_qp *qp;
	uint16_t i;

	for (i = 0; i < cdev->data->nb_queue_pairs; i++) {
		qp = cdev->data->queue_pairs[i];
		if (qp == NULL)
			continue;
		memset(&qp->stats, 0, sizeof(qp->stats));
		qp->queues[0].ring.n_of_nothing = 0;
		qp->queues[1].ring.n_of_nothing = 0;
	}
}

static void
hisi_zip_info_get(struct rte_compressdev *cdev, struct rte_compressdev_info *info)
{
	const struct hisi_zip_device *dev = cdev->data->dev_private;

	info->driver_name = cdev->device->driver->name;
	info->feature_flags = cdev->feature_flags;
	info->capabilities = formats[dev->format].capabilities;
	info->max_nb_queue_pairs = dev->max_qps;
}

static int
open_ring(const struct hisi_zip_device *dev, struct hisi_zip_queue *queue,
		uint32_t max_inflight_ops, int socket_id)
{
	const uint16_t capacity = RTE_BUS_IOMMUFD_RING_CAPACITY(queue->ring.depth);
	int ret;

	if (max_inflight_ops > capacity) {
		HISI_ZIP_LOG(ERR, dev, "%u operations under way: the hardware has room for %u",
			max_inflight_ops, capacity);
		return -EINVAL;
	}
	queue->slots = rte_calloc_socket("hisi_zip slots", queue->ring.depth,
			sizeof(queue->slots[0]), 0, socket_id);
	if (queue->slots == NULL)
		return -ENOMEM;
	ret = rte_bus_iommufd_ring_open(&queue->ring, max_inflight_ops, socket_id);
	if (ret < 0)
		rte_free(queue->slots);
	return ret;
}

static void
close_ring(struct hisi_zip_queue *queue)
{
	rte_bus_iommufd_ring_close(&queue->ring);
	rte_free(queue->slots);
}

static int
open_queue(struct hisi_zip_device *dev, struct hisi_zip_qp *qp, struct hisi_zip_queue *queue,
		uint16_t number, uint32_t max_inflight_ops, int socket_id)
{
	int ret;

	ret = rte_bus_iommufd_queue_open(dev->bus, number, &queue->bus);
	if (ret < 0)
		return ret;
	/* Lists are read with the queue's PASID */
	ret = rte_bus_iommufd_queue_show(&queue->bus, qp->sgls.blocks, qp->sgls.size);
	if (ret < 0)
		goto close_bus_queue;
	ret = dev->kind->queue_start(dev, queue, socket_id);
	if (ret < 0)
		goto close_bus_queue;
	ret = open_ring(dev, queue, max_inflight_ops, socket_id);
	if (ret < 0)
		goto stop_queue;
	return 0;

stop_queue:
	dev->kind->queue_stop(dev, queue);
close_bus_queue:
	rte_bus_iommufd_queue_close(&queue->bus);
	return ret;
}

static void
close_queue(struct hisi_zip_device *dev, struct hisi_zip_queue *queue)
{
	dev->kind->queue_stop(dev, queue);
	close_ring(queue);
	rte_bus_iommufd_queue_close(&queue->bus);
}

static int
open_queues(struct hisi_zip_device *dev, struct hisi_zip_qp *qp, uint16_t qp_id,
		uint32_t max_inflight_ops, int socket_id)
{
	unsigned int i;
	int ret;

	for (i = 0; i < HISI_ZIP_DIRECTIONS; i++) {
		qp->queues[i].direction = i;
		ret = open_queue(dev, qp, &qp->queues[i], qp_id * HISI_ZIP_DIRECTIONS + i,
				max_inflight_ops, socket_id);
		if (ret < 0)
			goto close_queues;
	}
	return 0;

close_queues:
	while (i-- > 0)
		close_queue(dev, &qp->queues[i]);
	return ret;
}

static void
close_queues(struct hisi_zip_device *dev, struct hisi_zip_qp *qp)
{
	unsigned int i;

	for (i = HISI_ZIP_DIRECTIONS; i-- > 0; )
		close_queue(dev, &qp->queues[i]);
}

static int
hisi_zip_qp_release(struct rte_compressdev *cdev, uint16_t qp_id)
{
	struct hisi_zip_device *dev = cdev->data->dev_private;
	struct hisi_zip_qp *qp = cdev->data->queue_pairs[qp_id];

	if (qp == NULL)
		return 0;
	cdev->data->queue_pairs[qp_id] = NULL;
	close_queues(dev, qp);
	hisi_zip_sgls_close(&qp->sgls);
	rte_free(qp);
	return 0;
}

static int
hisi_zip_qp_setup(struct rte_compressdev *cdev, uint16_t qp_id, uint32_t max_inflight_ops,
		int socket_id)
{
	struct hisi_zip_device *dev = cdev->data->dev_private;
	struct hisi_zip_qp *qp;
	int ret;

	if (max_inflight_ops == 0 || max_inflight_ops > UINT16_MAX / 4)
		return -EINVAL;
	hisi_zip_qp_release(cdev, qp_id);
	qp = rte_zmalloc_socket("hisi_zip queue pair", sizeof(*qp), RTE_CACHE_LINE_SIZE,
			socket_id);
	if (qp == NULL)
		return -ENOMEM;
	qp->virtual_addresses = dev->bus->as == RTE_BUS_IOMMUFD_SVA;
	qp->touch = dev->touch;
	ret = hisi_zip_sgls_open(&qp->sgls, 2 * max_inflight_ops + SPARE_BLOCKS, socket_id);
	if (ret < 0)
		goto free_qp;
	ret = open_queues(dev, qp, qp_id, max_inflight_ops, socket_id);
	if (ret < 0)
		goto close_sgls;
	cdev->data->queue_pairs[qp_id] = qp;
	return 0;

close_sgls:
	hisi_zip_sgls_close(&qp->sgls);
free_qp:
	rte_free(qp);
	return ret;
}

/* The hardware's number of the largest window that is no larger; there is none for 2^n > 32 KiB. */
static unsigned int
window(unsigned int log2)
{
	return log2 >= WINDOW_MAX ? 4 : log2 - WINDOW_MIN;
}

static bool
has_checksum(enum hisi_zip_format format, enum rte_comp_checksum_type checksum)
{
	return checksum == RTE_COMP_CHECKSUM_NONE || checksum == formats[format].checksum;
}

/*
 * The hardware takes no dictionary, and compressdev has no capability to say so by. Without it
 * what is compressed is a little longer but no less right; what was compressed with one is reported
 * as bad data.
 */
static int
set_compress(struct hisi_zip_xform *xform, enum hisi_zip_format format,
		const struct rte_comp_compress_xform *compress)
{
	if (compress->algo != RTE_COMP_ALGO_DEFLATE || compress->level == RTE_COMP_LEVEL_NONE ||
			compress->deflate.huffman == RTE_COMP_HUFFMAN_FIXED ||
			!has_checksum(format, compress->chksum) ||
			compress->hash_algo != RTE_COMP_HASH_ALGO_NONE ||
			compress->window_size < WINDOW_MIN)
		return -ENOTSUP;
	*xform = (struct hisi_zip_xform){
		.direction = HISI_ZIP_COMPRESS,
		.kind = format | HISI_ZIP_KIND_WINDOW(window(compress->window_size)),
	};
	return 0;
}

static int
set_decompress(struct hisi_zip_xform *xform, enum hisi_zip_format format,
		const struct rte_comp_decompress_xform *decompress)
{
	if (decompress->algo != RTE_COMP_ALGO_DEFLATE ||
			!has_checksum(format, decompress->chksum) ||
			decompress->hash_algo != RTE_COMP_HASH_ALGO_NONE ||
			decompress->window_size > WINDOW_MAX)
		return -ENOTSUP;
	*xform = (struct hisi_zip_xform){
		.direction = HISI_ZIP_DECOMPRESS,
		.kind = format | HISI_ZIP_KIND_WINDOW(window(WINDOW_MAX)),
	};
	return 0;
}

static int
hisi_zip_xform_create(struct rte_compressdev *cdev, const struct rte_comp_xform *wanted,
		void **private_xform)
{
	const struct hisi_zip_device *dev = cdev->data->dev_private;
	struct hisi_zip_xform *xform;
	int ret;

	if (wanted == NULL)
		return -EINVAL;
	xform = rte_zmalloc_socket("hisi_zip xform", sizeof(*xform), 0, cdev->data->socket_id);
	if (xform == NULL)
		return -ENOMEM;
	ret = wanted->type == RTE_COMP_COMPRESS ?
		set_compress(xform, dev->format, &wanted->compress) :
		set_decompress(xform, dev->format, &wanted->decompress);
	if (ret < 0) {
		rte_free(xform);
		return ret;
	}
	*private_xform = xform;
	return 0;
}

static int
hisi_zip_xform_free(struct rte_compressdev *cdev __rte_unused, void *private_xform)
{
	if (private_xform == NULL)
		return -EINVAL;
	rte_free(private_xform);
	return 0;
}

struct rte_compressdev_ops hisi_zip_ops = {
	.dev_configure = hisi_zip_configure,
	.dev_start = hisi_zip_start,
	.dev_stop = hisi_zip_stop,
	.dev_close = hisi_zip_close,

	.dev_infos_get = hisi_zip_info_get,

	.stats_get = hisi_zip_stats_get,
	.stats_reset = hisi_zip_stats_reset,

	.queue_pair_setup = hisi_zip_qp_setup,
	.queue_pair_release = hisi_zip_qp_release,

	.private_xform_create = hisi_zip_xform_create,
	.private_xform_free = hisi_zip_xform_free,
};
