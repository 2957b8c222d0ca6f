/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "qm.h"

/*
 * The registers of BAR 2, 32 bits each. What isn't named in registers.c reads as zero and ignores
 * writes, as on a virtual function. Used by one thread.
 */

#define REGISTERS_SIZE 0x10000

struct registers {
	uint32_t words[REGISTERS_SIZE / 4];
	const struct options *options;
	struct qm *qm;
};

void registers_init(struct registers *registers, const struct options *options, struct qm *qm);

/* As after power-on. */
void registers_reset(struct registers *registers);

void registers_read(struct registers *registers, uint64_t offset, void *to, size_t length);
void registers_write(struct registers *registers, uint64_t offset, const void *from,
		size_t length);

#endif
