/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef OWNED_ZIP_H
#define OWNED_ZIP_H

/**
 * @file
 * A ZIP function that a program owns by VFIO: its queue manager is brought up by hand, and queues do
 * copies, each with the PASID that it is told. Rings and contexts are EAL's memory, in the address
 * space of the function itself.
 */

#include <stddef.h>
#include <stdint.h>

#include <bus_iommufd_ring.h>

struct zip_region {
	volatile uint8_t *bytes;
	size_t size;
};

struct zip_function {
	int fd; /**< VFIO's, the caller's. */
	struct zip_region registers;
	struct zip_region doorbells;
	uint8_t *memory; /**< A context, and the rings of events. */
};

struct zip_queue {
	struct zip_function *function;
	uint8_t *rings; /**< Requests, and behind them completions. */
	struct rte_bus_iommufd_ring ring;
};

/** Bring a function up. @return 0, or -errno with nothing left. */
int zip_function_open(struct zip_function *function, int fd);

/** Unmap its registers; queues must be closed. */
void zip_function_close(struct zip_function *function);

/** Start a queue whose data has a PASID, or 0 for the function's own. @return 0, or -errno. */
int zip_queue_open(struct zip_queue *queue, struct zip_function *function, uint16_t number,
		uint32_t pasid);

/** Stop it. */
void zip_queue_close(struct zip_queue *queue);

/**
 * Have the function copy, and wait for it.
 *
 * @return
 *   0; -EFAULT where the function says that it couldn't; -ETIMEDOUT where it says nothing.
 */
int zip_queue_copy(struct zip_queue *queue, uint64_t to, uint64_t from, uint32_t len);

#endif /* OWNED_ZIP_H */
