/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The page tables of a container, and what is attached to them: devices, and PASIDs of devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_string_fns.h>

#include "iommufd_container.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_log.h"
#include "iommufd_memseg.h"
#include "iommufd_pasid.h"
#include "iommufd_reserved.h"

static int
attach(struct iommufd_device *dev, struct iommufd_pasid *pasid, struct iommufd_hwpt *hwpt)
{
	return pasid == NULL ? iommufd_device_attach(dev, hwpt) :
		iommufd_pasid_attach(pasid, dev, hwpt);
}

/*
 * Attach to the first page table that the device's IOMMU can use.
 * @return 0, -EINVAL where none fits, or -errno.
 */
static int
attach_to_existing(struct iommufd_container *container, struct iommufd_device *dev,
		struct iommufd_pasid *pasid)
{
	struct iommufd_hwpt *hwpt;
	int ret = -EINVAL;

	TAILQ_FOREACH(hwpt, &container->hwpts, next) {
		if (hwpt->is_chosen || (pasid != NULL && !hwpt->takes_pasids))
			continue;
		ret = attach(dev, pasid, hwpt);
		if (ret != -EINVAL)
			return ret;
	}
	return ret;
}

static int
read_ranges(struct iommufd_container *container, const struct iommufd_device *dev)
{
	int ret;

	pthread_mutex_lock(&container->lock);
	ret = iommufd_ranges_read(&container->ranges, &container->ioas);
	pthread_mutex_unlock(&container->lock);
	if (ret < 0)
		IOMMUFD_LOG(ERR, "%s: cannot read the IOVA ranges of IOAS %u: %s", dev->name,
			container->ioas.id, strerror(-ret));
	return ret;
}

/* EAL's memory goes into the default container with the first device, if that can take it. */
static int
bring_memory(struct iommufd_container *container, const struct iommufd_device *dev)
{
	int ret;

	ret = read_ranges(container, dev);
	if (ret < 0 || container->memory == NULL)
		return ret;
	ret = iommufd_memseg_check_ranges(&container->ranges, dev->name);
	if (ret < 0 || container->memory->mapped)
		return ret;
	return iommufd_memseg_map_all(container->memory, &container->ioas);
}

static void
drop_hwpt(struct iommufd_container *container, struct iommufd_hwpt *hwpt)
{
	TAILQ_REMOVE(&container->hwpts, hwpt, next);
	iommufd_hwpt_free(hwpt);
	free(hwpt);
}

int
iommufd_container_add_hwpt(struct iommufd_container *container, struct iommufd_device *dev,
		struct iommufd_hwpt **added)
{
	struct iommufd_hwpt *hwpt;
	int ret;

	hwpt = calloc(1, sizeof(*hwpt));
	if (hwpt == NULL)
		return -ENOMEM;

	ret = iommufd_hwpt_alloc(hwpt, &container->ioas, dev->id);
	if (ret < 0) {
		IOMMUFD_LOG(ERR, "%s: cannot allocate a page table on IOAS %u: %s%s",
			dev->name, container->ioas.id, strerror(-ret), ret == -EADDRINUSE ?
			": its IOMMU can't address what is mapped there: move EAL's memory with "
			"--base-virtaddr, or what the application has mapped" : "");
		free(hwpt);
		return ret;
	}
	strlcpy(hwpt->iommu, dev->iommu, sizeof(hwpt->iommu));
	TAILQ_INSERT_TAIL(&container->hwpts, hwpt, next);
	*added = hwpt;
	return 0;
}

int
iommufd_container_remove_hwpt(struct iommufd_container *container, struct iommufd_hwpt *hwpt)
{
	if (hwpt->n_devices + hwpt->n_pasids > 0) {
		IOMMUFD_LOG(ERR, "page table %u of IOAS %u is in use: %u devices and %u PASIDs are "
			"attached", hwpt->id, container->ioas.id, hwpt->n_devices, hwpt->n_pasids);
		return -EBUSY;
	}
	drop_hwpt(container, hwpt);
	return 0;
}

struct iommufd_hwpt *
iommufd_container_find_hwpt(const struct iommufd_container *container, uint32_t id)
{
	struct iommufd_hwpt *hwpt;

	TAILQ_FOREACH(hwpt, &container->hwpts, next)
		if (hwpt->is_chosen && hwpt->id == id)
			return hwpt;
	return NULL;
}

unsigned int
iommufd_container_n_pasids(const struct iommufd_container *container)
{
	const struct iommufd_hwpt *hwpt;
	unsigned int n = 0;

	TAILQ_FOREACH(hwpt, &container->hwpts, next)
		n += hwpt->n_pasids;
	return n;
}

static int
attach_to_new(struct iommufd_container *container, struct iommufd_device *dev,
		struct iommufd_pasid *pasid)
{
	struct iommufd_hwpt *hwpt;
	int ret;

	ret = iommufd_container_add_hwpt(container, dev, &hwpt);
	if (ret < 0)
		return ret;
	ret = pasid == NULL ? bring_memory(container, dev) : 0;
	if (ret < 0)
		goto drop_hwpt;
	ret = attach(dev, pasid, hwpt);
	if (ret == -EINVAL)
		IOMMUFD_LOG(ERR, "%s: the kernel refuses the page table that it made for it: "
			"see the kernel log (dmesg)", dev->name);
	if (ret < 0)
		goto drop_hwpt;
	return 0;

drop_hwpt:
	drop_hwpt(container, hwpt);
	return ret;
}

int
iommufd_container_attach(struct iommufd_container *container, struct iommufd_device *dev,
		struct iommufd_pasid *pasid)
{
	int ret;

	ret = attach_to_existing(container, dev, pasid);
	if (ret == -EINVAL)
		ret = attach_to_new(container, dev, pasid);
	if (ret == -EADDRINUSE)
		iommufd_reserved_log_conflict(dev, container);
	if (ret < 0 || pasid != NULL)
		return ret;

	/* The device may have narrowed them; what is there lies inside, or it would be refused. */
	ret = read_ranges(container, dev);
	if (ret < 0)
		iommufd_device_detach(dev);
	return ret;
}

/** A mapping that a device doesn't reach. */
struct outside {
	const struct iommufd_ranges *ranges;
	const struct iommufd_mapping *mapping;
};

static int
find_outside(const struct iommufd_mapping *mapping, void *arg)
{
	struct outside *outside = arg;

	if (iommufd_ranges_permit(outside->ranges, mapping->iova, mapping->len))
		return 0;
	outside->mapping = mapping;
	return 1;
}

int
iommufd_container_narrow(struct iommufd_container *container, const struct iommufd_device *dev)
{
	struct outside outside = { .ranges = &dev->container->ranges };
	char text[IOMMUFD_RANGES_TEXT];
	int ret;

	/* The kernel itself looks after that. */
	if (container == dev->container)
		return 0;

	pthread_mutex_lock(&container->lock);
	if (iommufd_mappings_walk(&container->mappings, find_outside, &outside) == 0) {
		ret = iommufd_ranges_intersect(&container->reach, &dev->container->ranges);
		if (ret < 0)
			IOMMUFD_LOG(ERR, "%s: no PASID of it can have IOAS %u: %s", dev->name,
				container->ioas.id, ret == -EADDRINUSE ?
				"no address is in reach of it and of the devices that have it" :
				strerror(-ret));
	} else {
		iommufd_ranges_format(outside.ranges, text, sizeof(text));
		IOMMUFD_LOG(ERR, "%s: no PASID of it can have IOAS %u: 0x%" PRIx64 "-0x%" PRIx64
			" is mapped there, and the device takes only the addresses%s", dev->name,
			container->ioas.id, outside.mapping->iova,
			outside.mapping->iova + outside.mapping->len - 1, text);
		ret = -EADDRINUSE;
	}
	pthread_mutex_unlock(&container->lock);
	return ret;
}

void
iommufd_container_widen(struct iommufd_container *container)
{
	if (iommufd_container_n_pasids(container) > 0)
		return;
	pthread_mutex_lock(&container->lock);
	iommufd_ranges_free(&container->reach);
	pthread_mutex_unlock(&container->lock);
}
