/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ZIP_FIXTURE_H
#define ZIP_FIXTURE_H

#include "engine_fixture.h"

/* What tests of the compression engine have in common: a process with two flat buffers. */

#define PASID 5
#define SOURCE 0x7f0000001234		/* not where a page begins */
#define DESTINATION 0x7f8000000fff
#define AREA (12 << 20)
#define MIB (1 << 20)

/* Maps both, with a byte more for what mustn't be written. */
void map_zip_buffers(struct fixture *fixture, uint64_t source_length, uint64_t room);

/* From one to the other */
struct request zip_request(struct fixture *fixture, enum queue_type type, unsigned int format,
		uint32_t length, uint32_t room);

void run_zip(struct request *request);

/* Compresses data by the device; returns what came out, to be freed. */
uint8_t *device_compress(struct fixture *fixture, unsigned int format, const uint8_t *data,
		uint32_t length, uint32_t room, struct request *request);

#endif
