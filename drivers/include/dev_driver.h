/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef DEV_DRIVER_H
#define DEV_DRIVER_H

/**
 * @file
 * What a driver knows of DPDK's devices and drivers, for installations of DPDK without driver
 * headers (built without enable_driver_sdk), as distributions have them.
 *
 * Describes ABI versions 25 (DPDK 24.11) and 26 (25.11); meson refuses others, and
 * drivers/include/driver_headers_test.c compares it with the libraries that are installed.
 */

#include <rte_common.h>
#include <rte_dev.h>

struct rte_driver {
	RTE_TAILQ_ENTRY(rte_driver) next;
	const char *name;
	const char *alias;
};

struct rte_device {
	RTE_TAILQ_ENTRY(rte_device) next;
	const char *name;
	const char *bus_info;
	const struct rte_driver *driver; /**< NULL: not probed. */
	const struct rte_bus *bus;
	int numa_node;
	struct rte_devargs *devargs; /**< Owned by EAL's list. */
};

/* What dpdk-pmdinfo.py shows of a driver. 24.11 has these in rte_dev.h. */
#ifndef RTE_PMD_REGISTER_PARAM_STRING
#define RTE_PMD_REGISTER_PARAM_STRING(name, text) \
	__attribute__((used)) static const char __##name##_param_string_export[] = text

#define RTE_PMD_REGISTER_PCI_TABLE(name, table) \
	__attribute__((used)) static const char __##name##_pci_tbl_export[] = RTE_STR(table)

#define RTE_PMD_REGISTER_KMOD_DEP(name, text) \
	__attribute__((used)) static const char __##name##_kmod_dep_export[] = text
#endif

#endif /* DEV_DRIVER_H */
