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

int
rte_iommufd_dev_info_get(struct rte_iommufd_dev *dev, struct rte_iommufd_dev_info *info)
{
	struct iommufd_backend_parts parts;
	int ret;

	if (dev == NULL || info == NULL)
		return -EINVAL;
	ret = iommufd_backend_enter(&parts);
	if (ret < 0)
		return ret;
	ret = iommufd_device_describe((struct iommufd_device *)dev, parts.ctx, info);
	iommufd_backend_exit();
	return ret;
}
