/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "dma.h"
#include "record.h"

/*
 * What the function does with a submission queue entry: compression (zip.h) or copying (udma.h).
 */

#define SQE_SIZE 128

enum queue_type {
	QUEUE_COMPRESS = 0,
	QUEUE_DECOMPRESS = 1,
	QUEUE_UDMA = 2,
};

/* One request, from being fetched until its entry is written back. */
struct request {
	struct dma_channel data;	/* the queue's PASID */
	enum queue_type type;
	uint8_t sqe[SQE_SIZE];		/* as fetched; results are put into it */
	uint64_t done;			/* bytes of a copy or fill that are done; 0 at first */
	struct record_request summary;	/* for the record; filled by the engine */
};

/*
 * Carries a request out. The entry has its status and results then, an error status too where the
 * entry, its addresses or its data are bad; summary tells the same.
 *
 * Returns 0, -EAGAIN (the channel isn't patient and a page isn't present, or the request is too
 * long for who can't wait: call again with a patient channel and the same request), or -ECANCELED.
 * Thread-safe for different requests.
 */
int engine_run(struct request *request);

/*
 * Whether engine_run() takes so little time that a doorbell may wait for it: a copy or fill of at
 * most `bytes`. Compression is never short.
 */
bool engine_is_short(const struct request *request, uint64_t bytes);

#endif
