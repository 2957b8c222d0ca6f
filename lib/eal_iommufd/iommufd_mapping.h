/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_MAPPING_H
#define IOMMUFD_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "iommufd_ioas.h"

/** Memory that is mapped in a container. */
struct iommufd_mapping {
	uint64_t iova;
	uint64_t len; /**< Bytes. */
	uint64_t va;
	struct iommufd_backing backing; /**< Its descriptor, if any, may be closed. */
	/** How often it was mapped, for one device after the other; 0: it is EAL's. */
	unsigned int n_users;
};

/**
 * The record of an application's mappings in one container, which never overlap. What EAL has
 * mapped isn't in it, so nobody can unmap that by mistake. The caller serializes.
 */
struct iommufd_mappings {
	void *tree; /**< Of tsearch(3), by IOVA. */
};

/** @return The mapping that holds an IOVA, or NULL. */
struct iommufd_mapping *iommufd_mappings_find(const struct iommufd_mappings *mappings,
		uint64_t iova);

/** @return A mapping that overlaps a range, or NULL. */
struct iommufd_mapping *iommufd_mappings_overlapping(const struct iommufd_mappings *mappings,
		uint64_t iova, uint64_t len);

/** @return A mapping that devices may not write and that overlaps a range, or NULL. */
struct iommufd_mapping *iommufd_mappings_read_only(const struct iommufd_mappings *mappings,
		uint64_t iova, uint64_t len);

/** Note a mapping, which overlaps none and has one user. @return 0, or -ENOMEM. */
int iommufd_mappings_add(struct iommufd_mappings *mappings, const struct iommufd_mapping *mapping);

/** @return Whether two are the same memory at the same place, with the same access. */
bool iommufd_mapping_is_same(const struct iommufd_mapping *a, const struct iommufd_mapping *b);

/** Forget a mapping. */
void iommufd_mappings_remove(struct iommufd_mappings *mappings, struct iommufd_mapping *mapping);

/** Forget all. */
void iommufd_mappings_clear(struct iommufd_mappings *mappings);

/**
 * Check that a range is one mapping or several whole ones without a gap.
 *
 * @param va
 *   By which address the process has the memory; NULL where that doesn't matter.
 * @return
 *   0; -EINVAL where part of it was not mapped, or is another memory than that at `va`; -ENOTSUP
 *   where it begins or ends inside of a mapping.
 */
int iommufd_mappings_check(const struct iommufd_mappings *mappings, const uint64_t *va,
		uint64_t iova, uint64_t len);

/** Called with a mapping; what isn't 0 ends the walk and is returned. */
typedef int (*iommufd_mappings_fn)(const struct iommufd_mapping *mapping, void *arg);

/** Walk over the mappings in ascending order. */
int iommufd_mappings_walk(const struct iommufd_mappings *mappings, iommufd_mappings_fn fn,
		void *arg);

/** What several mappings come to. */
struct iommufd_totals {
	unsigned int n_mappings;
	uint64_t bytes;
};

/** Add a mapping to totals: for a walk. @return 0. */
int iommufd_mapping_add_up(const struct iommufd_mapping *mapping, void *totals);

#endif /* IOMMUFD_MAPPING_H */
