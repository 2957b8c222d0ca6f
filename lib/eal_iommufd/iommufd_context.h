/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_CONTEXT_H
#define IOMMUFD_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#define IOMMUFD_PATH "/dev/iommu"

/**
 * An open /dev/iommu: the kernel's iommufd_ctx. It owns every IOAS, hardware page table and bound
 * device whose id we were given; closing it frees what is left of them.
 */
struct iommufd_context {
	int fd; /**< -1 when closed. */
	bool maps_files; /**< The kernel has IOMMU_IOAS_MAP_FILE. */
};

/**
 * Open /dev/iommu. A failure is logged with its remedy.
 *
 * @return 0, or -errno: ENOENT (no iommufd in this kernel, or no device node), EACCES or EPERM.
 */
int iommufd_context_open(struct iommufd_context *ctx);

/** Make an open descriptor of /dev/iommu, which another process has opened, a context. */
void iommufd_context_adopt(struct iommufd_context *ctx, int fd);

/** Close it; harmless on a closed one. */
void iommufd_context_close(struct iommufd_context *ctx);

/**
 * Destroy a kernel object by its id.
 *
 * @return 0, or -errno: EBUSY where another object still uses it, ENOENT.
 */
int iommufd_context_destroy_object(struct iommufd_context *ctx, uint32_t id);

#endif /* IOMMUFD_CONTEXT_H */
