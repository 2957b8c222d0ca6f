/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Preloaded into an application, this library gives it EAL's memory and devices the way of DPDK
 * 26.11: an IOAS, one IOMMU_IOAS_MAP for each hugepage before the first device is attached, and from
 * then on one for each that comes or goes. EAL itself has no devices (--no-pci); LAB_CDEVS names
 * them by their character devices, as "vfio0 vfio1". It ends the application where something fails.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_memory.h>

#define VARIABLE "LAB_CDEVS"

/** The one address space of the process. */
static struct {
	int fd;
	uint32_t id;
} ioas;

static void
must(int ret, const char *what)
{
	if (ret < 0)
		rte_exit(EXIT_FAILURE, "%s: %m\n", what);
}

static void
map(uint64_t va, uint64_t iova, uint64_t len)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas.id,
		.user_va = va,
		.length = len,
		.iova = iova,
	};

	must(ioctl(ioas.fd, IOMMU_IOAS_MAP, &map), "IOMMU_IOAS_MAP");
}

static void
unmap(uint64_t iova, uint64_t len)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas.id,
		.iova = iova,
		.length = len,
	};

	must(ioctl(ioas.fd, IOMMU_IOAS_UNMAP, &unmap), "IOMMU_IOAS_UNMAP");
}

static int
map_segment(const struct rte_memseg_list *msl __rte_unused, const struct rte_memseg *ms,
		void *arg __rte_unused)
{
	map(ms->addr_64, ms->iova, ms->len);
	return 0;
}

static void
on_memory_event(enum rte_mem_event event, const void *addr, size_t len, void *arg __rte_unused)
{
	uint64_t page = rte_mem_virt2memseg_list(addr)->page_sz;
	uint64_t va = (uintptr_t)addr;

	for (; va < (uintptr_t)addr + len; va += page) {
		if (event == RTE_MEM_EVENT_ALLOC)
			map(va, va, page);
		else
			unmap(va, page);
	}
}

static void
attach_device(const char *name)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = ioas.fd };
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = ioas.id,
	};
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	must(fd, path);
	must(ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind), "VFIO_DEVICE_BIND_IOMMUFD");
	must(ioctl(fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach), "VFIO_DEVICE_ATTACH_IOMMUFD_PT");
}

static void
attach_devices(char *names)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	char *name, *rest = names;

	ioas.fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	must(ioas.fd, "/dev/iommu");
	must(ioctl(ioas.fd, IOMMU_IOAS_ALLOC, &alloc), "IOMMU_IOAS_ALLOC");
	ioas.id = alloc.out_ioas_id;

	rte_memseg_walk(map_segment, NULL);
	must(rte_mem_event_callback_register("mapping", on_memory_event, NULL), "memory events");
	while ((name = strtok_r(NULL, " ", &rest)) != NULL)
		attach_device(name);
}

/* Devices are there when EAL has started. */
int
rte_eal_init(int argc, char **argv)
{
	const char *names = getenv(VARIABLE);
	int (*next)(int argc, char **argv);
	int ret;

	*(void **)&next = dlsym(RTLD_NEXT, "rte_eal_init");
	ret = next(argc, argv);
	if (ret >= 0 && names != NULL)
		attach_devices(strdup(names));
	return ret;
}
