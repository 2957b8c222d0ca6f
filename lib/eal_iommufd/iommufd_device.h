/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_DEVICE_H
#define IOMMUFD_DEVICE_H

#include <limits.h>
#include <stdint.h>
#include <sys/queue.h>

#include "iommufd_hwpt.h"

struct iommufd_container;
struct iommufd_context;
struct iommufd_hw_info;
struct rte_iommufd_dev_info;
struct vfio_device_info;

/** Where VFIO's character devices live. */
#define IOMMUFD_CDEV_DIR "/dev/vfio/devices"

/**
 * A device opened through its VFIO character device and bound to a context. While it is bound no
 * other process, and no VFIO group, can have it.
 */
struct iommufd_device {
	TAILQ_ENTRY(iommufd_device) next;
	char sysfs_base[NAME_MAX]; /**< Its bus's directory, as /sys/bus/pci/devices. */
	char name[NAME_MAX];       /**< Bus address, as 0000:01:00.0. */
	char cdev[NAME_MAX];       /**< File name in IOMMUFD_CDEV_DIR, as vfio0. */
	char iommu[IOMMUFD_IOMMU_NAME]; /**< Its IOMMU, as dmar0; "" where sysfs names none. */
	int fd;                    /**< -1 when closed. */
	uint32_t id;               /**< Given by the kernel at bind. */
	struct iommufd_hwpt *hwpt; /**< What it is attached to, or NULL. */
	struct iommufd_container *container; /**< Which it is in; that one's owner's to set. */
	TAILQ_HEAD(, iommufd_pasid) pasids; /**< Those that are bound, ascending. */
	unsigned int pasid_bits; /**< Width of its PASIDs; 0: it has none, or wasn't asked. */
};

/**
 * Find the name of a device's VFIO character device.
 *
 * @param sysfs_base
 *   Directory of the device's bus, as /sys/bus/pci/devices.
 * @param cdev
 *   NAME_MAX bytes for the name.
 * @return
 *   0; -ENODEV where no VFIO driver is bound to the device; -ENOTSUP where one is, but the kernel
 *   has no VFIO character devices. The caller says it.
 */
int iommufd_device_find_cdev(const char *sysfs_base, const char *name, char *cdev);

/**
 * Open a device and bind it to the context. A failure is logged with its remedy.
 *
 * @return
 *   0, or -errno: ENODEV and ENOTSUP as iommufd_device_find_cdev(), EACCES where the device node or
 *   the VF token is not this user's, and as iommufd_device_bind().
 */
int iommufd_device_open(struct iommufd_device *dev, struct iommufd_context *ctx,
		const char *sysfs_base, const char *name);

/** Make the descriptor of a device that another process has bound and attached a device. */
void iommufd_device_adopt(struct iommufd_device *dev, const char *sysfs_base, const char *name,
		int fd);

/**
 * Bind an open device to the context, with the VF token that EAL was given (--vfio-vf-token) where
 * the device expects one. A device that a killed process has held is waited for.
 *
 * @return
 *   0, or -errno, logged: EBUSY where somebody else has the device, EPERM where its IOMMU doesn't
 *   remap interrupts, EACCES where the VF token is wrong or missing, ENOTSUP where the kernel can't
 *   be given one.
 */
int iommufd_device_bind(struct iommufd_device *dev, struct iommufd_context *ctx);

/**
 * Close it. The kernel lets it go only when its regions are unmapped too. Harmless on a closed one.
 */
void iommufd_device_close(struct iommufd_device *dev);

/**
 * Attach the device to a page table: from here on it can reach what is mapped.
 *
 * @return
 *   0; what is the caller's to log: -EINVAL where the device's IOMMU can't use this page table, and
 *   -EADDRINUSE where a region reserved for the device overlaps what is mapped; or -errno, logged.
 */
int iommufd_device_attach(struct iommufd_device *dev, struct iommufd_hwpt *hwpt);

/** Detach it; its DMA is blocked after that. Harmless on a detached one. */
void iommufd_device_detach(struct iommufd_device *dev);

/** Ask what the device's IOMMU is and can do. @return 0, or -errno of IOMMU_GET_HW_INFO, logged. */
int iommufd_device_get_hw_info(const struct iommufd_device *dev,
		const struct iommufd_context *ctx, struct iommufd_hw_info *info);

/** Ask that, and say it with what is attached in the public API's terms. @return The same. */
int iommufd_device_describe(const struct iommufd_device *dev, const struct iommufd_context *ctx,
		struct rte_iommufd_dev_info *info);

/** @return 0, or -errno of VFIO_DEVICE_GET_INFO. */
int iommufd_device_get_info(struct iommufd_device *dev, struct vfio_device_info *info);

#endif /* IOMMUFD_DEVICE_H */
