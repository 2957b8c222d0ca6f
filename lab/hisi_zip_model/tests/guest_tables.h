/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef GUEST_TABLES_H
#define GUEST_TABLES_H

#include <stdatomic.h>
#include <stdint.h>

#include "dma.h"
#include "memory.h"
#include "record.h"
#include "vtd.h"
#include "vtd_tables.h"

/*
 * A guest for tests: memory (a memfd at 4 GiB) with the IOMMU tables that a kernel makes, and the
 * function that does DMA through them. Where nothing else is said, memory is zeroed, and a failure
 * ends the program.
 */

#define GUEST_MEMORY_AT UINT64_C(0x100000000)
#define GUEST_REQUESTER 0x1a9	/* 01:15.1, in the upper half of bus 1 */
#define GUEST_PASID_BITS 16	/* of the directory */
#define GUEST_RID_PASID 0

struct guest {
	int fd;
	uint8_t *bytes;		/* of the whole memory */
	uint64_t size;
	uint64_t used;		/* from the start */
	uint64_t root, contexts, directory;	/* addresses of the tables */
	atomic_uint epoch;
	struct memory memory;
	struct vtd vtd;
	struct record *record;
	struct dma dma;
};

/*
 * Root, context (PASID enabled) and PASID directory; no PASID has an entry. size: a multiple of
 * 4 KiB; nothing is spent on what isn't touched.
 */
void guest_open(struct guest *guest, uint64_t size);
void guest_close(struct guest *guest);

/* New memory, aligned to its own size (a power of two, 4 KiB at least): its address. */
uint64_t guest_pages(struct guest *guest, uint64_t size);

/* The bytes, or the qwords, at a guest-physical address. */
uint8_t *guest_bytes(const struct guest *guest, uint64_t physical);
_Atomic uint64_t *guest_qwords(const struct guest *guest, uint64_t physical);

/* The eight qwords of a PASID's entry (not present as yet, but with a table to be in). */
_Atomic uint64_t *guest_pasid_entry(struct guest *guest, uint32_t pasid);

/* The address space of a PASID. */
struct guest_space {
	struct guest *guest;
	uint32_t pasid;
	enum vtd_pasid_type type;	/* first or second stage */
	unsigned int levels;		/* first stage: 4 or 5; second: 3 to 5 */
	uint64_t top;
};

/* Makes an empty address space, and the PASID's entry. GUEST_RID_PASID: the function's own. */
struct guest_space guest_space(struct guest *guest, uint32_t pasid, enum vtd_pasid_type type,
		unsigned int levels);

/* The usual one: 4 levels of first stage. */
struct guest_space guest_process(struct guest *guest, uint32_t pasid);

enum {
	GUEST_READ = 1 << 0,	/* second stage: may be left out */
	GUEST_WRITE = 1 << 1,
	GUEST_USER = 1 << 2,	/* first stage */
	GUEST_ALL = GUEST_READ | GUEST_WRITE | GUEST_USER,
};

/*
 * Maps a page of a level (1: 4 KiB, 2: 2 MiB, 3: 1 GiB), replacing what was there. Upper levels
 * permit everything.
 */
void guest_map(struct guest_space *space, uint64_t address, uint64_t physical, unsigned int level,
		unsigned int may);

/* The entry of a level on the way to an address; tables above it are made where there are none. */
_Atomic uint64_t *guest_entry(struct guest_space *space, uint64_t address, unsigned int level);

/* The qwords of the entries that lead to an address. */
enum guest_place {
	GUEST_REGISTER,		/* RTADDR */
	GUEST_ROOT,
	GUEST_CONTEXT,		/* qwords 0 and 1 */
	GUEST_CONTEXT_1,
	GUEST_DIRECTORY,
	GUEST_PASID,		/* qwords 0 and 2 */
	GUEST_PASID_2,
	GUEST_LEVEL_1,		/* a page of 4 KiB */
	GUEST_LEVEL_2,
	GUEST_LEVEL_3,
	GUEST_LEVEL_4,
	GUEST_LEVEL_5,
};
_Atomic uint64_t *guest_qword(struct guest_space *space, uint64_t address, enum guest_place place);

/*
 * New pages of 4 KiB for a range of addresses (whole pages of it are mapped). No two of them are
 * neighbours in memory.
 */
void guest_allocate(struct guest_space *space, uint64_t address, uint64_t length, unsigned int may);

/* The processor's accesses to what guest_allocate() or guest_map() put at an address. */
void guest_write(struct guest_space *space, uint64_t address, const void *from, uint64_t length);
void guest_read(struct guest_space *space, uint64_t address, void *to, uint64_t length);

/* A patient channel of queue 0 for a PASID, or VTD_NO_PASID; guest->epoch is its epoch. */
struct dma_channel guest_channel(struct guest *guest, uint32_t pasid);

/* How often an event was counted; the faults of a PASID (VTD_NO_PASID: of the function itself). */
uint64_t guest_events(struct guest *guest, const char *event);
uint64_t guest_faults(struct guest *guest, uint32_t pasid);

#endif
