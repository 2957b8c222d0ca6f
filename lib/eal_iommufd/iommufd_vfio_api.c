/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * DPDK's public VFIO API on top of the backend; rte_vfio.h has the contracts. Drivers and buses
 * call these functions and never learn which way a device was opened.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "iommufd_backend.h"
#include "iommufd_ioas.h"
#include "iommufd_compat.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"
#include "iommufd_mp.h"
#include "iommufd_wrap.h"

/** In the manner of the API: -1, and the reason in rte_errno. */
static int
api_result(int ret)
{
	if (ret >= 0)
		return ret;
	rte_errno = -ret;
	return -1;
}

int
rte_vfio_enable(const char *modname)
{
	bool secondary = rte_eal_process_type() == RTE_PROC_SECONDARY;
	bool iommufd = iommufd_backend_is_enabled();

	/* A secondary process does as the primary does. */
	if (secondary && iommufd_mp_primary_uses_iommufd())
		iommufd_backend_enable(true);
	else if (secondary && iommufd) {
		IOMMUFD_LOG(ERR, "--iova-mode=iommufd: the primary process runs without it, so "
			"this one must too");
		return api_result(-ENOTSUP);
	}

	return iommufd_backend_is_enabled() ? api_result(iommufd_backend_open()) :
		iommufd_next.vfio_enable(modname);
}

int
rte_vfio_is_enabled(const char *modname)
{
	char path[PATH_MAX];

	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_is_enabled(modname);

	snprintf(path, sizeof(path), "/sys/module/%s", modname);
	return iommufd_backend_is_open() && access(path, F_OK) == 0;
}

int
rte_vfio_noiommu_is_enabled(void)
{
	/* The kernel's setting allows it for groups; a character device is behind an IOMMU. */
	return iommufd_backend_is_enabled() ? 0 : iommufd_next.vfio_noiommu_is_enabled();
}

int
rte_vfio_setup_device(const char *sysfs_base, const char *dev_addr, int *vfio_dev_fd,
		struct vfio_device_info *device_info)
{
	int ret;

	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_setup_device(sysfs_base, dev_addr, vfio_dev_fd,
			device_info);

	ret = iommufd_backend_add_device(sysfs_base, dev_addr, vfio_dev_fd, device_info);
	/* The API's way to say "not a device for VFIO". */
	return ret == -ENODEV ? 1 : api_result(ret);
}

int
rte_vfio_release_device(const char *sysfs_base, const char *dev_addr, int fd)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_release_device(sysfs_base, dev_addr, fd);

	return api_result(iommufd_backend_remove_device(dev_addr));
}

int
rte_vfio_get_device_info(const char *sysfs_base, const char *dev_addr, int *vfio_dev_fd,
		struct vfio_device_info *device_info)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_get_device_info(sysfs_base, dev_addr, vfio_dev_fd,
			device_info);

	if (device_info == NULL || *vfio_dev_fd < 0)
		return api_result(-EINVAL);
	/* The API's way to say "not open yet". */
	if (*vfio_dev_fd == 0)
		return rte_vfio_setup_device(sysfs_base, dev_addr, vfio_dev_fd, device_info);
	return api_result(IOMMUFD_IOCTL(*vfio_dev_fd, VFIO_DEVICE_GET_INFO, device_info));
}

int
rte_vfio_get_container_fd(void)
{
	return iommufd_backend_is_enabled() ?
		iommufd_backend_fd() : iommufd_next.vfio_get_container_fd();
}

int
rte_vfio_get_group_fd(int iommu_group_num)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_get_group_fd(iommu_group_num);

	IOMMUFD_LOG(ERR, "%s: VFIO groups can't be opened beside character devices", __func__);
	return api_result(-ENOTSUP);
}

int
rte_vfio_clear_group(int vfio_group_fd)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_clear_group(vfio_group_fd);

	return api_result(iommufd_backend_forget_group(vfio_group_fd));
}

int
rte_vfio_container_create(void)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_container_create();

	return api_result(iommufd_backend_create_container());
}

int
rte_vfio_container_destroy(int container_fd)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_container_destroy(container_fd);

	return api_result(iommufd_backend_destroy_container(container_fd));
}

int
rte_vfio_container_group_bind(int container_fd, int iommu_group_num)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_container_group_bind(container_fd, iommu_group_num);

	return api_result(iommufd_backend_bind_group(container_fd, iommu_group_num));
}

int
rte_vfio_container_group_unbind(int container_fd, int iommu_group_num)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_container_group_unbind(container_fd, iommu_group_num);

	return api_result(iommufd_backend_unbind_group(container_fd, iommu_group_num));
}

int
rte_vfio_container_dma_map(int container_fd, uint64_t vaddr, uint64_t iova, uint64_t len)
{
	const struct iommufd_backing backing = { .kind = IOMMUFD_BACKING_VA, .start = vaddr };

	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_container_dma_map(container_fd, vaddr, iova, len);

	return api_result(iommufd_backend_map(container_fd, &backing, vaddr, iova, len));
}

int
rte_vfio_container_dma_unmap(int container_fd, uint64_t vaddr, uint64_t iova, uint64_t len)
{
	if (!iommufd_backend_is_enabled())
		return iommufd_next.vfio_container_dma_unmap(container_fd, vaddr, iova, len);

	return api_result(iommufd_backend_unmap(container_fd, vaddr, iova, len));
}
