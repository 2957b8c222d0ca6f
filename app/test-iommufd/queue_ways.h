/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef QUEUE_WAYS_H
#define QUEUE_WAYS_H

/**
 * @file
 * Ways of having an accelerator do a burst of work, which `bench queue` counts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

/** How long each piece of work is. */
#define QUEUE_BYTES 1024

struct rte_mempool;

struct queue_work {
	const struct queue_way *way;
	const char *device;
	uint16_t burst;
	uint32_t pasid; /**< 0: none, or nobody says. */
	uint8_t *from;  /**< Of copies: so many pieces one behind the other. */
	uint8_t *to;
	void *own;      /**< The way's. */
};

struct queue_way {
	const char *unit; /**< What a piece of work is. */
	/** Whether it is the way of a device. */
	bool (*has)(const char *device);
	/** Take the device and memory; 0 or a negative errno, and then it said why. */
	int (*open)(struct queue_work *work);
	void (*close)(struct queue_work *work);
	/** Write what the next burst works on; not counted. */
	void (*fill)(struct queue_work *work, uint8_t seed);
	/** Hand in a burst; how much of it was taken. */
	uint16_t (*enqueue)(struct queue_work *work);
	/** Get back as much of it as is done; how much. */
	uint16_t (*dequeue)(struct queue_work *work);
	/** Whether all that came back is right; not counted. */
	bool (*is_right)(struct queue_work *work);
};

/** Copies, by a dmadev: what its callers call, and nothing else. */
extern const struct queue_way queue_way_dmadev;
/** Copies, by a ZIP of the iommufd bus, as engine dma hands them in. */
extern const struct queue_way queue_way_ring;
/** Compression, by a compressdev. */
extern const struct queue_way queue_way_compressdev;

#endif /* QUEUE_WAYS_H */
