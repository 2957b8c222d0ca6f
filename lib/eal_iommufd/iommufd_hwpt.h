/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_HWPT_H
#define IOMMUFD_HWPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct iommufd_ioas;

/** Room for the name that sysfs has for an IOMMU. */
#define IOMMUFD_IOMMU_NAME 64

/**
 * A hardware page table: what the IOMMU walks. It follows the mappings of its IOAS. Devices behind
 * one IOMMU share one; a device that can't use it gets EINVAL when it attaches.
 */
struct iommufd_hwpt {
	TAILQ_ENTRY(iommufd_hwpt) next;
	struct iommufd_ioas *ioas;
	uint32_t id;            /**< 0 when there is none. */
	char iommu[IOMMUFD_IOMMU_NAME]; /**< That of the device it was made for. */
	bool takes_pasids;      /**< Devices' PASIDs can be attached too. */
	bool is_chosen;         /**< Made for the application, which says what is attached. */
	unsigned int n_devices; /**< How many are attached. */
	unsigned int n_pasids;  /**< How many of their PASIDs are. */
};

/**
 * Allocate a page table that fits a device. What the IOAS holds is mapped into it. It takes PASIDs
 * where kernel and IOMMU can make such a one.
 *
 * @param dev_id
 *   Id of a device bound to the context of the IOAS.
 * @return
 *   0, or -errno: EADDRINUSE where the IOMMU can't address what the IOAS holds, ENOMEM.
 */
int iommufd_hwpt_alloc(struct iommufd_hwpt *hwpt, struct iommufd_ioas *ioas, uint32_t dev_id);

/** Free it; nothing may be attached any more. Harmless on a free one. */
void iommufd_hwpt_free(struct iommufd_hwpt *hwpt);

#endif /* IOMMUFD_HWPT_H */
