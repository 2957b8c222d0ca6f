/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISI_ZIP_PRIVATE_H
#define HISI_ZIP_PRIVATE_H

/**
 * @file
 * The device, and what the two ways of having it differ in.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_compressdev_pmd.h>
#include <rte_log.h>

#include "bus_iommufd_driver.h"
#include "hisi_zip_queue.h"

extern int hisi_zip_logtype;

#define HISI_ZIP_LOG(level, dev, fmt, ...) \
	rte_log(RTE_LOG_ ## level, hisi_zip_logtype, "HISI_ZIP: %s: " fmt "\n", \
		(dev)->bus->name, ## __VA_ARGS__)

struct hisi_zip_device;

/** What the two kinds of devices do differently. Functions return 0 or a negative errno. */
struct hisi_zip_kind {
	/** Make the device ready for queues, and find out how many there are. */
	int (*open)(struct hisi_zip_device *dev, uint16_t *n_queues);
	void (*close)(struct hisi_zip_device *dev);
	/** Start a queue that the bus has opened: set its rings, depth, doorbell and number. */
	int (*queue_start)(struct hisi_zip_device *dev, struct hisi_zip_queue *queue,
			int socket_id);
	/** Stop it: what is under way ends. */
	void (*queue_stop)(struct hisi_zip_device *dev, struct hisi_zip_queue *queue);
};

/** A function that this process owns. */
extern const struct hisi_zip_kind hisi_zip_function;
/** Queues lent by a function's kernel driver. */
extern const struct hisi_zip_kind hisi_zip_uacce;

struct hisi_zip_device {
	struct rte_bus_iommufd_device *bus;
	const struct hisi_zip_kind *kind;
	uint16_t max_qps;
	bool touch;		/**< An argument, as the next one is. */
	enum hisi_zip_format format;

	/* Of a function: */
	volatile uint8_t *registers;
	volatile uint8_t *doorbells;
	uint8_t *memory;	/**< A page for contexts, and rings that nobody reads. */
	uint16_t depth;
};

extern struct rte_compressdev_ops hisi_zip_ops;

#endif /* HISI_ZIP_PRIVATE_H */
