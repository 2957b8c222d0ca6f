/* SPDX-License-Identifier: BSD-3-Clause */

#include <dlfcn.h>
#include <stddef.h>

#include <rte_common.h>

#include "iommufd_wrap.h"

struct iommufd_next iommufd_next;

/*
 * rte_vfio_get_group_num() isn't here: it only reads sysfs, and its answer is the same either way.
 */
static const struct {
	const char *name;
	size_t slot;
} wrapped[] = {
	{ "rte_eal_init", offsetof(struct iommufd_next, eal_init) },
	{ "rte_eal_cleanup", offsetof(struct iommufd_next, eal_cleanup) },
	{ "rte_mem_set_dma_mask", offsetof(struct iommufd_next, mem_set_dma_mask) },
	{ "rte_vfio_setup_device", offsetof(struct iommufd_next, vfio_setup_device) },
	{ "rte_vfio_release_device", offsetof(struct iommufd_next, vfio_release_device) },
	{ "rte_vfio_enable", offsetof(struct iommufd_next, vfio_enable) },
	{ "rte_vfio_is_enabled", offsetof(struct iommufd_next, vfio_is_enabled) },
	{ "rte_vfio_noiommu_is_enabled", offsetof(struct iommufd_next, vfio_noiommu_is_enabled) },
	{ "rte_vfio_clear_group", offsetof(struct iommufd_next, vfio_clear_group) },
	{ "rte_vfio_get_device_info", offsetof(struct iommufd_next, vfio_get_device_info) },
	{ "rte_vfio_get_container_fd", offsetof(struct iommufd_next, vfio_get_container_fd) },
	{ "rte_vfio_get_group_fd", offsetof(struct iommufd_next, vfio_get_group_fd) },
	{ "rte_vfio_container_create", offsetof(struct iommufd_next, vfio_container_create) },
	{ "rte_vfio_container_destroy", offsetof(struct iommufd_next, vfio_container_destroy) },
	{ "rte_vfio_container_group_bind",
		offsetof(struct iommufd_next, vfio_container_group_bind) },
	{ "rte_vfio_container_group_unbind",
		offsetof(struct iommufd_next, vfio_container_group_unbind) },
	{ "rte_vfio_container_dma_map", offsetof(struct iommufd_next, vfio_container_dma_map) },
	{ "rte_vfio_container_dma_unmap", offsetof(struct iommufd_next, vfio_container_dma_unmap) },
};

RTE_INIT(find_next)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrapped); i++)
		*(void **)RTE_PTR_ADD(&iommufd_next, wrapped[i].slot) =
			dlsym(RTLD_NEXT, wrapped[i].name);
}
