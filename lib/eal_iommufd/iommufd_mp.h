/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_MP_H
#define IOMMUFD_MP_H

#include <stdbool.h>
#include <stdint.h>

struct rte_intr_handle;

/**
 * @file
 * What primary and secondary processes tell one another, over rte_mp (see "Multi-process Support" in
 * DPDK's programmer's guide).
 *
 * Devices are bound once, by the primary. A secondary process has its descriptors of /dev/iommu and
 * of the devices from it. That the primary uses iommufd is told by a lock on a file in EAL's runtime
 * directory, which the kernel lets go when the primary ends in whatever way: so a secondary process
 * needs no flag, and one whose primary uses VFIO containers asks nobody.
 */

/** One side of it. Zeroed is stopped. */
struct iommufd_mp {
	int lock; /**< The primary's lock, 0 where there is none. */
	int primary; /**< A secondary's: the primary process as a descriptor (pidfd_open(2)), or 0. */
	struct rte_intr_handle *watch; /**< A secondary's: EAL's interrupt thread looks at that. */
};

/** What a secondary process has of the primary's context. */
struct iommufd_mp_context {
	int fd; /**< Of /dev/iommu; the caller's to close. */
	uint32_t ioas_id;
};

/**
 * The primary: answer secondary processes. Does nothing where EAL has none (--in-memory,
 * --no-shconf).
 *
 * @return 0, or -errno, logged.
 */
int iommufd_mp_start(struct iommufd_mp *mp);

/** The primary: answer no more. A secondary: watch the primary no more. Harmless when stopped. */
void iommufd_mp_stop(struct iommufd_mp *mp);

/** A secondary: does its primary use iommufd? */
bool iommufd_mp_primary_uses_iommufd(void);

/**
 * A secondary: get the primary's context, and watch the primary from here on: its end is logged.
 *
 * @return 0, or -errno, logged: ENOLINK where the primary doesn't answer.
 */
int iommufd_mp_get_context(struct iommufd_mp *mp, struct iommufd_mp_context *context);

/**
 * A secondary: get a device's descriptor.
 *
 * @return
 *   The descriptor, the caller's to close, or -errno, logged: ENODEV where the primary doesn't have
 *   the device, ENOLINK where the primary doesn't answer.
 */
int iommufd_mp_get_device(const char *name);

#endif /* IOMMUFD_MP_H */
