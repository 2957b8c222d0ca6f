/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_IOAS_H
#define IOMMUFD_IOAS_H

#include <stdbool.h>
#include <stdint.h>

struct iommufd_context;

/** No area is mapped across a multiple of this, in bytes; iommufd_ioas.c says why. */
#define IOMMUFD_AREA_BOUNDARY (UINT64_C(1) << 30)

/**
 * An I/O address space: the kernel's map from IOVA to memory, which every page table allocated on
 * it follows. Id 0 means that there is none.
 */
struct iommufd_ioas {
	struct iommufd_context *ctx;
	uint32_t id;
};

/** @return 0, or -errno of IOMMU_IOAS_ALLOC. */
int iommufd_ioas_alloc(struct iommufd_ioas *ioas, struct iommufd_context *ctx);

/** Free it with all its mappings; it must have no page table left. Harmless on a free one. */
void iommufd_ioas_free(struct iommufd_ioas *ioas);

/** What backs memory that devices are to reach. */
struct iommufd_backing {
	enum {
		IOMMUFD_BACKING_VA,   /**< The process's memory. */
		IOMMUFD_BACKING_FILE, /**< A memfd, tmpfs or hugetlbfs file: the cheap way. */
		IOMMUFD_BACKING_IOAS, /**< What another IOAS has: not pinned, not counted again. */
	} kind;
	union {
		int fd;           /**< IOMMUFD_BACKING_FILE. */
		uint32_t ioas_id; /**< IOMMUFD_BACKING_IOAS. */
	};
	uint64_t start; /**< Address, offset in the file, or IOVA. */
	bool read_only; /**< Devices may not write. */
};

/**
 * Map memory. Files only where the context says that the kernel can.
 *
 * @param len, iova
 *   In bytes, multiples of the page size; a len of 0 is refused.
 * @return
 *   0, or -errno with nothing mapped: EEXIST where part of the range is mapped already, ENOMEM
 *   where RLIMIT_MEMLOCK or memory is short, EINVAL or EADDRINUSE where the IOMMU can't take the
 *   IOVA, EFAULT where the memory isn't the process's to write, ENOENT where the other IOAS hasn't
 *   all of it.
 */
int iommufd_ioas_map(struct iommufd_ioas *ioas, const struct iommufd_backing *backing,
		uint64_t len, uint64_t iova);

/**
 * Unmap every area in a range. An area can't be split.
 *
 * @return 0, or -errno: ENOENT where nothing is mapped there or an area sticks out of the range.
 */
int iommufd_ioas_unmap(struct iommufd_ioas *ioas, uint64_t iova, uint64_t len);

#endif /* IOMMUFD_IOAS_H */
