/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_TELEMETRY_H
#define IOMMUFD_TELEMETRY_H

/**
 * Register /iommufd/... with DPDK's telemetry, once: what is registered stays. Where the backend
 * isn't open the answer is null. EAL has telemetry in primary processes only.
 */
void iommufd_telemetry_register(void);

#endif /* IOMMUFD_TELEMETRY_H */
