/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The bus as EAL sees it. Only a primary process uses devices. A secondary process marks those that
 * a driver would take as probed, because EAL plugs and unplugs in all processes alike.
 */

#include <errno.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_iommufd.h>
#include <rte_kvargs.h>
#include <rte_vfio.h>

#include "bus_iommufd_private.h"

RTE_LOG_REGISTER(iommufd_bus_logtype, bus.iommufd, NOTICE)

static const struct iommufd_bus_places places = {
	.pci = "/sys/bus/pci/devices",
	.uacce = IOMMUFD_BUS_UACCE,
};

void
rte_bus_iommufd_register(struct rte_bus_iommufd_driver *driver)
{
	TAILQ_INSERT_TAIL(&iommufd_bus.drivers, driver, next);
}

void
rte_bus_iommufd_unregister(struct rte_bus_iommufd_driver *driver)
{
	TAILQ_REMOVE(&iommufd_bus.drivers, driver, next);
}

struct rte_bus_iommufd_device *
iommufd_bus_find(const char *name)
{
	struct rte_bus_iommufd_device *dev;

	name = iommufd_bus_short_name(name);
	TAILQ_FOREACH(dev, &iommufd_bus.devices, next)
		if (strcmp(iommufd_bus_short_name(dev->name), name) == 0)
			return dev;
	return NULL;
}

static int
bus_scan(void)
{
	iommufd_bus_scan(&places);
	return 0;
}

/** Close a device that no driver has. */
static void
close_device(struct rte_bus_iommufd_device *dev)
{
	if (dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		iommufd_bus_function_quiesce(dev);
	iommufd_bus_queues_close(dev);
	if (dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		iommufd_bus_function_close(dev);
}

/** @return 0 or a negative errno. */
static int
open_and_probe(struct rte_bus_iommufd_device *dev, struct rte_bus_iommufd_driver *driver)
{
	int ret;

	ret = iommufd_bus_take_params(dev, driver);
	if (ret == 0 && dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		ret = iommufd_bus_function_open(dev);
	if (ret < 0)
		return ret;
	ret = driver->probe(driver, dev);
	if (ret != 0) {
		IOMMUFD_BUS_LOG(ERR, "%s: driver %s can't use it: %s", dev->name,
			driver->driver.name, strerror(ret < 0 ? -ret : ret));
		close_device(dev);
		return ret < 0 ? ret : -ret;
	}
	return 0;
}

/** A function that nobody has asked for is passed over where it can't be had. */
static bool
is_passed_over(const struct rte_bus_iommufd_device *dev)
{
	return dev->kind == RTE_BUS_IOMMUFD_FUNCTION && dev->device.devargs == NULL &&
		!rte_iommufd_is_enabled();
}

/** @return 0, 1 where it is no driver's, or a negative errno. */
static int
probe_device(struct rte_bus_iommufd_device *dev)
{
	struct rte_bus_iommufd_driver *driver;
	int ret;

	if (rte_dev_is_probed(&dev->device))
		return -EEXIST;
	TAILQ_FOREACH(driver, &iommufd_bus.drivers, next) {
		dev->id = iommufd_bus_match(driver, dev);
		if (dev->id != NULL)
			break;
	}
	if (driver == NULL || is_passed_over(dev))
		return 1;
	if (rte_eal_process_type() == RTE_PROC_PRIMARY) {
		ret = open_and_probe(dev, driver);
		if (ret < 0)
			return ret;
		dev->driver = driver;
	}
	dev->device.driver = &driver->driver;
	return 0;
}

static int
bus_probe(void)
{
	struct rte_bus_iommufd_device *dev;
	unsigned int failed = 0, probed = 0;
	int ret;

	TAILQ_FOREACH(dev, &iommufd_bus.devices, next) {
		ret = probe_device(dev);
		if (ret < 0 && ret != -EEXIST)
			failed++;
		else if (ret == 0)
			probed++;
	}
	return failed != 0 && probed == 0 ? -1 : 0;
}

static int
bus_plug(struct rte_device *device)
{
	return probe_device(RTE_BUS_IOMMUFD_DEVICE(device));
}

/** Take a device back from its driver. @return 0, or a negative errno with nothing changed. */
static int
remove_device(struct rte_bus_iommufd_device *dev)
{
	int ret;

	if (dev->driver != NULL) {
		ret = dev->driver->remove(dev);
		if (ret < 0) {
			IOMMUFD_BUS_LOG(ERR, "%s: driver %s doesn't give it back: %s", dev->name,
				dev->driver->driver.name, strerror(-ret));
			return ret;
		}
		close_device(dev);
	}
	dev->driver = NULL;
	dev->device.driver = NULL;
	return 0;
}

static void
forget_device(struct rte_bus_iommufd_device *dev)
{
	pthread_mutex_lock(&iommufd_bus.lock);
	TAILQ_REMOVE(&iommufd_bus.devices, dev, next);
	pthread_mutex_unlock(&iommufd_bus.lock);
	iommufd_bus_device_free(dev);
}

static int
bus_unplug(struct rte_device *device)
{
	struct rte_devargs *devargs = device->devargs;
	int ret;

	ret = remove_device(RTE_BUS_IOMMUFD_DEVICE(device));
	if (ret < 0)
		return ret;
	forget_device(RTE_BUS_IOMMUFD_DEVICE(device));
	rte_devargs_remove(devargs);
	return 0;
}

static int
bus_cleanup(void)
{
	struct rte_bus_iommufd_device *dev;
	int ret = 0;

	while ((dev = TAILQ_FIRST(&iommufd_bus.devices)) != NULL) {
		if (remove_device(dev) < 0) {
			ret = -1;
			close_device(dev);
		}
		forget_device(dev);
	}
	return ret;
}

static struct rte_device *
bus_find_device(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	struct rte_bus_iommufd_device *dev;

	dev = start == NULL ? TAILQ_FIRST(&iommufd_bus.devices) :
		TAILQ_NEXT(RTE_BUS_IOMMUFD_DEVICE(start), next);
	for (; dev != NULL; dev = TAILQ_NEXT(dev, next))
		if (cmp(&dev->device, data) == 0)
			return &dev->device;
	return NULL;
}

static int
compare_name(const struct rte_device *device, const void *name)
{
	return name == NULL ? 0 : strcmp(iommufd_bus_short_name(device->name),
		iommufd_bus_short_name(name));
}

static void *
bus_iterate(const void *start, const char *str, const struct rte_dev_iterator *it __rte_unused)
{
	static const char *const keys[] = { "name", NULL };
	struct rte_kvargs *kvargs;
	struct rte_device *device;

	kvargs = rte_kvargs_parse(str == NULL ? "" : str, keys);
	if (kvargs == NULL) {
		IOMMUFD_BUS_LOG(ERR, "\"%s\": devices can be told apart by name=", str);
		rte_errno = EINVAL;
		return NULL;
	}
	device = bus_find_device(start, compare_name, rte_kvargs_get(kvargs, "name"));
	rte_kvargs_free(kvargs);
	return device;
}

static enum rte_iova_mode
bus_get_iommu_class(void)
{
	return TAILQ_EMPTY(&iommufd_bus.devices) ? RTE_IOVA_DC : RTE_IOVA_VA;
}

/**
 * Whether a device reaches memory that is mapped in the shared address space, or any memory of the
 * process.
 */
static int
check_dma(const struct rte_bus_iommufd_device *dev, const void *addr, uint64_t iova)
{
	if (dev->as == RTE_BUS_IOMMUFD_SHARED || (dev->as == RTE_BUS_IOMMUFD_SVA &&
			iova == (uintptr_t)addr))
		return 0;
	rte_errno = ENOTSUP;
	return -1;
}

static int
bus_dma_map(struct rte_device *device, void *addr, uint64_t iova, size_t len)
{
	const struct rte_bus_iommufd_device *dev = RTE_BUS_IOMMUFD_DEVICE(device);

	if (check_dma(dev, addr, iova) < 0)
		return -1;
	return dev->as == RTE_BUS_IOMMUFD_SVA ? 0 : rte_vfio_container_dma_map(
		RTE_VFIO_DEFAULT_CONTAINER_FD, (uintptr_t)addr, iova, len);
}

static int
bus_dma_unmap(struct rte_device *device, void *addr, uint64_t iova, size_t len)
{
	const struct rte_bus_iommufd_device *dev = RTE_BUS_IOMMUFD_DEVICE(device);

	if (check_dma(dev, addr, iova) < 0)
		return -1;
	return dev->as == RTE_BUS_IOMMUFD_SVA ? 0 : rte_vfio_container_dma_unmap(
		RTE_VFIO_DEFAULT_CONTAINER_FD, (uintptr_t)addr, iova, len);
}

struct iommufd_bus iommufd_bus = {
	.bus = {
		.scan = bus_scan,
		.probe = bus_probe,
		.find_device = bus_find_device,
		.plug = bus_plug,
		.unplug = bus_unplug,
		.parse = iommufd_bus_parse_name,
		.devargs_parse = iommufd_bus_parse_devargs,
		.dma_map = bus_dma_map,
		.dma_unmap = bus_dma_unmap,
		.get_iommu_class = bus_get_iommu_class,
		.dev_iterate = bus_iterate,
		.cleanup = bus_cleanup,
	},
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.devices = TAILQ_HEAD_INITIALIZER(iommufd_bus.devices),
	.drivers = TAILQ_HEAD_INITIALIZER(iommufd_bus.drivers),
};

RTE_REGISTER_BUS(iommufd, iommufd_bus.bus)
