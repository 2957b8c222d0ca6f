/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_WRAP_H
#define IOMMUFD_WRAP_H

/**
 * @file
 * The functions of EAL that this library stands in front of.
 *
 * The library defines them under their own names and is found before librte_eal, because it is
 * preloaded or linked first. With the backend off each call goes on to EAL's definition.
 */

#include <rte_eal.h>
#include <rte_memory.h>
#include <rte_vfio.h>

/** EAL's own definitions, filled in when the library is loaded. */
struct iommufd_next {
	__typeof__(rte_eal_init) *eal_init;
	__typeof__(rte_eal_cleanup) *eal_cleanup;
	__typeof__(rte_mem_set_dma_mask) *mem_set_dma_mask;
	__typeof__(rte_vfio_setup_device) *vfio_setup_device;
	__typeof__(rte_vfio_release_device) *vfio_release_device;
	__typeof__(rte_vfio_enable) *vfio_enable;
	__typeof__(rte_vfio_is_enabled) *vfio_is_enabled;
	__typeof__(rte_vfio_noiommu_is_enabled) *vfio_noiommu_is_enabled;
	__typeof__(rte_vfio_clear_group) *vfio_clear_group;
	__typeof__(rte_vfio_get_device_info) *vfio_get_device_info;
	__typeof__(rte_vfio_get_container_fd) *vfio_get_container_fd;
	__typeof__(rte_vfio_get_group_fd) *vfio_get_group_fd;
	__typeof__(rte_vfio_container_create) *vfio_container_create;
	__typeof__(rte_vfio_container_destroy) *vfio_container_destroy;
	__typeof__(rte_vfio_container_group_bind) *vfio_container_group_bind;
	__typeof__(rte_vfio_container_group_unbind) *vfio_container_group_unbind;
	__typeof__(rte_vfio_container_dma_map) *vfio_container_dma_map;
	__typeof__(rte_vfio_container_dma_unmap) *vfio_container_dma_unmap;
};

extern struct iommufd_next iommufd_next;

#endif /* IOMMUFD_WRAP_H */
