/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include <rte_iommufd.h>
#include <rte_telemetry.h>

#include "bus_iommufd_private.h"
#include "iommufd_listing.h"

/** By its number, as in the library's own answers; what isn't open has none. */
static void
add_page_table_of_device(struct rte_tel_data *object, const struct rte_bus_iommufd_device *dev)
{
	struct rte_iommufd_dev_info info;

	if (dev->vfio != NULL && rte_iommufd_dev_info_get(dev->vfio, &info) == 0)
		rte_tel_data_add_dict_uint(object, "page_table", info.pt);
}

/** A queue without a PASID uses the page table of the function. */
static void
add_page_table_of_queue(struct rte_tel_data *object, const struct rte_bus_iommufd_queue *queue)
{
	struct rte_iommufd_pasid_info info;

	if (queue->pasid == 0)
		add_page_table_of_device(object, queue->dev);
	else if (rte_iommufd_pasid_info_get(queue->dev->vfio, queue->pasid, &info) == 0)
		rte_tel_data_add_dict_uint(object, "page_table", info.pt);
}

static void
add_device(struct iommufd_listing *listing, const struct rte_bus_iommufd_device *dev)
{
	struct rte_tel_data *object = iommufd_listing_add(listing);

	if (object == NULL)
		return;
	rte_tel_data_add_dict_string(object, "name", dev->name);
	rte_tel_data_add_dict_string(object, "kind",
		dev->kind == RTE_BUS_IOMMUFD_FUNCTION ? "function" : "uacce");
	rte_tel_data_add_dict_string(object, "driver",
		dev->driver == NULL ? "" : dev->driver->driver.name);
	rte_tel_data_add_dict_int(object, "numa_node", dev->device.numa_node);
	if (dev->driver != NULL)
		rte_tel_data_add_dict_string(object, "as", iommufd_bus_as_name(dev->as));
	if (dev->driver != NULL && dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		rte_tel_data_add_dict_uint(object, "pasid_bits", dev->pasid_bits);
	add_page_table_of_device(object, dev);
}

static void
add_queue(struct iommufd_listing *listing, const struct rte_bus_iommufd_queue *queue)
{
	struct rte_tel_data *object = iommufd_listing_add(listing);

	if (object == NULL)
		return;
	rte_tel_data_add_dict_string(object, "device", queue->dev->name);
	rte_tel_data_add_dict_uint(object, "queue", queue->number);
	rte_tel_data_add_dict_string(object, "as", iommufd_bus_as_name(queue->dev->as));
	if (queue->dev->kind == RTE_BUS_IOMMUFD_FUNCTION) {
		rte_tel_data_add_dict_uint(object, "pasid", queue->pasid);
		rte_tel_data_add_dict_uint(object, "as_id", rte_iommufd_as_id(queue->as));
		add_page_table_of_queue(object, queue);
	}
}

static void
add_devices(struct iommufd_listing *listing)
{
	const struct rte_bus_iommufd_device *dev;

	TAILQ_FOREACH(dev, &iommufd_bus.devices, next)
		add_device(listing, dev);
}

static void
add_queues(struct iommufd_listing *listing)
{
	const struct rte_bus_iommufd_device *dev;
	const struct rte_bus_iommufd_queue *queue;

	TAILQ_FOREACH(dev, &iommufd_bus.devices, next)
		LIST_FOREACH(queue, &dev->queues, next)
			add_queue(listing, queue);
}

/** Answer with all objects of a kind from an ordinal on, which may be given. */
static int
list(const char *cmd, const char *params, struct rte_tel_data *answer, const char *name,
		void (*add)(struct iommufd_listing *listing))
{
	struct iommufd_listing listing;
	uint32_t first = 0;
	int ret;

	if (iommufd_listing_parse(params, &first, 1) < 0) {
		IOMMUFD_BUS_LOG(ERR, "telemetry: %s,%s: it takes the number of the first one to "
			"show, or nothing", cmd, params);
		return -EINVAL;
	}
	ret = iommufd_listing_start(&listing, first);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&iommufd_bus.lock);
	add(&listing);
	pthread_mutex_unlock(&iommufd_bus.lock);
	return iommufd_listing_finish(&listing, answer, name);
}

static int
answer_devices(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	return list(cmd, params, answer, "devices", add_devices);
}

static int
answer_queues(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	return list(cmd, params, answer, "queues", add_queues);
}

RTE_INIT(iommufd_bus_telemetry)
{
	rte_telemetry_register_cmd("/iommufd_bus/devices", answer_devices,
		"Devices of the iommufd bus. Parameters: FIRST, the number to begin with (0).");
	rte_telemetry_register_cmd("/iommufd_bus/queues", answer_queues,
		"Open queues of its devices, with their PASIDs and address spaces. Parameters: "
		"FIRST, the number to begin with (0).");
}
