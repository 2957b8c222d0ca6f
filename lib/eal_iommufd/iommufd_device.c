/* SPDX-License-Identifier: BSD-3-Clause */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "iommufd_compat.h"
#include "iommufd_container.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"
#include "iommufd_pasid.h"
#include "rte_iommufd.h"

int
iommufd_device_find_cdev(const char *sysfs_base, const char *name, char *cdev)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/vfio-dev", sysfs_base, name);
	dir = opendir(path);
	if (dir == NULL)
		return -ENODEV;

	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "vfio", strlen("vfio")) == 0)
			break;
	if (entry != NULL)
		strlcpy(cdev, entry->d_name, NAME_MAX);
	closedir(dir);
	if (entry == NULL)
		return -ENODEV;

	/* The VFIO device is there in any case; its device number only with character devices. */
	snprintf(path, sizeof(path), "%s/%s/vfio-dev/%s/dev", sysfs_base, name, cdev);
	return access(path, F_OK) < 0 && errno == ENOENT ? -ENOTSUP : 0;
}

static int
find_cdev(struct iommufd_device *dev)
{
	int ret;

	ret = iommufd_device_find_cdev(dev->sysfs_base, dev->name, dev->cdev);
	if (ret == -ENODEV)
		IOMMUFD_LOG(ERR, "%s: no VFIO driver is bound to it: "
			"dpdk-devbind.py -b vfio-pci %s", dev->name, dev->name);
	else if (ret == -ENOTSUP)
		IOMMUFD_LOG(ERR, "%s: this kernel has no VFIO character devices: it needs "
			"Linux 6.6 with CONFIG_VFIO_DEVICE_CDEV, or the application runs without "
			"--iova-mode=iommufd", dev->name);
	return ret;
}

/** The name that sysfs has for the device's IOMMU, as dmar0. */
static void
find_iommu(struct iommufd_device *dev)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s/iommu", dev->sysfs_base, dev->name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	name = strrchr(target, '/');
	strlcpy(dev->iommu, name == NULL ? target : name + 1, sizeof(dev->iommu));
}

static const char *
open_remedy(int err)
{
	switch (err) {
	case ENOENT:
		return "the device node isn't passed into this container, or udev hasn't made it "
			"yet";
	case EACCES:
	case EPERM:
		return "give this user read and write access to it, for instance with a udev rule: "
			"SUBSYSTEM==\"vfio-dev\", GROUP=\"dpdk\", MODE=\"0660\"";
	default:
		return "see the kernel log (dmesg)";
	}
}

static int
open_cdev(struct iommufd_device *dev)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%s", IOMMUFD_CDEV_DIR, dev->cdev);
	dev->fd = open(path, O_RDWR | O_CLOEXEC);
	if (dev->fd >= 0)
		return 0;

	err = errno;
	IOMMUFD_LOG(ERR, "%s: cannot open %s: %s: %s",
		dev->name, path, strerror(err), open_remedy(err));
	return -err;
}

int
iommufd_device_open(struct iommufd_device *dev, struct iommufd_context *ctx,
		const char *sysfs_base, const char *name)
{
	int ret;

	iommufd_device_adopt(dev, sysfs_base, name, -1);
	ret = find_cdev(dev);
	if (ret < 0)
		return ret;
	ret = open_cdev(dev);
	if (ret < 0)
		return ret;
	ret = iommufd_device_bind(dev, ctx);
	if (ret < 0)
		goto close_cdev;
	find_iommu(dev);
	return 0;

close_cdev:
	iommufd_device_close(dev);
	return ret;
}

void
iommufd_device_adopt(struct iommufd_device *dev, const char *sysfs_base, const char *name, int fd)
{
	memset(dev, 0, sizeof(*dev));
	strlcpy(dev->sysfs_base, sysfs_base, sizeof(dev->sysfs_base));
	strlcpy(dev->name, name, sizeof(dev->name));
	dev->fd = fd;
	TAILQ_INIT(&dev->pasids);
}

void
iommufd_device_close(struct iommufd_device *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	dev->fd = -1;
}

int
iommufd_device_attach(struct iommufd_device *dev, struct iommufd_hwpt *hwpt)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = hwpt->id,
	};
	int ret;

	ret = IOMMUFD_IOCTL(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
	if (ret == -EINVAL || ret == -EADDRINUSE)
		return ret;
	if (ret < 0) {
		IOMMUFD_LOG(ERR, "%s: cannot attach it to page table %u: %s", dev->name, hwpt->id,
			strerror(-ret));
		return ret;
	}

	dev->hwpt = hwpt;
	hwpt->n_devices++;
	return 0;
}

void
iommufd_device_detach(struct iommufd_device *dev)
{
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };
	int ret;

	if (dev->hwpt == NULL)
		return;

	ret = IOMMUFD_IOCTL(dev->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
	if (ret < 0)
		IOMMUFD_LOG(WARNING, "%s: cannot detach it from page table %u: %s",
			dev->name, dev->hwpt->id, strerror(-ret));
	dev->hwpt->n_devices--;
	dev->hwpt = NULL;
}

int
iommufd_device_get_hw_info(const struct iommufd_device *dev, const struct iommufd_context *ctx,
		struct iommufd_hw_info *info)
{
	int ret;

	*info = (struct iommufd_hw_info){ .size = sizeof(*info), .dev_id = dev->id };
	ret = IOMMUFD_IOCTL(ctx->fd, IOMMU_GET_HW_INFO, info);
	if (ret < 0)
		IOMMUFD_LOG(ERR, "%s: cannot ask what its IOMMU can do: %s%s", dev->name,
			strerror(-ret), ret == -ENOTTY ? ": it needs Linux 6.6" : "");
	return ret;
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

int
iommufd_device_describe(const struct iommufd_device *dev, const struct iommufd_context *ctx,
		struct rte_iommufd_dev_info *info)
{
	const struct iommufd_pasid *pasid;
	struct iommufd_hw_info hw;
	int ret;

	ret = iommufd_device_get_hw_info(dev, ctx, &hw);
	if (ret < 0)
		return ret;
	*info = (struct rte_iommufd_dev_info){
		.iommu = iommu_of(hw.out_data_type),
		.capabilities = hw.out_capabilities,
		.pasid_bits = hw.out_max_pasid_log2,
		.as_id = dev->container->ioas.id,
		.pt = dev->hwpt == NULL ? 0 : dev->hwpt->id,
	};
	TAILQ_FOREACH(pasid, &dev->pasids, next)
		info->n_pasids++;
	return 0;
}

int
iommufd_device_get_info(struct iommufd_device *dev, struct vfio_device_info *info)
{
	int ret;

	ret = IOMMUFD_IOCTL(dev->fd, VFIO_DEVICE_GET_INFO, info);
	if (ret < 0)
		IOMMUFD_LOG(ERR, "%s: VFIO_DEVICE_GET_INFO: %s", dev->name, strerror(-ret));
	return ret;
}
