/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_BACKEND_H
#define IOMMUFD_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct vfio_device_info;

/**
 * @file
 * The backend: one context, one IOAS that holds EAL's memory, the page tables on it, and the
 * devices attached to them. It is the library's one root; iommufd_backend.c owns it.
 *
 * Functions return 0 or -errno and log what went wrong. They may be called from any thread.
 */

/** Turn the backend on or off, before EAL starts. */
void iommufd_backend_enable(bool on);

/** @return Whether it is on. */
bool iommufd_backend_is_enabled(void);

/** Open /dev/iommu and make the IOAS; does nothing where that was done. */
int iommufd_backend_open(void);

/** @return Whether it is open. */
bool iommufd_backend_is_open(void);

/**
 * Follow EAL's memory no longer. What EAL frees from here on stays mapped, and its pages stay ours,
 * until the backend is closed. EAL's end needs that: it frees memory that was never to be freed, a
 * page here and there out of larger areas, while devices are still open.
 */
void iommufd_backend_leave_memory(void);

/** Give everything back to the kernel. Devices must have been released. */
void iommufd_backend_close(void);

/** @return The descriptor of /dev/iommu, or -1. */
int iommufd_backend_fd(void);

/**
 * Open a device and attach it to the IOAS. The first one brings EAL's memory with it.
 *
 * @param fd
 *   Set to the device's descriptor. It stays the backend's.
 */
int iommufd_backend_add_device(const char *sysfs_base, const char *name, int *fd,
		struct vfio_device_info *info);

/** Detach and close a device. @return 0, or -ENODEV where there is none of that name. */
int iommufd_backend_remove_device(const char *name);

/** Map memory that isn't EAL's for all devices, as iommufd_ioas_map(). */
int iommufd_backend_map(uint64_t va, uint64_t iova, uint64_t len);

/** Unmap it, as it was mapped. */
int iommufd_backend_unmap(uint64_t iova, uint64_t len);

/** How the devices fared that applications asked for. */
struct iommufd_backend_tally {
	unsigned int attached; /**< Attached now. */
	unsigned int refused;  /**< Could not be had, since the backend was opened. */
	int first_error;       /**< errno of the first refusal. */
};

void iommufd_backend_tally(struct iommufd_backend_tally *tally);

/** Print the context, the IOAS, its page tables and devices. */
void iommufd_backend_dump(FILE *out);

#endif /* IOMMUFD_BACKEND_H */
