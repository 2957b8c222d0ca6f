/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_common.h>

#include "iommufd_compat.h"
#include "iommufd_context.h"
#include "iommufd_ioas.h"
#include "iommufd_ioctl.h"
#include "iommufd_ranges.h"

/* An IOMMU's address width cut by a reserved region or two. */
#define USUAL_RANGES 8

int
iommufd_ranges_read(struct iommufd_ranges *ranges, struct iommufd_ioas *ioas)
{
	struct iommu_ioas_iova_ranges query = {
		.size = sizeof(query),
		.ioas_id = ioas->id,
		.num_iovas = USUAL_RANGES,
	};
	struct iommu_iova_range *found = NULL, *larger;
	int ret;

	/* Where there are more, the kernel says how many, and is asked again. */
	do {
		larger = realloc(found, query.num_iovas * sizeof(*found));
		if (larger == NULL) {
			free(found);
			return -ENOMEM;
		}
		found = larger;
		query.allowed_iovas = (uintptr_t)found;
		ret = IOMMUFD_IOCTL(ioas->ctx->fd, IOMMU_IOAS_IOVA_RANGES, &query);
	} while (ret == -EMSGSIZE);

	if (ret < 0) {
		free(found);
		return ret;
	}
	iommufd_ranges_free(ranges);
	*ranges = (struct iommufd_ranges){ .ranges = found, .n_ranges = query.num_iovas };
	return 0;
}

void
iommufd_ranges_free(struct iommufd_ranges *ranges)
{
	free(ranges->ranges);
	*ranges = (struct iommufd_ranges){ .ranges = NULL };
}

bool
iommufd_ranges_hold(const struct iommufd_ranges *ranges, uint64_t iova, uint64_t len)
{
	uint64_t last = iova + (len - 1);
	uint32_t i;

	for (i = 0; i < ranges->n_ranges; i++)
		if (iova >= ranges->ranges[i].start && last <= ranges->ranges[i].last)
			return true;
	return false;
}

bool
iommufd_ranges_permit(const struct iommufd_ranges *ranges, uint64_t iova, uint64_t len)
{
	return ranges->n_ranges == 0 || iommufd_ranges_hold(ranges, iova, len);
}

int
iommufd_ranges_intersect(struct iommufd_ranges *ranges, const struct iommufd_ranges *others)
{
	static const struct iommu_iova_range all = { .start = 0, .last = UINT64_MAX };
	const struct iommu_iova_range *own = ranges->n_ranges == 0 ? &all : ranges->ranges;
	const uint32_t n_own = RTE_MAX(ranges->n_ranges, 1u);
	struct iommu_iova_range *common;
	uint64_t start, last;
	uint32_t i, j, n = 0;

	/* Each border of one cuts one range of the other in two at most. */
	common = calloc(n_own + others->n_ranges + 1, sizeof(*common));
	if (common == NULL)
		return -ENOMEM;
	for (i = 0; i < n_own; i++)
		for (j = 0; j < others->n_ranges; j++) {
			start = RTE_MAX(own[i].start, others->ranges[j].start);
			last = RTE_MIN(own[i].last, others->ranges[j].last);
			if (start <= last)
				common[n++] = (struct iommu_iova_range){ start, last };
		}
	/* None at all would mean all. */
	if (n == 0 && others->n_ranges > 0) {
		free(common);
		return -EADDRINUSE;
	}
	iommufd_ranges_free(ranges);
	*ranges = (struct iommufd_ranges){ .ranges = common, .n_ranges = n };
	return 0;
}

void
iommufd_ranges_format(const struct iommufd_ranges *ranges, char *text, size_t size)
{
	size_t len = 0;
	uint32_t i;

	text[0] = '\0';
	for (i = 0; i < ranges->n_ranges && len < size; i++)
		len += snprintf(text + len, size - len, " 0x%" PRIx64 "-0x%" PRIx64,
			(uint64_t)ranges->ranges[i].start, (uint64_t)ranges->ranges[i].last);
}
