/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef BUS_DRIVER_H
#define BUS_DRIVER_H

/**
 * @file
 * What a bus is to EAL, for installations of DPDK without driver headers; see dev_driver.h, also
 * for the ABI versions (25 and 26).
 */

#include <rte_bus.h>
#include <rte_common.h>
#include <rte_dev.h>
#include <rte_eal.h>

struct rte_bus;
struct rte_device;
struct rte_devargs;

/** Looks for devices. 0 or a negative errno. */
typedef int (*rte_bus_scan_t)(void);

/** Gives the devices that were found to drivers. 0 or not. */
typedef int (*rte_bus_probe_t)(void);

/** The first device behind start (NULL: of all) for which cmp returns 0. */
typedef struct rte_device *(*rte_bus_find_device_t)(const struct rte_device *start,
		rte_dev_cmp_t cmp, const void *data);

/** Gives one device to a driver, or takes it back. 0 or not. */
typedef int (*rte_bus_plug_t)(struct rte_device *dev);
typedef int (*rte_bus_unplug_t)(struct rte_device *dev);

/** Tells by 0 that a name is one of this bus; addr may be NULL. */
typedef int (*rte_bus_parse_t)(const char *name, void *addr);

/** Sets the name of devargs that were given as "bus=...". 0 or a negative errno. */
typedef int (*rte_bus_devargs_parse_t)(struct rte_devargs *devargs);

typedef int (*rte_dev_dma_map_t)(struct rte_device *dev, void *addr, uint64_t iova, size_t len);
typedef int (*rte_dev_dma_unmap_t)(struct rte_device *dev, void *addr, uint64_t iova, size_t len);

/** Puts something harmless where a device was that has gone. 0 or not. */
typedef int (*rte_bus_hot_unplug_handler_t)(struct rte_device *dev);

/** 0: handled; 1: not an address of this bus; -1: failed. */
typedef int (*rte_bus_sigbus_handler_t)(const void *failure_addr);

/** Gives all devices back at the end. 0 or not. */
typedef int (*rte_bus_cleanup_t)(void);

/** Which addresses the devices want for DMA. */
typedef enum rte_iova_mode (*rte_bus_get_iommu_class_t)(void);

enum rte_bus_scan_mode {
	RTE_BUS_SCAN_UNDEFINED,
	RTE_BUS_SCAN_ALLOWLIST,
	RTE_BUS_SCAN_BLOCKLIST,
};

struct rte_bus_conf {
	enum rte_bus_scan_mode scan_mode;
};

struct rte_bus {
	RTE_TAILQ_ENTRY(rte_bus) next;
	const char *name;
	rte_bus_scan_t scan;
	rte_bus_probe_t probe;
	rte_bus_find_device_t find_device;
	rte_bus_plug_t plug;
	rte_bus_unplug_t unplug;
	rte_bus_parse_t parse;
	rte_bus_devargs_parse_t devargs_parse;
	rte_dev_dma_map_t dma_map;
	rte_dev_dma_unmap_t dma_unmap;
	struct rte_bus_conf conf;
	rte_bus_get_iommu_class_t get_iommu_class;
	rte_dev_iterate_t dev_iterate;
	rte_bus_hot_unplug_handler_t hot_unplug_handler;
	rte_bus_sigbus_handler_t sigbus_handler;
	rte_bus_cleanup_t cleanup;
};

void rte_bus_register(struct rte_bus *bus);
void rte_bus_unregister(struct rte_bus *bus);

/** Before drivers register with it. */
#define RTE_REGISTER_BUS(nm, bus) \
	RTE_INIT_PRIO(businitfn_##nm, BUS) \
	{ \
		(bus).name = RTE_STR(nm); \
		rte_bus_register(&bus); \
	}

#endif /* BUS_DRIVER_H */
