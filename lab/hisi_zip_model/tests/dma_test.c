/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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
	size_t start, length;

	for (start = 0; start < 9; start++) {
		for (length = 0; length < 40; length++) {
			/* across the border of two pages */
			uint64_t address = BUFFER + PAGE - 16 + start;

			memset(expected, 0xcc, sizeof(expected));
			guest_write(&fixture->process, BUFFER + PAGE - 16, expected, sizeof(expected));
			memcpy(expected + start, fixture->out, length);
			assert_int_equal(dma_write(&fixture->channel, address, fixture->out, length), 0);
			guest_read(&fixture->process, BUFFER + PAGE - 16, found, sizeof(found));
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

/* What another thread does as soon as the channel has looked for its page in vain. */
struct helper {
	struct fixture *fixture;
	uint64_t retries;	/* before */
	uint64_t entry;		/* the missing page's, put back by map_page() */
	pthread_t thread;
};

static void
wait_for_retry(const struct helper *helper)
{
	while (guest_events(&helper->fixture->guest, "retries") == helper->retries)
		sched_yield();
}

static void *
map_page(void *argument)
{
	struct helper *helper = argument;

	wait_for_retry(helper);
	*guest_entry(&helper->fixture->process, BUFFER + PAGE, 1) = helper->entry;
	return NULL;
}

static void *
end_epoch(void *argument)
{
	struct helper *helper = argument;

	wait_for_retry(helper);
	helper->fixture->guest.epoch++;
	return NULL;
}

/*
 * Reads a buffer with a page missing while the helper does its part. A helper that isn't given the
 * processor during all of the channel's patience was too late: the same again then.
 */
static int
read_with_help(struct fixture *fixture, void *(*help)(void *))
{
	_Atomic uint64_t *entry = guest_entry(&fixture->process, BUFFER + PAGE, 1);
	uint64_t present = *entry;
	struct helper helper = { .fixture = fixture, .entry = present };
	int tries, ret = -EFAULT;

	for (tries = 0; tries < 50 && ret == -EFAULT; tries++) {
		*entry = 0;
		fixture->channel.started = fixture->guest.epoch;
		helper.retries = guest_events(&fixture->guest, "retries");
		assert_int_equal(pthread_create(&helper.thread, NULL, help, &helper), 0);
		ret = dma_read(&fixture->channel, BUFFER, fixture->in, LENGTH);
		pthread_join(helper.thread, NULL);
	}
	return ret;
}

static void
page_that_appears_in_time_is_copied(void **state)
{
	struct fixture *fixture = *state;

	guest_write(&fixture->process, BUFFER, fixture->out, LENGTH);
	assert_int_equal(read_with_help(fixture, map_page), 0);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
}

static void
waiting_ends_with_the_epoch(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_with_help(fixture, end_epoch), -ECANCELED);
}

static void
page_that_never_appears_is_a_fault(void **state)
{
	struct fixture *fixture = *state;

	*guest_entry(&fixture->process, BUFFER + PAGE, 1) = 0;
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), -EFAULT);
	assert_true(guest_events(&fixture->guest, "retries") > 0);
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

/*
 * A kernel that moves pages all the time: it makes a page's entry not present, copies the page,
 * maps the copy, and has another use for the old page.
 *
 * A page must not come back to the same place during one access (which can't be told from one that
 * never moved, and doesn't happen in fact): each access has a budget of moves, for which there are
 * fresh places.
 */
#define PLACES 64

struct mover {
	struct fixture *fixture;
	uint64_t places[PLACES];	/* free, in the order of their use */
	uint64_t moves;
	atomic_uint budget;
	atomic_bool stop;
};

static void
copy_words(_Atomic uint64_t *to, const _Atomic uint64_t *from)
{
	size_t i;

	for (i = 0; i < PAGE / sizeof(*to); i++)
		atomic_store_explicit(&to[i], atomic_load_explicit(&from[i], memory_order_relaxed),
				memory_order_relaxed);
}

static void
move_page(struct mover *mover)
{
	struct guest *guest = &mover->fixture->guest;
	_Atomic uint64_t *entry = guest_entry(&mover->fixture->process,
			BUFFER + mover->moves % PAGES * PAGE, 1);
	uint64_t *place = &mover->places[mover->moves / PAGES % PLACES], value;
	_Atomic uint64_t *old, *new = guest_qwords(guest, *place);
	size_t i;

	value = atomic_exchange(entry, 0);
	old = guest_qwords(guest, value & VTD_STAGE_ADDRESS);
	copy_words(new, old);
	atomic_store(entry, (value & ~VTD_STAGE_ADDRESS) | *place);
	for (i = 0; i < PAGE / sizeof(*old); i++)
		atomic_store_explicit(&old[i], UINT64_C(0xeeeeeeeeeeeeeeee), memory_order_relaxed);
	*place = value & VTD_STAGE_ADDRESS;
	mover->moves++;
}

static void *
move_pages(void *argument)
{
	struct mover *mover = argument;
	unsigned int budget;

	while (!mover->stop) {
		budget = mover->budget;
		if (budget == 0 || !atomic_compare_exchange_strong(&mover->budget, &budget, budget - 1))
			sched_yield();
		else
			move_page(mover);
	}
	return NULL;
}

/* Enough to test something, however slow the machine is. */
static bool
moved_enough(struct fixture *fixture, unsigned int rounds)
{
	return rounds >= 500 && guest_events(&fixture->guest, "redone") >= 200;
}

static void
pages_that_move_lose_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct mover mover = { .fixture = fixture };
	struct timespec start, now;
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < PLACES; i++)
		mover.places[i] = guest_pages(&fixture->guest, PAGE);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(pthread_create(&thread, NULL, move_pages, &mover), 0);
	for (i = 0; !moved_enough(fixture, i); i++) {
		memset(fixture->out, (int)i, LENGTH);
		mover.budget = PLACES;
		assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), 0);
		mover.budget = PLACES;
		assert_int_equal(dma_read(&fixture->channel, BUFFER, fixture->in, LENGTH), 0);
		assert_memory_equal(fixture->in, fixture->out, LENGTH);
		clock_gettime(CLOCK_MONOTONIC, &now);
		assert_true(now.tv_sec - start.tv_sec < 120);
	}
	mover.stop = true;
	pthread_join(thread, NULL);
	guest_read(&fixture->process, BUFFER, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	assert_no_fault(&fixture->guest);
}

static void *
swap_pages(void *argument)
{
	struct mover *mover = argument;
	_Atomic uint64_t *entry = guest_entry(&mover->fixture->process, BUFFER, 1);
	uint64_t difference = *entry ^ *guest_entry(&mover->fixture->process, BUFFER + PAGE, 1);

	while (!mover->stop)
		atomic_fetch_xor(entry, difference & VTD_STAGE_ADDRESS);
	return NULL;
}

static void
page_that_never_stays_is_given_up(void **state)
{
	struct fixture *fixture = *state;
	struct mover mover = { .fixture = fixture };
	pthread_t thread;
	unsigned int i;

	assert_int_equal(pthread_create(&thread, NULL, swap_pages, &mover), 0);
	for (i = 0; i < 20; i++) {
		int ret = dma_write(&fixture->channel, BUFFER, fixture->out, PAGE);

		assert_true(ret == 0 || ret == -EFAULT);
	}
	mover.stop = true;
	pthread_join(thread, NULL);
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

		assert_int_equal(dma_write_entry(&fixture->channel, BUFFER + 32, entry,
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

	assert_int_equal(dma_write_entry(&fixture->channel, BUFFER + 4, &word, sizeof(word)), 0);
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
	assert_int_equal(dma_write_entry(&fixture->channel, BUFFER, fixture->out, 16), -EFAULT);
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
		TEST(page_that_appears_in_time_is_copied),
		TEST(waiting_ends_with_the_epoch),
		TEST(page_that_never_appears_is_a_fault),
		TEST(impatient_channel_comes_back_at_once),
		TEST(impatient_channel_has_other_faults_as_a_patient_one),
		TEST(nobody_waits_for_a_pasid),
		TEST(nobody_waits_in_the_own_address_space),
		TEST(pages_that_move_lose_nothing),
		TEST(page_that_never_stays_is_given_up),
		TEST(entry_has_its_last_word_last),
		TEST(entry_of_one_word_is_that_word),
		TEST(entry_that_cannot_be_written_is_a_fault),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
