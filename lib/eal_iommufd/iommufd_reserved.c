/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rte_memory.h>

#include "iommufd_container.h"
#include "iommufd_device.h"
#include "iommufd_log.h"
#include "iommufd_memseg.h"
#include "iommufd_reserved.h"

/** A region reserved for a device: Documentation/ABI/testing/sysfs-kernel-iommu_groups. */
struct region {
	uint64_t start;
	uint64_t last;
	char type[32];
};

/** What is mapped in a region. */
struct conflict {
	const struct region *region;
	uint64_t start;
	uint64_t last;
};

static int
find_memseg(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	struct conflict *conflict = arg;
	uint64_t last = ms->iova + (ms->len - 1);

	if (!iommufd_memseg_is_mapped(msl, ms) || last < conflict->region->start ||
			ms->iova > conflict->region->last)
		return 0;
	conflict->start = ms->iova;
	conflict->last = last;
	return 1;
}

/** @return Whether the region is in use, which is logged. */
static bool
log_region(const struct iommufd_device *dev, struct iommufd_container *container,
		const struct region *region)
{
	struct conflict conflict = { .region = region };
	const struct iommufd_mapping *mapping;
	const char *remedy = "the application has mapped that and must unmap it first";

	pthread_mutex_lock(&container->lock);
	mapping = iommufd_mappings_overlapping(&container->mappings, region->start,
		region->last - region->start + 1);
	if (mapping != NULL) {
		conflict.start = mapping->iova;
		conflict.last = mapping->iova + (mapping->len - 1);
	}
	pthread_mutex_unlock(&container->lock);
	if (mapping == NULL) {
		if (container->memory == NULL || rte_memseg_walk(find_memseg, &conflict) <= 0)
			return false;
		remedy = "EAL has memory there: move it with --base-virtaddr";
	}

	IOMMUFD_LOG(ERR, "%s: 0x%" PRIx64 "-0x%" PRIx64 " is reserved for it (%s), but 0x%" PRIx64
		"-0x%" PRIx64 " is mapped in IOAS %u: %s", dev->name, region->start, region->last,
		region->type, conflict.start, conflict.last, container->ioas.id, remedy);
	return true;
}

void
iommufd_reserved_log_conflict(const struct iommufd_device *dev,
		struct iommufd_container *container)
{
	char path[PATH_MAX];
	struct region region;
	bool found = false;
	FILE *regions;

	snprintf(path, sizeof(path), "%s/%s/iommu_group/reserved_regions", dev->sysfs_base,
		dev->name);
	regions = fopen(path, "r");
	while (regions != NULL && !found && fscanf(regions, "%" SCNx64 " %" SCNx64 " %31s",
			&region.start, &region.last, region.type) == 3)
		/* The kernel lets a device have these for its own if nobody else wants them. */
		if (strcmp(region.type, "direct-relaxable") != 0)
			found = log_region(dev, container, &region);
	if (regions != NULL)
		fclose(regions);
	if (!found)
		IOMMUFD_LOG(ERR, "%s: what is mapped in IOAS %u conflicts with the device: see %s",
			dev->name, container->ioas.id, path);
}
