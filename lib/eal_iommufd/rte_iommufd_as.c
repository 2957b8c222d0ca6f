/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Address spaces for applications. An address space is a container, so what the VFIO API can do
 * with containers it can do with address spaces.
 */

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <unistd.h>

#include <rte_errno.h>

#include "iommufd_backend.h"
#include "iommufd_container.h"
#include "iommufd_containers.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_log.h"
#include "iommufd_pasid.h"
#include "rte_iommufd.h"

static struct iommufd_container *
space_of(struct rte_iommufd_as *as)
{
	return (struct iommufd_container *)as;
}

static struct iommufd_device *
device_of(struct rte_iommufd_dev *dev)
{
	return (struct iommufd_device *)dev;
}

static void *
pointer_or_errno(void *pointer, int err)
{
	if (pointer == NULL)
		rte_errno = err;
	return pointer;
}

struct rte_iommufd_as *
rte_iommufd_as_shared(void)
{
	struct iommufd_backend_parts parts;
	int ret;

	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return pointer_or_errno(NULL, -ret);
	iommufd_backend_exit();
	return (struct rte_iommufd_as *)&parts.containers->base;
}

struct rte_iommufd_as *
rte_iommufd_as_create(void)
{
	struct iommufd_container *container = NULL;
	struct iommufd_backend_parts parts;
	int ret;

	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return pointer_or_errno(NULL, -ret);
	ret = iommufd_containers_create(parts.containers, parts.ctx);
	if (ret >= 0) {
		container = iommufd_containers_get(parts.containers, ret);
		container->is_space = true;
		iommufd_containers_put(parts.containers);
	}
	iommufd_backend_exit();
	return pointer_or_errno(container, -ret);
}

int
rte_iommufd_as_destroy(struct rte_iommufd_as *as)
{
	struct iommufd_backend_parts parts;
	int ret;

	if (as == NULL)
		return -EINVAL;
	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return ret;
	ret = iommufd_containers_destroy(parts.containers, space_of(as)->fd);
	iommufd_backend_exit();
	return ret;
}

uint32_t
rte_iommufd_as_id(const struct rte_iommufd_as *as)
{
	return ((const struct iommufd_container *)as)->ioas.id;
}

/* Where `va` is what a queue is told, it is also by what the mapping is known. */
static int
map(struct rte_iommufd_as *as, struct iommufd_backing *backing, uint64_t va, uint64_t len,
		uint64_t iova, uint32_t flags)
{
	const uint64_t odd = (backing->start | va | len | iova) & (sysconf(_SC_PAGESIZE) - 1);

	if (as == NULL || (flags & ~RTE_IOMMUFD_READ_ONLY) != 0)
		return -EINVAL;
	/* As long as no device is attached, the kernel takes any. */
	if (odd != 0) {
		IOMMUFD_LOG(ERR, "IOAS %u: 0x%" PRIx64 " bytes can't be mapped at 0x%" PRIx64
			": not multiples of the page size", rte_iommufd_as_id(as), len, iova);
		return -EINVAL;
	}
	backing->read_only = (flags & RTE_IOMMUFD_READ_ONLY) != 0;
	return iommufd_container_map(space_of(as), backing, va, iova, len);
}

int
rte_iommufd_as_map(struct rte_iommufd_as *as, void *vaddr, uint64_t len, uint64_t iova,
		uint32_t flags)
{
	struct iommufd_backing backing = {
		.kind = IOMMUFD_BACKING_VA,
		.start = (uintptr_t)vaddr,
	};

	return map(as, &backing, backing.start, len, iova, flags);
}

int
rte_iommufd_as_map_file(struct rte_iommufd_as *as, int fd, uint64_t offset, uint64_t len,
		uint64_t iova, uint32_t flags)
{
	struct iommufd_backing backing = {
		.kind = IOMMUFD_BACKING_FILE,
		.fd = fd,
		.start = offset,
	};

	return fd < 0 ? -EINVAL : map(as, &backing, iova, len, iova, flags);
}

int
rte_iommufd_as_copy(struct rte_iommufd_as *as, uint64_t iova, struct rte_iommufd_as *from,
		uint64_t from_iova, uint64_t len, uint32_t flags)
{
	struct iommufd_backing backing = {
		.kind = IOMMUFD_BACKING_IOAS,
		.start = from_iova,
	};

	int ret;

	if (from == NULL)
		return -EINVAL;
	if ((flags & RTE_IOMMUFD_READ_ONLY) == 0) {
		ret = iommufd_container_check_writable(space_of(from), from_iova, len);
		if (ret < 0)
			return ret;
	}
	backing.ioas_id = space_of(from)->ioas.id;
	return map(as, &backing, iova, len, iova, flags);
}

int
rte_iommufd_as_unmap(struct rte_iommufd_as *as, uint64_t iova, uint64_t len)
{
	if (as == NULL)
		return -EINVAL;
	return iommufd_container_unmap(space_of(as), NULL, iova, len);
}

/* What to attach to: 0 with NULL for the library's choice, or -EINVAL, logged. */
static int
find_page_table(struct iommufd_container *container, uint32_t pt, struct iommufd_hwpt **hwpt)
{
	*hwpt = NULL;
	if (pt == RTE_IOMMUFD_PT_AUTO)
		return 0;
	*hwpt = iommufd_container_find_hwpt(container, pt);
	if (*hwpt != NULL)
		return 0;
	IOMMUFD_LOG(ERR, "IOAS %u has no page table %u that an application has made",
		container->ioas.id, pt);
	return -EINVAL;
}

/* Enters the backend where that is found; the caller leaves it. */
static int
enter_with_page_table(struct rte_iommufd_as *as, uint32_t pt, struct iommufd_hwpt **hwpt)
{
	struct iommufd_backend_parts parts;
	int ret;

	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return ret;
	ret = find_page_table(space_of(as), pt, hwpt);
	if (ret < 0)
		iommufd_backend_exit();
	return ret;
}

int
rte_iommufd_pasid_bind(struct rte_iommufd_dev *dev, struct rte_iommufd_as *as, uint32_t pt,
		uint32_t *pasid)
{
	struct iommufd_hwpt *hwpt;
	int ret;

	if (dev == NULL || as == NULL || pasid == NULL)
		return -EINVAL;
	ret = enter_with_page_table(as, pt, &hwpt);
	if (ret < 0)
		return ret;
	ret = iommufd_pasid_bind(device_of(dev), space_of(as), hwpt, pasid);
	iommufd_backend_exit();
	return ret;
}

int
rte_iommufd_pasid_rebind(struct rte_iommufd_dev *dev, struct rte_iommufd_as *as, uint32_t pt,
		uint32_t pasid)
{
	struct iommufd_hwpt *hwpt;
	int ret;

	if (dev == NULL || as == NULL)
		return -EINVAL;
	ret = enter_with_page_table(as, pt, &hwpt);
	if (ret < 0)
		return ret;
	ret = iommufd_pasid_rebind(device_of(dev), pasid, space_of(as), hwpt);
	iommufd_backend_exit();
	return ret;
}

int
rte_iommufd_pasid_unbind(struct rte_iommufd_dev *dev, uint32_t pasid)
{
	struct iommufd_backend_parts parts;
	int ret;

	if (dev == NULL)
		return -EINVAL;
	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return ret;
	ret = iommufd_pasid_unbind(device_of(dev), pasid);
	iommufd_backend_exit();
	return ret;
}

int
rte_iommufd_pasid_info_get(struct rte_iommufd_dev *dev, uint32_t pasid,
		struct rte_iommufd_pasid_info *info)
{
	struct iommufd_backend_parts parts;
	struct iommufd_pasid *bound;
	int ret;

	if (dev == NULL || info == NULL)
		return -EINVAL;
	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return ret;
	ret = iommufd_pasid_find_bound(device_of(dev), pasid, &bound);
	if (ret == 0)
		*info = (struct rte_iommufd_pasid_info){
			.as_id = bound->container->ioas.id,
			.pt = bound->hwpt->id,
		};
	iommufd_backend_exit();
	return ret;
}

int
rte_iommufd_pt_create(struct rte_iommufd_as *as, struct rte_iommufd_dev *dev, uint32_t *pt)
{
	struct iommufd_backend_parts parts;
	struct iommufd_hwpt *hwpt;
	int ret;

	if (as == NULL || dev == NULL || pt == NULL)
		return -EINVAL;
	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return ret;
	ret = iommufd_container_add_hwpt(space_of(as), device_of(dev), &hwpt);
	if (ret == 0) {
		hwpt->is_chosen = true;
		*pt = hwpt->id;
	}
	iommufd_backend_exit();
	return ret;
}

int
rte_iommufd_pt_destroy(struct rte_iommufd_as *as, uint32_t pt)
{
	struct iommufd_hwpt *hwpt;
	int ret;

	if (as == NULL || pt == RTE_IOMMUFD_PT_AUTO)
		return -EINVAL;
	ret = enter_with_page_table(as, pt, &hwpt);
	if (ret < 0)
		return ret;
	ret = iommufd_container_remove_hwpt(space_of(as), hwpt);
	iommufd_backend_exit();
	return ret;
}
