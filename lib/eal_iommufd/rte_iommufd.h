/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef RTE_IOMMUFD_H
#define RTE_IOMMUFD_H

/**
 * @file
 * DMA through Linux iommufd for DPDK applications.
 *
 * An application needs nothing of this header to use iommufd: it is started with
 * `--iova-mode=iommufd`, with this library preloaded (`dpdk-iommufd.py run`) or linked
 * (`pkg-config libdpdk-iommufd`), and its devices are opened through their VFIO character devices
 * (`/dev/vfio/devices/vfioN`) and attached to one I/O address space (IOAS) that holds EAL's memory.
 * The functions here tell what came of it.
 *
 * The kernel side is described in Documentation/userspace-api/iommufd.rst of Linux.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Tell whether the application runs with --iova-mode=iommufd.
 *
 * Thread-safe after rte_eal_init().
 *
 * @return
 *   true between a successful rte_eal_init() with the flag and rte_eal_cleanup().
 */
bool rte_iommufd_is_enabled(void);

/**
 * Print the IOAS, its hardware page tables and the devices attached to them, a line each.
 *
 * Thread-safe.
 *
 * @param out
 *   An open stream.
 * @return
 *   0, or -EINVAL where out is NULL.
 */
int rte_iommufd_dump(FILE *out);

/**
 * Map a range of a file for the devices of a container, as rte_vfio_container_dma_map() maps memory
 * by its address: external memory that comes from a memfd, tmpfs or hugetlbfs file is mapped so at
 * a fraction of the cost. rte_vfio_container_dma_unmap() takes it back.
 *
 * Thread-safe. See IOMMU_IOAS_MAP_FILE in Documentation/userspace-api/iommufd.rst of Linux.
 *
 * @param container_fd
 *   RTE_VFIO_DEFAULT_CONTAINER_FD, or a descriptor from rte_vfio_container_create().
 * @param fd
 *   The open file. The mapping holds the memory, so the descriptor may be closed after this.
 * @param offset
 *   Where in the file, in bytes; a multiple of the page size.
 * @param vaddr
 *   Where the process has mapped this range of the file: rte_vfio_container_dma_unmap() compares.
 * @param iova
 *   The address that devices will use; a multiple of the page size.
 * @param len
 *   Bytes; a multiple of the page size.
 * @return
 *   0, or -1 with nothing changed and rte_errno set:
 *   - ENOTSUP: the application doesn't run with --iova-mode=iommufd, or the kernel is older than
 *     Linux 6.13.
 *   - EINVAL: no such container, not an open file, a value that isn't a multiple of the page size,
 *     or addresses that the devices of the container can't reach.
 *   - EEXIST: something else is mapped there. The same mapping again is counted, and wants as many
 *     unmaps.
 *   - ENOMEM: the limit of locked memory, or memory itself, doesn't suffice.
 */
int rte_iommufd_dma_map_file(int container_fd, int fd, uint64_t offset, uint64_t vaddr,
		uint64_t iova, uint64_t len);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_H */
