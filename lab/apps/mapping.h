/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef MAPPING_H
#define MAPPING_H

/**
 * EAL's memory and devices the way of DPDK 26.11: an IOAS, one IOMMU_IOAS_MAP for each hugepage
 * before the first device is attached, and from then on one for each that comes or goes.
 * Devices are named by their character device, as "vfio0". Ends the program where something fails.
 */
void mapping_cdev_attach(char *devices);

#endif /* MAPPING_H */
