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

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_H */
