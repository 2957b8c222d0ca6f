/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_NUMA_H
#define IOMMUFD_NUMA_H

struct bitmask;

/**
 * Mapping takes and fills pages for the IOMMU's page table and looks into the memory's own page
 * structures: it is done by a CPU of the memory's node, where there is more than one node.
 */
struct iommufd_numa {
	struct bitmask *home; /**< CPUs of this thread before it was moved; NULL while at home. */
	int node;             /**< Where it was moved to. */
};

/**
 * Move the calling thread to a node. Where that can't be done it stays where it is: mapping works
 * from anywhere.
 *
 * @param numa
 *   Zeroed before the first move. Further moves are possible before the return.
 * @param node
 *   As EAL's socket id; negative where it doesn't matter.
 */
void iommufd_numa_move(struct iommufd_numa *numa, int node);

/** Let the thread return to the CPUs that it came from. */
void iommufd_numa_return(struct iommufd_numa *numa);

/** @return The node of the memory at an address, or a negative number. */
int iommufd_numa_node_of(const void *addr);

#endif /* IOMMUFD_NUMA_H */
