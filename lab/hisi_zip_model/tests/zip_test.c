/* SPDX-License-Identifier: BSD-3-Clause */
/* The compression engine on flat buffers, checked by zlib on the CPU. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "engine_fixture.h"
#include "test_data.h"

#define PASID 5
#define OTHER_PASID 6
#define SOURCE 0x7f0000001234		/* not where a page begins */
#define DESTINATION 0x7f8000000fff
#define AREA (12 << 20)
#define MIB (1 << 20)
#define CANARY 0xa5

static const unsigned int formats[] = { RAW, ZLIB, GZIP };

/* A call from SOURCE to DESTINATION, of data that the guest has there */
static struct request
call(struct fixture *fixture, enum queue_type type, unsigned int format, uint32_t length, uint32_t room)
{
	struct request request = new_request(fixture, PASID, type);

	put_zip_call(&request, &(struct zip_call){ .format = format, .window = WINDOW_32K,
			.source = SOURCE, .destination = DESTINATION, .length = length,
			.room = room });
	return request;
}

/* Maps room for the largest, and for a canary after it. */
static void
map_both(struct fixture *fixture, uint64_t source_length, uint64_t room)
{
	map_pages(fixture, PASID, SOURCE, source_length + 1, true);
	map_pages(fixture, PASID, DESTINATION, room + 1, true);
}

static void
put_canary(struct fixture *fixture, uint64_t address)
{
	put_bytes(fixture, PASID, address, &(uint8_t){ CANARY }, 1);
}

static void
assert_canary(struct fixture *fixture, uint64_t address)
{
	uint8_t byte;

	get_bytes(fixture, PASID, address, &byte, 1);
	assert_int_equal(byte, CANARY);
}

static void
run(struct request *request)
{
	assert_int_equal(engine_run(request), 0);
}

/* Compresses by the device; returns what came out, to be freed. */
static uint8_t *
device_compress(struct fixture *fixture, unsigned int format, const uint8_t *data, uint32_t length,
		uint32_t room, struct request *request)
{
	uint8_t *out = malloc(room);

	assert_non_null(out);
	put_bytes(fixture, PASID, SOURCE, data, length);
	*request = call(fixture, QUEUE_COMPRESS, format, length, room);
	run(request);
	assert_true(zip_produced(request) <= room);
	get_bytes(fixture, PASID, DESTINATION, out, zip_produced(request));
	return out;
}

static void
check_compression(struct fixture *fixture, unsigned int format, const uint8_t *data, uint32_t length)
{
	uint32_t room = length + length / 8 + 64;
	uint8_t *back = malloc(length);
	struct request request;
	uint8_t *out;

	assert_non_null(back);
	put_canary(fixture, DESTINATION + room);
	out = device_compress(fixture, format, data, length, room, &request);
	assert_int_equal(zip_status(&request), zip_produced(&request) > length ? 0x0d : 0);
	assert_int_equal(zip_consumed(&request), length);
	assert_int_equal(sqe_word(&request, 2), zip_produced(&request));
	assert_int_equal(cpu_decompress(format, 15, out, zip_produced(&request), back, length),
			length);
	assert_memory_equal(back, data, length);
	assert_canary(fixture, DESTINATION + room);
	free(out);
	free(back);
}

static void
check_decompression(struct fixture *fixture, unsigned int format, int level, const uint8_t *data,
		uint32_t length)
{
	uint32_t room = length + length / 8 + 64;
	uint8_t *in = malloc(room);
	uint8_t *back = malloc(length);
	struct request request;
	size_t in_length;

	assert_non_null(in);
	assert_non_null(back);
	in_length = cpu_compress(format, level, data, length, in, room);
	put_bytes(fixture, PASID, SOURCE, in, in_length);
	put_canary(fixture, DESTINATION + length);
	request = call(fixture, QUEUE_DECOMPRESS, format, in_length, length);
	run(&request);
	assert_int_equal(zip_status(&request), 0);
	assert_int_equal(zip_consumed(&request), in_length);
	assert_int_equal(zip_produced(&request), length);
	get_bytes(fixture, PASID, DESTINATION, back, length);
	assert_memory_equal(back, data, length);
	assert_canary(fixture, DESTINATION + length);
	free(back);
	free(in);
}

static void
zlib_reads_what_the_device_compresses_and_the_other_way_round(void **state)
{
	static const uint32_t lengths[] = { 1, 2, 100, 4095, 4096, 4097, 65535, 65536, 65537,
		200000, MIB + 17 };
	static uint8_t data[2][MIB + 17];
	size_t i, j, k;

	text_bytes(data[0], sizeof(data[0]), 1);
	random_bytes(data[1], sizeof(data[1]), 2);
	map_both(*state, sizeof(data[0]) * 5 / 4, sizeof(data[0]) * 5 / 4);
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		for (j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			for (k = 0; k < 2; k++) {
				check_compression(*state, formats[i], data[k], lengths[j]);
				check_decompression(*state, formats[i], k ? 1 : 6, data[k],
						lengths[j]);
			}
		}
	}
}

static void
eight_mebibytes_are_the_most(void **state)
{
	uint32_t most = 8 * MIB;
	uint8_t *data = malloc(most + 1);
	struct request request;

	assert_non_null(data);
	text_bytes(data, most + 1, 3);
	map_both(*state, AREA, AREA);
	check_compression(*state, RAW, data, most);
	check_decompression(*state, GZIP, 6, data, most);
	request = call(*state, QUEUE_COMPRESS, RAW, most + 1, AREA);
	run(&request);
	assert_int_equal(zip_status(&request), 0x02);
	/* More room than that isn't used. */
	memset(data, 0, most + 1);
	put_bytes(*state, PASID, SOURCE, data, cpu_compress(RAW, 6, data, most + 1, data, most));
	request = call(*state, QUEUE_DECOMPRESS, RAW, most, AREA);
	run(&request);
	assert_int_equal(zip_status(&request), 0x0e);
	assert_int_equal(zip_produced(&request), most);
	free(data);
}

static void
words_the_device_has_no_business_with_stay(void **state)
{
	static const unsigned int untouched[] = { 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
		18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29 };
	uint8_t data[1000];
	struct request request, before;
	size_t i;

	text_bytes(data, sizeof(data), 4);
	map_both(*state, sizeof(data), 2000);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	before = call(*state, QUEUE_COMPRESS, ZLIB, sizeof(data), 2000);
	set_sqe_word(&before, 3, 0xffffffff);
	set_sqe_word(&before, 15, 0x15151515);
	request = before;
	run(&request);
	assert_int_equal(sqe_word(&request, 3), 0xffffff00);
	for (i = 0; i < sizeof(untouched) / sizeof(untouched[0]); i++)
		assert_int_equal(sqe_word(&request, untouched[i]), sqe_word(&before, untouched[i]));
}

/* Words 30 and 31, which UADK goes on with (and ends a gzip stream by) */
static void
checksum_and_length_of_the_data_are_told(void **state)
{
	static const uint8_t digits[] = "123456789";
	uint32_t adler = 0x091e01de, crc = 0xcbf43926, reversed = 0;
	struct request request;
	int i;

	for (i = 0; i < 32; i++)
		reversed |= (crc >> i & 1) << (31 - i);
	map_both(*state, 100, 100);
	free(device_compress(*state, ZLIB, digits, 9, 100, &request));
	assert_int_equal(sqe_word(&request, 30), 9);
	assert_int_equal(sqe_word(&request, 31), adler);
	free(device_compress(*state, GZIP, digits, 9, 100, &request));
	assert_int_equal(sqe_word(&request, 30), 9);
	assert_int_equal(sqe_word(&request, 31), (uint32_t)~reversed);
}

static void
a_small_window_is_kept_to(void **state)
{
	/* Bits of a window that is enough, and of the next smaller one; 24 KiB is zlib's 16 */
	static const struct { unsigned int code, enough; } windows[] = {
		{ WINDOW_4K, 12 }, { WINDOW_8K, 13 }, { WINDOW_16K, 14 }, { WINDOW_24K, 14 },
		{ WINDOW_32K, 15 },
	};
	static uint8_t data[256 << 10], out[300 << 10], back[256 << 10];
	size_t i;

	/* Repeats itself at a bit less than each window's length, but not nearer. */
	random_bytes(data, 3000, 5);
	for (i = 3000; i < sizeof(data); i++) {
		static const unsigned int distances[] = { 3000, 7000, 15000, 31000 };
		unsigned int distance = distances[i / 32768 % 4];

		data[i] = data[i - (i >= distance ? distance : 3000)] + (i % 509 == 0);
	}
	map_both(*state, sizeof(data), sizeof(out));
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct request request = new_request(*state, PASID, QUEUE_COMPRESS);
		long length;

		put_zip_call(&request, &(struct zip_call){ .format = RAW,
				.window = windows[i].code, .source = SOURCE,
				.destination = DESTINATION, .length = sizeof(data),
				.room = sizeof(out) });
		run(&request);
		assert_int_equal(zip_status(&request), 0);
		length = zip_produced(&request);
		get_bytes(*state, PASID, DESTINATION, out, length);
		assert_int_equal(cpu_decompress(RAW, windows[i].enough, out, length, back,
				sizeof(back)), sizeof(data));
		assert_memory_equal(back, data, sizeof(data));
		if (windows[i].enough > 12)
			assert_int_equal(cpu_decompress(RAW, windows[i].enough - 1, out, length,
					back, sizeof(back)), -1);
	}
}

static void
output_that_just_fits_is_complete(void **state)
{
	static uint8_t data[150000], compressed[150000];
	struct fixture *fixture = *state;
	size_t i;

	text_bytes(data, sizeof(data), 6);
	map_both(fixture, sizeof(data), sizeof(data));
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct request request;
		uint32_t produced;
		size_t length;

		free(device_compress(fixture, formats[i], data, sizeof(data), sizeof(data),
				&request));
		produced = zip_produced(&request);
		put_canary(fixture, DESTINATION + produced);
		free(device_compress(fixture, formats[i], data, sizeof(data), produced, &request));
		assert_int_equal(zip_status(&request), 0);
		assert_int_equal(zip_produced(&request), produced);
		assert_canary(fixture, DESTINATION + produced);
		put_canary(fixture, DESTINATION + produced - 1);
		free(device_compress(fixture, formats[i], data, sizeof(data), produced - 1,
				&request));
		assert_int_equal(zip_status(&request), 0x0e);
		assert_int_equal(zip_produced(&request), produced - 1);
		assert_canary(fixture, DESTINATION + produced - 1);

		/* Room that is just enough for decompression is what check_decompression() has. */
		length = cpu_compress(formats[i], 6, data, sizeof(data), compressed,
				sizeof(compressed));
		put_bytes(fixture, PASID, SOURCE, compressed, length);
		put_canary(fixture, DESTINATION + sizeof(data) - 1);
		request = call(fixture, QUEUE_DECOMPRESS, formats[i], length, sizeof(data) - 1);
		run(&request);
		assert_int_equal(zip_status(&request), 0x0e);
		assert_int_equal(zip_produced(&request), sizeof(data) - 1);
		assert_canary(fixture, DESTINATION + sizeof(data) - 1);
	}
}

static void
input_that_ends_too_early_is_refused(void **state)
{
	uint8_t data[300], in[400];
	size_t i, j, length;

	random_bytes(data, sizeof(data), 7);
	map_both(*state, sizeof(in), sizeof(data));
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		length = cpu_compress(formats[i], 6, data, sizeof(data), in, sizeof(in));
		put_bytes(*state, PASID, SOURCE, in, length);
		for (j = 1; j < length; j++) {
			struct request request = call(*state, QUEUE_DECOMPRESS, formats[i], j,
					sizeof(data));

			run(&request);
			assert_int_equal(zip_status(&request), 0x01);
			assert_int_equal(zip_consumed(&request), j);
		}
	}
}

static void
what_follows_the_data_is_not_consumed(void **state)
{
	uint8_t data[3000], in[4000];
	size_t i;

	text_bytes(data, sizeof(data), 8);
	map_both(*state, sizeof(in), sizeof(data));
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t length = cpu_compress(formats[i], 6, data, sizeof(data), in, sizeof(in));
		struct request request;

		put_bytes(*state, PASID, SOURCE, in, sizeof(in));
		request = call(*state, QUEUE_DECOMPRESS, formats[i], sizeof(in), sizeof(data));
		run(&request);
		assert_int_equal(zip_status(&request), 0);
		assert_int_equal(zip_consumed(&request), length);
		assert_int_equal(zip_produced(&request), sizeof(data));
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

	map_both(*state, 100, 100);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct request request;

		put_bytes(*state, PASID, SOURCE, bad[i].bytes, sizeof(bad[i].bytes));
		request = call(*state, QUEUE_DECOMPRESS, RAW, sizeof(bad[i].bytes), 100);
		run(&request);
		assert_int_equal(zip_status(&request), 0x01);
		assert_int_equal(zip_produced(&request), 0);
	}
}

static void
a_wrong_trailer_is_a_wrong_checksum(void **state)
{
	static const struct { unsigned int format, length; } trailers[] = { { ZLIB, 4 }, { GZIP, 8 } };
	uint8_t data[500], in[700];
	size_t i, j;

	text_bytes(data, sizeof(data), 9);
	map_both(*state, sizeof(in), sizeof(data));
	for (i = 0; i < sizeof(trailers) / sizeof(trailers[0]); i++) {
		unsigned int format = trailers[i].format;
		size_t length = cpu_compress(format, 6, data, sizeof(data), in, sizeof(in));

		for (j = 1; j <= trailers[i].length; j++) {
			struct request request;

			in[length - j] ^= 0x40;
			put_bytes(*state, PASID, SOURCE, in, length);
			in[length - j] ^= 0x40;
			request = call(*state, QUEUE_DECOMPRESS, format, length, sizeof(data));
			run(&request);
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
	map_both(*state, sizeof(in), sizeof(data));
	memcpy(in, header, sizeof(header));
	length = cpu_compress(ZLIB, 6, data, sizeof(data), in + sizeof(header),
			sizeof(in) - sizeof(header));
	put_bytes(*state, PASID, SOURCE, in, sizeof(header) + length);
	request = call(*state, QUEUE_DECOMPRESS, ZLIB, sizeof(header) + length, sizeof(data));
	run(&request);
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
	map_both(*state, hole - SOURCE - 1, AREA);
	put_bytes(*state, PASID, SOURCE, data, hole - SOURCE);
	request = call(*state, QUEUE_COMPRESS, RAW, sizeof(data), AREA);
	run(&request);
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
	map_both(*state, sizeof(data), hole - DESTINATION - 1);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	request = call(*state, QUEUE_COMPRESS, RAW, sizeof(data), 2 * sizeof(data));
	run(&request);
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
	request = call(*state, QUEUE_COMPRESS, RAW, 80000, sizeof(before));
	run(&request);
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
		run(&request);
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
	request = call(*state, QUEUE_COMPRESS, RAW, sizeof(data), sizeof(before));
	run(&request);
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
	map_both(*state, sizeof(data), 2000);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	for (j = 0; j < 2; j++) {
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			struct request request = call(*state, types[j], RAW, sizeof(data), 2000);

			set_sqe_word(&request, bad[i].word,
					sqe_word(&request, bad[i].word) ^ bad[i].change);
			run(&request);
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
	struct request request = call(*state, 9, RAW, 100, 100);

	run(&request);
	assert_int_equal(zip_status(&request), 0x02);
	assert_string_equal(request.summary.operation, "unknown");
}

static void
who_cannot_wait_is_told_at_once(void **state)
{
	struct request request = call(*state, QUEUE_COMPRESS, RAW, 100, 100);

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
	map_both(fixture, sizeof(data), 2000);
	put_bytes(fixture, PASID, SOURCE, data, sizeof(data));
	request = call(fixture, QUEUE_COMPRESS, RAW, sizeof(data), 2000);
	atomic_fetch_add(&fixture->guest.epoch, 1);
	assert_int_equal(engine_run(&request), -ECANCELED);
	assert_int_equal(recorded(fixture, "faults"), 0);
}

static void
the_record_knows_what_was_done(void **state)
{
	uint8_t data[70000], out[1000];
	struct request request;

	memset(data, 'x', sizeof(data));
	map_both(*state, sizeof(data), sizeof(out));
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	request = call(*state, QUEUE_COMPRESS, GZIP, sizeof(data), sizeof(out));
	run(&request);
	assert_string_equal(request.summary.operation, "compress gzip");
	assert_int_equal(request.summary.pasid, PASID);
	assert_int_equal(request.summary.source.address, SOURCE);
	assert_int_equal(request.summary.source.length, sizeof(data));
	assert_int_equal(request.summary.destination.address, DESTINATION);
	assert_int_equal(request.summary.destination.length, sizeof(out));
	assert_int_equal(request.summary.consumed, sizeof(data));
	assert_int_equal(request.summary.produced, zip_produced(&request));
	assert_int_equal(request.summary.status, 0);
	/* One read and one write, as long as they really were */
	assert_int_equal(recorded(*state, "accesses"), 2);
	assert_int_equal(recorded_number(*state, "accesses", 0, "address"), DESTINATION);
	assert_int_equal(recorded_number(*state, "accesses", 0, "length"), zip_produced(&request));
	assert_int_equal(recorded_number(*state, "accesses", 1, "address"), SOURCE);
	assert_int_equal(recorded_number(*state, "accesses", 1, "length"), sizeof(data));
	request = call(*state, QUEUE_DECOMPRESS, ZLIB, 1000, sizeof(out));
	run(&request);
	assert_string_equal(request.summary.operation, "decompress zlib");
}

struct worker {
	pthread_t thread;
	struct fixture *fixture;
	uint32_t pasid;
	bool failed;
};

static void *
compress_often(void *argument)
{
	struct worker *worker = argument;
	uint8_t data[70000], out[80000], back[70000];
	unsigned int i;

	for (i = 0; i < 50; i++) {
		struct request request = new_request(worker->fixture, worker->pasid,
				QUEUE_COMPRESS);

		text_bytes(data, sizeof(data), worker->pasid * 100 + i);
		put_bytes(worker->fixture, worker->pasid, SOURCE, data, sizeof(data));
		put_zip_call(&request, &(struct zip_call){ .format = formats[i % 3],
				.window = i % 5, .source = SOURCE, .destination = DESTINATION,
				.length = sizeof(data), .room = sizeof(out) });
		if (engine_run(&request) != 0 || zip_status(&request) != 0) {
			worker->failed = true;
			return NULL;
		}
		get_bytes(worker->fixture, worker->pasid, DESTINATION, out, zip_produced(&request));
		if (cpu_decompress(formats[i % 3], 15, out, zip_produced(&request), back,
				sizeof(back)) != sizeof(data)
				|| memcmp(back, data, sizeof(data)) != 0)
			worker->failed = true;
	}
	return NULL;
}

static void
threads_do_not_disturb_each_other(void **state)
{
	struct worker workers[4] = { 0 };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		workers[i].fixture = *state;
		workers[i].pasid = PASID + i;
		map_pages(*state, PASID + i, SOURCE, 80000, true);
		map_pages(*state, PASID + i, DESTINATION, 80000, true);
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL, compress_often,
				&workers[i]), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_false(workers[i].failed);
	}
}

#define ON_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FIXTURE(zlib_reads_what_the_device_compresses_and_the_other_way_round),
		ON_FIXTURE(eight_mebibytes_are_the_most),
		ON_FIXTURE(words_the_device_has_no_business_with_stay),
		ON_FIXTURE(checksum_and_length_of_the_data_are_told),
		ON_FIXTURE(a_small_window_is_kept_to),
		ON_FIXTURE(output_that_just_fits_is_complete),
		ON_FIXTURE(input_that_ends_too_early_is_refused),
		ON_FIXTURE(what_follows_the_data_is_not_consumed),
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
		ON_FIXTURE(the_record_knows_what_was_done),
		ON_FIXTURE(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests_name("zip", tests, NULL, NULL);
}
