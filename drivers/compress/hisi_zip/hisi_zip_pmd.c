/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * compressdev driver of the HiSilicon ZIP on the bus iommufd.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_memzone.h>

#include "hisi_zip_private.h"

#define TOUCH "touch"
#define FORMAT "format"

RTE_LOG_REGISTER(hisi_zip_logtype, pmd.compress.hisi_zip, NOTICE);

static int
parse_format(struct hisi_zip_device *dev)
{
	static const char *const names[] = { "deflate", "zlib", "gzip", NULL };
	static const enum hisi_zip_format formats[] = {
		HISI_ZIP_FORMAT_RAW,
		HISI_ZIP_FORMAT_ZLIB,
		HISI_ZIP_FORMAT_GZIP,
	};
	unsigned int chosen = 0;
	int ret;

	ret = rte_bus_iommufd_param_choice(dev->bus, FORMAT, names, &chosen);
	if (ret < 0)
		return ret;
	if (dev->bus->kind == RTE_BUS_IOMMUFD_UACCE &&
			!rte_bus_iommufd_has_algorithm(dev->bus, names[chosen])) {
		HISI_ZIP_LOG(ERR, dev, FORMAT "=%s: it has not got that", names[chosen]);
		return -ENOTSUP;
	}
	dev->format = formats[chosen];
	return 0;
}

static int
parse_arguments(struct hisi_zip_device *dev)
{
	uint32_t touch = 0;
	int ret;

	ret = parse_format(dev);
	if (ret < 0)
		return ret;
	ret = rte_bus_iommufd_param_u32(dev->bus, TOUCH, 0, 1, &touch);
	if (ret < 0)
		return ret;
	if (touch != 0 && dev->bus->as != RTE_BUS_IOMMUFD_SVA) {
		HISI_ZIP_LOG(ERR, dev, TOUCH "=1 is for as=sva: other memory is always present");
		return -EINVAL;
	}
	dev->touch = touch;
	return 0;
}

static int
open_device(struct hisi_zip_device *dev, struct rte_bus_iommufd_device *bus)
{
	uint16_t n_queues;
	int ret;

	dev->bus = bus;
	dev->kind = bus->kind == RTE_BUS_IOMMUFD_UACCE ? &hisi_zip_uacce : &hisi_zip_function;
	ret = parse_arguments(dev);
	if (ret == 0)
		ret = dev->kind->open(dev, &n_queues);
	if (ret < 0)
		return ret;
	dev->max_qps = RTE_MIN(n_queues, bus->max_queues) / HISI_ZIP_DIRECTIONS;
	if (dev->max_qps == 0) {
		HISI_ZIP_LOG(ERR, dev, "a queue pair takes 2 queues, one for each direction: "
			"%u to be had", RTE_MIN(n_queues, bus->max_queues));
		dev->kind->close(dev);
		return -EBUSY;
	}
	return 0;
}

/*
 * compressdev leaves the memory of a device's data behind, and finds it in its way when the next
 * device takes the number.
 */
static void
free_data(uint8_t id)
{
	char name[RTE_MEMZONE_NAMESIZE];

	snprintf(name, sizeof(name), "rte_compressdev_data_%u", id);
	rte_memzone_free(rte_memzone_lookup(name));
}

static int
destroy(struct rte_compressdev *cdev)
{
	const uint8_t id = cdev->data->dev_id;
	int ret;

	ret = rte_compressdev_pmd_destroy(cdev);
	if (ret == 0)
		free_data(id);
	return ret;
}

static int
hisi_zip_probe(struct rte_bus_iommufd_driver *driver __rte_unused,
		struct rte_bus_iommufd_device *bus)
{
	struct rte_compressdev_pmd_init_params params = {
		.socket_id = bus->device.numa_node,
	};
	struct rte_compressdev *cdev;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return -ENOTSUP;
	cdev = rte_compressdev_pmd_create(bus->name, &bus->device,
			sizeof(struct hisi_zip_device), &params);
	if (cdev == NULL)
		return -ENOMEM;
	/* Whatever device had the number before has left its own */
	cdev->dev_ops = &hisi_zip_ops;
	ret = open_device(cdev->data->dev_private, bus);
	if (ret < 0) {
		destroy(cdev);
		return ret;
	}
	cdev->enqueue_burst = hisi_zip_enqueue_burst;
	cdev->dequeue_burst = hisi_zip_dequeue_burst;
	cdev->feature_flags = RTE_COMPDEV_FF_HW_ACCELERATED;
	bus->driver_data = cdev;
	return 0;
}

static int
hisi_zip_remove(struct rte_bus_iommufd_device *bus)
{
	struct rte_compressdev *cdev = bus->driver_data;
	struct hisi_zip_device *dev = cdev->data->dev_private;
	int ret;

	ret = rte_compressdev_close(cdev->data->dev_id);
	if (ret < 0)
		return ret;
	dev->kind->close(dev);
	return destroy(cdev);
}

static const struct rte_bus_iommufd_id ids[] = {
	{ .vendor_id = 0x19e5, .device_id = 0xa251 },
	{ .api = "hisi_qm_v3", .algorithm = "deflate" },
	{ .api = "hisi_qm_v4", .algorithm = "deflate" },
	{ .api = "hisi_qm_v5", .algorithm = "deflate" },
	{ 0 },
};

static const char *const arguments[] = { FORMAT, TOUCH, NULL };

static struct rte_bus_iommufd_driver hisi_zip_driver = {
	.id_table = ids,
	.params = arguments,
	.probe = hisi_zip_probe,
	.remove = hisi_zip_remove,
};

RTE_PMD_REGISTER_IOMMUFD(compress_hisi_zip, hisi_zip_driver);
RTE_PMD_REGISTER_IOMMUFD_TABLE(compress_hisi_zip, ids);
RTE_PMD_REGISTER_IOMMUFD_PARAMS(compress_hisi_zip, arguments,
	FORMAT "=deflate|zlib|gzip " TOUCH "=0|1");
RTE_PMD_REGISTER_KMOD_DEP(compress_hisi_zip, "vfio-pci | hisi_zip");
