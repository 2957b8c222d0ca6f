/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/types.h>
#include <misc/uacce/uacce.h>

#include "bus_iommufd_private.h"

static const enum uacce_qfrt area_numbers[] = {
	[RTE_BUS_IOMMUFD_MMIO] = UACCE_QFRT_MMIO,
	[RTE_BUS_IOMMUFD_DUS] = UACCE_QFRT_DUS,
};

int
iommufd_bus_uacce_queues_left(const struct rte_bus_iommufd_device *dev)
{
	long long number;
	int ret;

	ret = iommufd_bus_read_number(IOMMUFD_BUS_UACCE, iommufd_bus_short_name(dev->name),
			"available_instances", &number);
	if (ret < 0)
		return ret;
	return number < 0 ? 0 : RTE_MIN(number, UINT16_MAX);
}

/** What an error of opening the device's node means. */
static const char *
reason(int error)
{
	switch (error) {
	case EBUSY:
		return "the kernel has lent out all it has";
	case ENODEV:
	case EOPNOTSUPP:
	case EOVERFLOW: /* There are no PASIDs. */
		return "the device or its IOMMU can't use the process's page tables (SVA)";
	default:
		return strerror(error);
	}
}

int
iommufd_bus_uacce_queue_open(struct rte_bus_iommufd_queue *queue)
{
	char path[PATH_MAX];
	int error;

	snprintf(path, sizeof(path), "/dev/%s", iommufd_bus_short_name(queue->dev->name));
	queue->fd = open(path, O_RDWR | O_CLOEXEC);
	if (queue->fd >= 0)
		return 0;
	error = errno;
	IOMMUFD_BUS_LOG(ERR, "%s: no queue for %u: %s: %s", queue->dev->name, queue->number, path,
		reason(error));
	return -error;
}

static int
map_area(struct rte_bus_iommufd_queue *queue, enum rte_bus_iommufd_area area)
{
	const size_t len = queue->dev->area_sizes[area];
	void *addr;

	if (len == 0)
		return 0;
	addr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, queue->fd,
		(off_t)area_numbers[area] * sysconf(_SC_PAGESIZE));
	if (addr == MAP_FAILED)
		return -errno;
	queue->areas[area] = (struct rte_bus_iommufd_region){ .addr = addr, .len = len };
	return 0;
}

static void
unmap_areas(struct rte_bus_iommufd_queue *queue)
{
	unsigned int i;

	for (i = 0; i < RTE_BUS_IOMMUFD_AREAS; i++) {
		if (queue->areas[i].addr != NULL)
			munmap(queue->areas[i].addr, queue->areas[i].len);
		queue->areas[i] = (struct rte_bus_iommufd_region){ .addr = NULL };
	}
}

int
iommufd_bus_uacce_queue_start(struct rte_bus_iommufd_queue *queue)
{
	int ret;

	ret = map_area(queue, RTE_BUS_IOMMUFD_MMIO);
	if (ret == 0)
		ret = map_area(queue, RTE_BUS_IOMMUFD_DUS);
	if (ret == 0 && ioctl(queue->fd, UACCE_CMD_START_Q) < 0)
		ret = -errno;
	if (ret < 0) {
		IOMMUFD_BUS_LOG(ERR, "%s: queue %u can't be started: %s", queue->dev->name,
			queue->number, strerror(-ret));
		unmap_areas(queue);
	}
	return ret;
}

void
iommufd_bus_uacce_queue_close(struct rte_bus_iommufd_queue *queue)
{
	/* An area that is mapped would keep the queue. */
	unmap_areas(queue);
	if (queue->fd >= 0)
		close(queue->fd);
}
