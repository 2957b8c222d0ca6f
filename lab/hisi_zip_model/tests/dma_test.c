/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guest_tables.h"

#define MEMORY (UINT64_C(64) << 20)
#define PASID 5
#define OTHER_PASID 6
#define BUFFER UINT64_C(0x7f0012345000)
#define PAGES 4
#define LENGTH (PAGES * VTD_PAGE_SIZE)
#define PAGE VTD_PAGE_SIZE

/* A process with a buffer of some pages; another one with a page of its own at the same address. */
struct fixture {
	struct guest guest;
	struct guest_space process, other;
	struct dma_channel channel;
	uint8_t out[LENGTH], in[LENGTH];
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	size_t i;

	guest_open(&fixture->guest, MEMORY);
	fixture->process = guest_process(&fixture->guest, PASID);
	guest_allocate(&fixture->process, BUFFER, LENGTH, GUEST_ALL);
	fixture->other = guest_process(&fixture->guest, OTHER_PASID);
	guest_allocate(&fixture->other, BUFFER, 2 * LENGTH, GUEST_ALL);
	fixture->channel = guest_channel(&fixture->guest, PASID);
	for (i = 0; i < LENGTH; i++)
		fixture->out[i] = (uint8_t)(1 + i * 131 + i / 251);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	guest_close(&fixture->guest);
	free(fixture);
	return 0;
}

/* Asserts that just one fault was recorded, for PASID, and what it was. */
static void
assert_fault(struct guest *guest, uint64_t address, const char *access, enum vtd_fault fault)
{
	json_t *faults = record_last(guest->record, "faults", 0, 10), *last;
	char text[24];

	assert_int_equal(json_array_size(faults), 1);
	last = json_array_get(faults, 0);
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)address);
	assert_string_equal(json_string_value(json_object_get(last, "address")), text);
	assert_string_equal(json_string_value(json_object_get(last, "access")), access);
	assert_string_equal(json_string_value(json_object_get(last, "fault")),
			vtd_fault_name(fault));
	assert_int_equal(json_integer_value(json_object_get(last, "pasid")), PASID);
	json_decref(faults);
	assert_int_equal(guest_faults(guest, PASID), 1);
	assert_int_equal(guest_faults(guest, OTHER_PASID), 0);
}

static void
assert_no_fault(struct guest *guest)
{
	assert_int_equal(guest_events(guest, "faults"), 0);
}

static void
data_crosses_pages_that_are_not_neighbours(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), 0);
	guest_read(&fixture->process, BUFFER, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);

	memset(fixture->in, 0, LENGTH);
	assert_int_equal(dma_read(&fixture->channel, BUFFER, fixture->in, LENGTH), 0);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	assert_no_fault(&fixture->guest);
}

static void
no_byte_too_many_and_none_too_few(void **state)
{
	struct fixture *fixture = *state;
	uint8_t expected[64], found[64];
	uint64_t around = BUFFER + PAGE - 16, address;	/* two pages' border */
	size_t start, length;

	for (start = 0; start < 9; start++) {
		for (length = 0; length < 40; length++) {
			address = around + start;
			memset(expected, 0xcc, sizeof(expected));
			guest_write(&fixture->process, around, expected, sizeof(expected));
			memcpy(expected + start, fixture->out, length);
			assert_int_equal(dma_write(&fixture->channel, address, fixture->out,
					length), 0);
			guest_read(&fixture->process, around, found, sizeof(found));
			assert_memory_equal(found, expected, sizeof(found));

			memset(found, 0xdd, sizeof(found));
			assert_int_equal(dma_read(&fixture->channel, address, found, length), 0);
			memset(expected, 0xdd, sizeof(expected));
			memcpy(expected, fixture->out, length);
			assert_memory_equal(found, expected, sizeof(found));
		}
	}
}

static void
nothing_is_needed_for_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(dma_read(&fixture->channel, 0, NULL, 0), 0);
	assert_int_equal(dma_write(&fixture->channel, UINT64_MAX, NULL, 0), 0);
	assert_no_fault(&fixture->guest);
}

static void
large_page_is_copied_as_a_whole(void **state)
{
	struct fixture *fixture = *state;
	uint64_t size = UINT64_C(2) << 20, address = UINT64_C(0x40000000);
	uint64_t physical = guest_pages(&fixture->guest, size), at = size - LENGTH - 5;

	guest_map(&fixture->process, address, physical, 2, GUEST_ALL);
	assert_int_equal(dma_write(&fixture->channel, address + at, fixture->out, LENGTH), 0);
	assert_memory_equal(guest_bytes(&fixture->guest, physical + at), fixture->out, LENGTH);
	assert_int_equal(dma_read(&fixture->channel, address + at, fixture->in, LENGTH), 0);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
}

static void
pages_before_the_bad_one_are_copied(void **state)
{
	struct fixture *fixture = *state;
	uint64_t bad = BUFFER + 2 * PAGE, start = BUFFER + 100;
	uint64_t good = bad - start;

	guest_write(&fixture->process, BUFFER, fixture->out, LENGTH);
	*guest_entry(&fixture->process, bad, 1) &= ~VTD_FIRST_USER;
	assert_int_equal(dma_read(&fixture->channel, start, fixture->in, 3 * PAGE), -EFAULT);
	assert_memory_equal(fixture->in, fixture->out + 100, good);
	assert_int_equal(fixture->in[good], 0);
	assert_fault(&fixture->guest, bad, "read", VTD_NOT_USER);
}

static void
read_only_memory_is_read_and_not_written(void **state)
{
	struct fixture *fixture = *state;

	guest_write(&fixture->process, BUFFER, fixture->out, LENGTH);
	*guest_entry(&fixture->process, BUFFER + PAGE, 1) &= ~VTD_FIRST_WRITE;
	assert_int_equal(dma_read(&fixture->channel, BUFFER, fixture->in, LENGTH), 0);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	memset(fixture->in, 0, LENGTH);
	assert_int_equal(dma_write(&fixture->channel, BUFFER + PAGE, fixture->in, PAGE), -EFAULT);
	guest_read(&fixture->process, BUFFER, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	assert_fault(&fixture->guest, BUFFER + PAGE, "write", VTD_NOT_WRITABLE);
}

static void
memory_of_another_process_is_out_of_reach(void **state)
{
	struct fixture *fixture = *state;
	uint64_t theirs = BUFFER + LENGTH;

	guest_write(&fixture->other, theirs, fixture->out, LENGTH);
	assert_int_equal(dma_write(&fixture->channel, theirs, fixture->in, PAGE), -EFAULT);
	guest_read(&fixture->other, theirs, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	assert_fault(&fixture->guest, theirs, "write", VTD_NOT_PRESENT);
}

static void
same_address_is_the_own_page(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), 0);
	guest_read(&fixture->other, BUFFER, fixture->in, LENGTH);
	memset(fixture->out, 0, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
}

static void
addresses_do_not_start_again_at_zero(void **state)
{
	struct fixture *fixture = *state;
	uint64_t last = -PAGE;

	guest_allocate(&fixture->process, last, 1, GUEST_ALL);
	guest_allocate(&fixture->process, 0, 1, GUEST_ALL);
	assert_int_equal(dma_write(&fixture->channel, last, fixture->out, PAGE), 0);
	assert_int_equal(dma_write(&fixture->channel, last, fixture->out, PAGE + 1), -EFAULT);
	assert_fault(&fixture->guest, last, "write", VTD_NOT_CANONICAL);
}

static void
nothing_is_reached_without_bus_master(void **state)
{
	struct fixture *fixture = *state;

	fixture->guest.dma.bus_master = false;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 8), -EFAULT);
	guest_read(&fixture->process, BUFFER, fixture->in, 8);
	assert_memory_equal(fixture->in, "\0\0\0\0\0\0\0", 8);
	assert_fault(&fixture->guest, BUFFER, "write", VTD_BUS_MASTER_OFF);
}

static void
what_is_over_reaches_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture->guest.epoch++;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 8), -ECANCELED);
	guest_read(&fixture->process, BUFFER, fixture->in, 8);
	assert_memory_equal(fixture->in, "\0\0\0\0\0\0\0", 8);
	assert_no_fault(&fixture->guest);
}

static void
page_that_never_appears_is_a_fault(void **state)
{
	struct fixture *fixture = *state;

	*guest_entry(&fixture->process, BUFFER + PAGE, 1) = 0;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), -EFAULT);
	assert_true(guest_events(&fixture->guest, "retries") >= DMA_PATIENCE_LOOKS);
	assert_fault(&fixture->guest, BUFFER + PAGE, "write", VTD_NOT_PRESENT);
}

static void
impatient_channel_comes_back_at_once(void **state)
{
	struct fixture *fixture = *state;

	fixture->channel.patient = false;
	*guest_entry(&fixture->process, BUFFER + PAGE, 1) = 0;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), -EAGAIN);
	guest_read(&fixture->process, BUFFER, fixture->in, PAGE);
	assert_memory_equal(fixture->in, fixture->out, PAGE);
	assert_int_equal(guest_events(&fixture->guest, "retries"), 0);
	assert_no_fault(&fixture->guest);
}

static void
impatient_channel_has_other_faults_as_a_patient_one(void **state)
{
	struct fixture *fixture = *state;

	fixture->channel.patient = false;
	*guest_entry(&fixture->process, BUFFER, 1) &= ~VTD_FIRST_WRITE;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 8), -EFAULT);
	assert_fault(&fixture->guest, BUFFER, "write", VTD_NOT_WRITABLE);
}

/* A process that was killed: nothing of it comes back. */
static void
nobody_waits_for_a_pasid(void **state)
{
	struct fixture *fixture = *state;

	*guest_pasid_entry(&fixture->guest, PASID) &= ~VTD_PASID_PRESENT;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 8), -EFAULT);
	assert_int_equal(guest_events(&fixture->guest, "retries"), 0);
	assert_fault(&fixture->guest, BUFFER, "write", VTD_PASID_NOT_PRESENT);
}

static void
nobody_waits_in_the_own_address_space(void **state)
{
	struct fixture *fixture = *state;
	struct guest_space own = guest_process(&fixture->guest, GUEST_RID_PASID);
	struct dma_channel channel = guest_channel(&fixture->guest, VTD_NO_PASID);

	guest_allocate(&own, 0, 1, GUEST_ALL);
	assert_int_equal(dma_write(&channel, 0, fixture->out, 8), 0);
	assert_int_equal(dma_write(&channel, PAGE, fixture->out, 8), -EFAULT);
	assert_int_equal(guest_events(&fixture->guest, "retries"), 0);
	assert_int_equal(guest_faults(&fixture->guest, VTD_NO_PASID), 1);
}

/* Looks at a ring's entry as a driver does: the last word first. */
struct reader {
	_Atomic uint32_t *entry;
	atomic_bool stop;
	bool wrong;
};

static void *
read_entries(void *argument)
{
	struct reader *reader = argument;
	unsigned int i;

	while (!reader->stop) {
		uint32_t last = atomic_load_explicit(&reader->entry[3], memory_order_acquire);

		for (i = 0; i < 3; i++) {
			if (atomic_load_explicit(&reader->entry[i], memory_order_acquire) < last)
				reader->wrong = true;
		}
	}
	return NULL;
}

static void
entry_has_its_last_word_last(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t page = *guest_entry(&fixture->process, BUFFER, 1) & VTD_STAGE_ADDRESS;
	struct reader reader = { .entry = (_Atomic uint32_t *)guest_bytes(guest, page + 32) };
	pthread_t thread;
	uint32_t i;

	assert_int_equal(pthread_create(&thread, NULL, read_entries, &reader), 0);
	for (i = 1; i <= 100000; i++) {
		const uint32_t entry[4] = { i, i, i, i };

		assert_int_equal(dma_write(&fixture->channel, BUFFER + 32, entry,
				sizeof(entry)), 0);
	}
	reader.stop = true;
	pthread_join(thread, NULL);
	assert_false(reader.wrong);
	for (i = 0; i < 4; i++)
		assert_int_equal(reader.entry[i], 100000);
}

static void
entry_of_one_word_is_that_word(void **state)
{
	struct fixture *fixture = *state;
	uint32_t found[3];
	const uint32_t word = 0x12345678;

	assert_int_equal(dma_write(&fixture->channel, BUFFER + 4, &word, sizeof(word)), 0);
	guest_read(&fixture->process, BUFFER, found, sizeof(found));
	assert_int_equal(found[0], 0);
	assert_int_equal(found[1], word);
	assert_int_equal(found[2], 0);
}

static void
entry_that_cannot_be_written_is_a_fault(void **state)
{
	struct fixture *fixture = *state;

	*guest_entry(&fixture->process, BUFFER, 1) &= ~VTD_FIRST_WRITE;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 16), -EFAULT);
	assert_fault(&fixture->guest, BUFFER, "write", VTD_NOT_WRITABLE);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(data_crosses_pages_that_are_not_neighbours),
		TEST(no_byte_too_many_and_none_too_few),
		TEST(nothing_is_needed_for_nothing),
		TEST(large_page_is_copied_as_a_whole),
		TEST(pages_before_the_bad_one_are_copied),
		TEST(read_only_memory_is_read_and_not_written),
		TEST(memory_of_another_process_is_out_of_reach),
		TEST(same_address_is_the_own_page),
		TEST(addresses_do_not_start_again_at_zero),
		TEST(nothing_is_reached_without_bus_master),
		TEST(what_is_over_reaches_nothing),
		TEST(page_that_never_appears_is_a_fault),
		TEST(impatient_channel_comes_back_at_once),
		TEST(impatient_channel_has_other_faults_as_a_patient_one),
		TEST(nobody_waits_for_a_pasid),
		TEST(nobody_waits_in_the_own_address_space),
		TEST(entry_has_its_last_word_last),
		TEST(entry_of_one_word_is_that_word),
		TEST(entry_that_cannot_be_written_is_a_fault),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
