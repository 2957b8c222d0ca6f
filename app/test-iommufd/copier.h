/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef COPIER_H
#define COPIER_H

/**
 * @file
 * A queue of a device that copies memory: a dmadev, or a queue of a ZIP's on the iommufd bus. A
 * copier is used by one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copier;
struct ports;

enum copy_state {
	COPY_WAITING,
	COPY_DONE,
	COPY_FAILED,
};

/** A piece of memory to be copied. It must stay where it is until its state says it is done. */
struct copy {
	uint64_t from; /**< Addresses as the device has them. */
	uint64_t to;
	uint32_t length;
	enum copy_state state; /**< Written when it is done. */
	void *cookie;          /**< For whoever wants it. */
};

struct copier_kind {
	/** How many queues there are, of a device or (NULL) of all devices. */
	unsigned int (*count)(const char *device);
	/** Take the queue of a number; 0 or a negative errno, and then it said why. */
	int (*open)(struct copier *copier, const char *device, unsigned int number,
			const struct ports *ports);
	/** Give it back: what is under way ends, or is forgotten by the device. */
	void (*close)(struct copier *copier);
	/** Hand in copies, which are waiting; how many of them were taken. */
	uint16_t (*enqueue)(struct copier *copier, struct copy *copies, uint16_t n);
	/** Take what is done, in whatever order; how many. */
	uint16_t (*dequeue)(struct copier *copier);
};

struct copier {
	const struct copier_kind *kind;
	char name[96]; /**< Of the device, with the queue's number. */
	bool virtual_addresses; /**< The process's own, not IOVAs. */
	uint32_t pasid;         /**< 0: none, or only the kernel knows. */
	void *queue;            /**< The kind's. */
};

extern const struct copier_kind copier_dmadev;
extern const struct copier_kind copier_ring;

/**
 * Take a queue.
 *
 * @param device
 *   NULL: of all there are, dmadevs last.
 * @param n
 *   How many queues are wanted, of which this is the one of a number.
 * @param ports
 *   Whose buffers the queue reaches; NULL: it has an address space that holds what is copied.
 * @return
 *   0 or a negative errno, and then it said why.
 */
int copier_open(struct copier *copier, const char *device, unsigned int number, unsigned int n,
		const struct ports *ports);

void copier_close(struct copier *copier);

/**
 * ZIPs of the iommufd bus are to be copiers' from now on, not compressdevs: before EAL starts.
 *
 * @return
 *   0; -ENOTSUP: it was built without the bus.
 */
int copier_ring_register(void);

#endif /* COPIER_H */
