/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <misc/uacce/hisi_qm.h>
#include <misc/uacce/uacce.h>

#include "hisi_zip_private.h"

static int
uacce_open(struct hisi_zip_device *dev, uint16_t *n_queues)
{
	int ret;

	ret = rte_bus_iommufd_queues_available(dev->bus);
	if (ret < 0)
		return ret;
	*n_queues = RTE_MIN(ret, UINT16_MAX);
	return 0;
}

static void
uacce_close(struct hisi_zip_device *dev __rte_unused)
{
}

static int
uacce_queue_start(struct hisi_zip_device *dev, struct hisi_zip_queue *queue,
		int socket_id __rte_unused)
{
	struct hisi_qp_ctx context = { .qc_type = queue->direction };
	struct hisi_qp_info info = { 0 };
	uint8_t *rings;
	size_t size;
	int ret;

	if (ioctl(queue->bus.fd, UACCE_CMD_QM_SET_QP_CTX, &context) < 0 ||
			ioctl(queue->bus.fd, UACCE_CMD_QM_SET_QP_INFO, &info) < 0) {
		ret = -errno;
		HISI_ZIP_LOG(ERR, dev, "the kernel refuses a queue: %s", strerror(-ret));
		return ret;
	}
	size = (size_t)info.sq_depth * (sizeof(struct hisi_zip_sqe) + sizeof(*queue->ring.cq)) +
		2 * sizeof(*queue->ring.resets);
	if (info.sqe_size != sizeof(struct hisi_zip_sqe) || info.sq_depth != info.cq_depth ||
			info.sq_depth < 2 ||
			size > dev->bus->area_sizes[RTE_BUS_IOMMUFD_DUS]) {
		HISI_ZIP_LOG(ERR, dev, "its queues are none that this driver knows");
		return -ENOTSUP;
	}
	ret = rte_bus_iommufd_queue_start(&queue->bus);
	if (ret < 0)
		return ret;
	rings = queue->bus.areas[RTE_BUS_IOMMUFD_DUS].addr;
	queue->ring.sq = rings;
	queue->ring.cq = (void *)(rings + info.sq_depth * sizeof(struct hisi_zip_sqe));
	queue->ring.resets = rte_bus_iommufd_ring_resets(rings,
			dev->bus->area_sizes[RTE_BUS_IOMMUFD_DUS]);
	queue->ring.doorbell = RTE_PTR_ADD(queue->bus.areas[RTE_BUS_IOMMUFD_MMIO].addr,
			RTE_BUS_IOMMUFD_DOORBELL);
	queue->ring.number = context.id;
	queue->ring.depth = info.sq_depth;
	return 0;
}

/* The kernel stops it when its file is closed */
static void
uacce_queue_stop(struct hisi_zip_device *dev __rte_unused,
		struct hisi_zip_queue *queue __rte_unused)
{
}

const struct hisi_zip_kind hisi_zip_uacce = {
	.open = uacce_open,
	.close = uacce_close,
	.queue_start = uacce_queue_start,
	.queue_stop = uacce_queue_stop,
};
