/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include <rte_errno.h>

#include "iommufd_backend.h"
#include "iommufd_ioas.h"
#include "rte_iommufd.h"

bool
rte_iommufd_is_enabled(void)
{
	return iommufd_backend_is_enabled();
}

int
rte_iommufd_dma_map_file(int container_fd, int fd, uint64_t offset, uint64_t vaddr, uint64_t iova,
		uint64_t len)
{
	const struct iommufd_backing backing = {
		.kind = IOMMUFD_BACKING_FILE,
		.fd = fd,
		.start = offset,
	};
	int ret = -EINVAL;

	if (!iommufd_backend_is_enabled())
		ret = -ENOTSUP;
	else if (fd >= 0)
		ret = iommufd_backend_map(container_fd, &backing, vaddr, iova, len);
	if (ret == 0)
		return 0;
	rte_errno = -ret;
	return -1;
}
