/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UDMA_H
#define UDMA_H

#include "engine.h"

/*
 * The copying engine of version 5, as DPDK's drivers/dma/hisi_acc and UADK's hisi_udma.c know it:
 * copies and fills with one source and one destination.
 */

#define UDMA_MAX_LENGTH ((1 << 24) - 1)

/* What UDMA puts into an entry: the low bits say done (1) or failed (2), bits 23:16 why. */
enum udma_result {
	UDMA_DONE = 1,
	/* The drivers tell failures from success, not from each other: the numbers are our own. */
	UDMA_BAD_DESCRIPTOR = 2 | 1 << 16,
	UDMA_FAULT = 2 | 2 << 16,
};

/* As engine_run(). -EAGAIN leaves what is done in request->done. */
int udma_run(struct request *request);

/* Bytes that the entry asks for. */
uint32_t udma_length(const struct request *request);

#endif
