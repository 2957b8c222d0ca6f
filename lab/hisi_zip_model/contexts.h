/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTEXTS_H
#define CONTEXTS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the driver tells of a queue: contexts in its memory, which a mailbox command has the function
 * read, or write back. All fields are little-endian; so is the host.
 */

struct sq_context {
	uint16_t head;
	uint16_t tail;
	uint32_t base_low;
	uint32_t base_high;
	uint32_t dw3;		/* 11:0 depth - 1, 15:12 log2 of an entry's size */
	uint16_t w8;
	uint16_t reserved;
	uint16_t pasid;
	uint16_t w11;		/* bit 6 lap of the tail, bit 7 PASID enabled */
	uint16_t cq_number;
	uint16_t w13;		/* 11:8 type of requests */
	uint32_t dw7;
};
static_assert(sizeof(struct sq_context) == 32, "layout");

struct cq_context {
	uint16_t head;
	uint16_t tail;
	uint32_t base_low;
	uint32_t base_high;
	uint32_t dw3;		/* as that of a submission queue */
	uint16_t w8;
	uint16_t reserved;
	uint16_t pasid;
	uint16_t w11;		/* bit 0 PASID enabled, bit 6 lap of the tail */
	uint32_t dw6;		/* bit 0 phase, bit 1 an interrupt is wanted */
	uint32_t dw7;
};
static_assert(sizeof(struct cq_context) == 32, "layout");

/* Of both event queues */
struct eq_context {
	uint16_t head;
	uint16_t tail;
	uint32_t base_low;
	uint32_t base_high;
	uint32_t dw3;
	uint32_t dw4;
	uint32_t dw5;
	uint32_t dw6;		/* 15:0 depth - 1, bit 16 phase */
};
static_assert(sizeof(struct eq_context) == 28, "layout");

#define CONTEXT_DEPTH(dw3) (((dw3) & 0xfffu) + 1)
#define CONTEXT_ENTRY_SIZE(dw3) (1u << ((dw3) >> 12 & 0xfu))
#define CONTEXT_LAP (1u << 6)
#define SQ_CONTEXT_PASID_ENABLED (1u << 7)
#define SQ_CONTEXT_TYPE(w13) ((w13) >> 8 & 0xfu)
#define CQ_CONTEXT_PHASE (1u << 0)
#define CQ_CONTEXT_INTERRUPT (1u << 1)
#define EQ_CONTEXT_DEPTH(dw6) (((dw6) & 0xffffu) + 1)
#define EQ_CONTEXT_PHASE (1u << 16)

struct cq_entry {
	uint32_t reserved0;
	uint32_t reserved1;
	uint16_t sq_head;	/* index of the request */
	uint16_t sq_number;
	uint16_t reserved2;
	uint16_t phase;		/* bit 0; 1 in the first lap */
};
static_assert(sizeof(struct cq_entry) == 16, "layout");

static inline uint64_t
context_base(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

#endif
