/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stddef.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

#include <rte_errno.h>

#include "iommufd_backend.h"
#include "iommufd_compat.h"
#include "iommufd_container.h"
#include "iommufd_containers.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_pasid.h"
#include "rte_iommufd.h"

#define SYSFS_PCI_DEVICES "/sys/bus/pci/devices"

struct rte_iommufd_dev *
rte_iommufd_dev_find(const char *name)
{
	struct iommufd_backend_parts parts;
	struct iommufd_device *dev = NULL;
	int ret;

	ret = name == NULL ? -EINVAL : iommufd_backend_enter(&parts);
	if (ret == 0) {
		dev = iommufd_containers_find_device(parts.containers, name);
		iommufd_backend_exit();
		ret = -ENODEV;
	}
	if (dev == NULL)
		rte_errno = -ret;
	return (struct rte_iommufd_dev *)dev;
}

struct rte_iommufd_dev *
rte_iommufd_dev_open(const char *name)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct iommufd_backend_parts parts;
	int fd, ret;

	ret = name == NULL ? -EINVAL : iommufd_backend_enter(&parts);
	if (ret == 0) {
		iommufd_backend_exit();
		ret = iommufd_backend_add_device(SYSFS_PCI_DEVICES, name, &fd, &info);
	}
	if (ret == 0)
		return rte_iommufd_dev_find(name);
	rte_errno = -ret;
	return NULL;
}

void
rte_iommufd_dev_close(struct rte_iommufd_dev *dev)
{
	if (dev != NULL)
		iommufd_backend_remove_device(((struct iommufd_device *)dev)->name);
}

int
rte_iommufd_dev_fd(const struct rte_iommufd_dev *dev)
{
	return ((const struct iommufd_device *)dev)->fd;
}

static enum rte_iommufd_iommu
iommu_of(uint32_t type)
{
	switch (type) {
	case 1: /* IOMMU_HW_INFO_TYPE_INTEL_VTD */
		return RTE_IOMMUFD_IOMMU_INTEL_VTD;
	case 2: /* IOMMU_HW_INFO_TYPE_ARM_SMMUV3 */
		return RTE_IOMMUFD_IOMMU_ARM_SMMUV3;
	case 4: /* IOMMU_HW_INFO_TYPE_AMD */
		return RTE_IOMMUFD_IOMMU_AMD;
	default:
		return RTE_IOMMUFD_IOMMU_OTHER;
	}
}

static void
describe(const struct iommufd_device *dev, const struct iommufd_hw_info *hw,
		struct rte_iommufd_dev_info *info)
{
	const struct iommufd_pasid *pasid;

	*info = (struct rte_iommufd_dev_info){
		.iommu = iommu_of(hw->out_data_type),
		.capabilities = hw->out_capabilities,
		.pasid_bits = hw->out_max_pasid_log2,
		.as_id = dev->container->ioas.id,
		.pt = dev->hwpt == NULL ? 0 : dev->hwpt->id,
	};
	TAILQ_FOREACH(pasid, &dev->pasids, next)
		info->n_pasids++;
}

int
rte_iommufd_dev_info_get(struct rte_iommufd_dev *dev, struct rte_iommufd_dev_info *info)
{
	struct iommufd_device *device = (struct iommufd_device *)dev;
	struct iommufd_backend_parts parts;
	struct iommufd_hw_info hw;
	int ret;

	if (dev == NULL || info == NULL)
		return -EINVAL;
	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return ret;
	ret = iommufd_device_get_hw_info(device, parts.ctx, &hw);
	if (ret == 0)
		describe(device, &hw, info);
	iommufd_backend_exit();
	return ret;
}
