/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_LOG_H
#define ZIP_ACCEL_LOG_H

#include <rte_log.h>

extern int zip_accel_logtype;

/** --log-level=user.zip_accel:debug shows each operation. */
#define LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, zip_accel_logtype, "ZIP_ACCEL: " fmt "\n", ## __VA_ARGS__)

#endif /* ZIP_ACCEL_LOG_H */
