/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VTD_H
#define VTD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

/*
 * The walk that a VT-d IOMMU in scalable mode does for a request of the function, through the
 * guest's own tables: root, context, PASID directory, PASID table, first-stage (or second-stage)
 * tables. Follows the Intel Virtualization Technology for Directed I/O specification, chapters 3
 * and 9. Nothing is kept from one walk to the next: the program isn't told of invalidations.
 *
 * Thread-safe.
 */

/* A request without PASID: the function's own (RID) address space. */
#define VTD_NO_PASID UINT32_MAX

enum vtd_fault {
	VTD_OK,
	VTD_NO_ROOT_TABLE,	/* the IOMMU is off, or not in scalable mode */
	VTD_ROOT_NOT_PRESENT,
	VTD_CONTEXT_NOT_PRESENT,
	VTD_PASID_NOT_ENABLED,	/* in the context entry */
	VTD_PASID_TOO_WIDE,	/* beyond the PASID directory */
	VTD_PASID_NOT_PRESENT,	/* in the directory or in the table */
	VTD_NOT_CANONICAL,	/* or wider than the tables */
	VTD_NOT_PRESENT,	/* in the page tables */
	VTD_NOT_READABLE,	/* second stage only: may be written, not read */
	VTD_NOT_WRITABLE,
	VTD_NOT_USER,
	VTD_NOT_MEMORY,		/* a table or a page isn't in the guest's memory */
	VTD_UNSUPPORTED,	/* a reserved bit, or a kind of translation that Linux doesn't use */
	VTD_UNSTABLE,		/* the guest changes the tables again and again */
	VTD_BUS_MASTER_OFF,	/* not the walk's: the function may not make requests */
};

struct vtd {
	const struct memory *memory;
	_Atomic uint64_t root;		/* the IOMMU's RTADDR register; 0: not known yet */
	_Atomic uint16_t requester;	/* bus, device and function number */
};

/*
 * Translates one address for a read or a write, sets accessed and dirty bits as the specification
 * asks for.
 *
 * On VTD_OK *physical is where the byte is, and *left how many bytes from there on are in the same
 * 4 KiB page (larger pages are translated 4 KiB at a time, so that little time passes until use).
 */
enum vtd_fault vtd_translate(struct vtd *vtd, uint32_t pasid, uint64_t address, bool write,
		uint64_t *physical, uint32_t *left);

/* A word for logs and counters: "not present". */
const char *vtd_fault_name(enum vtd_fault fault);

#endif
