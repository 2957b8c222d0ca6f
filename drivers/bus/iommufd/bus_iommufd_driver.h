/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef BUS_IOMMUFD_DRIVER_H
#define BUS_IOMMUFD_DRIVER_H

/**
 * @file
 * The iommufd bus, for drivers of its devices.
 *
 * A device is an accelerator whose queues have address spaces, of one of two kinds:
 *   - a function: a whole PCI function that is bound to vfio-pci. Its driver brings it up by its
 *     registers and programs each queue with the PASID that the bus has bound for it;
 *   - uacce: a function whose kernel driver stays in charge and hands out queues
 *     (/sys/class/uacce). A queue uses the process's own page tables.
 *
 * A driver is registered with a table of what it drives. The bus finds devices, checks their
 * arguments, opens them and calls probe(). What the driver takes of a device through this header
 * the bus takes back after remove(), also where the driver hasn't.
 *
 * Unless said otherwise functions return 0 or a negative errno, log what went wrong, and are
 * called by one thread at a time for a device, as control operations of DPDK are.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <dev_driver.h>
#include <rte_common.h>
#include <rte_dev.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_bus_iommufd_device;
struct rte_bus_iommufd_driver;
struct rte_iommufd_as;
struct rte_iommufd_dev;
struct rte_intr_handle;

/** How a device is used. */
enum rte_bus_iommufd_kind {
	RTE_BUS_IOMMUFD_FUNCTION, /**< The process owns the function. */
	RTE_BUS_IOMMUFD_UACCE,    /**< The kernel owns it and lends queues. */
};

/** Whose memory a queue reaches: the argument "as". */
enum rte_bus_iommufd_as {
	RTE_BUS_IOMMUFD_SHARED,  /**< "shared": what all devices of the application do. */
	RTE_BUS_IOMMUFD_PRIVATE, /**< "private": what the application puts there for it. */
	RTE_BUS_IOMMUFD_SVA,     /**< "sva": what the process does, by its own page tables. */
};

/** What a driver drives. A table of them ends with one that is all 0. */
struct rte_bus_iommufd_id {
	uint16_t vendor_id, device_id; /**< Of a function; 0: not one. */
	const char *api;               /**< Of a uacce device, as "hisi_qm_v3"; NULL: not one. */
	const char *algorithm; /**< That a uacce device must have among others; NULL: any. */
};

#define RTE_BUS_IOMMUFD_REGIONS 6

/** A region of a function's registers (BAR) that is mapped. */
struct rte_bus_iommufd_region {
	void *addr; /**< NULL: it isn't. */
	size_t len;
};

/** The areas of a queue's file of uacce. */
enum rte_bus_iommufd_area {
	RTE_BUS_IOMMUFD_MMIO, /**< Doorbells. */
	RTE_BUS_IOMMUFD_DUS,  /**< Rings. */
	RTE_BUS_IOMMUFD_AREAS,
};

/** The bus's part of a queue. Its memory is the driver's. */
struct rte_bus_iommufd_queue {
	LIST_ENTRY(rte_bus_iommufd_queue) next;
	struct rte_bus_iommufd_device *dev; /**< NULL: it is closed. */
	uint16_t number;           /**< As the driver said. */
	uint32_t pasid;            /**< Of a function's queue; 0: the function has none. */
	struct rte_iommufd_as *as; /**< That a function's queue is bound to. */
	struct rte_iommufd_as *own_as; /**< That was made for it ("private"), or NULL. */
	struct rte_bus_iommufd_region shown; /**< By rte_bus_iommufd_queue_show(). */
	int fd;                    /**< Of a uacce queue; otherwise -1. */
	struct rte_bus_iommufd_region areas[RTE_BUS_IOMMUFD_AREAS]; /**< Of one that is started. */
};

/** A device. Drivers read it. */
struct rte_bus_iommufd_device {
	struct rte_device device; /**< Its name is as name. */
	TAILQ_ENTRY(rte_bus_iommufd_device) next;
	char name[RTE_DEV_NAME_MAX_LEN]; /**< "iommufd:0000:03:00.0", "iommufd:hisi_zip-0". */
	enum rte_bus_iommufd_kind kind;
	enum rte_bus_iommufd_as as; /**< Of its queues. */
	uint16_t max_queues;        /**< The argument "queues"; UINT16_MAX: not limited by it. */
	const struct rte_bus_iommufd_id *id; /**< The line of the driver's table. */
	struct rte_bus_iommufd_driver *driver; /**< NULL: not probed. */
	void *driver_data;          /**< The driver's, not the bus's. */

	LIST_HEAD(, rte_bus_iommufd_queue) queues; /**< Those that are open: the bus's. */

	/** Of a function: */
	uint16_t vendor_id, device_id;
	uint8_t revision;
	unsigned int pasid_bits;      /**< 0: it has no PASIDs. */
	struct rte_iommufd_dev *vfio; /**< NULL: it isn't open. */
	struct rte_bus_iommufd_region regions[RTE_BUS_IOMMUFD_REGIONS];
	struct rte_intr_handle *request; /**< The bus's: the kernel wants it back. */

	/** Of a uacce device: */
	char *api;
	char *algorithms;    /**< A line each. */
	uint32_t area_sizes[RTE_BUS_IOMMUFD_AREAS];
};

/** The device of the bus that an EAL device is. */
#define RTE_BUS_IOMMUFD_DEVICE(dev) container_of(dev, struct rte_bus_iommufd_device, device)

/** A driver. */
struct rte_bus_iommufd_driver {
	TAILQ_ENTRY(rte_bus_iommufd_driver) next;
	struct rte_driver driver;
	const struct rte_bus_iommufd_id *id_table;
	/** Arguments that the driver takes besides the bus's; ends with NULL; may be NULL. */
	const char *const *params;
	/**
	 * Take a device; a function is open, with bus mastering on.
	 * @return 0 or a negative errno, with nothing left.
	 */
	int (*probe)(struct rte_bus_iommufd_driver *driver, struct rte_bus_iommufd_device *dev);
	/**
	 * Give it back. Queues that are still open then, the bus closes: their memory must stay.
	 * @return 0, or a negative errno: then it goes on being the driver's.
	 */
	int (*remove)(struct rte_bus_iommufd_device *dev);
};

/**
 * @name Arguments of a device
 * Those that "params" of the driver lists; the bus has refused others. An error names the device,
 * the argument, and what it takes.
 * @{
 */

/** Get a number; what isn't given isn't set. @return 0 or -EINVAL. */
int rte_bus_iommufd_param_u32(const struct rte_bus_iommufd_device *dev, const char *key,
		uint32_t min, uint32_t max, uint32_t *value);

/** Get the index in choices, which end with NULL; what isn't given isn't set. @return as above. */
int rte_bus_iommufd_param_choice(const struct rte_bus_iommufd_device *dev, const char *key,
		const char *const *choices, unsigned int *value);

/** @} */

/** Whether a uacce device lists an algorithm, as "gzip". */
bool rte_bus_iommufd_has_algorithm(const struct rte_bus_iommufd_device *dev,
		const char *algorithm);

/**
 * @name Functions
 * @{
 */

/**
 * Map a region of registers; once more gives the same. It stays mapped until the device is closed.
 *
 * @param index
 *   0 to 5, of the BAR.
 * @return
 *   NULL with rte_errno: ENOENT: the function hasn't got it, or it can't be mapped; ENOTSUP: not a
 *   function.
 */
const struct rte_bus_iommufd_region *
rte_bus_iommufd_region_map(struct rte_bus_iommufd_device *dev, unsigned int index);

/** Read from PCI configuration space. @return -EIO: fewer bytes than that. */
int rte_bus_iommufd_config_read(struct rte_bus_iommufd_device *dev, void *bytes, size_t len,
		off_t offset);

/** Write to it. */
int rte_bus_iommufd_config_write(struct rte_bus_iommufd_device *dev, const void *bytes,
		size_t len, off_t offset);

/** Reset the function (VFIO_DEVICE_RESET): queues are gone then, PASIDs stay bound. */
int rte_bus_iommufd_reset(struct rte_bus_iommufd_device *dev);

/** @} */

/**
 * @name Queues
 * @{
 */

/**
 * How many queues could be opened now, open ones not counted: what the argument "queues" leaves
 * and, of a uacce device, what the kernel has left. Of a function the driver knows what there are.
 */
int rte_bus_iommufd_queues_available(struct rte_bus_iommufd_device *dev);

/**
 * Open a queue. Of a function: a PASID is bound to its address space, and pasid says what to
 * program; 0: the function has no PASIDs and the queue is to be used without, which is the same
 * memory ("shared" only). Of a uacce device: the kernel gives a queue, and fd is for the requests
 * of its driver.
 *
 * @param number
 *   Of the queue. The bus tells it apart by this.
 * @param[out] queue
 *   Zeroed where this fails, with fd -1, as by rte_bus_iommufd_queue_close().
 * @return
 *   - EEXIST: it is open.
 *   - ERANGE: the argument "queues" says fewer.
 *   - EBUSY: (uacce) the kernel has none left.
 *   - EACCES: (uacce) the device node isn't this user's.
 *   - EOVERFLOW, ENODEV: (uacce) the device has no PASIDs, or its IOMMU no SVA.
 *   - ENOTSUP: the function has no PASIDs, and its address space isn't the shared one.
 *   - ENOSPC: the function has no more of them.
 */
int rte_bus_iommufd_queue_open(struct rte_bus_iommufd_device *dev, uint16_t number,
		struct rte_bus_iommufd_queue *queue);

/**
 * Let a queue read memory of EAL's that is the driver's: lists of buffers, for example, which the
 * device reads with the queue's PASID. It is put, read-only and at its own address, into each
 * address space that the queue is bound to, for as long as it is; closing the queue takes it back.
 * Rings that the device reads as the function itself need none of this, and nor do queues of uacce.
 *
 * @param addr, len
 *   Whole pages, as everything in them is shown; one range for each queue.
 * @return
 *   Those of rte_iommufd_as_copy(), and
 *   - EEXIST: the queue has one.
 */
int rte_bus_iommufd_queue_show(struct rte_bus_iommufd_queue *queue, void *addr, size_t len);

/**
 * Map the areas of a uacce queue and start it, after the requests of its kernel driver. A queue of
 * a function is started by its driver alone: this does nothing.
 */
int rte_bus_iommufd_queue_start(struct rte_bus_iommufd_queue *queue);

/**
 * Give it back with all it has. A function's queue must have been stopped. Harmless on one that is
 * closed.
 */
void rte_bus_iommufd_queue_close(struct rte_bus_iommufd_queue *queue);

/** @} */

void rte_bus_iommufd_register(struct rte_bus_iommufd_driver *driver);
void rte_bus_iommufd_unregister(struct rte_bus_iommufd_driver *driver);

/**
 * @name What a driver's source ends with
 * Besides registering it, these leave in its object what buildtools/iommufd-pmdinfo.py makes
 * information for dpdk-pmdinfo.py of.
 * @{
 */

/** Register a driver when its library is loaded. */
#define RTE_PMD_REGISTER_IOMMUFD(nm, drv) \
	RTE_INIT(iommufdinitfn_##nm) \
	{ \
		(drv).driver.name = RTE_STR(nm); \
		rte_bus_iommufd_register(&drv); \
	} \
	__attribute__((used)) static const char this_pmd_name_##nm[] = RTE_STR(nm)

/** Name its id_table, a variable of the same file. */
#define RTE_PMD_REGISTER_IOMMUFD_TABLE(nm, table) \
	__attribute__((used)) static const char __##nm##_iommufd_tbl_export[] = RTE_STR(table)

/** Arguments of all devices. */
#define RTE_BUS_IOMMUFD_PARAMS "as=shared|private|sva queues=1-65535"

/** Name its params, too, and say in their order what each takes: "depth=64-4096 mode=good|bad". */
#define RTE_PMD_REGISTER_IOMMUFD_PARAMS(nm, params, text) \
	__attribute__((used)) static const char __##nm##_iommufd_params_export[] = \
		RTE_STR(params); \
	RTE_PMD_REGISTER_PARAM_STRING(nm, RTE_BUS_IOMMUFD_PARAMS " " text)

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* BUS_IOMMUFD_DRIVER_H */
