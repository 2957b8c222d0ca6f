/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

#include <rte_common.h>

#include "iommufd_ioctl.h"
#include "iommufd_log.h"

/** By the number within the type, as iommufd and VFIO share one type; any thread counts. */
static struct {
	_Atomic(const char *) name; /**< NULL: never made. */
	atomic_uint_fast64_t made, failed;
} counts[1 << _IOC_NRBITS];

static void
count_made(unsigned long request, const char *name)
{
	atomic_store_explicit(&counts[_IOC_NR(request)].name, name, memory_order_relaxed);
	atomic_fetch_add_explicit(&counts[_IOC_NR(request)].made, 1, memory_order_relaxed);
}

static void
count_failed(unsigned long request)
{
	atomic_fetch_add_explicit(&counts[_IOC_NR(request)].failed, 1, memory_order_relaxed);
}

int
iommufd_ioctl(int fd, unsigned long request, const char *name, void *arg)
{
	int err;

	count_made(request, name);
	do {
		if (ioctl(fd, request, arg) == 0)
			return 0;
	} while (errno == EINTR);

	err = errno;
	count_failed(request);
	IOMMUFD_LOG(DEBUG, "ioctl(%s) on fd %d: %s", name, fd, strerror(err));
	return -err;
}

int
iommufd_ioctl_walk(iommufd_ioctl_fn fn, void *arg)
{
	struct iommufd_ioctl_count count;
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(counts); i++) {
		count = (struct iommufd_ioctl_count){
			.name = atomic_load_explicit(&counts[i].name, memory_order_relaxed),
			.made = atomic_load_explicit(&counts[i].made, memory_order_relaxed),
			.failed = atomic_load_explicit(&counts[i].failed, memory_order_relaxed),
		};
		ret = count.name == NULL ? 0 : fn(&count, arg);
		if (ret != 0)
			return ret;
	}
	return 0;
}
