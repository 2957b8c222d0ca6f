/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Preloaded into an application, this library counts and times its VFIO and iommufd requests.
 *
 * It stands in front of ioctl() and appends a line of JSON for each such request to the file that
 * LAB_IOCTLS names: the request, nanoseconds of CLOCK_MONOTONIC that the call took (in a machine
 * that counts, one is an instruction), CPU and NUMA node it was made on, errno or 0, and for those
 * that map or unmap the I/O address and length as they were asked for. What the line costs is
 * outside of the time.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "iommufd_compat.h"

#define VARIABLE "LAB_IOCTLS"

/** A range of I/O addresses. */
struct range {
	uint64_t iova;
	uint64_t len;
};

#define REQUEST(name) { name, #name }

/*
 * VFIO gives a container's requests the numbers of some of a device's, of which DPDK uses none:
 * they are taken for a container's.
 */
static const struct request {
	unsigned long number;
	const char *name;
} requests[] = {
	REQUEST(VFIO_GET_API_VERSION),
	REQUEST(VFIO_CHECK_EXTENSION),
	REQUEST(VFIO_SET_IOMMU),
	REQUEST(VFIO_GROUP_GET_STATUS),
	REQUEST(VFIO_GROUP_SET_CONTAINER),
	REQUEST(VFIO_GROUP_UNSET_CONTAINER),
	REQUEST(VFIO_GROUP_GET_DEVICE_FD),
	REQUEST(VFIO_DEVICE_GET_INFO),
	REQUEST(VFIO_DEVICE_GET_REGION_INFO),
	REQUEST(VFIO_DEVICE_GET_IRQ_INFO),
	REQUEST(VFIO_DEVICE_SET_IRQS),
	REQUEST(VFIO_DEVICE_RESET),
	REQUEST(VFIO_IOMMU_GET_INFO),
	REQUEST(VFIO_IOMMU_MAP_DMA),
	REQUEST(VFIO_IOMMU_UNMAP_DMA),
	REQUEST(VFIO_DEVICE_FEATURE),
	REQUEST(VFIO_DEVICE_BIND_IOMMUFD),
	REQUEST(VFIO_DEVICE_ATTACH_IOMMUFD_PT),
	REQUEST(VFIO_DEVICE_DETACH_IOMMUFD_PT),
	REQUEST(IOMMU_DESTROY),
	REQUEST(IOMMU_IOAS_ALLOC),
	REQUEST(IOMMU_IOAS_IOVA_RANGES),
	REQUEST(IOMMU_IOAS_ALLOW_IOVAS),
	REQUEST(IOMMU_IOAS_COPY),
	REQUEST(IOMMU_IOAS_MAP),
	REQUEST(IOMMU_IOAS_MAP_FILE),
	REQUEST(IOMMU_IOAS_UNMAP),
	REQUEST(IOMMU_OPTION),
	REQUEST(IOMMU_HWPT_ALLOC),
	REQUEST(IOMMU_GET_HW_INFO),
};

static const char *
request_name(unsigned long number)
{
	unsigned int i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].number == number)
			return requests[i].name;
	return NULL;
}

/* Before the call: the kernel answers an unmap with what it has unmapped. */
static struct range
request_range(unsigned long number, const void *arg)
{
	const struct vfio_iommu_type1_dma_map *type1_map = arg;
	const struct vfio_iommu_type1_dma_unmap *type1_unmap = arg;
	const struct iommu_ioas_map *map = arg;
	const struct iommu_ioas_map_file *map_file = arg;
	const struct iommu_ioas_copy *copy = arg;
	const struct iommu_ioas_unmap *unmap = arg;

	switch (number) {
	case VFIO_IOMMU_MAP_DMA:
		return (struct range){ type1_map->iova, type1_map->size };
	case VFIO_IOMMU_UNMAP_DMA:
		return (struct range){ type1_unmap->iova, type1_unmap->size };
	case IOMMU_IOAS_MAP:
		return (struct range){ map->iova, map->length };
	case IOMMU_IOAS_MAP_FILE:
		return (struct range){ map_file->iova, map_file->length };
	case IOMMU_IOAS_COPY:
		return (struct range){ copy->dst_iova, copy->length };
	case IOMMU_IOAS_UNMAP:
		return (struct range){ unmap->iova, unmap->length };
	default:
		return (struct range){ 0, 0 };
	}
}

static uint64_t
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void
write_line(const char *name, uint64_t took, int error, struct range range)
{
	const char *path = getenv(VARIABLE);
	unsigned int cpu = 0, node = 0;
	int file;

	getcpu(&cpu, &node);
	if (path == NULL)
		return;
	/* Opened anew for each line: no descriptor of ours among those that a scenario counts. */
	file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (file < 0)
		return;
	dprintf(file, "{\"name\": \"%s\", \"pid\": %d, \"cpu\": %u, \"node\": %u, "
		"\"nanoseconds\": %" PRIu64 ", \"error\": %d, "
		"\"iova\": %" PRIu64 ", \"length\": %" PRIu64 "}\n",
		name, getpid(), cpu, node, took, error, range.iova, range.len);
	close(file);
}

int
ioctl(int fd, unsigned long number, ...)
{
	static __typeof__(ioctl) *next;
	const char *name = request_name(number);
	uint64_t start, took;
	struct range range;
	va_list arguments;
	int ret, error;
	void *arg;

	va_start(arguments, number);
	arg = va_arg(arguments, void *);
	va_end(arguments);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	if (name == NULL)
		return next(fd, number, arg);

	range = request_range(number, arg);
	start = nanoseconds();
	ret = next(fd, number, arg);
	error = errno;
	took = nanoseconds() - start;
	write_line(name, took, ret < 0 ? error : 0, range);
	errno = error;
	return ret;
}
