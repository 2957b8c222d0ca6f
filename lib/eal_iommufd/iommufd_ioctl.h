/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_IOCTL_H
#define IOMMUFD_IOCTL_H

#include <stdint.h>

/**
 * Issue an ioctl and log a failure at DEBUG with the request's name. The caller knows what the
 * failure means to its user, and says that once, at ERR.
 *
 * @return 0, or -errno.
 */
#define IOMMUFD_IOCTL(fd, request, arg) iommufd_ioctl((fd), (request), #request, (arg))

int iommufd_ioctl(int fd, unsigned long request, const char *name, void *arg);

/** How often a request was made. */
struct iommufd_ioctl_count {
	const char *name; /**< As "IOMMU_IOAS_MAP". */
	uint64_t made;
	uint64_t failed; /**< Of these; also where the library only asked what the kernel can do. */
};

/** Called with the count of a request; what isn't 0 ends the walk and is returned. */
typedef int (*iommufd_ioctl_fn)(const struct iommufd_ioctl_count *count, void *arg);

/** Walk over the counts of the requests that were made since the library was loaded. */
int iommufd_ioctl_walk(iommufd_ioctl_fn fn, void *arg);

#endif /* IOMMUFD_IOCTL_H */
