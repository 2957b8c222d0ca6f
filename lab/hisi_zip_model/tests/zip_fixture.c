/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "zip_fixture.h"

void
map_zip_buffers(struct fixture *fixture, uint64_t source_length, uint64_t room)
{
	map_pages(fixture, PASID, SOURCE, source_length + 1, true);
	map_pages(fixture, PASID, DESTINATION, room + 1, true);
}

struct request
zip_request(struct fixture *fixture, enum queue_type type, unsigned int format, uint32_t length,
		uint32_t room)
{
	struct request request = new_request(fixture, PASID, type);

	put_zip_call(&request, &(struct zip_call){ .format = format, .window = WINDOW_32K,
			.source = SOURCE, .destination = DESTINATION, .length = length,
			.room = room });
	return request;
}

void
run_zip(struct request *request)
{
	assert_int_equal(engine_run(request), 0);
}

uint8_t *
device_compress(struct fixture *fixture, unsigned int format, const uint8_t *data,
		uint32_t length, uint32_t room, struct request *request)
{
	uint8_t *out = malloc(room);

	assert_non_null(out);
	put_bytes(fixture, PASID, SOURCE, data, length);
	*request = zip_request(fixture, QUEUE_COMPRESS, format, length, room);
	run_zip(request);
	assert_true(zip_produced(request) <= room);
	get_bytes(fixture, PASID, DESTINATION, out, zip_produced(request));
	return out;
}
