/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISI_ZIP_QM_H
#define HISI_ZIP_QM_H

/**
 * @file
 * The queue manager's registers and contexts: what it takes to bring a function up.
 */

#include <assert.h>
#include <stdint.h>

#define HISI_ZIP_REGISTERS_BAR 2
#define HISI_ZIP_DOORBELLS_BAR 4
#define HISI_ZIP_DOORBELL_STRIDE 0x10000

#define HISI_ZIP_DOORBELL_DROP 0x38
#define HISI_ZIP_MAILBOX 0x300
#define HISI_ZIP_CAPABILITIES 0x3100
#define HISI_ZIP_CAPABILITY_STOP_QUEUE (UINT32_C(1) << 9)
/** 31:16 of completion queues, 15:0 of submission queues. */
#define HISI_ZIP_QUEUE_DEPTHS 0x3108

/** Word 0 of the mailbox: 7:0 command, 31:16 queue, and: */
#define HISI_ZIP_MAILBOX_STATUS UINT32_C(0x1e00)
#define HISI_ZIP_MAILBOX_BUSY (UINT32_C(1) << 13)
#define HISI_ZIP_MAILBOX_READ (UINT32_C(1) << 14)

enum hisi_zip_mailbox_command {
	HISI_ZIP_MAILBOX_SQC = 0,
	HISI_ZIP_MAILBOX_CQC = 1,
	HISI_ZIP_MAILBOX_EQC = 2,
	HISI_ZIP_MAILBOX_AEQC = 3,
	HISI_ZIP_MAILBOX_QUEUES = 6,
	HISI_ZIP_MAILBOX_STOP_QUEUE = 8,
};

/** The answer to HISI_ZIP_MAILBOX_QUEUES: how many the function has, less one. */
#define HISI_ZIP_QUEUES(answer) (((answer) >> 45 & 0x7ff) + 1)

/** Entries of the queues for events and errors, which nobody reads; 4 bytes each. */
#define HISI_ZIP_EVENTS 2048
#define HISI_ZIP_ERRORS 1024

struct hisi_zip_sq_context {
	uint16_t head;
	uint16_t tail;
	uint32_t base_low;
	uint32_t base_high;
	uint32_t dw3;		/**< 11:0 depth - 1, 15:12 log2 of an entry's size */
	uint16_t w8;
	uint16_t reserved;
	uint16_t pasid;
	uint16_t w11;		/**< Bit 6 lap of the tail, bit 7 PASID enabled */
	uint16_t cq_number;
	uint16_t w13;		/**< 11:8 enum hisi_zip_direction */
	uint32_t dw7;
};
static_assert(sizeof(struct hisi_zip_sq_context) == 32, "the hardware's layout");

#define HISI_ZIP_SQ_CONTEXT_PASID (1 << 7)

struct hisi_zip_cq_context {
	uint16_t head;
	uint16_t tail;
	uint32_t base_low;
	uint32_t base_high;
	uint32_t dw3;		/**< As that of a submission queue. */
	uint16_t w8;
	uint16_t reserved;
	uint16_t pasid;
	uint16_t w11;		/**< Bit 0 PASID enabled, bit 6 lap of the tail */
	uint32_t dw6;		/**< Bit 0 phase, bit 1 an interrupt is wanted */
	uint32_t dw7;
};
static_assert(sizeof(struct hisi_zip_cq_context) == 32, "the hardware's layout");

#define HISI_ZIP_CQ_CONTEXT_PASID (1 << 0)
#define HISI_ZIP_CQ_CONTEXT_PHASE (1 << 0)
#define HISI_ZIP_CONTEXT_LAP (1 << 6)

#define HISI_ZIP_CONTEXT_DW3(depth, shift) (((uint32_t)(depth) - 1) | (uint32_t)(shift) << 12)

/** Of both event queues. */
struct hisi_zip_eq_context {
	uint16_t head;
	uint16_t tail;
	uint32_t base_low;
	uint32_t base_high;
	uint32_t reserved[3];
	uint32_t dw6;		/**< 15:0 depth - 1, bit 16 phase */
};
static_assert(sizeof(struct hisi_zip_eq_context) == 28, "the hardware's layout");

#define HISI_ZIP_EQ_CONTEXT_PHASE (UINT32_C(1) << 16)

#endif /* HISI_ZIP_QM_H */
