/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DMA_H
#define DMA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "vtd.h"

/*
 * Accesses of the function to the guest's memory, all of them through the guest's IOMMU tables.
 *
 * Page by page (4 KiB): translate, copy, and translate again; when the page has moved meanwhile,
 * the copy is done once more. A page that isn't present in a PASID's page tables may be on its way
 * (the kernel is moving it): it is looked for during DMA_PATIENCE_MS, and at least
 * DMA_PATIENCE_LOOKS times, as a busy host gives the guest's CPU no more time than us.
 */

#define DMA_PATIENCE_MS 100
#define DMA_PATIENCE_LOOKS 100

struct dma {
	const struct memory *memory;
	struct vtd *vtd;
	struct record *record;
	atomic_bool bus_master;		/* PCI command register */
};

/* One requester: a queue's rings, or its data. Made anew for each request. */
struct dma_channel {
	struct dma *dma;
	uint16_t queue;			/* for the record */
	uint32_t pasid;			/* VTD_NO_PASID: the function's own address space */
	bool patient;			/* else a page that isn't present is -EAGAIN at once */
	const atomic_uint *epoch;	/* when this is no longer "started" the request is over */
	unsigned int started;
};

/*
 * Copies from or to the guest. Where whole words are written (address and length are multiples of 4)
 * the last one of each page is stored after all the others: in a ring's entry it has the phase.
 * Returns 0, or
 *  -EFAULT: not translated; recorded once with PASID, address and access. Pages before that one
 *           have been copied.
 *  -EAGAIN: the channel isn't patient and a page isn't present. Not recorded. Pages before that
 *           one have been copied.
 *  -ECANCELED: the queue was stopped or the function reset.
 */
int dma_read(const struct dma_channel *channel, uint64_t address, void *to, size_t length);
int dma_write(const struct dma_channel *channel, uint64_t address, const void *from,
		size_t length);

#endif
