/* SPDX-License-Identifier: BSD-3-Clause */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "record.h"

static int
setup(void **state)
{
	*state = record_open();
	return *state != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	record_close(*state);
	return 0;
}

static void
add_request(struct record *record, uint16_t queue, uint32_t pasid, uint32_t status)
{
	const struct record_request request = {
		.queue = queue,
		.pasid = pasid,
		.operation = "compress zlib",
		.source = { .address = 0x7f0012345000, .length = 100 },
		.destination = { .address = UINT64_C(0xffffb04012345678), .length = 200 },
		.consumed = 100,
		.produced = 30,
		.status = status,
	};

	record_add_request(record, &request);
}

/* Takes counters away, asserts one at a path of up to three keys. */
static void
assert_counter(struct record *record, uint64_t expected, const char *of, const char *which,
		const char *name)
{
	json_t *counters = record_counters(record), *at = counters;

	assert_non_null(counters);
	if (of != NULL)
		at = json_object_get(json_object_get(counters, of), which);
	assert_true(json_is_integer(json_object_get(at, name)));
	assert_int_equal(json_integer_value(json_object_get(at, name)), expected);
	json_decref(counters);
}

static void
assert_no_counters(struct record *record, const char *of, const char *which)
{
	json_t *counters = record_counters(record);

	assert_true(json_is_object(json_object_get(counters, of)));
	assert_null(json_object_get(json_object_get(counters, of), which));
	json_decref(counters);
}

static void
requests_are_counted_in_all_by_pasid_and_by_queue(void **state)
{
	struct record *record = *state;

	add_request(record, 0, 5, 0);
	add_request(record, 1, 5, 0);
	add_request(record, 1, 6, 7);
	add_request(record, 2, VTD_NO_PASID, 0);

	assert_counter(record, 4, NULL, NULL, "requests");
	assert_counter(record, 400, NULL, NULL, "bytes_in");
	assert_counter(record, 120, NULL, NULL, "bytes_out");
	assert_counter(record, 1, NULL, NULL, "errors");
	assert_counter(record, 2, "pasids", "5", "requests");
	assert_counter(record, 200, "pasids", "5", "bytes_in");
	assert_counter(record, 60, "pasids", "5", "bytes_out");
	assert_counter(record, 0, "pasids", "5", "errors");
	assert_counter(record, 1, "pasids", "6", "errors");
	assert_counter(record, 1, "pasids", "none", "requests");
	assert_counter(record, 1, "queues", "0", "requests");
	assert_counter(record, 2, "queues", "1", "requests");
	assert_counter(record, 1, "queues", "1", "errors");
	assert_no_counters(record, "pasids", "0");
	assert_no_counters(record, "queues", "3");
}

static void
faults_are_counted_in_all_by_pasid_and_by_queue(void **state)
{
	struct record *record = *state;

	record_add_fault(record, 3, 5, 0x1000, true, VTD_NOT_WRITABLE);
	record_add_fault(record, RECORD_NO_QUEUE, VTD_NO_PASID, 0x2000, false, VTD_NOT_PRESENT);
	assert_counter(record, 2, NULL, NULL, "faults");
	assert_counter(record, 1, "pasids", "5", "faults");
	assert_counter(record, 1, "pasids", "none", "faults");
	assert_counter(record, 1, "queues", "3", "faults");
	assert_counter(record, 0, NULL, NULL, "requests");
}

static void
events_are_counted_by_name(void **state)
{
	static const char *const names[RECORD_EVENTS] = {
		"doorbells", "interrupts", "mailboxes", "resets", "retries", "redone",
	};
	struct record *record = *state;
	unsigned int event, i;

	for (event = 0; event < RECORD_EVENTS; event++) {
		for (i = 0; i <= event; i++)
			record_count(record, event);
	}
	for (event = 0; event < RECORD_EVENTS; event++)
		assert_counter(record, event + 1, NULL, NULL, names[event]);
}

static void
pasids_without_room_are_counted_together(void **state)
{
	struct record *record = *state;
	uint32_t pasid;

	for (pasid = 0; pasid < RECORD_PASIDS + 10; pasid++)
		add_request(record, 0, pasid << 10, 0);
	add_request(record, 0, 0, 0);
	assert_counter(record, RECORD_PASIDS + 11, NULL, NULL, "requests");
	assert_counter(record, 2, "pasids", "0", "requests");
	assert_counter(record, 1, "pasids", "1047552", "requests");
	assert_counter(record, 10, "pasids", "others", "requests");
	assert_no_counters(record, "pasids", "1048576");
}

static void
queue_that_no_function_has_is_counted_in_all(void **state)
{
	struct record *record = *state;

	add_request(record, RECORD_QUEUES, 5, 0);
	assert_counter(record, 1, NULL, NULL, "requests");
	assert_no_counters(record, "queues", "64");
}

/* A thing's member as text, for comparison. */
static void
assert_member(const json_t *thing, const char *key, const char *expected)
{
	char *text = json_dumps(json_object_get(thing, key), JSON_ENCODE_ANY | JSON_SORT_KEYS);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void
requests_are_told_in_full(void **state)
{
	struct record *record = *state;
	json_t *last, *request;

	add_request(record, 7, 5, 13);
	last = record_last(record, "requests", 0, 10);
	assert_int_equal(json_array_size(last), 1);
	request = json_array_get(last, 0);
	assert_member(request, "serial", "0");
	assert_member(request, "queue", "7");
	assert_member(request, "pasid", "5");
	assert_member(request, "operation", "\"compress zlib\"");
	assert_member(request, "source", "{\"address\": \"0x7f0012345000\", \"length\": 100}");
	assert_member(request, "destination",
			"{\"address\": \"0xffffb04012345678\", \"length\": 200}");
	assert_member(request, "consumed", "100");
	assert_member(request, "produced", "30");
	assert_member(request, "status", "13");
	json_decref(last);
}

static void
accesses_are_told_in_full(void **state)
{
	struct record *record = *state;
	json_t *last;

	record_add_access(record, 1, 5, 0x1000, 64, false);
	record_add_access(record, 2, VTD_NO_PASID, 0x2000, 128, true);
	last = record_last(record, "accesses", 0, 10);
	assert_int_equal(json_array_size(last), 2);
	assert_member(json_array_get(last, 0), "access", "\"read\"");
	assert_member(json_array_get(last, 0), "length", "64");
	assert_member(json_array_get(last, 1), "serial", "1");
	assert_member(json_array_get(last, 1), "queue", "2");
	assert_member(json_array_get(last, 1), "pasid", "null");
	assert_member(json_array_get(last, 1), "address", "\"0x2000\"");
	assert_member(json_array_get(last, 1), "access", "\"write\"");
	json_decref(last);
}

static void
faults_are_told_in_full(void **state)
{
	struct record *record = *state;
	json_t *last;

	record_add_fault(record, RECORD_NO_QUEUE, 5, 0x3000, true, VTD_NOT_WRITABLE);
	last = record_last(record, "faults", 0, 10);
	assert_int_equal(json_array_size(last), 1);
	assert_member(json_array_get(last, 0), "queue", "null");
	assert_member(json_array_get(last, 0), "pasid", "5");
	assert_member(json_array_get(last, 0), "address", "\"0x3000\"");
	assert_member(json_array_get(last, 0), "access", "\"write\"");
	assert_member(json_array_get(last, 0), "fault", "\"not writable\"");
	json_decref(last);
}

static void
operation_that_never_began_has_no_name(void **state)
{
	const struct record_request request = { .pasid = 5, .status = 1 };
	json_t *last;

	record_add_request(*state, &request);
	last = record_last(*state, "requests", 0, 1);
	assert_int_equal(json_array_size(last), 1);
	assert_member(json_array_get(last, 0), "operation", "null");
	json_decref(last);
}

/* Asserts which serial numbers an answer has. */
static void
assert_last(struct record *record, uint64_t since, size_t limit, uint64_t first, size_t count)
{
	json_t *last = record_last(record, "accesses", since, limit), *thing;
	size_t i;

	assert_non_null(last);
	assert_int_equal(json_array_size(last), count);
	json_array_foreach(last, i, thing) {
		char address[24];

		assert_int_equal(json_integer_value(json_object_get(thing, "serial")), first + i);
		snprintf(address, sizeof(address), "\"0x%llx\"", (unsigned long long)(first + i));
		assert_member(thing, "address", address);
	}
	json_decref(last);
}

static void
last_ones_are_asked_for_by_serial_number_and_limit(void **state)
{
	struct record *record = *state;
	uint64_t i;

	assert_last(record, 0, 10, 0, 0);
	for (i = 0; i < 100; i++)
		record_add_access(record, 0, 5, i, 1, true);
	assert_last(record, 0, 10, 0, 10);
	assert_last(record, 10, 10, 10, 10);
	assert_last(record, 95, 10, 95, 5);
	assert_last(record, 100, 10, 0, 0);
	assert_last(record, UINT64_MAX, 10, 0, 0);
	assert_last(record, 0, 0, 0, 0);
	assert_last(record, 0, SIZE_MAX, 0, 100);
}

static void
oldest_ones_are_forgotten(void **state)
{
	struct record *record = *state;
	uint64_t i;

	for (i = 0; i < RECORD_KEPT + 5; i++)
		record_add_access(record, 0, 5, i, 1, true);
	assert_last(record, 0, 3, 5, 3);
	assert_last(record, 6, 3, 6, 3);
	assert_last(record, RECORD_KEPT + 4, 3, RECORD_KEPT + 4, 1);
	assert_last(record, 0, RECORD_KEPT + 5, 5, RECORD_KEPT);
}

static void
there_are_three_kinds(void **state)
{
	assert_null(record_last(*state, "request", 0, 10));
	assert_null(record_last(*state, "", 0, 10));
}

#define THREADS 4
#define EACH 20000

static void *
add_requests(void *record)
{
	unsigned int i;

	for (i = 0; i < EACH; i++) {
		add_request(record, i % 4, i % 3, 0);
		record_count(record, RECORD_DOORBELLS);
	}
	return NULL;
}

static void
threads_lose_no_count(void **state)
{
	struct record *record = *state;
	pthread_t threads[THREADS];
	json_t *last;
	size_t i;

	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_requests, record), 0);
	for (i = 0; i < 50; i++) {
		last = record_last(record, "requests", 0, 100);
		assert_non_null(last);
		json_decref(last);
		json_decref(record_counters(record));
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_counter(record, THREADS * EACH, NULL, NULL, "requests");
	assert_counter(record, THREADS * EACH, NULL, NULL, "doorbells");
	assert_counter(record, THREADS * EACH / 4, "queues", "3", "requests");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(requests_are_counted_in_all_by_pasid_and_by_queue),
		TEST(faults_are_counted_in_all_by_pasid_and_by_queue),
		TEST(events_are_counted_by_name),
		TEST(pasids_without_room_are_counted_together),
		TEST(queue_that_no_function_has_is_counted_in_all),
		TEST(requests_are_told_in_full),
		TEST(accesses_are_told_in_full),
		TEST(faults_are_told_in_full),
		TEST(operation_that_never_began_has_no_name),
		TEST(last_ones_are_asked_for_by_serial_number_and_limit),
		TEST(oldest_ones_are_forgotten),
		TEST(there_are_three_kinds),
		TEST(threads_lose_no_count),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
