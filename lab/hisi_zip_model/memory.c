/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "memory.h"

#define PAGE_MASK UINT64_C(0xfff)

static bool
is_within(const struct memory_region *region, uint64_t address, uint64_t length)
{
	return address >= region->address && length <= region->size &&
			address - region->address <= region->size - length;
}

static const struct memory_region *
find_region(const struct memory *memory, uint64_t address, uint64_t length)
{
	unsigned int count = atomic_load_explicit(&memory->count, memory_order_acquire);
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (is_within(&memory->regions[i], address, length))
			return &memory->regions[i];
	}
	return NULL;
}

/* An access to a mapping beyond the end of its file would end the program. */
static bool
file_holds(int fd, uint64_t offset, uint64_t size)
{
	struct stat file;

	return fstat(fd, &file) == 0 && file.st_size >= 0 && size <= (uint64_t)file.st_size &&
			offset <= (uint64_t)file.st_size - size;
}

int
memory_add(struct memory *memory, uint64_t address, uint64_t size, int fd, uint64_t offset)
{
	unsigned int count = atomic_load_explicit(&memory->count, memory_order_relaxed);
	void *bytes;

	if (size == 0 || ((address | size | offset) & PAGE_MASK) != 0 ||
			address + (size - 1) < address)
		return -EINVAL;
	if (find_region(memory, address, size) != NULL)
		return 0;
	if (count == MEMORY_MAX_REGIONS)
		return -ENOSPC;
	if (!file_holds(fd, offset, size))
		return -EINVAL;
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	if (bytes == MAP_FAILED)
		return -errno;
	memory->regions[count] = (struct memory_region) {
		.address = address,
		.size = size,
		.bytes = bytes,
	};
	atomic_store_explicit(&memory->count, count + 1, memory_order_release);
	return 0;
}

void *
memory_at(const struct memory *memory, uint64_t address, size_t length)
{
	const struct memory_region *region = find_region(memory, address, length);

	return region != NULL ? region->bytes + (address - region->address) : NULL;
}

void
memory_close(struct memory *memory)
{
	unsigned int count = atomic_exchange(&memory->count, 0);

	while (count-- > 0)
		munmap(memory->regions[count].bytes, memory->regions[count].size);
}
