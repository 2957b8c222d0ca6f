/* SPDX-License-Identifier: BSD-3-Clause */
/* The compression engine on flat buffers, checked by zlib on the CPU. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_data.h"
#include "zip_fixture.h"

#define CANARY 0xa5

static const unsigned int formats[] = { RAW, ZLIB, GZIP };

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
check_compression(struct fixture *fixture, unsigned int format, const uint8_t *data,
		uint32_t length)
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
	request = zip_request(fixture, QUEUE_DECOMPRESS, format, in_length, length);
	run_zip(&request);
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
	map_zip_buffers(*state, sizeof(data[0]) * 5 / 4, sizeof(data[0]) * 5 / 4);
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
	map_zip_buffers(*state, AREA, AREA);
	check_compression(*state, RAW, data, most);
	check_decompression(*state, GZIP, 6, data, most);
	request = zip_request(*state, QUEUE_COMPRESS, RAW, most + 1, AREA);
	run_zip(&request);
	assert_int_equal(zip_status(&request), 0x02);
	/* More room than that isn't used. */
	memset(data, 0, most + 1);
	put_bytes(*state, PASID, SOURCE, data, cpu_compress(RAW, 6, data, most + 1, data, most));
	request = zip_request(*state, QUEUE_DECOMPRESS, RAW, most, AREA);
	run_zip(&request);
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
	map_zip_buffers(*state, sizeof(data), 2000);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	before = zip_request(*state, QUEUE_COMPRESS, ZLIB, sizeof(data), 2000);
	set_sqe_word(&before, 3, 0xffffffff);
	set_sqe_word(&before, 15, 0x15151515);
	request = before;
	run_zip(&request);
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
	map_zip_buffers(*state, 100, 100);
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
	map_zip_buffers(*state, sizeof(data), sizeof(out));
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct request request = new_request(*state, PASID, QUEUE_COMPRESS);
		long length;

		put_zip_call(&request, &(struct zip_call){ .format = RAW,
				.window = windows[i].code, .source = SOURCE,
				.destination = DESTINATION, .length = sizeof(data),
				.room = sizeof(out) });
		run_zip(&request);
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
	map_zip_buffers(fixture, sizeof(data), sizeof(data));
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
		request = zip_request(fixture, QUEUE_DECOMPRESS, formats[i], length,
				sizeof(data) - 1);
		run_zip(&request);
		assert_int_equal(zip_status(&request), 0x0e);
		assert_int_equal(zip_produced(&request), sizeof(data) - 1);
		assert_canary(fixture, DESTINATION + sizeof(data) - 1);
	}
}

static void
what_follows_the_data_is_not_consumed(void **state)
{
	uint8_t data[3000], in[4000];
	size_t i;

	text_bytes(data, sizeof(data), 8);
	map_zip_buffers(*state, sizeof(in), sizeof(data));
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t length = cpu_compress(formats[i], 6, data, sizeof(data), in, sizeof(in));
		struct request request;

		put_bytes(*state, PASID, SOURCE, in, sizeof(in));
		request = zip_request(*state, QUEUE_DECOMPRESS, formats[i], sizeof(in),
				sizeof(data));
		run_zip(&request);
		assert_int_equal(zip_status(&request), 0);
		assert_int_equal(zip_consumed(&request), length);
		assert_int_equal(zip_produced(&request), sizeof(data));
	}
}

static void
the_record_knows_what_was_done(void **state)
{
	uint8_t data[70000], out[1000];
	struct request request;

	memset(data, 'x', sizeof(data));
	map_zip_buffers(*state, sizeof(data), sizeof(out));
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	request = zip_request(*state, QUEUE_COMPRESS, GZIP, sizeof(data), sizeof(out));
	run_zip(&request);
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
	request = zip_request(*state, QUEUE_DECOMPRESS, ZLIB, 1000, sizeof(out));
	run_zip(&request);
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
		ON_FIXTURE(what_follows_the_data_is_not_consumed),
		ON_FIXTURE(the_record_knows_what_was_done),
		ON_FIXTURE(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests_name("zip", tests, NULL, NULL);
}
