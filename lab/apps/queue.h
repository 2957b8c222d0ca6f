/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef QUEUE_H
#define QUEUE_H

/**
 * @file
 * Ways of having an accelerator do a burst of work, which lab/apps/queue.c counts.
 */

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_BURST 32

/** How long each piece of work is. */
#define QUEUE_BYTES 1024

struct queue_way {
	const char *name;
	/** Before EAL starts; may be NULL. */
	void (*prepare)(void);
	/** Take the device and memory. @return 0 or -errno. */
	int (*open)(void);
	void (*close)(void);
	/** Write what the next burst works on; not counted. */
	void (*fill)(uint8_t seed);
	/** Hand in a burst. @return how much of it was taken. */
	uint16_t (*enqueue)(void);
	/** Get back as much of it as is done. @return how much. */
	uint16_t (*dequeue)(void);
	/** Whether all that came back is right; not counted. */
	bool (*is_right)(void);
};

/** Copies, by the dmadev that EAL has. */
extern const struct queue_way queue_dmadev;
/** Copies, by the ring layer of the iommufd bus: a queue of whichever kind of device EAL has. */
extern const struct queue_way queue_ring;
/** Compression, by the compressdev that EAL has. */
extern const struct queue_way queue_compressdev;

#endif /* QUEUE_H */
