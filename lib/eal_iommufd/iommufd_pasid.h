/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_PASID_H
#define IOMMUFD_PASID_H

#include <stdint.h>
#include <sys/queue.h>

struct iommufd_container;
struct iommufd_context;
struct iommufd_device;
struct iommufd_hwpt;

/** Whoever binds a PASID leaves it to the library which one. */
#define IOMMUFD_PASID_ANY 0

/**
 * A PASID of a device, bound to an address space: what the device does with it goes through that
 * one's page table. PASID 0 is never used, as it is the device's own on some IOMMUs.
 */
struct iommufd_pasid {
	TAILQ_ENTRY(iommufd_pasid) next;
	uint32_t number;
	struct iommufd_container *container;
	struct iommufd_hwpt *hwpt;
};

/**
 * Bind a PASID of a device to a container.
 *
 * @param hwpt
 *   A page table of that container that the application has chosen, or NULL.
 * @param number
 *   Which one, or IOMMUFD_PASID_ANY: then set to the lowest that is free.
 * @return
 *   0, or -errno, logged: ENOTSUP where the device, its IOMMU or the kernel has no PASIDs, ERANGE
 *   where the device has not so many, EBUSY where this one is bound, ENOSPC where all are, EINVAL
 *   where the IOMMU can't use the page table, EADDRINUSE where the container has mappings that the
 *   device can't reach.
 */
int iommufd_pasid_bind(struct iommufd_device *dev, struct iommufd_container *container,
		struct iommufd_hwpt *hwpt, uint32_t *number);

/**
 * Bind a PASID that is bound to another container or page table, without a moment in between in
 * which it is bound to neither.
 *
 * @return 0, or -errno, logged, with the PASID bound as before: ENOENT where it isn't bound.
 */
int iommufd_pasid_rebind(struct iommufd_device *dev, uint32_t number,
		struct iommufd_container *container, struct iommufd_hwpt *hwpt);

/** Find a PASID that is bound. @return 0, or -ENOENT, logged. */
int iommufd_pasid_find_bound(struct iommufd_device *dev, uint32_t number,
		struct iommufd_pasid **pasid);

/** Unbind a PASID: its accesses fault from now on. @return 0, or -ENOENT, logged. */
int iommufd_pasid_unbind(struct iommufd_device *dev, uint32_t number);

/** Unbind all PASIDs of a device. */
void iommufd_pasid_unbind_all(struct iommufd_device *dev);

/** What iommufd_container_attach() attaches a PASID with. @return As iommufd_device_attach(). */
int iommufd_pasid_attach(struct iommufd_pasid *pasid, struct iommufd_device *dev,
		struct iommufd_hwpt *hwpt);

#endif /* IOMMUFD_PASID_H */
