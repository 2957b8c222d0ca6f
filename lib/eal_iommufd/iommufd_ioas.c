/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * One I/O address space (IOAS) and the areas mapped in it.
 *
 * An area is what one map call made; the kernel unmaps areas only whole. None of ours crosses a
 * 1 GiB boundary: unmapping such an area makes Linux flush more of the IOTLB with one descriptor
 * than QEMU's emulated VT-d takes, which freezes the guest when the page table serves a PASID.
 * The price is one call for each GiB.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "iommufd_compat.h"
#include "iommufd_context.h"
#include "iommufd_ioas.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"

int
iommufd_ioas_alloc(struct iommufd_ioas *ioas, struct iommufd_context *ctx)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int ret;

	ret = IOMMUFD_IOCTL(ctx->fd, IOMMU_IOAS_ALLOC, &alloc);
	if (ret < 0) {
		IOMMUFD_LOG(ERR, "cannot allocate an IOAS in %s: %s", IOMMUFD_PATH, strerror(-ret));
		return ret;
	}

	ioas->ctx = ctx;
	ioas->id = alloc.out_ioas_id;
	return 0;
}

void
iommufd_ioas_free(struct iommufd_ioas *ioas)
{
	int ret;

	if (ioas->id == 0)
		return;

	ret = iommufd_context_destroy_object(ioas->ctx, ioas->id);
	if (ret < 0)
		IOMMUFD_LOG(WARNING, "IOAS %u stays until exit: %s", ioas->id, strerror(-ret));
	ioas->id = 0;
}

static int
map_area(struct iommufd_ioas *ioas, const struct iommufd_backing *backing, uint64_t len,
		uint64_t iova)
{
	const uint32_t flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
		(backing->read_only ? 0 : IOMMU_IOAS_MAP_WRITEABLE);
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = flags,
		.ioas_id = ioas->id,
		.user_va = backing->start,
		.length = len,
		.iova = iova,
	};
	struct iommu_ioas_map_file map_file = {
		.size = sizeof(map_file),
		.flags = flags,
		.ioas_id = ioas->id,
		.fd = backing->fd,
		.start = backing->start,
		.length = len,
		.iova = iova,
	};
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy),
		.flags = flags,
		.dst_ioas_id = ioas->id,
		.src_ioas_id = backing->ioas_id,
		.length = len,
		.dst_iova = iova,
		.src_iova = backing->start,
	};

	switch (backing->kind) {
	case IOMMUFD_BACKING_FILE:
		return IOMMUFD_IOCTL(ioas->ctx->fd, IOMMU_IOAS_MAP_FILE, &map_file);
	case IOMMUFD_BACKING_IOAS:
		return IOMMUFD_IOCTL(ioas->ctx->fd, IOMMU_IOAS_COPY, &copy);
	default:
		return IOMMUFD_IOCTL(ioas->ctx->fd, IOMMU_IOAS_MAP, &map);
	}
}

int
iommufd_ioas_map(struct iommufd_ioas *ioas, const struct iommufd_backing *backing, uint64_t len,
		uint64_t iova)
{
	struct iommufd_backing rest = *backing;
	const uint64_t first = iova;
	const uint64_t end = iova + len;
	uint64_t area;
	int ret;

	/* Nothing, or beyond the end of the address space: the loop would take it for done. */
	if (end <= iova)
		return -EINVAL;

	while (iova < end) {
		area = RTE_MIN(end, RTE_ALIGN_CEIL(iova + 1, IOMMUFD_AREA_BOUNDARY)) - iova;
		ret = map_area(ioas, &rest, area, iova);
		if (ret < 0)
			goto unmap;
		iova += area;
		rest.start += area;
	}
	return 0;

unmap:
	if (iova > first)
		iommufd_ioas_unmap(ioas, first, iova - first);
	return ret;
}

int
iommufd_ioas_unmap(struct iommufd_ioas *ioas, uint64_t iova, uint64_t len)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas->id,
		.iova = iova,
		.length = len,
	};

	return IOMMUFD_IOCTL(ioas->ctx->fd, IOMMU_IOAS_UNMAP, &unmap);
}
