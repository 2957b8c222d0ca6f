/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "bus_iommufd_private.h"
#include "rte_bus_iommufd.h"

static void
clear(struct rte_bus_iommufd_queue *queue)
{
	*queue = (struct rte_bus_iommufd_queue){ .fd = -1 };
}

/** With the bus's lock held. */
static struct rte_bus_iommufd_queue *
find_queue(struct rte_bus_iommufd_device *dev, uint16_t number)
{
	struct rte_bus_iommufd_queue *queue;

	LIST_FOREACH(queue, &dev->queues, next)
		if (queue->number == number)
			return queue;
	return NULL;
}

static unsigned int
count_queues(struct rte_bus_iommufd_device *dev)
{
	struct rte_bus_iommufd_queue *queue;
	unsigned int n = 0;

	LIST_FOREACH(queue, &dev->queues, next)
		n++;
	return n;
}

int
rte_bus_iommufd_queues_available(struct rte_bus_iommufd_device *dev)
{
	const int allowed = dev->max_queues - count_queues(dev);
	int left;

	if (dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		return allowed;
	left = iommufd_bus_uacce_queues_left(dev);
	return RTE_MIN(left, allowed);
}

static int
check_number(struct rte_bus_iommufd_device *dev, uint16_t number)
{
	if (number >= dev->max_queues) {
		IOMMUFD_BUS_LOG(ERR, "%s: no queue %u: it has the argument queues=%u", dev->name,
			number, dev->max_queues);
		return -ERANGE;
	}
	if (find_queue(dev, number) != NULL) {
		IOMMUFD_BUS_LOG(ERR, "%s: queue %u is open", dev->name, number);
		return -EEXIST;
	}
	return 0;
}

int
rte_bus_iommufd_queue_open(struct rte_bus_iommufd_device *dev, uint16_t number,
		struct rte_bus_iommufd_queue *queue)
{
	int ret;

	clear(queue);
	ret = check_number(dev, number);
	if (ret < 0)
		return ret;
	queue->dev = dev;
	queue->number = number;
	ret = dev->kind == RTE_BUS_IOMMUFD_FUNCTION ? iommufd_bus_function_queue_open(queue) :
		iommufd_bus_uacce_queue_open(queue);
	if (ret < 0) {
		clear(queue);
		return ret;
	}
	pthread_mutex_lock(&iommufd_bus.lock);
	LIST_INSERT_HEAD(&dev->queues, queue, next);
	pthread_mutex_unlock(&iommufd_bus.lock);
	return 0;
}

int
rte_bus_iommufd_queue_start(struct rte_bus_iommufd_queue *queue)
{
	if (queue->dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		return 0;
	return iommufd_bus_uacce_queue_start(queue);
}

int
rte_bus_iommufd_queue_show(struct rte_bus_iommufd_queue *queue, void *addr, size_t len)
{
	int ret;

	if (queue->dev->kind != RTE_BUS_IOMMUFD_FUNCTION)
		return 0;
	pthread_mutex_lock(&iommufd_bus.lock);
	ret = iommufd_bus_function_queue_show(queue, addr, len);
	pthread_mutex_unlock(&iommufd_bus.lock);
	return ret;
}

void
rte_bus_iommufd_queue_close(struct rte_bus_iommufd_queue *queue)
{
	if (queue->dev == NULL)
		return;
	pthread_mutex_lock(&iommufd_bus.lock);
	LIST_REMOVE(queue, next);
	pthread_mutex_unlock(&iommufd_bus.lock);
	if (queue->dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		iommufd_bus_function_queue_close(queue);
	else
		iommufd_bus_uacce_queue_close(queue);
	clear(queue);
}

void
iommufd_bus_queues_close(struct rte_bus_iommufd_device *dev)
{
	while (!LIST_EMPTY(&dev->queues))
		rte_bus_iommufd_queue_close(LIST_FIRST(&dev->queues));
}

/** With the bus's lock held; 0 or a negative errno. */
static int
find_open(const char *device, uint16_t number, struct rte_bus_iommufd_queue **queue)
{
	struct rte_bus_iommufd_device *dev;

	dev = device == NULL ? NULL : iommufd_bus_find(device);
	if (dev == NULL)
		return -ENODEV;
	*queue = find_queue(dev, number);
	if (*queue == NULL)
		return -ENOENT;
	return dev->kind == RTE_BUS_IOMMUFD_FUNCTION ? 0 : -ENOTSUP;
}

struct rte_iommufd_as *
rte_bus_iommufd_queue_as(const char *device, uint16_t queue)
{
	struct rte_bus_iommufd_queue *found;
	struct rte_iommufd_as *as = NULL;
	int ret;

	pthread_mutex_lock(&iommufd_bus.lock);
	ret = find_open(device, queue, &found);
	if (ret == 0)
		as = found->as;
	else
		rte_errno = -ret;
	pthread_mutex_unlock(&iommufd_bus.lock);
	return as;
}

int
rte_bus_iommufd_queue_bind(const char *device, uint16_t queue, struct rte_iommufd_as *as)
{
	struct rte_bus_iommufd_queue *found;
	int ret;

	pthread_mutex_lock(&iommufd_bus.lock);
	ret = find_open(device, queue, &found);
	if (ret == 0)
		ret = iommufd_bus_function_queue_bind(found, as);
	pthread_mutex_unlock(&iommufd_bus.lock);
	return ret;
}
