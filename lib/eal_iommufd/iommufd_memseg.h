/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_MEMSEG_H
#define IOMMUFD_MEMSEG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "iommufd_mapping.h"

struct iommufd_ioas;
struct iommufd_ranges;
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
	int node;        /**< NUMA node; negative where it isn't known. */
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
	bool mapped;   /**< It is mapped, and followed. */
	bool is_fixed; /**< EAL neither adds to it nor frees any. */
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

/** Stop following EAL's memory, if it is mapped. What is mapped stays so. */
void iommufd_memseg_stop(struct iommufd_memory *memory);

/**
 * Walk over the runs that are mapped, with EAL's memory map locked for reading; does nothing where
 * EAL's memory isn't mapped.
 *
 * @return What ended the walk, or 0.
 */
int iommufd_memseg_walk(struct iommufd_memory *memory, iommufd_mappings_fn fn, void *arg);

/** @return Whether a segment is memory that devices reach by the default container. */
bool iommufd_memseg_is_mapped(const struct rte_memseg_list *msl, const struct rte_memseg *ms);

/**
 * Check that EAL's memory lies in the IOVA ranges of an IOAS. What doesn't is logged with the
 * ranges and what to do.
 *
 * @param dev
 *   Name of the device whose IOMMU it is about.
 * @return 0, or -ERANGE.
 */
int iommufd_memseg_check_ranges(const struct iommufd_ranges *ranges, const char *dev);

/** Say why memory could not be mapped, and what to do about it. */
void iommufd_memseg_log_map_error(const struct iommufd_ioas *ioas, uint64_t iova, uint64_t len,
		int err);

#endif /* IOMMUFD_MEMSEG_H */
