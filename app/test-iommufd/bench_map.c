/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * External memory is registered and taken back, in each way that an application has: the requests
 * for it.
 *
 * It is in small pages, and pages that follow one another in it don't in the machine's memory, so
 * that no kernel can take several together, by chance or not.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_iommufd.h>
#include <rte_malloc.h>
#include <rte_vfio.h>

#include "app.h"
#include "argument.h"
#include "bench.h"

#define MIB (UINT64_C(1) << 20)
#define MAX_MIB (UINT32_C(1) << 24)
#define ROUNDS 3
#define HEAP "bench_map"

/* Where it is rather, for devices too: there EAL has nothing, and any IOMMU has addresses. */
#define HINT ((void *)UINT64_C(0x4000000000))

struct external {
	void *address;
	size_t length;
	size_t page;
	int fd; /* of a file in memory, or -1 */
};

struct way {
	const char *name;
	bool is_file;
	int (*add)(const struct external *memory); /* these two: 0 or a negative errno */
	int (*remove)(const struct external *memory);
};

/* What of DPDK returns -1. */
static int
status(int ret)
{
	if (ret >= 0)
		return 0;
	return rte_errno == 0 ? -EIO : -rte_errno;
}

static int
add_by_address(const struct external *memory)
{
	uint64_t address = (uintptr_t)memory->address;

	return status(rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD, address, address,
		memory->length));
}

/* Without the flag, or before Linux 6.13, there is only the address. */
static int
add_by_file(const struct external *memory)
{
	uint64_t address = (uintptr_t)memory->address;
	int ret = status(rte_iommufd_dma_map_file(RTE_VFIO_DEFAULT_CONTAINER_FD, memory->fd, 0,
		address, address, memory->length));

	return ret == -ENOTSUP ? add_by_address(memory) : ret;
}

static int
remove_by_address(const struct external *memory)
{
	uint64_t address = (uintptr_t)memory->address;

	return status(rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD, address, address,
		memory->length));
}

static int
add_as_heap(const struct external *memory)
{
	unsigned int i, n = memory->length / memory->page;
	rte_iova_t *iovas = malloc(n * sizeof(*iovas));
	int ret;

	if (iovas == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		iovas[i] = (uintptr_t)memory->address + (uint64_t)i * memory->page;
	ret = status(rte_malloc_heap_create(HEAP));
	if (ret != 0)
		goto free_iovas;
	ret = status(rte_malloc_heap_memory_add(HEAP, memory->address, memory->length, iovas, n,
		memory->page));
	if (ret != 0)
		rte_malloc_heap_destroy(HEAP);

free_iovas:
	free(iovas);
	return ret;
}

static int
remove_heap(const struct external *memory)
{
	int ret = status(rte_malloc_heap_memory_remove(HEAP, memory->address, memory->length));

	return ret == 0 ? status(rte_malloc_heap_destroy(HEAP)) : ret;
}

static const struct way ways[] = {
	{ "external anonymous", false, add_by_address, remove_by_address },
	{ "external file", true, add_by_file, remove_by_address },
	{ "external file by address", true, add_by_address, remove_by_address },
	{ "external heap", false, add_as_heap, remove_heap },
};

/* Memory that is there: what is touched together lies together, even pages do and odd ones. */
static int
touch(const struct external *memory)
{
	size_t parity, offset;

	if (madvise(memory->address, memory->length, MADV_NOHUGEPAGE) != 0)
		return -errno;
	for (parity = 0; parity < 2; parity++)
		for (offset = parity * memory->page; offset < memory->length;
				offset += 2 * memory->page)
			((volatile char *)memory->address)[offset] = 1;
	return 0;
}

static int
open_memory(struct external *memory, bool is_file)
{
	int ret = 0, flags = is_file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;

	memory->fd = -1;
	if (is_file) {
		memory->fd = memfd_create("bench map", MFD_CLOEXEC);
		if (memory->fd < 0)
			return -errno;
		if (ftruncate(memory->fd, memory->length) != 0) {
			ret = -errno;
			goto close_file;
		}
	}
	memory->address = mmap(HINT, memory->length, PROT_READ | PROT_WRITE, flags, memory->fd, 0);
	if (memory->address == MAP_FAILED) {
		ret = -errno;
		goto close_file;
	}
	ret = touch(memory);
	if (ret == 0)
		return 0;

	munmap(memory->address, memory->length);
close_file:
	if (is_file)
		close(memory->fd);
	return ret;
}

static void
close_memory(struct external *memory)
{
	munmap(memory->address, memory->length);
	if (memory->fd >= 0)
		close(memory->fd);
}

/* Do one half, and take down what its requests took; they must be for all of the memory. */
static int
measure(const struct external *memory, int (*what)(const struct external *memory),
		bool (*choice)(const struct request *request), struct figure *figure,
		uint64_t *n_requests)
{
	struct requests requests = { 0 };
	uint64_t length;
	int ret, stopped;

	requests_record(&requests);
	ret = what(memory);
	stopped = requests_stop(&requests);
	if (ret == 0)
		ret = stopped;
	length = requests_length(&requests, choice);
	if (ret != 0) {
		fprintf(stderr, "%s: %s (is a device of VFIO's open? -a)\n", figure->name,
			rte_strerror(-ret));
	} else if (length != memory->length) {
		fprintf(stderr, "%s: requests were for %" PRIu64 " bytes only. type1 takes as many "
			"mappings as vfio_iommu_type1.dma_entry_limit says\n", figure->name, length);
		ret = -ENOSPC;
	} else {
		figure_add(figure, requests_nanoseconds(&requests, NULL));
		*n_requests += requests.n;
	}
	requests_clear(&requests);
	return ret;
}

/* Registered and taken back, several times. */
static int
measure_way(struct bench *bench, const struct way *way, struct external *memory)
{
	uint64_t n_added = 0, n_removed = 0;
	struct figure *added, *removed;
	unsigned int round;
	char name[64];
	int ret = 0;

	snprintf(name, sizeof(name), "%s, %zu MiB", way->name, memory->length / (size_t)MIB);
	added = bench_samples(bench, name, "ns", ROUNDS);
	snprintf(name, sizeof(name), "%s, %zu MiB: taken back", way->name,
		memory->length / (size_t)MIB);
	removed = bench_samples(bench, name, "ns", ROUNDS);
	if (added == NULL || removed == NULL)
		return -ENOMEM;
	for (round = 0; ret == 0 && round < ROUNDS; round++) {
		if (!bench_progress(bench, (way - ways) * ROUNDS + round, RTE_DIM(ways) * ROUNDS))
			return -EINTR;
		ret = measure(memory, way->add, request_maps, added, &n_added);
		if (ret == 0)
			ret = measure(memory, way->remove, request_unmaps, removed, &n_removed);
		else if (ret == -ENOSPC)
			way->remove(memory);
	}
	figure_set_requests(added, n_added);
	figure_set_requests(removed, n_removed);
	return ret;
}

int
bench_map(struct app *app __rte_unused, struct bench *bench, const char *const arg[])
{
	struct external memory = { .page = sysconf(_SC_PAGESIZE) };
	uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * memory.page;
	unsigned int i;
	uint32_t mib = 0;
	int ret = argument_number(arg[0], 1, RTE_MIN(all / MIB, MAX_MIB), &mib);

	memory.length = mib * MIB;
	for (i = 0; ret == 0 && i < RTE_DIM(ways); i++) {
		ret = open_memory(&memory, ways[i].is_file);
		if (ret != 0) {
			fprintf(stderr, "%s: there are no %u MiB for it: %s\n", ways[i].name, mib,
				rte_strerror(-ret));
			return ret;
		}
		ret = measure_way(bench, &ways[i], &memory);
		close_memory(&memory);
	}
	return ret;
}
