/* SPDX-License-Identifier: BSD-3-Clause */

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/ioctl.h>

#include <rte_common.h>

#include "iommufd_compat.h"
#include "requests.h"

#define FIRST_ROOM 256

typedef __typeof__(ioctl) *ioctl_function;

static struct {
	_Atomic(ioctl_function) next; /* the ioctl() behind ours */
	_Atomic(struct requests *) record; /* NULL: nothing records */
	pthread_mutex_t lock; /* of what is in the record */
} root = { .lock = PTHREAD_MUTEX_INITIALIZER };

enum kind {
	KIND_OTHER,
	KIND_MAP,
	KIND_UNMAP,
};

#define REQUEST(number) { #number, number, KIND_OTHER, 0 }
#define MAPPING(number, kind, type, field) { #number, number, kind, offsetof(type, field) }

/*
 * VFIO gives a container's requests the numbers of some of a device's, of which DPDK uses none:
 * they are taken for a container's.
 */
static const struct known {
	const char *name;
	unsigned long number;
	enum kind kind;
	size_t length_at; /* where the argument has the length */
} known[] = {
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
	MAPPING(VFIO_IOMMU_MAP_DMA, KIND_MAP, struct vfio_iommu_type1_dma_map, size),
	MAPPING(VFIO_IOMMU_UNMAP_DMA, KIND_UNMAP, struct vfio_iommu_type1_dma_unmap, size),
	REQUEST(VFIO_DEVICE_FEATURE),
	REQUEST(VFIO_DEVICE_BIND_IOMMUFD),
	REQUEST(VFIO_DEVICE_ATTACH_IOMMUFD_PT),
	REQUEST(VFIO_DEVICE_DETACH_IOMMUFD_PT),
	REQUEST(IOMMU_DESTROY),
	REQUEST(IOMMU_IOAS_ALLOC),
	REQUEST(IOMMU_IOAS_IOVA_RANGES),
	REQUEST(IOMMU_IOAS_ALLOW_IOVAS),
	MAPPING(IOMMU_IOAS_COPY, KIND_MAP, struct iommu_ioas_copy, length),
	MAPPING(IOMMU_IOAS_MAP, KIND_MAP, struct iommu_ioas_map, length),
	MAPPING(IOMMU_IOAS_MAP_FILE, KIND_MAP, struct iommu_ioas_map_file, length),
	MAPPING(IOMMU_IOAS_UNMAP, KIND_UNMAP, struct iommu_ioas_unmap, length),
	REQUEST(IOMMU_OPTION),
	REQUEST(IOMMU_HWPT_ALLOC),
	REQUEST(IOMMU_GET_HW_INFO),
};

static const struct known *
find_known(unsigned long number)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(known); i++)
		if (known[i].number == number)
			return &known[i];
	return NULL;
}

static uint64_t
length_of(const struct known *request, const void *argument)
{
	uint64_t length;

	if (request->kind == KIND_OTHER)
		return 0;
	memcpy(&length, RTE_PTR_ADD(argument, request->length_at), sizeof(length));
	return length;
}

static void
append(struct requests *requests, const struct request *request)
{
	unsigned int room = requests->room == 0 ? FIRST_ROOM : 2 * requests->room;
	struct request *more;

	if (requests->n == requests->room) {
		more = realloc(requests->all, room * sizeof(*more));
		if (more == NULL) {
			requests->incomplete = true;
			return;
		}
		requests->all = more;
		requests->room = room;
	}
	requests->all[requests->n++] = *request;
}

/* Recording may have ended during the request. */
static void
keep(const struct request *request)
{
	struct requests *requests;

	pthread_mutex_lock(&root.lock);
	requests = atomic_load(&root.record);
	if (requests != NULL)
		append(requests, request);
	pthread_mutex_unlock(&root.lock);
}

/* Libraries make requests before main(), so it is looked for when it is needed. */
static ioctl_function
next_ioctl(void)
{
	ioctl_function next = atomic_load_explicit(&root.next, memory_order_relaxed);

	if (next == NULL) {
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
		atomic_store_explicit(&root.next, next, memory_order_relaxed);
	}
	return next;
}

uint64_t
requests_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static int
recorded_ioctl(int fd, const struct known *which, void *argument)
{
	struct request request = { .name = which->name };
	uint64_t start;
	int ret, error;

	/* The kernel answers an unmap with what it has unmapped. */
	request.length = length_of(which, argument);
	start = requests_clock();
	ret = next_ioctl()(fd, which->number, argument);
	error = errno;
	request.nanoseconds = requests_clock() - start;
	request.error = ret < 0 ? error : 0;
	keep(&request);
	errno = error;
	return ret;
}

int
ioctl(int fd, unsigned long number, ...)
{
	const struct known *request = NULL;
	va_list arguments;
	void *argument;

	va_start(arguments, number);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (atomic_load_explicit(&root.record, memory_order_relaxed) != NULL)
		request = find_known(number);
	return request == NULL ? next_ioctl()(fd, number, argument) :
		recorded_ioctl(fd, request, argument);
}

void
requests_record(struct requests *requests)
{
	pthread_mutex_lock(&root.lock);
	atomic_store(&root.record, requests);
	pthread_mutex_unlock(&root.lock);
}

int
requests_stop(struct requests *requests)
{
	requests_record(NULL);
	if (!requests->incomplete)
		return 0;
	fprintf(stderr, "no memory to keep all requests of VFIO and iommufd: %u were kept\n",
		requests->n);
	return -ENOMEM;
}

void
requests_clear(struct requests *requests)
{
	free(requests->all);
	*requests = (struct requests){ 0 };
}

static bool
is_of_kind(const struct request *request, enum kind kind)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(known); i++)
		if (known[i].name == request->name)
			return known[i].kind == kind;
	return false;
}

bool
request_maps(const struct request *request)
{
	return is_of_kind(request, KIND_MAP);
}

bool
request_unmaps(const struct request *request)
{
	return is_of_kind(request, KIND_UNMAP);
}

uint64_t
requests_nanoseconds(const struct requests *requests, bool (*choice)(const struct request *request))
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < requests->n; i++)
		if (choice == NULL || choice(&requests->all[i]))
			sum += requests->all[i].nanoseconds;
	return sum;
}

uint64_t
requests_length(const struct requests *requests, bool (*choice)(const struct request *request))
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < requests->n; i++)
		if (requests->all[i].error == 0 && choice(&requests->all[i]))
			sum += requests->all[i].length;
	return sum;
}
