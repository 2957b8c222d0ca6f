/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_IOCTL_H
#define IOMMUFD_IOCTL_H

/**
 * Issue an ioctl and log a failure at DEBUG with the request's name. The caller knows what the
 * failure means to its user, and says that once, at ERR.
 *
 * @return 0, or -errno.
 */
#define IOMMUFD_IOCTL(fd, request, arg) iommufd_ioctl((fd), (request), #request, (arg))

int iommufd_ioctl(int fd, unsigned long request, const char *name, void *arg);

#endif /* IOMMUFD_IOCTL_H */
