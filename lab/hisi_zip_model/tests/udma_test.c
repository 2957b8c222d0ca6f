/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies and fills. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine_fixture.h"
#include "test_data.h"

#define PASID 9
#define SOURCE 0x7f0000000000
#define DESTINATION 0x7f8000000000
#define AREA (17 << 20)
#define DONE 1
#define BAD_DESCRIPTOR (2 | 1 << 16)
#define FAULT (2 | 2 << 16)
#define CANARY 0xa5

static struct request
call(struct fixture *fixture, unsigned int operation, uint64_t source, uint64_t destination,
		uint32_t length)
{
	struct request request = new_request(fixture, PASID, QUEUE_UDMA);

	put_udma_call(&request, &(struct udma_call){ .operation = operation, .source = source,
			.destination = destination, .length = length,
			.pattern = 0x8877665544332211 });
	return request;
}

static uint32_t
run(struct request *request)
{
	assert_int_equal(engine_run(request), 0);
	return udma_result(request);
}

static void
put_canaries(struct fixture *fixture, uint64_t address, uint64_t length)
{
	uint8_t byte = CANARY;

	put_bytes(fixture, PASID, address - 1, &byte, 1);
	put_bytes(fixture, PASID, address + length, &byte, 1);
}

static void
assert_canaries(struct fixture *fixture, uint64_t address, uint64_t length)
{
	uint8_t before, after;

	get_bytes(fixture, PASID, address - 1, &before, 1);
	get_bytes(fixture, PASID, address + length, &after, 1);
	assert_int_equal(before, CANARY);
	assert_int_equal(after, CANARY);
}

static const uint32_t lengths[] = { 1, 7, 64, 4095, 4096, 4097, 70000, (1 << 24) - 1 };
static const uint32_t offsets[] = { 1, 8, 4095, 4096, 5000 };

static void
copies_of_all_lengths_from_and_to_anywhere(void **state)
{
	uint8_t *data = malloc(AREA), *back = malloc(AREA);
	size_t i, j;

	assert_non_null(data);
	assert_non_null(back);
	random_bytes(data, AREA, 1);
	map_pages(*state, PASID, SOURCE, AREA, false);
	map_pages(*state, PASID, DESTINATION, AREA, true);
	put_bytes(*state, PASID, SOURCE, data, AREA);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (j = 0; j < sizeof(offsets) / sizeof(offsets[0]); j++) {
			uint64_t from = SOURCE + offsets[j];
			uint64_t to = DESTINATION + offsets[(i + j) % 5];
			struct request request = call(*state, UDMA_COPY, from, to, lengths[i]);

			put_canaries(*state, to, lengths[i]);
			assert_int_equal(run(&request), DONE);
			get_bytes(*state, PASID, to, back, lengths[i]);
			assert_memory_equal(back, data + offsets[j], lengths[i]);
			assert_canaries(*state, to, lengths[i]);
		}
	}
	free(back);
	free(data);
}

static void
the_pattern_begins_where_a_fill_does(void **state)
{
	static const uint8_t pattern[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
	uint8_t *back = malloc(AREA);
	size_t i, j, k;

	assert_non_null(back);
	map_pages(*state, PASID, DESTINATION, AREA, true);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (j = 0; j < sizeof(offsets) / sizeof(offsets[0]); j++) {
			uint64_t to = DESTINATION + offsets[j];
			struct request request = call(*state, UDMA_FILL, 0, to, lengths[i]);
			size_t wrong = 0;

			put_canaries(*state, to, lengths[i]);
			assert_int_equal(run(&request), DONE);
			get_bytes(*state, PASID, to, back, lengths[i]);
			for (k = 0; k < lengths[i]; k++)
				wrong += back[k] != pattern[k % 8];
			assert_int_equal(wrong, 0);
			assert_canaries(*state, to, lengths[i]);
		}
	}
	free(back);
}

static void
a_copy_to_lower_addresses_may_overlap(void **state)
{
	uint8_t data[20000], back[20000];
	struct request request = call(*state, UDMA_COPY, SOURCE + 100, SOURCE, sizeof(data) - 100);

	random_bytes(data, sizeof(data), 2);
	map_pages(*state, PASID, SOURCE, sizeof(data), true);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	assert_int_equal(run(&request), DONE);
	get_bytes(*state, PASID, SOURCE, back, sizeof(back));
	assert_memory_equal(back, data + 100, sizeof(data) - 100);
}

static void
other_words_of_the_entry_stay(void **state)
{
	struct request request = call(*state, UDMA_COPY, SOURCE, DESTINATION, 100);
	struct request before = request;

	map_pages(*state, PASID, SOURCE, 100, true);
	map_pages(*state, PASID, DESTINATION, 100, true);
	assert_int_equal(run(&request), DONE);
	set_sqe_word(&before, 28, DONE);
	assert_memory_equal(request.sqe, before.sqe, sizeof(request.sqe));
}

static void
each_bad_field_of_the_entry_is_refused(void **state)
{
	static const struct { unsigned int word; uint32_t change; } bad[] = {
		{ 0, 1 ^ 2 },			/* descriptor type */
		{ 0, 1 ^ 0x3f },
		{ 0, 3 << 8 },			/* task type */
		{ 0, (3 ^ 4) << 8 },
		{ 0, 1 << 16 },			/* operations but copy and fill */
		{ 0, 6 << 16 },
		{ 0, 0x3f << 16 },
		{ 0, 1u << 31 },		/* said to be invalid */
		{ 5, 100 },			/* no length */
		{ 5, 1 << 24 },			/* too much */
		{ 7, 1 << 14 },			/* many addresses */
	};
	size_t i;

	map_pages(*state, PASID, SOURCE, 100, true);
	map_pages(*state, PASID, DESTINATION, 100, true);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct request request = call(*state, UDMA_COPY, SOURCE, DESTINATION, 100);

		set_sqe_word(&request, bad[i].word,
				sqe_word(&request, bad[i].word) ^ bad[i].change);
		assert_int_equal(run(&request), BAD_DESCRIPTOR);
		assert_int_equal(request.summary.status, BAD_DESCRIPTOR);
	}
	assert_int_equal(recorded(*state, "accesses"), 0);
}

static void
addresses_that_may_not_be_accessed_are_faults(void **state)
{
	uint8_t data[3 * 4096], before[3 * 4096], after[3 * 4096];
	struct request request;

	random_bytes(data, sizeof(data), 3);
	random_bytes(before, sizeof(before), 4);
	map_pages(*state, PASID, SOURCE, sizeof(data), true);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	map_pages(*state, PASID, DESTINATION, sizeof(before), false);
	put_bytes(*state, PASID, DESTINATION, before, sizeof(before));

	/* a destination that may only be read */
	request = call(*state, UDMA_COPY, SOURCE, DESTINATION, sizeof(data));
	assert_int_equal(run(&request), FAULT);
	assert_int_equal(recorded(*state, "faults"), 1);
	assert_int_equal(recorded_number(*state, "faults", 0, "address"), DESTINATION);
	request = call(*state, UDMA_FILL, 0, DESTINATION + 5000, 10);
	assert_int_equal(run(&request), FAULT);
	get_bytes(*state, PASID, DESTINATION, after, sizeof(after));
	assert_memory_equal(after, before, sizeof(before));
	/* a source that ends too early: what's before its end is copied */
	map_pages(*state, PASID, DESTINATION, 2 * sizeof(data), true);
	request = call(*state, UDMA_COPY, SOURCE, DESTINATION, 2 * sizeof(data));
	assert_int_equal(run(&request), FAULT);
	assert_int_equal(recorded(*state, "faults"), 3);
	assert_int_equal(recorded_number(*state, "faults", 2, "address"), SOURCE + sizeof(data));
	assert_int_equal(request.summary.produced, sizeof(data));
	get_bytes(*state, PASID, DESTINATION, after, sizeof(after));
	assert_memory_equal(after, data, sizeof(data));
	/* around the end of the address space */
	request = call(*state, UDMA_COPY, UINT64_MAX - 10, DESTINATION, 100);
	assert_int_equal(run(&request), FAULT);
	request = call(*state, UDMA_FILL, 0, UINT64_MAX - 10, 100);
	assert_int_equal(run(&request), FAULT);
}

static void
an_address_of_another_pasid_is_a_fault(void **state)
{
	uint8_t byte = CANARY;
	struct request request = call(*state, UDMA_FILL, 0, DESTINATION, 100);

	map_pages(*state, PASID, SOURCE, 100, true);
	map_pages(*state, PASID + 1, DESTINATION, 100, true);
	put_bytes(*state, PASID + 1, DESTINATION, &byte, 1);
	assert_int_equal(run(&request), FAULT);
	get_bytes(*state, PASID + 1, DESTINATION, &byte, 1);
	assert_int_equal(byte, CANARY);
	assert_int_equal(recorded_number(*state, "faults", 0, "pasid"), PASID);
}

/* A page that isn't there yet: who can't wait hands over to who can. */
static void
another_thread_goes_on_where_one_could_not_wait(void **state)
{
	uint8_t data[4 * 4096], back[4 * 4096], other[4096];
	struct request request;

	random_bytes(data, sizeof(data), 5);
	map_pages(*state, PASID, SOURCE, sizeof(data), true);
	put_bytes(*state, PASID, SOURCE, data, sizeof(data));
	map_pages(*state, PASID, DESTINATION + 100, 2 * 4096, true);
	request = call(*state, UDMA_COPY, SOURCE, DESTINATION + 100, sizeof(data));
	assert_true(engine_is_short(&request, sizeof(data)));
	assert_false(engine_is_short(&request, sizeof(data) - 1));

	request.data.patient = false;
	assert_int_equal(engine_run(&request), -EAGAIN);
	assert_int_equal(request.done, 3 * 4096 - 100);
	assert_int_equal(recorded(*state, "faults"), 0);

	/* What is done isn't done again: the source's first page may have changed. */
	memset(other, 0, sizeof(other));
	put_bytes(*state, PASID, SOURCE, other, sizeof(other));
	map_pages(*state, PASID, DESTINATION + 3 * 4096, 2 * 4096, true);
	request.data.patient = true;
	assert_int_equal(run(&request), DONE);
	get_bytes(*state, PASID, DESTINATION + 100, back, sizeof(back));
	assert_memory_equal(back, data, sizeof(data));
	assert_int_equal(recorded(*state, "accesses"), 2);
}

static void
a_stopped_queue_ends_the_request(void **state)
{
	struct fixture *fixture = *state;
	struct request request = call(fixture, UDMA_FILL, 0, DESTINATION, 100);

	map_pages(fixture, PASID, DESTINATION, 100, true);
	atomic_fetch_add(&fixture->guest.epoch, 1);
	assert_int_equal(engine_run(&request), -ECANCELED);
	assert_int_equal(udma_result(&request), 0);
}

static void
the_record_knows_what_was_done(void **state)
{
	struct request request = call(*state, UDMA_COPY, SOURCE + 1, DESTINATION + 2, 5000);

	map_pages(*state, PASID, SOURCE, 8192, true);
	map_pages(*state, PASID, DESTINATION, 8192, true);
	assert_int_equal(run(&request), DONE);
	assert_string_equal(request.summary.operation, "copy");
	assert_int_equal(request.summary.pasid, PASID);
	assert_int_equal(request.summary.source.address, SOURCE + 1);
	assert_int_equal(request.summary.destination.address, DESTINATION + 2);
	assert_int_equal(request.summary.destination.length, 5000);
	assert_int_equal(request.summary.consumed, 5000);
	assert_int_equal(request.summary.produced, 5000);
	assert_int_equal(request.summary.status, 0);
	assert_int_equal(recorded(*state, "accesses"), 2);
	assert_int_equal(recorded_number(*state, "accesses", 0, "address"), SOURCE + 1);
	assert_int_equal(recorded_number(*state, "accesses", 1, "address"), DESTINATION + 2);
	assert_int_equal(recorded_number(*state, "accesses", 1, "length"), 5000);

	request = call(*state, UDMA_FILL, 0, DESTINATION, 8);
	assert_int_equal(run(&request), DONE);
	assert_string_equal(request.summary.operation, "fill");
	assert_int_equal(request.summary.consumed, 0);
	assert_int_equal(recorded(*state, "accesses"), 3);
}

#define ON_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FIXTURE(copies_of_all_lengths_from_and_to_anywhere),
		ON_FIXTURE(the_pattern_begins_where_a_fill_does),
		ON_FIXTURE(a_copy_to_lower_addresses_may_overlap),
		ON_FIXTURE(other_words_of_the_entry_stay),
		ON_FIXTURE(each_bad_field_of_the_entry_is_refused),
		ON_FIXTURE(addresses_that_may_not_be_accessed_are_faults),
		ON_FIXTURE(an_address_of_another_pasid_is_a_fault),
		ON_FIXTURE(another_thread_goes_on_where_one_could_not_wait),
		ON_FIXTURE(a_stopped_queue_ends_the_request),
		ON_FIXTURE(the_record_knows_what_was_done),
	};

	return cmocka_run_group_tests_name("udma", tests, NULL, NULL);
}
