/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iommufd_ioctl.h"
#include "iommufd_log.h"

int
iommufd_ioctl(int fd, unsigned long request, const char *name, void *arg)
{
	int err;

	do {
		if (ioctl(fd, request, arg) == 0)
			return 0;
	} while (errno == EINTR);

	err = errno;
	IOMMUFD_LOG(DEBUG, "ioctl(%s) on fd %d: %s", name, fd, strerror(err));
	return -err;
}
