/* SPDX-License-Identifier: BSD-3-Clause */

#include <dlfcn.h>
#include <stddef.h>

#include <rte_common.h>

#include "iommufd_wrap.h"

struct iommufd_next iommufd_next;

/*
 * One row for each function, with the first and the last ABI of DPDK that has it: 23 is 22.11, 25
 * is 24.11, 26 is 25.11. buildtools/check-vfio-symbols.py compares the rows with the DPDK that is
 * installed.
 */
#define WRAPPED(function, field, first, last) \
	{ #function, offsetof(struct iommufd_next, field) }
/* A function that the library leaves alone. */
#define UNWRAPPED(function, first, last) { NULL, 0 }

static const struct {
	const char *name;
	size_t slot;
} wrapped[] = {
	WRAPPED(rte_eal_cleanup, eal_cleanup, 23, 26),
	WRAPPED(rte_eal_init, eal_init, 23, 26),
	WRAPPED(rte_mem_set_dma_mask, mem_set_dma_mask, 23, 26),
	WRAPPED(rte_vfio_clear_group, vfio_clear_group, 23, 26),
	WRAPPED(rte_vfio_container_create, vfio_container_create, 23, 26),
	WRAPPED(rte_vfio_container_destroy, vfio_container_destroy, 23, 26),
	WRAPPED(rte_vfio_container_dma_map, vfio_container_dma_map, 23, 26),
	WRAPPED(rte_vfio_container_dma_unmap, vfio_container_dma_unmap, 23, 26),
	WRAPPED(rte_vfio_container_group_bind, vfio_container_group_bind, 23, 26),
	WRAPPED(rte_vfio_container_group_unbind, vfio_container_group_unbind, 23, 26),
	WRAPPED(rte_vfio_enable, vfio_enable, 23, 26),
	WRAPPED(rte_vfio_get_container_fd, vfio_get_container_fd, 23, 26),
	WRAPPED(rte_vfio_get_device_info, vfio_get_device_info, 25, 26),
	WRAPPED(rte_vfio_get_group_fd, vfio_get_group_fd, 23, 26),
	/* It only reads sysfs, and its answer is the same either way. */
	UNWRAPPED(rte_vfio_get_group_num, 23, 26),
	WRAPPED(rte_vfio_is_enabled, vfio_is_enabled, 23, 26),
	WRAPPED(rte_vfio_noiommu_is_enabled, vfio_noiommu_is_enabled, 23, 26),
	WRAPPED(rte_vfio_release_device, vfio_release_device, 23, 26),
	WRAPPED(rte_vfio_setup_device, vfio_setup_device, 23, 26),
};

RTE_INIT(find_next)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrapped); i++)
		if (wrapped[i].name != NULL)
			*(void **)RTE_PTR_ADD(&iommufd_next, wrapped[i].slot) =
				dlsym(RTLD_NEXT, wrapped[i].name);
}
