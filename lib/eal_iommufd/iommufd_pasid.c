/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iommufd_compat.h"
#include "iommufd_container.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"
#include "iommufd_pasid.h"

int
iommufd_pasid_attach(struct iommufd_pasid *pasid, struct iommufd_device *dev,
		struct iommufd_hwpt *hwpt)
{
	struct iommufd_attach_pasid attach = {
		.argsz = sizeof(attach),
		.flags = VFIO_DEVICE_ATTACH_PASID,
		.pt_id = hwpt->id,
		.pasid = pasid->number,
	};
	int ret;

	ret = IOMMUFD_IOCTL(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
	if (ret == -EINVAL || ret == -EADDRINUSE)
		return ret;
	if (ret < 0) {
		IOMMUFD_LOG(ERR, "%s: cannot attach its PASID %u to page table %u: %s", dev->name,
			pasid->number, hwpt->id, strerror(-ret));
		return ret;
	}

	/* Another page table takes the place of the one that it had. */
	if (pasid->hwpt != NULL)
		pasid->hwpt->n_pasids--;
	pasid->hwpt = hwpt;
	hwpt->n_pasids++;
	return 0;
}

static void
detach(struct iommufd_pasid *pasid, struct iommufd_device *dev)
{
	struct iommufd_detach_pasid request = {
		.argsz = sizeof(request),
		.flags = VFIO_DEVICE_DETACH_PASID,
		.pasid = pasid->number,
	};
	int ret;

	ret = IOMMUFD_IOCTL(dev->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &request);
	if (ret < 0)
		IOMMUFD_LOG(WARNING, "%s: cannot detach its PASID %u from page table %u: %s",
			dev->name, pasid->number, pasid->hwpt->id, strerror(-ret));
	pasid->hwpt->n_pasids--;
	pasid->hwpt = NULL;
}

/*
 * A device without PASIDs must be found out: the kernel would accept the PASID and ignore it, and
 * its DMA would go on by its own page table.
 */
static int
read_width(struct iommufd_device *dev, struct iommufd_context *ctx)
{
	struct iommufd_hw_info info;
	int ret;

	if (dev->pasid_bits != 0)
		return 0;
	ret = iommufd_device_get_hw_info(dev, ctx, &info);
	if (ret < 0)
		return ret;
	dev->pasid_bits = info.out_max_pasid_log2;
	if (dev->pasid_bits != 0)
		return 0;
	IOMMUFD_LOG(ERR, "%s: it has no PASIDs: the device or its IOMMU doesn't do that, or it is "
		"off (VT-d: intel_iommu=on,sm_on), or the kernel is older than Linux 6.15",
		dev->name);
	return -ENOTSUP;
}

static struct iommufd_pasid *
find(struct iommufd_device *dev, uint32_t number)
{
	struct iommufd_pasid *pasid;

	TAILQ_FOREACH(pasid, &dev->pasids, next)
		if (pasid->number == number)
			return pasid;
	return NULL;
}

int
iommufd_pasid_find_bound(struct iommufd_device *dev, uint32_t number,
		struct iommufd_pasid **pasid)
{
	*pasid = find(dev, number);
	if (*pasid != NULL)
		return 0;
	IOMMUFD_LOG(ERR, "%s: PASID %u is not bound", dev->name, number);
	return -ENOENT;
}

/* The lowest that is free, or the one that is asked for. */
static int
choose_number(struct iommufd_device *dev, uint32_t *number)
{
	const uint32_t last = (UINT32_C(1) << dev->pasid_bits) - 1;
	const struct iommufd_pasid *pasid;
	uint32_t lowest = 1;

	if (*number > last) {
		IOMMUFD_LOG(ERR, "%s: there is no PASID %u: it has %u bits, 1 to %u", dev->name,
			*number, dev->pasid_bits, last);
		return -ERANGE;
	}
	if (*number != IOMMUFD_PASID_ANY) {
		if (find(dev, *number) == NULL)
			return 0;
		IOMMUFD_LOG(ERR, "%s: PASID %u is bound already", dev->name, *number);
		return -EBUSY;
	}
	TAILQ_FOREACH(pasid, &dev->pasids, next) {
		if (pasid->number != lowest)
			break;
		lowest++;
	}
	if (lowest > last) {
		IOMMUFD_LOG(ERR, "%s: all its %u PASIDs are bound", dev->name, last);
		return -ENOSPC;
	}
	*number = lowest;
	return 0;
}

static void
insert(struct iommufd_device *dev, struct iommufd_pasid *pasid)
{
	struct iommufd_pasid *higher;

	TAILQ_FOREACH(higher, &dev->pasids, next)
		if (higher->number > pasid->number)
			break;
	if (higher == NULL)
		TAILQ_INSERT_TAIL(&dev->pasids, pasid, next);
	else
		TAILQ_INSERT_BEFORE(higher, pasid, next);
}

/* Where that fails, the PASID is attached as it was. */
static int
attach(struct iommufd_pasid *pasid, struct iommufd_device *dev,
		struct iommufd_container *container, struct iommufd_hwpt *hwpt)
{
	int ret;

	ret = iommufd_container_narrow(container, dev);
	if (ret < 0)
		return ret;
	if (hwpt == NULL)
		ret = iommufd_container_attach(container, dev, pasid);
	else {
		ret = iommufd_pasid_attach(pasid, dev, hwpt);
		if (ret < 0)
			IOMMUFD_LOG(ERR, "%s: its PASID %u can't have page table %u: %s", dev->name,
				pasid->number, hwpt->id, strerror(-ret));
	}
	if (ret < 0)
		iommufd_container_widen(container);
	else
		pasid->container = container;
	return ret;
}

int
iommufd_pasid_bind(struct iommufd_device *dev, struct iommufd_container *container,
		struct iommufd_hwpt *hwpt, uint32_t *number)
{
	struct iommufd_pasid *pasid;
	int ret;

	ret = read_width(dev, container->ioas.ctx);
	if (ret < 0)
		return ret;
	ret = choose_number(dev, number);
	if (ret < 0)
		return ret;
	pasid = calloc(1, sizeof(*pasid));
	if (pasid == NULL)
		return -ENOMEM;
	pasid->number = *number;
	ret = attach(pasid, dev, container, hwpt);
	if (ret < 0) {
		free(pasid);
		return ret;
	}
	insert(dev, pasid);
	IOMMUFD_LOG(INFO, "%s: PASID %u: IOAS %u, page table %u (%u PASID%s)", dev->name,
		pasid->number, container->ioas.id, pasid->hwpt->id, pasid->hwpt->n_pasids,
		pasid->hwpt->n_pasids == 1 ? "" : "s");
	return 0;
}

int
iommufd_pasid_rebind(struct iommufd_device *dev, uint32_t number,
		struct iommufd_container *container, struct iommufd_hwpt *hwpt)
{
	struct iommufd_container *previous;
	struct iommufd_pasid *pasid;
	int ret;

	ret = iommufd_pasid_find_bound(dev, number, &pasid);
	if (ret < 0)
		return ret;
	previous = pasid->container;
	ret = attach(pasid, dev, container, hwpt);
	if (ret < 0)
		return ret;
	iommufd_container_widen(previous);
	return 0;
}

static void
unbind(struct iommufd_device *dev, struct iommufd_pasid *pasid)
{
	TAILQ_REMOVE(&dev->pasids, pasid, next);
	detach(pasid, dev);
	iommufd_container_widen(pasid->container);
	free(pasid);
}

int
iommufd_pasid_unbind(struct iommufd_device *dev, uint32_t number)
{
	struct iommufd_pasid *pasid;
	int ret;

	ret = iommufd_pasid_find_bound(dev, number, &pasid);
	if (ret == 0)
		unbind(dev, pasid);
	return ret;
}

void
iommufd_pasid_unbind_all(struct iommufd_device *dev)
{
	struct iommufd_pasid *pasid;

	while ((pasid = TAILQ_FIRST(&dev->pasids)) != NULL)
		unbind(dev, pasid);
}
