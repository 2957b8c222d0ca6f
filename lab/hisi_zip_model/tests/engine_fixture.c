/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "engine_fixture.h"

#define MEMORY (UINT64_C(256) << 20)

int
fixture_setup(void **state)
{
	static struct fixture fixture;

	fixture.count = 0;
	guest_open(&fixture.guest, MEMORY);
	*state = &fixture;
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	guest_close(&fixture->guest);
	return 0;
}

static struct guest_space *
process(struct fixture *fixture, uint32_t pasid)
{
	unsigned int i;

	for (i = 0; i < fixture->count; i++) {
		if (fixture->processes[i].pasid == pasid)
			return &fixture->processes[i];
	}
	assert(i < MAX_PROCESSES);
	fixture->processes[i] = guest_process(&fixture->guest, pasid);
	fixture->count++;
	return &fixture->processes[i];
}

void
map_pages(struct fixture *fixture, uint32_t pasid, uint64_t address, uint64_t length, bool writable)
{
	guest_allocate(process(fixture, pasid), address, length,
			GUEST_READ | GUEST_USER | (writable ? GUEST_WRITE : 0));
}

void
get_bytes(struct fixture *fixture, uint32_t pasid, uint64_t address, void *to, size_t length)
{
	guest_read(process(fixture, pasid), address, to, length);
}

void
put_bytes(struct fixture *fixture, uint32_t pasid, uint64_t address, const void *from,
		size_t length)
{
	guest_write(process(fixture, pasid), address, from, length);
}

struct request
new_request(struct fixture *fixture, uint32_t pasid, enum queue_type type)
{
	return (struct request){ .data = guest_channel(&fixture->guest, pasid), .type = type };
}

/* A new reference */
static json_t *
all_recorded(struct fixture *fixture, const char *kind)
{
	json_t *things = record_last(fixture->guest.record, kind, 0, RECORD_KEPT);

	assert(json_is_array(things));
	return things;
}

size_t
recorded(struct fixture *fixture, const char *kind)
{
	json_t *things = all_recorded(fixture, kind);
	size_t count = json_array_size(things);

	json_decref(things);
	return count;
}

uint64_t
recorded_number(struct fixture *fixture, const char *kind, size_t i, const char *name)
{
	json_t *things = all_recorded(fixture, kind);
	json_t *value = json_object_get(json_array_get(things, i), name);
	uint64_t number;

	assert(value != NULL);
	/* addresses are text */
	number = json_is_string(value) ? strtoull(json_string_value(value), NULL, 0)
		: (uint64_t)json_integer_value(value);
	json_decref(things);
	return number;
}

uint32_t
sqe_word(const struct request *request, unsigned int i)
{
	uint32_t word;

	memcpy(&word, request->sqe + 4 * i, sizeof(word));
	return word;
}

void
set_sqe_word(struct request *request, unsigned int i, uint32_t value)
{
	memcpy(request->sqe + 4 * i, &value, sizeof(value));
}

void
put_zip_call(struct request *request, const struct zip_call *call)
{
	set_sqe_word(request, 4, call->length);
	set_sqe_word(request, 7, 3u << 28 | call->source_offset);
	set_sqe_word(request, 8, call->destination_offset);
	set_sqe_word(request, 9, call->format | (unsigned int)call->lists << 8
			| call->window << 12);
	set_sqe_word(request, 13, 0x13131313);
	set_sqe_word(request, 14, call->room);
	set_sqe_word(request, 18, call->source);
	set_sqe_word(request, 19, call->source >> 32);
	set_sqe_word(request, 20, call->destination);
	set_sqe_word(request, 21, call->destination >> 32);
	set_sqe_word(request, 26, 0x26262626);
	set_sqe_word(request, 27, 0x27272727);
}

uint8_t
zip_status(const struct request *request)
{
	return sqe_word(request, 3);
}

uint32_t
zip_consumed(const struct request *request)
{
	return sqe_word(request, 0);
}

uint32_t
zip_produced(const struct request *request)
{
	return sqe_word(request, 1);
}

void
put_udma_call(struct request *request, const struct udma_call *call)
{
	set_sqe_word(request, 0, 1 | 3 << 8 | call->operation << 16);
	set_sqe_word(request, 3, 0x03030303);
	set_sqe_word(request, 4, 0x04040404);
	set_sqe_word(request, 5, call->length);
	set_sqe_word(request, 7, 0x8000);
	set_sqe_word(request, 8, call->pattern);
	set_sqe_word(request, 9, call->pattern >> 32);
	set_sqe_word(request, 22, call->destination);
	set_sqe_word(request, 23, call->destination >> 32);
	set_sqe_word(request, 26, call->source);
	set_sqe_word(request, 27, call->source >> 32);
}

uint32_t
udma_result(const struct request *request)
{
	return sqe_word(request, 28);
}
