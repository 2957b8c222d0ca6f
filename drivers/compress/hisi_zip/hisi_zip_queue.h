/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISI_ZIP_QUEUE_H
#define HISI_ZIP_QUEUE_H

/**
 * @file
 * A hardware queue, whichever way it was opened, and the pairs of them that applications see.
 *
 *     sq   . . . . . a b . c d e . . . . . .       a to e: with the device
 *                              ^ tail              where the next request goes
 *     cq   . . . . x y z . . . . . . . . . .       x to z: completed, not yet looked at
 *                  ^ head                          where the next completion is expected
 *
 * The device may complete requests in any order; a completion names its request's place. What has
 * been looked at is told to the device in portions of HISI_ZIP_QUEUE_PORTION(), so no more
 * requests are under way than there is room for with a portion untold.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_compressdev.h>

#include "bus_iommufd_driver.h"
#include "hisi_zip_hw.h"
#include "hisi_zip_sgl.h"

#define HISI_ZIP_QUEUE_PORTION(depth) ((depth) / 16)

/** The most requests that a queue can have under way. */
#define HISI_ZIP_QUEUE_CAPACITY(depth) ((depth) - HISI_ZIP_QUEUE_PORTION(depth) - 1)

/** What an application asked for, once and for all requests that name it. */
struct hisi_zip_xform {
	enum hisi_zip_direction direction;
	uint32_t kind;		/**< Of a submission queue's entry. */
};

/** What is under way at a place of a submission queue. */
struct hisi_zip_slot {
	struct rte_comp_op *op;	/**< NULL: nothing. */
	uint32_t room;
	uint16_t source;	/**< Lists, or HISI_ZIP_SGL_NONE for flat buffers. */
	uint16_t destination;
};

struct hisi_zip_queue {
	struct hisi_zip_sqe *sq;
	volatile struct hisi_zip_cqe *cq;
	volatile void *doorbell;
	struct hisi_zip_slot *slots;
	uint16_t depth;		/**< Of both rings. */
	uint16_t tail;
	uint16_t head;
	uint16_t phase;		/**< Of valid completions in this lap. */
	uint16_t pending;	/**< Requests under way. */
	uint16_t untold;	/**< Completions the device wasn't told have been looked at. */
	uint16_t number;	/**< By which doorbells name it. */

	/* From here on, what only opening and closing look at */
	enum hisi_zip_direction direction;
	struct rte_bus_iommufd_queue bus;
	void *rings;		/**< Of a function's queue. */
};

struct hisi_zip_qp {
	struct hisi_zip_queue queues[HISI_ZIP_DIRECTIONS];
	struct hisi_zip_sgls sgls;
	struct rte_compressdev_stats stats;
	uint16_t max_pending;	/**< Of both queues together. */
	uint8_t first;		/**< The direction whose completions are looked at first. */
	bool virtual_addresses;	/**< The process's own page tables, not IOVAs. */
	bool touch;		/**< The CPU makes buffers present first. */
};

/** compressdev's enqueue_burst and dequeue_burst. */
uint16_t hisi_zip_enqueue_burst(void *queue_pair, struct rte_comp_op **ops, uint16_t nb_ops);
uint16_t hisi_zip_dequeue_burst(void *queue_pair, struct rte_comp_op **ops, uint16_t nb_ops);

#endif /* HISI_ZIP_QUEUE_H */
