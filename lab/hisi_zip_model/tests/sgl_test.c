/* SPDX-License-Identifier: BSD-3-Clause */
/* Scatter-gather lists, as the compression engine follows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_fixture.h"
#include "test_data.h"

#define PASID 7
#define LISTS 0x7e0000000000		/* where lists are */
#define LIST_SIZE 0x4000		/* room for the largest block */
#define SOURCE 0x7f0000001234
#define DESTINATION 0x7f8000000fff
#define AREA (1 << 20)
#define MAX_ENTRIES 255

struct stretch {
	uint64_t address;
	uint32_t length;
};

/* The address of a test's nth list or block */
static uint64_t
list(unsigned int n)
{
	return LISTS + (uint64_t)n * LIST_SIZE;
}

static void
put_head(struct fixture *fixture, uint64_t at, uint64_t next, uint16_t used, uint16_t room)
{
	uint8_t head[64] = { 0 };

	memcpy(head, &next, 8);
	memcpy(head + 8, &(uint16_t){ 12345 }, 2);	/* of the chain: it doesn't matter */
	memcpy(head + 10, &used, 2);
	memcpy(head + 12, &room, 2);
	put_bytes(fixture, PASID, at, head, sizeof(head));
}

static void
put_block(struct fixture *fixture, uint64_t at, uint64_t next, const struct stretch *stretches,
		uint16_t count)
{
	uint16_t i;

	put_head(fixture, at, next, count, MAX_ENTRIES);
	for (i = 0; i < count; i++) {
		uint8_t entry[32];

		memset(entry, 0xee, sizeof(entry));
		memcpy(entry, &stretches[i].address, 8);
		memcpy(entry + 16, &stretches[i].length, 4);
		put_bytes(fixture, PASID, at + 64 + 32 * i, entry, sizeof(entry));
	}
}

/* Maps the areas and four lists. */
static int
setup(void **state)
{
	fixture_setup(state);
	map_pages(*state, PASID, SOURCE, AREA, true);
	map_pages(*state, PASID, DESTINATION, AREA, true);
	map_pages(*state, PASID, LISTS, 4 * LIST_SIZE, true);
	return 0;
}

static struct request
call(struct fixture *fixture, enum queue_type type, uint64_t source, uint32_t length,
		uint64_t destination, uint32_t room)
{
	struct request request = new_request(fixture, PASID, type);

	put_zip_call(&request, &(struct zip_call){ .format = RAW, .window = WINDOW_16K,
			.lists = true, .source = source, .destination = destination,
			.length = length, .room = room });
	return request;
}

static uint8_t
run(struct request *request)
{
	assert_int_equal(engine_run(request), 0);
	return zip_status(request);
}

/* Data at the addresses of a list, one stretch after the other */
static void
put_stretches(struct fixture *fixture, const struct stretch *stretches, size_t count,
		const uint8_t *data)
{
	size_t i;

	for (i = 0; i < count; data += stretches[i].length, i++)
		put_bytes(fixture, PASID, stretches[i].address, data, stretches[i].length);
}

static void
get_stretches(struct fixture *fixture, const struct stretch *stretches, size_t count,
		uint8_t *data)
{
	size_t i;

	for (i = 0; i < count; data += stretches[i].length, i++)
		get_bytes(fixture, PASID, stretches[i].address, data, stretches[i].length);
}

/* Some of no length, of one byte, over the ends of pages, not in the order of their addresses */
static const struct stretch odd[] = {
	{ SOURCE + 50000, 1 }, { SOURCE, 0 }, { SOURCE + 1, 4095 }, { SOURCE + 20000, 20001 },
	{ SOURCE + 60000, 2 }, { SOURCE + 70001, 4096 }, { SOURCE + 5000, 0 },
	{ SOURCE + 80000, 3333 },
};
#define ODD (sizeof(odd) / sizeof(odd[0]))
#define ODD_LENGTH (1 + 4095 + 20001 + 2 + 4096 + 3333)

static const struct stretch odd_out[] = {
	{ DESTINATION + 90000, 3 }, { DESTINATION, 1 }, { DESTINATION + 7, 0 },
	{ DESTINATION + 100, 8191 }, { DESTINATION + 10000, 50000 },
};
#define ODD_OUT (sizeof(odd_out) / sizeof(odd_out[0]))
#define ODD_OUT_LENGTH (3 + 1 + 8191 + 50000)

static void
data_is_gathered_and_scattered(void **state)
{
	uint8_t data[ODD_LENGTH], out[ODD_OUT_LENGTH], back[ODD_LENGTH];
	struct request request;

	text_bytes(data, sizeof(data), 1);
	put_stretches(*state, odd, ODD, data);
	put_block(*state, list(0), 0, odd, ODD);
	put_block(*state, list(1), 0, odd_out, ODD_OUT);
	request = call(*state, QUEUE_COMPRESS, list(0), sizeof(data), list(1), sizeof(out));
	assert_int_equal(run(&request), 0);
	assert_int_equal(zip_consumed(&request), sizeof(data));
	get_stretches(*state, odd_out, ODD_OUT, out);
	assert_int_equal(cpu_decompress(RAW, 15, out, zip_produced(&request), back, sizeof(back)),
			sizeof(data));
	assert_memory_equal(back, data, sizeof(data));

	/* And back, from where it was put to where it came from */
	memset(back, 0, sizeof(back));
	put_stretches(*state, odd, ODD, back);
	request = call(*state, QUEUE_DECOMPRESS, list(1), zip_produced(&request), list(0),
			sizeof(data));
	assert_int_equal(run(&request), 0);
	get_stretches(*state, odd, ODD, back);
	assert_memory_equal(back, data, sizeof(data));
}

static void
blocks_are_chained_and_may_be_empty(void **state)
{
	uint8_t data[ODD_LENGTH], out[ODD_LENGTH], back[ODD_LENGTH];
	const struct stretch whole = { DESTINATION, sizeof(out) };
	struct request request;

	text_bytes(data, sizeof(data), 2);
	put_stretches(*state, odd, ODD, data);
	put_block(*state, list(0), list(2), odd, 3);
	put_block(*state, list(2), list(1), odd, 0);
	put_block(*state, list(1), 0, odd + 3, ODD - 3);
	put_block(*state, list(3), 0, &whole, 1);
	request = call(*state, QUEUE_COMPRESS, list(0), sizeof(data), list(3), sizeof(out));
	assert_int_equal(run(&request), 0);
	get_bytes(*state, PASID, DESTINATION, out, zip_produced(&request));
	assert_int_equal(cpu_decompress(RAW, 15, out, zip_produced(&request), back, sizeof(back)),
			sizeof(data));
	assert_memory_equal(back, data, sizeof(data));
}

/* As Linux (until 6.16) and UADK pass over a header: words 7 and 8 */
static void
data_may_begin_inside_of_a_list(void **state)
{
	uint8_t data[ODD_LENGTH], out[ODD_OUT_LENGTH], back[ODD_LENGTH];
	struct request request;

	text_bytes(data, sizeof(data), 3);
	put_stretches(*state, odd, ODD, data);
	put_block(*state, list(0), 0, odd, ODD);
	put_block(*state, list(1), 0, odd_out, ODD_OUT);
	memset(out, 0xcc, sizeof(out));
	put_stretches(*state, odd_out, ODD_OUT, out);
	request = new_request(*state, PASID, QUEUE_COMPRESS);
	put_zip_call(&request, &(struct zip_call){ .format = RAW, .lists = true,
			.source = list(0), .source_offset = 5000, .length = sizeof(data) - 5000,
			.destination = list(1), .destination_offset = 10,
			.room = sizeof(out) - 10 });
	assert_int_equal(run(&request), 0);
	get_stretches(*state, odd_out, ODD_OUT, out);
	assert_int_equal(out[9], 0xcc);
	assert_int_equal(cpu_decompress(RAW, 15, out + 10, zip_produced(&request), back,
			sizeof(back)), sizeof(data) - 5000);
	assert_memory_equal(back, data + 5000, sizeof(data) - 5000);

	/* Only what was used is in the record. */
	assert_int_equal(recorded_number(*state, "accesses", 0, "address"), SOURCE + 20000 + 904);
	assert_int_equal(recorded_number(*state, "accesses", 0, "length"), 20001 - 904);
}

static void
each_stretch_is_recorded(void **state)
{
	const struct stretch in[] = {
		{ SOURCE, 100 }, { SOURCE + 7000, 200 }, { SOURCE + 9000, 50 },
	};
	const struct stretch out[] = { { DESTINATION, 2 }, { DESTINATION + 5000, 1000 } };
	uint8_t zeros[350] = { 0 };
	struct request request;

	put_stretches(*state, in, 3, zeros);
	put_block(*state, list(0), 0, in, 3);
	put_block(*state, list(1), 0, out, 2);
	request = call(*state, QUEUE_COMPRESS, list(0), 320, list(1), 1000);
	assert_int_equal(run(&request), 0);
	assert_int_equal(recorded(*state, "accesses"), 5);
	assert_int_equal(recorded_number(*state, "accesses", 1, "address"), SOURCE + 7000);
	assert_int_equal(recorded_number(*state, "accesses", 1, "length"), 200);
	assert_int_equal(recorded_number(*state, "accesses", 2, "address"), DESTINATION);
	assert_int_equal(recorded_number(*state, "accesses", 2, "length"), 2);
	assert_int_equal(recorded_number(*state, "accesses", 3, "address"), DESTINATION + 5000);
	assert_int_equal(recorded_number(*state, "accesses", 3, "length"),
			zip_produced(&request) - 2);
	/* Of the last one not all was wanted. */
	assert_int_equal(recorded_number(*state, "accesses", 4, "address"), SOURCE + 9000);
	assert_int_equal(recorded_number(*state, "accesses", 4, "length"), 20);
	assert_int_equal(request.summary.source.address, SOURCE);
	assert_int_equal(request.summary.source.length, 100);
	assert_int_equal(request.summary.destination.address, DESTINATION);
	assert_int_equal(request.summary.destination.length, 2);
}

static void
a_source_list_that_is_too_short_is_a_bad_entry(void **state)
{
	struct request request;

	put_block(*state, list(0), 0, odd, ODD);
	put_block(*state, list(1), 0, odd_out, ODD_OUT);
	request = call(*state, QUEUE_COMPRESS, list(0), ODD_LENGTH + 1, list(1), ODD_OUT_LENGTH);
	assert_int_equal(run(&request), 0x02);
	request = new_request(*state, PASID, QUEUE_COMPRESS);
	put_zip_call(&request, &(struct zip_call){ .format = RAW, .lists = true,
			.source = list(0), .source_offset = ODD_LENGTH + 1, .length = 1,
			.destination = list(1), .room = 100 });
	assert_int_equal(run(&request), 0x02);
}

static void
a_destination_list_that_is_too_short_is_no_room(void **state)
{
	static uint8_t data[100000];
	const struct stretch in = { SOURCE, sizeof(data) };
	struct request request;

	random_bytes(data, sizeof(data), 4);
	put_stretches(*state, &in, 1, data);
	put_block(*state, list(0), 0, &in, 1);
	put_block(*state, list(1), 0, odd_out, ODD_OUT);
	request = call(*state, QUEUE_COMPRESS, list(0), sizeof(data), list(1), 2 * sizeof(data));
	assert_int_equal(run(&request), 0x0e);
}

/* What a guest may have in its memory where a block ought to be */
static void
blocks_of_nonsense_are_bad_entries(void **state)
{
	const struct stretch out = { DESTINATION, AREA }, nothing = { SOURCE, 0 };
	struct stretch good[256];
	struct request request;
	size_t i;

	for (i = 0; i < 256; i++)
		good[i] = (struct stretch){ SOURCE + i, 10 };
	put_block(*state, list(0), 0, good, 256);
	put_block(*state, list(1), 0, &out, 1);
	/* it would do if the numbers were right */
	put_head(*state, list(0), 0, 10, 10);
	request = call(*state, QUEUE_COMPRESS, list(0), 100, list(1), AREA);
	assert_int_equal(run(&request), 0);
	put_head(*state, list(0), 0, 255, 255);
	assert_int_equal(run(&request), 0);
	/* more entries than it has room for, or than there can be */
	put_head(*state, list(0), 0, 11, 10);
	assert_int_equal(run(&request), 0x02);
	put_head(*state, list(0), 0, 0xffff, 0xffff);
	assert_int_equal(run(&request), 0x02);
	put_head(*state, list(0), 0, 256, 256);
	assert_int_equal(run(&request), 0x02);
	/* a chain that comes back */
	put_block(*state, list(0), list(0), &nothing, 1);
	assert_int_equal(run(&request), 0x02);
	put_block(*state, list(0), list(2), &nothing, 1);
	put_block(*state, list(2), list(0), NULL, 0);
	assert_int_equal(run(&request), 0x02);
	/* not where a block may be */
	put_block(*state, list(0), list(2) + 32, &nothing, 1);
	put_block(*state, list(2) + 32, 0, good, 10);
	assert_int_equal(run(&request), 0x02);
	put_block(*state, list(0) + 8, 0, good, 10);
	request = call(*state, QUEUE_COMPRESS, list(0) + 8, 100, list(1), AREA);
	assert_int_equal(run(&request), 0x02);
	request = call(*state, QUEUE_COMPRESS, 0, 100, list(1), AREA);
	assert_int_equal(run(&request), 0x02);
	assert_int_equal(recorded(*state, "faults"), 0);
}

static void
a_chain_has_256_blocks_at_most(void **state)
{
	const struct stretch out = { DESTINATION, AREA }, byte = { SOURCE, 1 };
	uint64_t blocks = 0x7d0000000000;
	struct request request;
	unsigned int i;

	map_pages(*state, PASID, blocks, 257 * 128, true);
	put_block(*state, list(1), 0, &out, 1);
	for (i = 0; i < 257; i++)
		put_block(*state, blocks + i * 128, blocks + (i + 1) * 128, &byte, 1);
	request = call(*state, QUEUE_COMPRESS, blocks, 256, list(1), AREA);
	assert_int_equal(run(&request), 0);
	request = call(*state, QUEUE_COMPRESS, blocks, 257, list(1), AREA);
	assert_int_equal(run(&request), 0x02);
}

static void
lists_and_what_they_name_are_in_the_process(void **state)
{
	const struct stretch wild = { 0x7c0000000000, 100 }, out = { DESTINATION, AREA };
	struct request request;

	/* the list itself */
	request = call(*state, QUEUE_COMPRESS, 0x7b0000000000, 100, list(1), AREA);
	assert_int_equal(run(&request), 0x0a);
	assert_int_equal(recorded(*state, "faults"), 1);
	assert_int_equal(recorded_number(*state, "faults", 0, "address"), 0x7b0000000000);
	/* an entry's address */
	put_block(*state, list(0), 0, &wild, 1);
	put_block(*state, list(1), 0, &out, 1);
	request = call(*state, QUEUE_COMPRESS, list(0), 100, list(1), AREA);
	assert_int_equal(run(&request), 0x0a);
	assert_int_equal(recorded_number(*state, "faults", 1, "address"), wild.address);
	/* another process has the list there */
	request = new_request(*state, PASID + 1, QUEUE_COMPRESS);
	map_pages(*state, PASID + 1, SOURCE, AREA, true);
	put_zip_call(&request, &(struct zip_call){ .format = RAW, .lists = true,
			.source = list(1), .destination = list(1), .length = 10, .room = 100 });
	assert_int_equal(run(&request), 0x0a);
	assert_int_equal(recorded_number(*state, "faults", 2, "pasid"), PASID + 1);
	assert_int_equal(recorded(*state, "faults"), 3);
}

/* At the end of the address space, or around it */
static void
stretches_that_wrap_are_faults(void **state)
{
	const struct stretch out = { DESTINATION, AREA };
	const struct stretch wrapping[] = {
		{ UINT64_MAX - 10, 100 }, { 0x00007ffffffffff0, 100 }, { 0xffff800000000000, 100 },
	};
	size_t i;

	put_block(*state, list(1), 0, &out, 1);
	for (i = 0; i < sizeof(wrapping) / sizeof(wrapping[0]); i++) {
		struct request request;

		put_block(*state, list(0), 0, &wrapping[i], 1);
		request = call(*state, QUEUE_COMPRESS, list(0), 100, list(1), AREA);
		assert_int_equal(run(&request), 0x0a);
	}
}

#define ON_FIXTURE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FIXTURE(data_is_gathered_and_scattered),
		ON_FIXTURE(blocks_are_chained_and_may_be_empty),
		ON_FIXTURE(data_may_begin_inside_of_a_list),
		ON_FIXTURE(each_stretch_is_recorded),
		ON_FIXTURE(a_source_list_that_is_too_short_is_a_bad_entry),
		ON_FIXTURE(a_destination_list_that_is_too_short_is_no_room),
		ON_FIXTURE(blocks_of_nonsense_are_bad_entries),
		ON_FIXTURE(a_chain_has_256_blocks_at_most),
		ON_FIXTURE(lists_and_what_they_name_are_in_the_process),
		ON_FIXTURE(stretches_that_wrap_are_faults),
	};

	return cmocka_run_group_tests_name("sgl", tests, NULL, NULL);
}
