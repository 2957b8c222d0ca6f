/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_BACKEND_H
#define IOMMUFD_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

struct iommufd_backing;
struct iommufd_container;
struct iommufd_containers;
struct iommufd_context;
struct iommufd_device;
struct iommufd_hwpt;
struct iommufd_mp_primary;
struct iommufd_pasid;
struct vfio_device_info;

/**
 * @file
 * The backend: one context, the default container that holds EAL's memory, the application's own
 * containers, the IOMMU groups bound to them, and the devices. It is the library's one root;
 * iommufd_backend.c owns it.
 *
 * Functions return 0 or -errno and log what went wrong. They may be called from any thread.
 */

/** Turn the backend on or off, before EAL starts or where EAL asks for VFIO. */
void iommufd_backend_enable(bool on);

/** @return Whether it is on. */
bool iommufd_backend_is_enabled(void);

/**
 * Open /dev/iommu and make the default container; does nothing where that was done. A secondary
 * process has both from the primary.
 */
int iommufd_backend_open(void);

/** @return Whether it is open. */
bool iommufd_backend_is_open(void);

/**
 * Answer secondary processes no more, and follow EAL's memory no longer. What EAL frees from here
 * on stays mapped, and its pages stay ours, until the backend is closed. EAL's end needs that: it
 * frees memory that was never to be freed, a page here and there out of larger areas, while devices
 * are still open.
 */
void iommufd_backend_leave_eal(void);

/** Give everything back to the kernel. Devices must have been released. */
void iommufd_backend_close(void);

/** @return The descriptor that stands for the default container, or -1. */
int iommufd_backend_fd(void);

/**
 * Open a device and attach it to the container that its IOMMU group is bound to, or the default
 * one. The first device in that brings EAL's memory with it. A secondary process gets the device
 * from the primary.
 *
 * @param fd
 *   Set to the device's descriptor. It stays the backend's.
 */
int iommufd_backend_add_device(const char *sysfs_base, const char *name, int *fd,
		struct vfio_device_info *info);

/** Detach and close a device. @return 0, or -ENODEV where there is none of that name. */
int iommufd_backend_remove_device(const char *name);

/**
 * Make a container with an IOAS of its own.
 *
 * @return Its descriptor, or -errno: ENOTSUP in a secondary process.
 */
int iommufd_backend_create_container(void);

/**
 * Destroy an application's container, and forget which groups were bound to it.
 *
 * @return 0, or -errno: EINVAL where there is none of that descriptor, EBUSY where it has devices.
 */
int iommufd_backend_destroy_container(int container_fd);

/**
 * Bind an IOMMU group to a container: its devices will be attached there.
 *
 * @return
 *   A descriptor that stands for the group, or -errno: EINVAL where there is no such container,
 *   EBUSY where a device of the group is open in another one.
 */
int iommufd_backend_bind_group(int container_fd, int group);

/** Undo that. @return 0, or -errno: EINVAL, EBUSY where a device of the group is open. */
int iommufd_backend_unbind_group(int container_fd, int group);

/** Forget a group whose descriptor the application has closed. @return 0, or -EINVAL. */
int iommufd_backend_forget_group(int group_fd);

/** Map memory in a container, as iommufd_container_map(); -EINVAL where there is none. */
int iommufd_backend_map(int container_fd, const struct iommufd_backing *backing, uint64_t va,
		uint64_t iova, uint64_t len);

/** Unmap it, as iommufd_container_unmap(); -EINVAL where there is no such container. */
int iommufd_backend_unmap(int container_fd, uint64_t va, uint64_t iova, uint64_t len);

/** What the public functions about address spaces work on. */
struct iommufd_backend_parts {
	struct iommufd_context *ctx;
	struct iommufd_containers *containers;
};

/**
 * Enter the backend: nobody else opens, closes or binds anything before iommufd_backend_exit().
 *
 * @return
 *   0, or -ENOTSUP where the backend is off or the devices are another process's.
 */
int iommufd_backend_enter(struct iommufd_backend_parts *parts);
void iommufd_backend_exit(void);

/** How the devices fared that applications asked for. */
struct iommufd_backend_tally {
	unsigned int attached; /**< Attached now. */
	unsigned int refused;  /**< Could not be had, since the backend was opened. */
	int first_error;       /**< errno of the first refusal. */
};

void iommufd_backend_tally(struct iommufd_backend_tally *tally);

/**
 * What a secondary process is given of the context and the default container.
 *
 * @param fd
 *   Set to a descriptor of /dev/iommu, the caller's to close.
 * @return 0, or -ENODEV where the backend is not open.
 */
int iommufd_backend_share(int *fd, uint32_t *ioas_id);

/** @return A descriptor of a device for a secondary process, the caller's to close, or -ENODEV. */
int iommufd_backend_share_device(const char *name);

/** Unmap what a secondary process has mapped in the default container, as that one has ended. */
void iommufd_backend_take_back(uint64_t iova, uint64_t len);

/** @return The primary's side of the talk with secondary processes. */
struct iommufd_mp_primary *iommufd_backend_mp_primary(void);

/**
 * Who looks at the objects: each function is called for each object of a kind, and may be NULL.
 * What isn't 0 ends the visit.
 */
struct iommufd_visitor {
	int (*context)(const struct iommufd_context *ctx, void *arg);
	int (*container)(struct iommufd_container *container, void *arg);
	int (*hwpt)(const struct iommufd_hwpt *hwpt, void *arg);
	int (*device)(const struct iommufd_device *dev, void *arg);
	int (*pasid)(const struct iommufd_device *dev, const struct iommufd_pasid *pasid,
		void *arg);
};

/**
 * Visit the context, then each container, the default one first, with its page tables and devices
 * and their PASIDs. Nobody else opens, closes or binds anything meanwhile.
 *
 * @return What ended the visit, or 0; -ENODEV where the backend isn't open.
 */
int iommufd_backend_visit(const struct iommufd_visitor *visitor, void *arg);

#endif /* IOMMUFD_BACKEND_H */
