/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The guest's physical memory: files that QEMU hands over with VFIO_USER_DMA_MAP, mapped here.
 *
 * QEMU takes all of them back when the guest turns its IOMMU on, as what the function may reach is
 * no longer known then. They are kept all the same: which of it is reached is decided by the
 * guest's IOMMU tables (vtd.h), before each access.
 *
 * Thread-safe: regions are only ever added, by one thread; any thread may look up.
 */

#define MEMORY_MAX_REGIONS 64

struct memory_region {
	uint64_t address;	/* guest-physical */
	uint64_t size;
	uint8_t *bytes;
};

struct memory {
	struct memory_region regions[MEMORY_MAX_REGIONS];
	atomic_uint count;
};

/*
 * Adds a region from a file. The descriptor stays the caller's.
 * A region inside one that is there already is accepted and changes nothing.
 * Returns 0, or -EINVAL (not in pages, or the file hasn't so much), -ENOSPC (too many), or mmap()'s
 * -errno.
 */
int memory_add(struct memory *memory, uint64_t address, uint64_t size, int fd, uint64_t offset);

/* The bytes at a guest-physical address, or NULL when not all of them are memory. */
void *memory_at(const struct memory *memory, uint64_t address, size_t length);

void memory_close(struct memory *memory);

#endif
