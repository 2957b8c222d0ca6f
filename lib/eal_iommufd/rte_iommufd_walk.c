/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The objects of the backend, in the public API's terms.
 */

#include <errno.h>

#include "iommufd_backend.h"
#include "iommufd_container.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_mp.h"
#include "iommufd_pasid.h"
#include "rte_iommufd.h"

/** A walk, and where it is. */
struct public_walk {
	const struct rte_iommufd_visitor *visitor;
	void *arg;
	const struct iommufd_context *ctx;
	uint32_t as_id;
	uint32_t shared_id;
};

static int
show_context(const struct iommufd_context *ctx, void *arg)
{
	struct public_walk *walk = arg;
	const struct rte_iommufd_context_info info = {
		.fd = ctx->fd,
		.maps_files = ctx->maps_files,
	};

	walk->ctx = ctx;
	return walk->visitor->context == NULL ? 0 : walk->visitor->context(&info, walk->arg);
}

static int
show_mapping(const struct iommufd_mapping *mapping, void *arg)
{
	const struct public_walk *walk = arg;
	const struct iommufd_backing *backing = &mapping->backing;
	const bool eals = mapping->n_users == 0;
	struct rte_iommufd_mapping_info info = {
		.as_id = walk->as_id,
		.owner = eals ? RTE_IOMMUFD_OWNER_EAL : RTE_IOMMUFD_OWNER_APPLICATION,
		.iova = mapping->iova,
		.len = mapping->len,
		.start = backing->start,
		/* Others' files and address spaces are known by what need not be an address. */
		.vaddr = eals ? mapping->va : 0,
		.read_only = backing->read_only,
		.n_users = mapping->n_users,
	};

	switch (backing->kind) {
	case IOMMUFD_BACKING_VA:
		info.source = RTE_IOMMUFD_SOURCE_MEMORY;
		info.vaddr = backing->start;
		break;
	case IOMMUFD_BACKING_FILE:
		info.source = RTE_IOMMUFD_SOURCE_FILE;
		break;
	case IOMMUFD_BACKING_IOAS:
		info.source = RTE_IOMMUFD_SOURCE_AS;
		info.from_as_id = backing->ioas_id;
		break;
	}
	return walk->visitor->mapping(&info, walk->arg);
}

/* All that is known of it here is where it is. */
static int
show_mapping_of_secondary(const struct iommufd_mapping *mapping, void *arg)
{
	const struct public_walk *walk = arg;
	const struct rte_iommufd_mapping_info info = {
		.as_id = walk->shared_id,
		.owner = RTE_IOMMUFD_OWNER_SECONDARY,
		.source = RTE_IOMMUFD_SOURCE_UNKNOWN,
		.iova = mapping->iova,
		.len = mapping->len,
	};

	return walk->visitor->mapping(&info, walk->arg);
}

static enum rte_iommufd_as_kind
kind_of(const struct iommufd_container *container)
{
	/* A secondary process has it from the primary, which follows EAL's memory. */
	if (container->memory != NULL || container->lender != NULL)
		return RTE_IOMMUFD_AS_SHARED;
	return container->is_space ? RTE_IOMMUFD_AS_CREATED : RTE_IOMMUFD_AS_CONTAINER;
}

static int
show_container(struct iommufd_container *container, void *arg)
{
	struct public_walk *walk = arg;
	const struct rte_iommufd_as_info info = {
		.id = container->ioas.id,
		.kind = kind_of(container),
	};
	int ret = 0;

	walk->as_id = info.id;
	if (info.kind == RTE_IOMMUFD_AS_SHARED)
		walk->shared_id = info.id;
	if (walk->visitor->as != NULL)
		ret = walk->visitor->as(&info, walk->arg);
	if (ret == 0 && walk->visitor->mapping != NULL)
		ret = iommufd_container_walk(container, show_mapping, walk);
	return ret;
}

static int
show_hwpt(const struct iommufd_hwpt *hwpt, void *arg)
{
	const struct public_walk *walk = arg;
	const struct rte_iommufd_pt_info info = {
		.id = hwpt->id,
		.as_id = hwpt->ioas->id,
		.iommu = hwpt->iommu,
		.n_devices = hwpt->n_devices,
		.n_pasids = hwpt->n_pasids,
	};

	return walk->visitor->pt == NULL ? 0 : walk->visitor->pt(&info, walk->arg);
}

static int
show_device(const struct iommufd_device *dev, void *arg)
{
	const struct public_walk *walk = arg;
	struct rte_iommufd_dev_info info = {
		.as_id = dev->container->ioas.id,
		.pt = dev->hwpt == NULL ? 0 : dev->hwpt->id,
	};

	if (walk->visitor->dev == NULL)
		return 0;
	/* A secondary process has the device from the primary, without its id in the kernel. */
	if (dev->hwpt != NULL)
		iommufd_device_describe(dev, walk->ctx, &info);
	return walk->visitor->dev(dev->name, &info, walk->arg);
}

static int
show_pasid(const struct iommufd_device *dev, const struct iommufd_pasid *pasid, void *arg)
{
	const struct public_walk *walk = arg;
	const struct rte_iommufd_pasid_info info = {
		.as_id = pasid->container->ioas.id,
		.pt = pasid->hwpt->id,
	};

	return walk->visitor->pasid == NULL ? 0 :
		walk->visitor->pasid(dev->name, pasid->number, &info, walk->arg);
}

int
rte_iommufd_walk(const struct rte_iommufd_visitor *visitor, void *arg)
{
	static const struct iommufd_visitor shows = {
		.context = show_context,
		.container = show_container,
		.hwpt = show_hwpt,
		.device = show_device,
		.pasid = show_pasid,
	};
	struct public_walk walk = { .visitor = visitor, .arg = arg };
	int ret;

	if (visitor == NULL)
		return -EINVAL;
	if (!iommufd_backend_is_enabled() || !iommufd_backend_is_open())
		return -ENOTSUP;
	ret = iommufd_backend_visit(&shows, &walk);
	/* Not from inside the visit: their lock comes before the backend's. */
	if (ret == 0 && visitor->mapping != NULL)
		ret = iommufd_mp_primary_walk(iommufd_backend_mp_primary(),
			show_mapping_of_secondary, &walk);
	return ret;
}
