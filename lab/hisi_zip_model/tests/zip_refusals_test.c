/* SPDX-License-Identifier: BSD-3-Clause */
/* What the compression engine refuses: data, addresses, entries. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_data.h"
#include "zip_fixture.h"

#define OTHER_PASID 6

static const unsigned int formats[] = { RAW, ZLIB, GZIP };

static void
input_that_ends_too_early_is_refused(void **state)
{
	uint8_t data[300], in[400];
	size_t i, j, length;

	random_bytes(data, sizeof(data), 7);
	map_zip_buffers(*state, sizeof(in), sizeof(data));
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		length = cpu_compress(formats[i], 6, data, sizeof(data), in, sizeof(in));
		put_bytes(*state, PASID, SOURCE, in, length);
		for (j = 1; j < length; j++) {
			struct request request = zip_request(*state, QUEUE_DECOMPRESS, formats[i],
					j, sizeof(data));

			run_zip(&request);
			assert_int_equal(zip_status(&request), 0x01);
			assert_int_equal(zip_consumed(&request), j);
		}
	}
}

static void
what_is_not_deflate_is_refused(void **state)
{
	/* The kinds of block there are, each with something wrong */
	static const struct { uint8_t bytes[6]; } bad[] = {
		{ { 0x07 } },				/* a kind that there isn't */
		{ { 0x01, 0x01, 0x00, 0x00, 0x00 } },	/* stored: lengths don't agree */
		{ { 0x03, 0x02 } },			/* fixed codes: distance before the start */
		{ { 0x05, 0xff, 0xff, 0xff, 0xff } },	/* too many codes */
	};
	size_t i;

	map_zip_buffers(*state, 100, 100);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct request request;

		put_bytes(*state, PASID, SOURCE, bad[i].bytes, sizeof(bad[i].bytes));
		request = zip_request(*state, QUEUE_DECOMPRESS, RAW, sizeof(bad[i].bytes), 100);
		run_zip(&request);
		assert_int_equal(zip_status(&request), 0x01);
		assert_int_equal(zip_produced(&request), 0);
	}
}

static void
a_wrong_trailer_is_a_wrong_checksum(void **state)
{
	static const struct { unsigned int format, length; } trailers[] = {
		{ ZLIB, 4 }, { GZIP, 8 },
	};
	uint8_t data[500], in[700];
	size_t i, j;

	text_bytes(data, sizeof(data), 9);
	map_zip_buffers(*state, sizeof(in), sizeof(data));
	for (i = 0; i < sizeof(trailers) / sizeof(trailers[0]); i++) {
		unsigned int format = trailers[i].format;
		size_t length = cpu_compress(format, 6, data, sizeof(data), in, sizeof(in));

		for (j = 1; j <= trailers[i].length; j++) {
			struct request request;

			in[length - j] ^= 0x40;
			put_bytes(*state, PASID, SOURCE, in, length);
			in[length - j] ^= 0x40;
			request = zip_request(*state, QUEUE_DECOMPRESS, format, length,
					sizeof(data));
			run_zip(&request);
			assert_int_equal(zip_status(&request), 0x10);
			assert_int_equal(zip_produced(&request), sizeof(data));
		}
	}
}

/* A format's stream isn't taken for another's: a header belongs to none of them. */
static void
a_header_is_not_read(void **state)
{
	static const uint8_t header[2] = { 0x78, 0x9c };
	uint8_t data[500], in[700];
	struct request request;
	size_t length;

	text_bytes(data, sizeof(data), 10);
	map_zip_buffers(*state, sizeof(in), sizeof(data));
	memcpy(in, header, sizeof(header));
	length = cpu_compress(ZLIB, 6, data, sizeof(data), in + sizeof(header),
			sizeof(in) - sizeof(header));
	put_bytes(*state, PASID, SOURCE, in, sizeof(header) + length);
	request = zip_request(*state, QUEUE_DECOMPRESS, ZLIB, sizeof(header) + length,
			sizeof(data));
	run_zip(&request);
	assert_int_equal(zip_status(&request), 0x01);
}

static void
assert_one_fault(struct fixture *fixture, uint64_t page)
{
	assert_int_equal(recorded(fixture, "faults"), 1);
	assert_int_equal(recorded_number(fixture, "faults", 0, "address") & ~0xfffull, page);
	assert_int_equal(recorded_number(fixture, "faults", 0, "pasid"), PASID);
}

static void
a_source_that_is_not_mapped_is_a_fault(void **state)
{
	uint64_t hole = (SOURCE & ~0xfffull) + 0x3000;
	uint8_t data[3 * 4096];
	struct request request;

	random_bytes(data, sizeof(data), 11);
	map_zip_buffers(*state, hole - SOURCE - 1, AREA);
	put_bytes(*state, PASID, SOURCE, data, hole - SOURCE);
	request = zip_request(*state, QUEUE_COMPRESS, RAW, sizeof(data), AREA);
	run_zip(&request);
	assert_int_equal(zip_status(&request), 0x0a);
	assert_int_equal(zip_consumed(&request), 0);
	assert_int_equal(zip_produced(&request), 0);
	assert_int_equal(request.summary.status, 0x0a);
	assert_one_fault(*state, hole);
}

static void
a_destination_that_is_not_mapped_is_a_fault(void **state)
{
	uint64_t hole = (DESTINATION & ~0xfffull) + 0x3000;
	static uint8_t data[100000];
	struct request request;

	random_bytes(data, sizeof(data), 12);
	map_zip_buffers(*state, sizeof(data), hole - DESTINATION - 1);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	request = zip_request(*state, QUEUE_COMPRESS, RAW, sizeof(data), 2 * sizeof(data));
	run_zip(&request);
	assert_int_equal(zip_status(&request), 0x0a);
	assert_int_equal(zip_consumed(&request), 0);
	assert_int_equal(zip_produced(&request), 0);
	assert_one_fault(*state, hole);
}

static void
a_destination_that_may_only_be_read_is_a_fault(void **state)
{
	static uint8_t data[100000], before[100000], after[100000];
	struct request request;

	random_bytes(data, sizeof(data), 13);
	random_bytes(before, sizeof(before), 14);
	map_pages(*state, PASID, SOURCE, sizeof(data), true);
	map_pages(*state, PASID, DESTINATION, sizeof(before), false);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	put_bytes(*state, PASID, DESTINATION, before, sizeof(before));
	request = zip_request(*state, QUEUE_COMPRESS, RAW, 80000, sizeof(before));
	run_zip(&request);
	assert_int_equal(zip_status(&request), 0x0a);
	assert_one_fault(*state, DESTINATION & ~0xfffull);
	get_bytes(*state, PASID, DESTINATION, after, sizeof(after));
	assert_memory_equal(after, before, sizeof(before));
}

static void
a_source_may_be_read_only(void **state)
{
	uint8_t data[5000];
	struct request request;

	text_bytes(data, sizeof(data), 15);
	map_pages(*state, PASID, SOURCE, sizeof(data), false);
	map_pages(*state, PASID, DESTINATION, sizeof(data), true);
	free(device_compress(*state, RAW, data, sizeof(data), sizeof(data), &request));
	assert_int_equal(zip_status(&request), 0);
}

static void
each_pasid_has_its_own_data_at_the_same_address(void **state)
{
	uint32_t pasids[] = { PASID, OTHER_PASID };
	uint8_t data[9000], out[10000], back[9000];
	size_t i;

	for (i = 0; i < 2; i++) {
		map_pages(*state, pasids[i], SOURCE, sizeof(data), true);
		map_pages(*state, pasids[i], DESTINATION, sizeof(out), true);
		text_bytes(data, sizeof(data), 16 + i);
		put_bytes(*state, pasids[i], SOURCE, data, sizeof(data));
	}
	for (i = 0; i < 2; i++) {
		struct request request = new_request(*state, pasids[i], QUEUE_COMPRESS);

		put_zip_call(&request, &(struct zip_call){ .format = RAW, .source = SOURCE,
				.destination = DESTINATION, .length = sizeof(data),
				.room = sizeof(out) });
		run_zip(&request);
		assert_int_equal(zip_status(&request), 0);
		assert_int_equal(request.summary.pasid, pasids[i]);
		get_bytes(*state, pasids[i], DESTINATION, out, zip_produced(&request));
		assert_int_equal(cpu_decompress(RAW, 15, out, zip_produced(&request), back,
				sizeof(back)), sizeof(data));
		text_bytes(data, sizeof(data), 16 + i);
		assert_memory_equal(back, data, sizeof(data));
	}
}

static void
an_address_of_another_pasid_is_a_fault(void **state)
{
	uint8_t data[9000], before[9000], after[9000];
	struct request request;

	text_bytes(data, sizeof(data), 18);
	text_bytes(before, sizeof(before), 19);
	map_pages(*state, PASID, SOURCE, sizeof(data), true);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	map_pages(*state, OTHER_PASID, DESTINATION, sizeof(before), true);
	put_bytes(*state, OTHER_PASID, DESTINATION, before, sizeof(before));
	request = zip_request(*state, QUEUE_COMPRESS, RAW, sizeof(data), sizeof(before));
	run_zip(&request);
	assert_int_equal(zip_status(&request), 0x0a);
	assert_one_fault(*state, DESTINATION & ~0xfffull);
	get_bytes(*state, OTHER_PASID, DESTINATION, after, sizeof(after));
	assert_memory_equal(after, before, sizeof(before));
}

static void
each_bad_field_of_the_entry_is_refused(void **state)
{
	static const struct { unsigned int word; uint32_t change; } bad[] = {
		{ 4, 1000 },				/* length 0 */
		{ 4, 1 << 31 },				/* and too long */
		{ 7, 3u << 28 },			/* types 0, 1 and 2 of entries */
		{ 7, 2u << 28 },
		{ 7, 1u << 28 },
		{ 7, 1 << 26 },				/* stateful */
		{ 9, RAW ^ 0 },				/* formats */
		{ 9, RAW ^ 4 },
		{ 9, RAW ^ 0x42 },
		{ 9, RAW ^ 0xff },
		{ 9, 2 << 8 },				/* kinds of buffers */
		{ 9, 15 << 8 },
		{ 9, (WINDOW_32K ^ 5) << 12 },		/* windows */
		{ 9, (WINDOW_32K ^ 15u) << 12 },
		{ 14, 2000 },				/* room 0 */
	};
	static const enum queue_type types[] = { QUEUE_COMPRESS, QUEUE_DECOMPRESS };
	uint8_t data[1000], zeros[1000] = { 0 }, after[1000];
	size_t i, j;

	text_bytes(data, sizeof(data), 20);
	map_zip_buffers(*state, sizeof(data), 2000);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	for (j = 0; j < 2; j++) {
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			struct request request = zip_request(*state, types[j], RAW, sizeof(data),
					2000);

			set_sqe_word(&request, bad[i].word,
					sqe_word(&request, bad[i].word) ^ bad[i].change);
			run_zip(&request);
			assert_int_equal(zip_status(&request), 0x02);
			assert_int_equal(request.summary.status, 0x02);
			assert_int_equal(zip_consumed(&request), 0);
			assert_int_equal(zip_produced(&request), 0);
		}
	}
	get_bytes(*state, PASID, DESTINATION, after, sizeof(after));
	assert_memory_equal(after, zeros, sizeof(zeros));
	assert_int_equal(recorded(*state, "accesses"), 0);
	assert_int_equal(recorded(*state, "faults"), 0);
}

static void
a_queue_of_an_unknown_type_refuses_everything(void **state)
{
	struct request request = zip_request(*state, 9, RAW, 100, 100);

	run_zip(&request);
	assert_int_equal(zip_status(&request), 0x02);
	assert_string_equal(request.summary.operation, "unknown");
}

static void
who_cannot_wait_is_told_at_once(void **state)
{
	struct request request = zip_request(*state, QUEUE_COMPRESS, RAW, 100, 100);

	request.data.patient = false;
	assert_false(engine_is_short(&request, UINT64_MAX));
	assert_int_equal(engine_run(&request), -EAGAIN);
	assert_int_equal(recorded(*state, "faults"), 0);
}

static void
a_stopped_queue_ends_the_request(void **state)
{
	struct fixture *fixture = *state;
	uint8_t data[1000];
	struct request request;

	text_bytes(data, sizeof(data), 21);
	map_zip_buffers(fixture, sizeof(data), 2000);
	put_bytes(fixture, PASID, SOURCE, data, sizeof(data));
	request = zip_request(fixture, QUEUE_COMPRESS, RAW, sizeof(data), 2000);
	atomic_fetch_add(&fixture->guest.epoch, 1);
	assert_int_equal(engine_run(&request), -ECANCELED);
	assert_int_equal(recorded(fixture, "faults"), 0);
}

#define ON_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FIXTURE(input_that_ends_too_early_is_refused),
		ON_FIXTURE(what_is_not_deflate_is_refused),
		ON_FIXTURE(a_wrong_trailer_is_a_wrong_checksum),
		ON_FIXTURE(a_header_is_not_read),
		ON_FIXTURE(a_source_that_is_not_mapped_is_a_fault),
		ON_FIXTURE(a_destination_that_is_not_mapped_is_a_fault),
		ON_FIXTURE(a_destination_that_may_only_be_read_is_a_fault),
		ON_FIXTURE(a_source_may_be_read_only),
		ON_FIXTURE(each_pasid_has_its_own_data_at_the_same_address),
		ON_FIXTURE(an_address_of_another_pasid_is_a_fault),
		ON_FIXTURE(each_bad_field_of_the_entry_is_refused),
		ON_FIXTURE(a_queue_of_an_unknown_type_refuses_everything),
		ON_FIXTURE(who_cannot_wait_is_told_at_once),
		ON_FIXTURE(a_stopped_queue_ends_the_request),
	};

	return cmocka_run_group_tests_name("zip_refusals", tests, NULL, NULL);
}
