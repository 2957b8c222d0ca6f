/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef INVENTORY_H
#define INVENTORY_H

/**
 * @file
 * All objects of the library and all that is mapped, as they are at one moment.
 */

#include <stdint.h>

#include <rte_iommufd.h>

#define INVENTORY_NAME 64

struct inventory_pt {
	struct rte_iommufd_pt_info info;
	char iommu[INVENTORY_NAME];
};

/** Who is attached to a page table: a device, or a PASID of it. */
struct inventory_user {
	char device[INVENTORY_NAME];
	uint32_t pasid; /**< 0: the device itself. */
	uint32_t as_id;
	uint32_t pt;
};

struct inventory {
	struct rte_iommufd_context_info context;
	struct rte_iommufd_as_info *spaces;
	unsigned int n_spaces;
	struct rte_iommufd_mapping_info *mappings;
	unsigned int n_mappings;
	struct inventory_pt *pts;
	unsigned int n_pts;
	struct inventory_user *users;
	unsigned int n_users;
};

/**
 * Take it.
 *
 * @return
 *   0 or a negative errno, and then it said why.
 */
int inventory_take(struct inventory *inventory);

void inventory_free(struct inventory *inventory);

/** The mapping that has an address in a space, or NULL. */
const struct rte_iommufd_mapping_info *inventory_find(const struct inventory *inventory,
		uint32_t as_id, uint64_t iova);

/** Bytes of the pages that the memory of a mapping is in; 0: nobody knows. */
uint64_t inventory_page_size(const struct inventory *inventory,
		const struct rte_iommufd_mapping_info *mapping);

/** Write a number of bytes, as 2 MiB, in the largest unit in which it is a whole number. */
const char *inventory_size(uint64_t bytes, char text[INVENTORY_NAME]);

/** How a space came to be, in a word. */
const char *inventory_kind(const struct rte_iommufd_as_info *space);

/** Write where a place in a mapping comes from, as "EAL, file at 0x0, process 0x100200000". */
const char *inventory_origin(const struct rte_iommufd_mapping_info *mapping, uint64_t offset,
		char *text, size_t size);

#endif /* INVENTORY_H */
