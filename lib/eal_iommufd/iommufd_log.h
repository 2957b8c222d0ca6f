/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_LOG_H
#define IOMMUFD_LOG_H

#include <rte_log.h>

/** The one log type of the library, lib.eal.iommufd. */
extern int iommufd_logtype;

#define IOMMUFD_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, iommufd_logtype, "IOMMUFD: " fmt "\n", ## __VA_ARGS__)

#endif /* IOMMUFD_LOG_H */
