/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "log.h"
#include "registers.h"

enum {
	AEQ_MASK = 0x0004,
	EQ_MASK = 0x000c,
	MESSAGE_SOURCE = 0x0020,	/* 0x20 to 0x2c: messages between the functions of a device */
	MESSAGE_MASK = 0x0024,
	DOORBELL_ISOLATION = 0x0030,
	PAGE_SIZE_SELECT = 0x0034,
	DOORBELL_DROP = 0x0038,
	CACHE_WRITE_BACK = 0x0204,
	CACHE_WRITTEN_BACK = 0x0208,
	SUB_VERSION = 0x0210,
	MAILBOX = 0x0300,
	MAILBOX_END = 0x0310,
	EVENT_DOORBELL = 0x2000,
	CAPABILITIES = 0x3100,
	DEVICE_ALGORITHMS = 0x3148,
};

#define MASKED 1u
#define SUB_VERSION_5 0x51u		/* revision 0x30 alone is version 3 */

#define CAPABILITY_VERSION 1u
#define CAPABILITY_STOP_QUEUE (1u << 9)
#define CAPABILITY_DATA_ENGINE (1u << 15)	/* UDMA */

/* What the driver reads to know the function. */
static const struct {
	uint16_t offset;
	uint32_t value;
} constants[] = {
	{ DOORBELL_ISOLATION, 1 },	/* a page of BAR 4 for each queue */
	{ 0x3104, 0x04000800 },		/* entries of AEQ and EQ */
	{ 0x3108, 0x04000400 },		/* entries of submission and completion queues */
	{ 0x310c, 0x00010000 },		/* EQ's interrupt: there, vector 0 */
	{ 0x3110, 0x00010001 },		/* AEQ's: vector 1 */
	{ 0x3114, 0 },			/* abnormal: a physical function's */
	{ 0x3118, 0 },			/* messages of the physical function: none */
	{ 0x311c, 0x00040002 },		/* interrupts of a physical and of a virtual function */
	{ 0x313c, 0x12050203 },		/* cores by kind */
	{ 0x3140, 0x001c0003 },		/* cores that are on */
	{ 0x3144, 0x30 },		/* what the kernel may use: deflate, both ways */
	{ DEVICE_ALGORITHMS, 0x3f },	/* deflate, zlib and gzip, both ways */
	{ 0x314c, 0xd5 },		/* by core */
	{ 0x3150, 0xd5 },
	{ 0x3154, 0x2a },
	{ 0x3158, 0x2a },
	{ 0x315c, 0x2a },
};

void
registers_init(struct registers *registers, const struct options *options, struct qm *qm)
{
	registers->options = options;
	registers->qm = qm;
	registers_reset(registers);
}

static void
set(struct registers *registers, unsigned int offset, uint32_t value)
{
	registers->words[offset / 4] = value;
}

void
registers_reset(struct registers *registers)
{
	bool version_5 = registers->options->version == 5;
	size_t i;

	memset(registers->words, 0, sizeof(registers->words));
	for (i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		set(registers, constants[i].offset, constants[i].value);
	set(registers, AEQ_MASK, MASKED);
	set(registers, EQ_MASK, MASKED);
	set(registers, MESSAGE_MASK, MASKED);
	set(registers, CACHE_WRITTEN_BACK, 1);
	set(registers, SUB_VERSION, version_5 ? SUB_VERSION_5 : 0);
	set(registers, CAPABILITIES, CAPABILITY_VERSION | CAPABILITY_STOP_QUEUE |
		(version_5 ? CAPABILITY_DATA_ENGINE : 0));
}

void
registers_read(struct registers *registers, uint64_t offset, void *to, size_t length)
{
	uint8_t *bytes = to;
	uint32_t word = 0;
	size_t i;

	for (i = 0; i < length; i++) {
		/* A word of the mailbox is looked at once, at its first byte */
		if (i == 0 || (offset + i) % 4 == 0) {
			word = registers->words[(offset + i) / 4];
			if (offset + i >= MAILBOX && offset + i < MAILBOX_END)
				word = qm_mailbox_read(registers->qm, (offset + i - MAILBOX) / 4);
		}
		bytes[i] = word >> (offset + i) % 4 * 8;
	}
}

static void
write_word(struct registers *registers, unsigned int offset, uint32_t value)
{
	switch (offset) {
	case AEQ_MASK:
		set(registers, offset, value & MASKED);
		event_queue_mask(&registers->qm->errors, value & MASKED);
		break;
	case EQ_MASK:
		set(registers, offset, value & MASKED);
		event_queue_mask(&registers->qm->events, value & MASKED);
		break;
	case MESSAGE_MASK:
	case PAGE_SIZE_SELECT:
		set(registers, offset, value);
		break;
	case MESSAGE_SOURCE:
		/* Ones clear; nothing ever sets them */
		break;
	case DOORBELL_DROP:
		set(registers, offset, value);
		registers->qm->drop_doorbells = value & 1;
		break;
	case CACHE_WRITE_BACK:
		/* Nothing is cached */
		set(registers, CACHE_WRITTEN_BACK, 1);
		break;
	default:
		if (offset >= MAILBOX && offset < MAILBOX_END)
			qm_mailbox_write(registers->qm, (offset - MAILBOX) / 4, value);
		else
			log_detail("register %#x: %#x written: ignored", offset, value);
	}
}

void
registers_write(struct registers *registers, uint64_t offset, const void *from, size_t length)
{
	const uint8_t *bytes = from;
	uint64_t doorbell;
	uint32_t word;

	if (offset == EVENT_DOORBELL && length == sizeof(doorbell)) {
		memcpy(&doorbell, from, sizeof(doorbell));
		qm_event_doorbell(registers->qm, doorbell);
		return;
	}
	if (offset % 4 != 0 || length % 4 != 0) {
		log_line("register %#llx: %zu bytes written: ignored, registers have 32 bits",
			(unsigned long long)offset, length);
		return;
	}
	for (; length > 0; offset += 4, bytes += 4, length -= 4) {
		memcpy(&word, bytes, sizeof(word));
		write_word(registers, offset, word);
	}
}
