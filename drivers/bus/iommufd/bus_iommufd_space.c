/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The address spaces of a function's queues.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

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

static bool
is_bound(const struct rte_iommufd_as *as)
{
	const struct rte_bus_iommufd_device *dev;
	const struct rte_bus_iommufd_queue *queue;

	TAILQ_FOREACH(dev, &iommufd_bus.devices, next)
		LIST_FOREACH(queue, &dev->queues, next)
			if (queue->as == as)
				return true;
	return false;
}

/* Destroys those that were kept for a queue that has left now. */
static void
sweep(void)
{
	struct iommufd_bus_space *space, *following;

	for (space = LIST_FIRST(&iommufd_bus.spaces); space != NULL; space = following) {
		following = LIST_NEXT(space, next);
		if (is_bound(space->as))
			continue;
		LIST_REMOVE(space, next);
		rte_iommufd_as_destroy(space->as);
		free(space);
	}
}

/* Destroys an address space when no queue is bound to it any more. */
static void
give_up(struct rte_iommufd_as *as)
{
	struct iommufd_bus_space *space = malloc(sizeof(*space));

	if (space == NULL) {
		IOMMUFD_BUS_LOG(ERR, "no memory: IOAS %u stays", rte_iommufd_as_id(as));
		return;
	}
	space->as = as;
	LIST_INSERT_HEAD(&iommufd_bus.spaces, space, next);
}

void
iommufd_bus_function_queue_close(struct rte_bus_iommufd_queue *queue)
{
	if (queue->pasid != 0)
		rte_iommufd_pasid_unbind(queue->dev->vfio, queue->pasid);
	pthread_mutex_lock(&iommufd_bus.lock);
	hide(queue, queue->as);
	if (queue->own_as != NULL)
		give_up(queue->own_as);
	sweep();
	pthread_mutex_unlock(&iommufd_bus.lock);
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
	sweep();
	return 0;
}
