/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include <rte_iommufd.h>
#include <rte_telemetry.h>

#include "bus_iommufd_private.h"

/** Put an object into the answer's array, and free it where that isn't possible. */
static void
add(struct rte_tel_data *answer, struct rte_tel_data *object)
{
	if (rte_tel_data_add_array_container(answer, object, 0) < 0)
		rte_tel_data_free(object);
}

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
add_device(struct rte_tel_data *answer, const struct rte_bus_iommufd_device *dev)
{
	struct rte_tel_data *object = rte_tel_data_alloc();

	if (object == NULL)
		return;
	rte_tel_data_start_dict(object);
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
	add(answer, object);
}

static void
add_queue(struct rte_tel_data *answer, const struct rte_bus_iommufd_queue *queue)
{
	struct rte_tel_data *object = rte_tel_data_alloc();

	if (object == NULL)
		return;
	rte_tel_data_start_dict(object);
	rte_tel_data_add_dict_string(object, "device", queue->dev->name);
	rte_tel_data_add_dict_uint(object, "queue", queue->number);
	rte_tel_data_add_dict_string(object, "as", iommufd_bus_as_name(queue->dev->as));
	if (queue->dev->kind == RTE_BUS_IOMMUFD_FUNCTION) {
		rte_tel_data_add_dict_uint(object, "pasid", queue->pasid);
		rte_tel_data_add_dict_uint(object, "as_id", rte_iommufd_as_id(queue->as));
		add_page_table_of_queue(object, queue);
	}
	add(answer, object);
}

static int
answer_devices(const char *cmd __rte_unused, const char *params __rte_unused,
		struct rte_tel_data *answer)
{
	const struct rte_bus_iommufd_device *dev;

	rte_tel_data_start_array(answer, RTE_TEL_CONTAINER);
	pthread_mutex_lock(&iommufd_bus.lock);
	TAILQ_FOREACH(dev, &iommufd_bus.devices, next)
		add_device(answer, dev);
	pthread_mutex_unlock(&iommufd_bus.lock);
	return 0;
}

static int
answer_queues(const char *cmd __rte_unused, const char *params __rte_unused,
		struct rte_tel_data *answer)
{
	const struct rte_bus_iommufd_device *dev;
	const struct rte_bus_iommufd_queue *queue;

	rte_tel_data_start_array(answer, RTE_TEL_CONTAINER);
	pthread_mutex_lock(&iommufd_bus.lock);
	TAILQ_FOREACH(dev, &iommufd_bus.devices, next)
		LIST_FOREACH(queue, &dev->queues, next)
			add_queue(answer, queue);
	pthread_mutex_unlock(&iommufd_bus.lock);
	return 0;
}

RTE_INIT(iommufd_bus_telemetry)
{
	rte_telemetry_register_cmd("/iommufd_bus/devices", answer_devices,
		"Devices of the iommufd bus. No parameters.");
	rte_telemetry_register_cmd("/iommufd_bus/queues", answer_queues,
		"Open queues of its devices, with their PASIDs and address spaces. No parameters.");
}
