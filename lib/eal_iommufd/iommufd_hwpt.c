/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>

#include "iommufd_compat.h"
#include "iommufd_context.h"
#include "iommufd_hwpt.h"
#include "iommufd_ioas.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"

int
iommufd_hwpt_alloc(struct iommufd_hwpt *hwpt, struct iommufd_ioas *ioas, uint32_t dev_id)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = IOMMUFD_HWPT_ALLOC_PASID,
		.dev_id = dev_id,
		.pt_id = ioas->id,
		.data_type = IOMMU_HWPT_DATA_NONE,
	};
	int ret;

	ret = IOMMUFD_IOCTL(ioas->ctx->fd, IOMMU_HWPT_ALLOC, &alloc);
	if (ret == -EOPNOTSUPP) {
		alloc.flags = 0;
		ret = IOMMUFD_IOCTL(ioas->ctx->fd, IOMMU_HWPT_ALLOC, &alloc);
	}
	if (ret < 0)
		return ret;

	hwpt->ioas = ioas;
	hwpt->id = alloc.out_hwpt_id;
	hwpt->takes_pasids = alloc.flags != 0;
	hwpt->n_devices = 0;
	hwpt->n_pasids = 0;
	return 0;
}

void
iommufd_hwpt_free(struct iommufd_hwpt *hwpt)
{
	int ret;

	if (hwpt->id == 0)
		return;

	ret = iommufd_context_destroy_object(hwpt->ioas->ctx, hwpt->id);
	if (ret < 0)
		IOMMUFD_LOG(WARNING, "page table %u stays until exit: %s",
			hwpt->id, strerror(-ret));
	hwpt->id = 0;
}
