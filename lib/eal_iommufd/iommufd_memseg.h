/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_MEMSEG_H
#define IOMMUFD_MEMSEG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct iommufd_ioas;
struct rte_memseg;
struct rte_memseg_list;

/**
 * Memory that one map call can take: it is contiguous in the process, for the devices, and in its
 * file where it has one.
 */
struct iommufd_run {
	uint64_t va;
	uint64_t iova;
	uint64_t len;    /**< Bytes; 0 for an empty run. */
	int fd;          /**< Backing file, or -1. */
	uint64_t offset; /**< Where the run begins in the file. */
	/** EAL frees it only as a whole or never, so it may be mapped with its neighbour. */
	bool joinable;
};

/** Memory that EAL has added and that could not be mapped. */
struct iommufd_hole {
	TAILQ_ENTRY(iommufd_hole) next;
	uint64_t va;
	uint64_t len; /**< Bytes. */
};

/** EAL's memory in an IOAS. */
struct iommufd_memory {
	struct iommufd_ioas *ioas;
	TAILQ_HEAD(, iommufd_hole) holes; /**< Covered by EAL's memory lock. */
};

/**
 * Put one run behind another where one map call can take both.
 *
 * @return true where it could be done.
 */
bool iommufd_run_join(struct iommufd_run *run, const struct iommufd_run *next);

/**
 * Map EAL's memory, then follow what EAL adds and frees. Locks EAL's memory map for reading, so
 * nothing is missed in between. A failure is logged and leaves nothing mapped.
 *
 * @return 0, or -errno as of iommufd_ioas_map().
 */
int iommufd_memseg_map_all(struct iommufd_memory *memory, struct iommufd_ioas *ioas);

/** Stop following EAL's memory. What is mapped stays so. */
void iommufd_memseg_stop(struct iommufd_memory *memory);

/**
 * Check that every segment in use lies in the IOVA ranges of the IOAS. One that doesn't is logged
 * with the range and what to do.
 *
 * @param dev
 *   Name of the device whose IOMMU it is about.
 * @return 0, -ERANGE where a segment is out of range, or -errno.
 */
int iommufd_memseg_check_ranges(struct iommufd_ioas *ioas, const char *dev);

#endif /* IOMMUFD_MEMSEG_H */
