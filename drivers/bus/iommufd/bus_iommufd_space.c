/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The address spaces of a function's queues.
 */

#include <errno.h>
#include <stdint.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "bus_iommufd_private.h"

int
iommufd_bus_function_queue_open(struct rte_bus_iommufd_queue *queue)
{
	struct rte_bus_iommufd_device *dev = queue->dev;
	int ret;

	if (dev->as == RTE_BUS_IOMMUFD_PRIVATE)
		queue->as = queue->own_as = rte_iommufd_as_create();
	else
		queue->as = rte_iommufd_as_shared();
	if (queue->as == NULL)
		return -rte_errno;
	if (dev->pasid_bits == 0)
		return 0;

	ret = rte_iommufd_pasid_bind(dev->vfio, queue->as, RTE_IOMMUFD_PT_AUTO, &queue->pasid);
	if (ret < 0) {
		queue->pasid = 0;
		iommufd_bus_function_queue_close(queue);
	}
	return ret;
}

/* The shared space has EAL's memory anyway. What several queues show is counted by the library. */
static int
show(const struct rte_bus_iommufd_queue *queue, struct rte_iommufd_as *as)
{
	const uint64_t address = (uintptr_t)queue->shown.addr;
	struct rte_iommufd_as *shared = rte_iommufd_as_shared();

	if (queue->shown.addr == NULL || as == shared)
		return 0;
	return rte_iommufd_as_copy(as, address, shared, address, queue->shown.len,
		RTE_IOMMUFD_READ_ONLY);
}

static void
hide(const struct rte_bus_iommufd_queue *queue, struct rte_iommufd_as *as)
{
	if (queue->shown.addr != NULL && as != rte_iommufd_as_shared())
		rte_iommufd_as_unmap(as, (uintptr_t)queue->shown.addr, queue->shown.len);
}

void
iommufd_bus_function_queue_close(struct rte_bus_iommufd_queue *queue)
{
	if (queue->pasid != 0)
		rte_iommufd_pasid_unbind(queue->dev->vfio, queue->pasid);
	hide(queue, queue->as);
	if (queue->own_as != NULL)
		rte_iommufd_as_destroy(queue->own_as);
}

int
iommufd_bus_function_queue_show(struct rte_bus_iommufd_queue *queue, void *addr, size_t len)
{
	int ret;

	if (queue->shown.addr != NULL) {
		IOMMUFD_BUS_LOG(ERR, "%s: queue %u has been shown memory: a driver's memory is one "
			"range", queue->dev->name, queue->number);
		return -EEXIST;
	}
	queue->shown = (struct rte_bus_iommufd_region){ .addr = addr, .len = len };
	ret = show(queue, queue->as);
	if (ret < 0)
		queue->shown = (struct rte_bus_iommufd_region){ .addr = NULL };
	return ret;
}

int
iommufd_bus_function_queue_bind(struct rte_bus_iommufd_queue *queue, struct rte_iommufd_as *as)
{
	int ret;

	if (as == NULL)
		as = queue->own_as != NULL ? queue->own_as : rte_iommufd_as_shared();
	if (queue->pasid == 0)
		return -ENOTSUP;
	/* A queue at work sees it all the time */
	ret = show(queue, as);
	if (ret < 0)
		return ret;
	ret = rte_iommufd_pasid_rebind(queue->dev->vfio, as, RTE_IOMMUFD_PT_AUTO, queue->pasid);
	if (ret < 0) {
		hide(queue, as);
		return ret;
	}
	hide(queue, queue->as);
	queue->as = as;
	return 0;
}
