/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * A DPDK application that makes EAL or the kernel map memory, as it is told on standard input:
 *
 *	requests FILE	have ioctls.so write down requests in that file from here on
 *	cdev VFIO...	memory and devices the way of DPDK 26.11; EAL itself has none (--no-pci)
 *	fill		take what the heap has, so that it must grow for more
 *	grow COUNT	take so many hugepages, one after the other
 *	shrink		give them back, one after the other
 *	anonymous MIB	register external memory in 4 KiB pages
 *	shared MIB	the same, of a file in memory
 *	file MIB	the same, and the backend is told which file, where it can be
 *	heap MIB	make a heap of such memory
 *
 * External memory is unmapped again after it was registered. Pages that follow one another in it
 * don't in the machine's memory, so that no kernel can take several together, by chance or not.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_vfio.h>

#include "mapping.h"

#define MIB (UINT64_C(1) << 20)
#define SMALL_PAGE 4096
/* With the heap's header more than half a hugepage: each one asked for is a hugepage of its own. */
#define TAKEN (3 * MIB / 2)
#define MAX_GROWN 256
#define HEAP "external"

/* Where external memory goes: I/O addresses that EAL does not use. */
#define EXTERNAL ((void *)UINT64_C(0x4000000000))

typedef int (*map_file_fn)(int container_fd, int fd, uint64_t offset, uint64_t vaddr, uint64_t iova,
		uint64_t len);

static void *grown[MAX_GROWN];
static unsigned int n_grown;

static void
must(bool ok, const char *what)
{
	if (!ok)
		rte_exit(EXIT_FAILURE, "%s: %s\n", what, rte_strerror(rte_errno));
}

static void
fill(void)
{
	struct rte_malloc_socket_stats stats;
	size_t len;

	rte_malloc_get_socket_stats(0, &stats);
	for (len = stats.greatest_free_size; len >= TAKEN / 2; len = stats.greatest_free_size) {
		/* What the heap needs for itself is less than this */
		must(rte_malloc(NULL, len - 4 * RTE_CACHE_LINE_SIZE, 0) != NULL, "fill");
		rte_malloc_get_socket_stats(0, &stats);
	}
}

static void
grow(unsigned int count)
{
	for (; count > 0; count--) {
		must(n_grown < MAX_GROWN, "grow");
		grown[n_grown] = rte_malloc(NULL, TAKEN, 0);
		must(grown[n_grown++] != NULL, "grow");
	}
}

static void
shrink(void)
{
	while (n_grown > 0)
		rte_free(grown[--n_grown]);
}

/*
 * Memory that is there: only mapping it for devices is left to do. What is touched together lies
 * together in the machine's memory: even pages are, and odd ones.
 */
static void *
new_memory(size_t len, int fd)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	size_t parity, offset;
	char *memory;

	memory = mmap(EXTERNAL, len, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, fd, 0);
	must(memory != MAP_FAILED, "mmap");
	must(madvise(memory, len, MADV_NOHUGEPAGE) == 0, "MADV_NOHUGEPAGE");
	for (parity = 0; parity < 2; parity++)
		for (offset = parity * SMALL_PAGE; offset < len; offset += 2 * SMALL_PAGE)
			memory[offset] = 1;
	return memory;
}

static int
map_address(uint64_t address, size_t len)
{
	return rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD, address, address, len);
}

/* With the library, the flag and Linux 6.13 the file is named; else there is the address. */
static int
map_file(int fd, uint64_t address, size_t len)
{
	map_file_fn map;
	int ret;

	*(void **)&map = dlsym(RTLD_DEFAULT, "rte_iommufd_dma_map_file");
	if (map == NULL)
		return map_address(address, len);
	ret = map(RTE_VFIO_DEFAULT_CONTAINER_FD, fd, 0, address, address, len);
	return ret < 0 && rte_errno == ENOTSUP ? map_address(address, len) : ret;
}

static void
unmap(void *memory, size_t len)
{
	uint64_t address = (uintptr_t)memory;

	must(rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD, address, address, len) == 0,
		"rte_vfio_container_dma_unmap");
	munmap(memory, len);
}

static void
register_anonymous(size_t len)
{
	void *memory = new_memory(len, -1);

	must(map_address((uintptr_t)memory, len) == 0, "registering memory");
	unmap(memory, len);
}

static void
register_file(size_t len, bool name_file)
{
	int fd = memfd_create("mapping", MFD_CLOEXEC);
	uint64_t address;
	void *memory;
	int ret;

	must(fd >= 0 && ftruncate(fd, len) == 0, "memfd");
	memory = new_memory(len, fd);
	address = (uintptr_t)memory;
	ret = name_file ? map_file(fd, address, len) : map_address(address, len);
	must(ret == 0, "registering a file");
	unmap(memory, len);
	close(fd);
}

static void
make_heap(size_t len)
{
	unsigned int i, n_pages = len / SMALL_PAGE;
	void *memory = new_memory(len, -1);
	rte_iova_t *iovas = malloc(n_pages * sizeof(*iovas));

	must(iovas != NULL, "malloc");
	for (i = 0; i < n_pages; i++)
		iovas[i] = (uintptr_t)memory + (uint64_t)i * SMALL_PAGE;
	must(rte_malloc_heap_create(HEAP) == 0, "rte_malloc_heap_create");
	must(rte_malloc_heap_memory_add(HEAP, memory, len, iovas, n_pages, SMALL_PAGE) == 0,
		"rte_malloc_heap_memory_add");
	must(rte_malloc_heap_memory_remove(HEAP, memory, len) == 0,
		"rte_malloc_heap_memory_remove");
	must(rte_malloc_heap_destroy(HEAP) == 0, "rte_malloc_heap_destroy");
	free(iovas);
	munmap(memory, len);
}

static void
command(char *word, char *argument)
{
	unsigned int number = strtoul(argument, NULL, 10);

	if (strcmp(word, "requests") == 0)
		setenv("LAB_IOCTLS", argument, 1);
	else if (strcmp(word, "cdev") == 0)
		mapping_cdev_attach(argument);
	else if (strcmp(word, "fill") == 0)
		fill();
	else if (strcmp(word, "grow") == 0)
		grow(number);
	else if (strcmp(word, "shrink") == 0)
		shrink();
	else if (strcmp(word, "anonymous") == 0)
		register_anonymous(number * MIB);
	else if (strcmp(word, "file") == 0)
		register_file(number * MIB, true);
	else if (strcmp(word, "shared") == 0)
		register_file(number * MIB, false);
	else if (strcmp(word, "heap") == 0)
		make_heap(number * MIB);
	else
		rte_exit(EXIT_FAILURE, "unknown command: %s\n", word);
}

int
main(int argc, char **argv)
{
	char line[256], *rest, *word;

	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");

	while (fgets(line, sizeof(line), stdin) != NULL) {
		rest = line;
		line[strcspn(line, "\n")] = '\0';
		word = strtok_r(NULL, " ", &rest);
		if (word != NULL)
			command(word, rest);
	}
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
