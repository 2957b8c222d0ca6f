/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef MEMORY_H
#define MEMORY_H

/**
 * @file
 * Memory that the user adds at the prompt to the shared address space: of EAL's heap, which grows
 * for it by hugepages, or external memory that is registered with EAL and mapped for devices.
 * Functions that return int return 0 or a negative errno, and then they said why.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sys/queue.h>

struct memory_kind;

struct memory_piece {
	TAILQ_ENTRY(memory_piece) next;
	const struct memory_kind *kind;
	uint32_t id;
	void *address;
	uint64_t length;
	uint64_t iova;
	int fd; /**< Of a file; else -1. */
};

struct memory {
	TAILQ_HEAD(, memory_piece) pieces;
	uint32_t last_id;
};

void memory_begin(struct memory *memory);

/** Give all back that is left. */
void memory_end(struct memory *memory);

/** Add some. @param kind Its name. */
int memory_add(struct memory *memory, const char *kind, uint64_t length,
		const struct memory_piece **piece);

int memory_remove(struct memory *memory, uint32_t id);

/** The name of the kind at a place in the table, or NULL behind the last. */
const char *memory_kind_at(unsigned int place);

/** The number of the piece at a place; false behind the last. */
bool memory_at(const struct memory *memory, unsigned int place, uint32_t *id);

/** Print a piece, or all. */
void memory_show_piece(FILE *out, const struct memory_piece *piece);
void memory_show(FILE *out, const struct memory *memory);

/** Bytes that EAL's heaps have, used or not. */
uint64_t memory_of_heaps(void);

#endif /* MEMORY_H */
