/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISI_ZIP_QUEUE_H
#define HISI_ZIP_QUEUE_H

/**
 * @file
 * A hardware queue, whichever way it was opened, and the pairs of them that applications see.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_compressdev.h>

#include "bus_iommufd_driver.h"
#include "bus_iommufd_ring.h"
#include "hisi_zip_hw.h"
#include "hisi_zip_sgl.h"

/** What an application asked for, once and for all requests that name it. */
struct hisi_zip_xform {
	enum hisi_zip_direction direction;
	uint32_t kind;		/**< Of a submission queue's entry. */
};

/** What is kept of the request at a place of a submission queue. */
struct hisi_zip_slot {
	uint32_t room;
	uint16_t source;	/**< Lists, or HISI_ZIP_SGL_NONE for flat buffers. */
	uint16_t destination;
};

struct hisi_zip_queue {
	struct rte_bus_iommufd_ring ring;	/**< Of struct rte_comp_op. */
	struct hisi_zip_slot *slots;

	/* From here on, what only opening and closing look at */
	enum hisi_zip_direction direction;
	struct rte_bus_iommufd_queue bus;
	void *rings;		/**< Of a function's queue. */
};

struct hisi_zip_qp {
	struct hisi_zip_queue queues[HISI_ZIP_DIRECTIONS];
	struct hisi_zip_sgls sgls;
	struct rte_compressdev_stats stats;
	uint8_t first;		/**< The direction whose completions are looked at first. */
	bool virtual_addresses;	/**< The process's own page tables, not IOVAs. */
	bool touch;		/**< The CPU makes buffers present first. */
	bool told_of_reset;	/**< By the kernel, which the log tells once. */
};

/** compressdev's enqueue_burst and dequeue_burst. */
uint16_t hisi_zip_enqueue_burst(void *queue_pair, struct rte_comp_op **ops, uint16_t nb_ops);
uint16_t hisi_zip_dequeue_burst(void *queue_pair, struct rte_comp_op **ops, uint16_t nb_ops);

#endif /* HISI_ZIP_QUEUE_H */
