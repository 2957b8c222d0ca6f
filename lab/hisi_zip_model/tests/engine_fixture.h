/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ENGINE_GUEST_H
#define ENGINE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "guest_tables.h"

/*
 * Processes of a guest (guest_tables.h) for tests of the engine, and what a driver puts into
 * submission queue entries: written down once more from the layouts, not taken from the model.
 */

#define MAX_PROCESSES 8

struct fixture {
	struct guest guest;
	struct guest_space processes[MAX_PROCESSES];
	unsigned int count;
};

/* For cmocka */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* New pages for a process, which is made when it isn't there yet. */
void map_pages(struct fixture *fixture, uint32_t pasid, uint64_t address, uint64_t length,
		bool writable);
/* What the CPU would see and write, mapped writable or not. */
void get_bytes(struct fixture *fixture, uint32_t pasid, uint64_t address, void *to, size_t length);
void put_bytes(struct fixture *fixture, uint32_t pasid, uint64_t address, const void *from,
		size_t length);

/* A request that may wait; its entry is all zeros. */
struct request new_request(struct fixture *fixture, uint32_t pasid, enum queue_type type);

/* A word of a request's entry */
uint32_t sqe_word(const struct request *request, unsigned int i);
void set_sqe_word(struct request *request, unsigned int i, uint32_t value);

/* Formats, window codes and statuses as numbers, as a driver knows them */
#define RAW 1
#define ZLIB 2
#define GZIP 3
#define WINDOW_4K 0
#define WINDOW_8K 1
#define WINDOW_16K 2
#define WINDOW_24K 3
#define WINDOW_32K 4

struct zip_call {
	unsigned int format, window;
	bool lists;
	uint64_t source, destination;
	uint32_t length, room;
	uint32_t source_offset, destination_offset;	/* into the lists */
};

/* Puts the entry of a call into a request, with tags of its own. */
void put_zip_call(struct request *request, const struct zip_call *call);
uint8_t zip_status(const struct request *request);
uint32_t zip_consumed(const struct request *request);
uint32_t zip_produced(const struct request *request);

#define UDMA_COPY 0
#define UDMA_FILL 7

struct udma_call {
	unsigned int operation;
	uint64_t source, destination, pattern;
	uint32_t length;
};

void put_udma_call(struct request *request, const struct udma_call *call);
/* 1: done; else failed, with the reason from bit 4 on */
uint32_t udma_result(const struct request *request);

/* How many things of a kind ("accesses", "faults") there are in the record; a number of one. */
size_t recorded(struct fixture *fixture, const char *kind);
uint64_t recorded_number(struct fixture *fixture, const char *kind, size_t i, const char *name);

#endif
