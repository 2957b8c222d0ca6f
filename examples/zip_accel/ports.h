/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_PORTS_H
#define ZIP_ACCEL_PORTS_H

/**
 * @file
 * The two ports, with a queue each way for each lcore.
 */

#include <stdint.h>

#include <rte_mempool.h>

#include "framing.h"
#include "options.h"

/** Packets that a queue of a port holds, at most. */
#define PORT_DESCRIPTORS 512

enum side { PLAIN, PACKED, SIDES };

struct ports {
	struct port side[SIDES];
	uint16_t n_queues;
};

/** Find the ports. 0 or a negative errno, which has been said. */
int ports_find(struct ports *ports, const struct options *options);

/** Set them up and start them. 0 or a negative errno, which has been logged. */
int ports_open(struct ports *ports, uint16_t n_queues, const struct framing *framing,
		struct rte_mempool *mbufs);
void ports_close(struct ports *ports);

#endif /* ZIP_ACCEL_PORTS_H */
