/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * A DPDK application that makes the calls of the VFIO API, and those about memory that isn't EAL's,
 * which it is told on standard input. Each answers with what the function returned, "ok" or the
 * error. Besides the commands in the table at the end it has those of ealmem.h.
 *
 * PCI is an address as 0000:01:00.0. CONTAINER is what "container create" printed, or "default".
 * KIND of a buffer is "anonymous", "file" or "hugefile" (of 2 MiB pages).
 */

#define _GNU_SOURCE /* memfd_create(), RTLD_DEFAULT */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_vfio.h>

#include "ealmem.h"
#include "prompt.h"
#include "prompt_result.h"

#define PCI_SYSFS "/sys/bus/pci/devices"
#define PAGE 4096

/** Of this project's library, which is in front of EAL or isn't. */
typedef int map_file_fn(int container_fd, int fd, uint64_t offset, uint64_t vaddr, uint64_t iova,
		uint64_t len);

static void
print_descriptor(int fd)
{
	if (fd < 0)
		prompt_result(fd);
	else
		printf("fd %d\n", fd);
}

/** For functions that return what others leave in rte_errno. */
static void
print_status(int ret)
{
	if (ret < 0)
		rte_errno = -ret;
	prompt_result(ret);
}

static int
container(const char *word)
{
	return strcmp(word, "default") == 0 ?
		RTE_VFIO_DEFAULT_CONTAINER_FD : (int)prompt_number(word);
}

static int
group(const char *pci)
{
	int number = -1;

	/* 0 means that the device has none. */
	return rte_vfio_get_group_num(PCI_SYSFS, pci, &number) > 0 ? number : -1;
}

static void
container_create(char *const arg[] __rte_unused)
{
	print_descriptor(rte_vfio_container_create());
}

static void
container_destroy(char *const arg[])
{
	prompt_result(rte_vfio_container_destroy(container(arg[0])));
}

static void
container_fd(char *const arg[] __rte_unused)
{
	print_descriptor(rte_vfio_get_container_fd());
}

static void
group_bind(char *const arg[])
{
	print_descriptor(rte_vfio_container_group_bind(container(arg[0]), group(arg[1])));
}

static void
group_unbind(char *const arg[])
{
	prompt_result(rte_vfio_container_group_unbind(container(arg[0]), group(arg[1])));
}

static void
group_fd(char *const arg[])
{
	print_descriptor(rte_vfio_get_group_fd(group(arg[0])));
}

static void
device_setup(char *const arg[])
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int fd = -1;
	int ret = rte_vfio_setup_device(PCI_SYSFS, arg[0], &fd, &info);

	if (ret > 0)
		printf("not a device for VFIO\n");
	else
		print_descriptor(ret < 0 ? ret : fd);
}

static void
device_release(char *const arg[])
{
	prompt_result(rte_vfio_release_device(PCI_SYSFS, arg[0], prompt_number(arg[1])));
}

static void
attach(char *const arg[])
{
	print_status(rte_dev_probe(arg[0]));
}

static struct rte_device *
find_device(const char *pci)
{
	struct rte_dev_iterator it;
	struct rte_device *dev, *found = NULL;

	RTE_DEV_FOREACH(dev, "bus=pci", &it)
		if (strcmp(rte_dev_name(dev), pci) == 0)
			found = dev;
	return found;
}

static int
remove_device(const char *pci)
{
	struct rte_device *dev = find_device(pci);

	return dev == NULL ? -ENODEV : rte_dev_remove(dev);
}

static void
detach(char *const arg[])
{
	print_status(remove_device(arg[0]));
}

static void
cycle_devices(char *const arg[])
{
	unsigned long times = prompt_number(arg[1]);
	int ret = 0;

	while (times-- > 0 && ret == 0) {
		ret = rte_dev_probe(arg[0]);
		if (ret == 0)
			ret = remove_device(arg[0]);
	}
	print_status(ret);
}

static void
buffer(char *const arg[])
{
	const size_t len = prompt_number(arg[1]);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, fd = -1;
	void *memory;

	if (strcmp(arg[0], "anonymous") != 0) {
		flags = MAP_SHARED;
		fd = memfd_create("buffer", strcmp(arg[0], "hugefile") == 0 ? MFD_HUGETLB : 0);
		if (fd < 0 || ftruncate(fd, len) < 0) {
			perror("memfd");
			return;
		}
	}
	memory = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (memory == MAP_FAILED) {
		perror("mmap");
		return;
	}
	printf("buffer %p %d\n", memory, fd);
}

static void
dma_map(char *const arg[])
{
	prompt_result(rte_vfio_container_dma_map(container(arg[0]), prompt_number(arg[1]),
		prompt_number(arg[2]), prompt_number(arg[3])));
}

static void
dma_unmap(char *const arg[])
{
	prompt_result(rte_vfio_container_dma_unmap(container(arg[0]), prompt_number(arg[1]),
		prompt_number(arg[2]), prompt_number(arg[3])));
}

static void
map_file(char *const arg[])
{
	map_file_fn *map = (map_file_fn *)dlsym(RTLD_DEFAULT, "rte_iommufd_dma_map_file");

	if (map == NULL)
		printf("%s\n", dlerror());
	else
		prompt_result(map(container(arg[0]), prompt_number(arg[1]), prompt_number(arg[2]),
			prompt_number(arg[3]), prompt_number(arg[4]), prompt_number(arg[5])));
}

static void *
address(const char *word)
{
	return (void *)(uintptr_t)prompt_number(word);
}

static void
extmem_register(char *const arg[])
{
	prompt_result(rte_extmem_register(address(arg[0]), prompt_number(arg[1]), NULL, 0, PAGE));
}

static void
extmem_unregister(char *const arg[])
{
	prompt_result(rte_extmem_unregister(address(arg[0]), prompt_number(arg[1])));
}

static void
dev_map(char *const arg[])
{
	prompt_result(rte_dev_dma_map(find_device(arg[0]), address(arg[1]), prompt_number(arg[2]),
		prompt_number(arg[3])));
}

static void
dev_unmap(char *const arg[])
{
	prompt_result(rte_dev_dma_unmap(find_device(arg[0]), address(arg[1]), prompt_number(arg[2]),
		prompt_number(arg[3])));
}

static void
heap_create(char *const arg[])
{
	prompt_result(rte_malloc_heap_create(arg[0]));
}

static void
heap_destroy(char *const arg[])
{
	prompt_result(rte_malloc_heap_destroy(arg[0]));
}

static void
heap_add(char *const arg[])
{
	const size_t len = prompt_number(arg[2]), page = prompt_number(arg[4]);
	const rte_iova_t iova = prompt_number(arg[3]);
	const unsigned int n_pages = len / page;
	rte_iova_t *iovas = calloc(n_pages, sizeof(*iovas));
	unsigned int i;

	for (i = 0; i < n_pages; i++)
		iovas[i] = iova + i * page;
	prompt_result(rte_malloc_heap_memory_add(arg[0], address(arg[1]), len, iovas, n_pages,
		page));
	free(iovas);
}

static void
heap_remove(char *const arg[])
{
	prompt_result(rte_malloc_heap_memory_remove(arg[0], address(arg[1]),
		prompt_number(arg[2])));
}

static const struct prompt_command commands[] = {
	{ "container create", container_create },
	{ "container destroy CONTAINER", container_destroy },
	{ "container fd", container_fd },
	{ "group bind CONTAINER PCI", group_bind },
	{ "group unbind CONTAINER PCI", group_unbind },
	{ "group fd PCI", group_fd },
	{ "device setup PCI", device_setup },
	{ "device release PCI FD", device_release },
	{ "attach PCI", attach },
	{ "detach PCI", detach },
	{ "cycle devices PCI TIMES", cycle_devices },
	{ "buffer KIND BYTES", buffer },
	{ "map CONTAINER ADDRESS IOVA BYTES", dma_map },
	{ "unmap CONTAINER ADDRESS IOVA BYTES", dma_unmap },
	{ "mapfile CONTAINER FD OFFSET ADDRESS IOVA BYTES", map_file },
	{ "extmem register ADDRESS BYTES", extmem_register },
	{ "extmem unregister ADDRESS BYTES", extmem_unregister },
	{ "dev map PCI ADDRESS IOVA BYTES", dev_map },
	{ "dev unmap PCI ADDRESS IOVA BYTES", dev_unmap },
	{ "heap create NAME", heap_create },
	{ "heap destroy NAME", heap_destroy },
	{ "heap add NAME ADDRESS BYTES IOVA PAGE", heap_add },
	{ "heap remove NAME ADDRESS BYTES", heap_remove },
	EALMEM_COMMANDS,
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");

	prompt_loop("vfio", commands);
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
