/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_RESERVED_H
#define IOMMUFD_RESERVED_H

struct iommufd_container;
struct iommufd_device;

/**
 * Say why a device can't be attached to a container: which of the regions reserved for it, as
 * iommu_group/reserved_regions in its sysfs directory has them, is mapped there, and by whom.
 */
void iommufd_reserved_log_conflict(const struct iommufd_device *dev,
		struct iommufd_container *container);

#endif /* IOMMUFD_RESERVED_H */
