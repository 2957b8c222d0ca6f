/* SPDX-License-Identifier: BSD-3-Clause */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bitops.h>
#include <rte_string_fns.h>

#include "bus_iommufd_private.h"

/** UACCE_DEV_SVA, as <misc/uacce/uacce.h> has it in a form that is the kernel's only. */
#define DEV_SVA RTE_BIT32(0)

/** Reads what is to be known of a device; 0 or a negative errno. */
typedef int (*describe_t)(struct rte_bus_iommufd_device *dev, const char *directory,
		const char *name);

static int
read_u16(const char *directory, const char *name, const char *attribute, uint16_t *value)
{
	long long number;
	int ret = iommufd_bus_read_number(directory, name, attribute, &number);

	if (ret == 0 && (number < 0 || number > UINT16_MAX))
		ret = -EINVAL;
	if (ret == 0)
		*value = number;
	return ret;
}

static int
read_area_size(const char *directory, const char *name, const char *attribute, uint32_t *size)
{
	long long number;
	int ret = iommufd_bus_read_number(directory, name, attribute, &number);

	if (ret == 0 && (number < 0 || number > UINT32_MAX))
		ret = -EINVAL;
	if (ret == 0)
		*size = number;
	return ret;
}

/** -1 where it isn't known. */
static int
read_numa_node(const char *directory, const char *name, const char *attribute)
{
	long long number;

	if (iommufd_bus_read_number(directory, name, attribute, &number) < 0 || number < 0 ||
			number > INT_MAX)
		return -1;
	return number;
}

static int
describe_function(struct rte_bus_iommufd_device *dev, const char *directory, const char *name)
{
	uint16_t revision;
	int ret;

	dev->kind = RTE_BUS_IOMMUFD_FUNCTION;
	ret = read_u16(directory, name, "vendor", &dev->vendor_id);
	if (ret == 0)
		ret = read_u16(directory, name, "device", &dev->device_id);
	if (ret == 0)
		ret = read_u16(directory, name, "revision", &revision);
	if (ret == 0)
		dev->revision = revision;
	dev->device.numa_node = read_numa_node(directory, name, "numa_node");
	return ret;
}

static int
describe_uacce(struct rte_bus_iommufd_device *dev, const char *directory, const char *name)
{
	int ret;

	dev->kind = RTE_BUS_IOMMUFD_UACCE;
	dev->api = iommufd_bus_read(directory, name, "api");
	if (dev->api == NULL)
		return -errno;
	dev->algorithms = iommufd_bus_read(directory, name, "algorithms");
	if (dev->algorithms == NULL)
		return -errno;
	ret = read_area_size(directory, name, "region_mmio_size",
			&dev->area_sizes[RTE_BUS_IOMMUFD_MMIO]);
	if (ret == 0)
		ret = read_area_size(directory, name, "region_dus_size",
				&dev->area_sizes[RTE_BUS_IOMMUFD_DUS]);
	dev->device.numa_node = read_numa_node(directory, name, "device/numa_node");
	return ret;
}

static bool
has_driver(const struct rte_bus_iommufd_device *dev)
{
	const struct rte_bus_iommufd_driver *driver;

	TAILQ_FOREACH(driver, &iommufd_bus.drivers, next)
		if (iommufd_bus_match(driver, dev) != NULL)
			return true;
	return false;
}

/** Whether a VFIO driver has made a function one that can be opened. */
static bool
is_on_vfio(const char *directory, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/vfio-dev", directory, name);
	return access(path, F_OK) == 0;
}

static bool
has_sva(const char *directory, const char *name)
{
	long long flags;

	return iommufd_bus_read_number(directory, name, "flags", &flags) == 0 &&
		(flags & DEV_SVA) != 0;
}

/** Log why a device that drivers know can't be used. */
static void
log_unusable(const struct rte_bus_iommufd_device *dev, const char *directory, const char *name)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	if (dev->kind == RTE_BUS_IOMMUFD_UACCE) {
		IOMMUFD_BUS_LOG(ERR, "%s: can't use the process's page tables (SVA): its IOMMU is "
			"off or can't do that", dev->name);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s/driver", directory, name);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	if (len < 0)
		IOMMUFD_BUS_LOG(ERR, "%s: has no kernel driver: dpdk-devbind.py -b vfio-pci %s",
			dev->name, name);
	else if (strstr(target, "vfio") != NULL)
		IOMMUFD_BUS_LOG(ERR, "%s: the kernel has no character devices of VFIO "
			"(CONFIG_VFIO_DEVICE_CDEV)", dev->name);
	else
		IOMMUFD_BUS_LOG(ERR, "%s: bound to %s, not to vfio-pci: dpdk-devbind.py -b "
			"vfio-pci %s", dev->name, strrchr(target, '/') + 1, name);
}

static bool
is_wanted(const struct rte_devargs *devargs)
{
	if (iommufd_bus.bus.conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST)
		return devargs != NULL && devargs->policy == RTE_DEV_ALLOWED;
	return devargs == NULL || devargs->policy != RTE_DEV_BLOCKED;
}

void
iommufd_bus_device_free(struct rte_bus_iommufd_device *dev)
{
	if (dev == NULL)
		return;
	free(dev->api);
	free(dev->algorithms);
	free(dev);
}

/**
 * Make a device of a directory of sysfs.
 *
 * @return NULL where it isn't one for this bus, which is logged where somebody asked for it.
 */
static struct rte_bus_iommufd_device *
device_of(const char *directory, const char *full_name, describe_t describe)
{
	const char *name = iommufd_bus_short_name(full_name);
	struct rte_bus_iommufd_device *dev;
	int ret;

	dev = calloc(1, sizeof(*dev));
	if (dev == NULL)
		return NULL;
	rte_strscpy(dev->name, full_name, sizeof(dev->name));
	dev->device.name = dev->name;
	dev->device.bus = &iommufd_bus.bus;
	dev->device.devargs = iommufd_bus_devargs(dev->name);
	dev->max_queues = UINT16_MAX;
	LIST_INIT(&dev->queues);

	ret = describe(dev, directory, name);
	if (ret < 0) {
		IOMMUFD_BUS_LOG(WARNING, "%s: %s/%s can't be read: %s", dev->name, directory, name,
			strerror(-ret));
		goto refuse;
	}
	if (!has_driver(dev)) {
		if (dev->device.devargs != NULL)
			IOMMUFD_BUS_LOG(ERR, "%s: no driver of this bus knows such a device",
				dev->name);
		goto refuse;
	}
	if (dev->kind == RTE_BUS_IOMMUFD_FUNCTION ? !is_on_vfio(directory, name) :
			!has_sva(directory, name)) {
		if (dev->device.devargs != NULL)
			log_unusable(dev, directory, name);
		goto refuse;
	}
	return dev;

refuse:
	iommufd_bus_device_free(dev);
	return NULL;
}

static void
scan_one(const char *directory, const char *name, describe_t describe)
{
	char full_name[RTE_DEV_NAME_MAX_LEN];
	struct rte_bus_iommufd_device *dev;
	struct rte_devargs *devargs;

	if (snprintf(full_name, sizeof(full_name), IOMMUFD_BUS_PREFIX "%s", name) >=
			(int)sizeof(full_name))
		return;
	devargs = iommufd_bus_devargs(full_name);
	if (!is_wanted(devargs))
		return;
	dev = iommufd_bus_find(name);
	if (dev != NULL) {
		/* They may be newer than the device. */
		dev->device.devargs = devargs;
		return;
	}
	dev = device_of(directory, full_name, describe);
	if (dev == NULL)
		return;
	pthread_mutex_lock(&iommufd_bus.lock);
	TAILQ_INSERT_TAIL(&iommufd_bus.devices, dev, next);
	pthread_mutex_unlock(&iommufd_bus.lock);
}

static void
scan_directory(const char *directory, describe_t describe)
{
	struct dirent **entries;
	int i, n;

	/* In order, for devices of the same numbers in each run. A directory that isn't there: the
	 * kernel has no such devices. */
	n = scandir(directory, &entries, NULL, alphasort);
	for (i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			scan_one(directory, entries[i]->d_name, describe);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static bool
is_there(const char *directory, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return access(path, F_OK) == 0;
}

static bool
is_anywhere(const struct iommufd_bus_places *places, const char *name)
{
	return *name != '\0' &&
		(is_there(places->pci, name) || is_there(places->uacce, name));
}

/** Take devices off the list that have gone; a driver's stay until it gives them back. */
static void
forget_gone(const struct iommufd_bus_places *places)
{
	struct rte_bus_iommufd_device *dev, *following;

	for (dev = TAILQ_FIRST(&iommufd_bus.devices); dev != NULL; dev = following) {
		following = TAILQ_NEXT(dev, next);
		if (dev->device.driver != NULL ||
				is_anywhere(places, iommufd_bus_short_name(dev->name)))
			continue;
		pthread_mutex_lock(&iommufd_bus.lock);
		TAILQ_REMOVE(&iommufd_bus.devices, dev, next);
		pthread_mutex_unlock(&iommufd_bus.lock);
		iommufd_bus_device_free(dev);
	}
}

static void
log_missing(const struct iommufd_bus_places *places)
{
	const struct rte_devargs *devargs;
	const char *name;

	RTE_EAL_DEVARGS_FOREACH("iommufd", devargs) {
		name = iommufd_bus_short_name(devargs->name);
		if (devargs->policy == RTE_DEV_ALLOWED && !is_anywhere(places, name))
			IOMMUFD_BUS_LOG(ERR, "%s: neither a PCI function (in full: 0000:03:00.0) "
				"nor a uacce device", devargs->name);
	}
}

void
iommufd_bus_scan(const struct iommufd_bus_places *places)
{
	forget_gone(places);
	scan_directory(places->pci, describe_function);
	scan_directory(places->uacce, describe_uacce);
	log_missing(places);
}
