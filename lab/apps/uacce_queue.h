/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef UACCE_QUEUE_H
#define UACCE_QUEUE_H

/**
 * @file
 * A queue of a HiSilicon accelerator, straight from the kernel's uacce interface: requests and
 * completions are rings in memory that the kernel hands out, a doorbell says how far they go.
 * Addresses in requests are the process's own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UACCE_QUEUE_MAX_DEPTH 4096

/** Used by one thread. */
struct uacce_queue {
	int fd;			/**< -1: closed */
	uint16_t id;		/**< of the device's queues */
	uint16_t depth;		/**< of both rings */
	size_t entry_size;	/**< of a request */
	uint8_t *doorbells, *rings;
	size_t doorbells_size, rings_size;
	uint16_t tail;		/**< where the next request goes */
	uint16_t head;		/**< where the next completion comes */
	uint16_t phase;		/**< that a new completion has */
	uint16_t pending;	/**< requests without completion */
	bool is_pending[UACCE_QUEUE_MAX_DEPTH];	/**< by their place in the ring */
};

/**
 * Take a queue of a device ("hisi_zip-0") for a type of request and start it.
 *
 * @return
 *   0 or -errno; -EBUSY: the device has none left.
 */
int uacce_queue_open(struct uacce_queue *queue, const char *device, uint16_t type);

/** Give it back; what is not completed then is dropped by the device. */
void uacce_queue_close(struct uacce_queue *queue);

/**
 * Hand in a request of entry_size bytes.
 *
 * @return
 *   Its place in the ring, or -ENOSPC: the ring is full.
 */
int uacce_queue_submit(struct uacce_queue *queue, const void *request);

/**
 * Take a completion.
 *
 * @return
 *   The place of the request that is completed; -EAGAIN: there is no completion; -EBADMSG: one that
 *   does not belong to a request.
 */
int uacce_queue_poll(struct uacce_queue *queue);

/** Wait for a completion, for the device's interrupt; returns as above, -ETIME when time is up. */
int uacce_queue_wait(struct uacce_queue *queue, int milliseconds);

/** A request as the device has left it. */
const void *uacce_queue_request(const struct uacce_queue *queue, int place);

#endif /* UACCE_QUEUE_H */
