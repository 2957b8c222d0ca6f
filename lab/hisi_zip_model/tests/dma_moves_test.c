/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DMA while the guest changes the tables: at a certain moment between two looks at them (the linker
 * puts __wrap_vtd_translate() between dma.c and vtd.c), and all the time in another thread.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guest_tables.h"

#define MEMORY (UINT64_C(64) << 20)
#define PASID 5
#define BUFFER UINT64_C(0x7f0012345000)
#define PAGES 4
#define LENGTH (PAGES * VTD_PAGE_SIZE)
#define PAGE VTD_PAGE_SIZE

/* A process with a buffer of some pages, and free places that they may move to. */
#define PLACES 64

struct fixture {
	struct guest guest;
	struct guest_space process;
	struct dma_channel channel;
	uint8_t out[LENGTH], in[LENGTH];
	uint64_t places[PLACES];	/* in the order of their use */
	uint64_t moves;
};

/* What the guest does after a look at the tables, and how many looks there were. */
static struct {
	void (*guest_acts)(struct fixture *fixture, unsigned int look);
	struct fixture *fixture;
	unsigned int looks;
} script;

enum vtd_fault __wrap_vtd_translate(struct vtd *vtd, uint32_t pasid, uint64_t address, bool write,
		uint64_t *physical, uint32_t *left);
enum vtd_fault __real_vtd_translate(struct vtd *vtd, uint32_t pasid, uint64_t address, bool write,
		uint64_t *physical, uint32_t *left);

enum vtd_fault
__wrap_vtd_translate(struct vtd *vtd, uint32_t pasid, uint64_t address, bool write,
		uint64_t *physical, uint32_t *left)
{
	enum vtd_fault fault = __real_vtd_translate(vtd, pasid, address, write, physical, left);

	if (script.guest_acts != NULL)
		script.guest_acts(script.fixture, ++script.looks);
	return fault;
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	size_t i;

	guest_open(&fixture->guest, MEMORY);
	fixture->process = guest_process(&fixture->guest, PASID);
	guest_allocate(&fixture->process, BUFFER, LENGTH, GUEST_ALL);
	fixture->channel = guest_channel(&fixture->guest, PASID);
	for (i = 0; i < PLACES; i++)
		fixture->places[i] = guest_pages(&fixture->guest, PAGE);
	for (i = 0; i < LENGTH; i++)
		fixture->out[i] = (uint8_t)(1 + i * 131 + i / 251);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	script.guest_acts = NULL;
	guest_close(&fixture->guest);
	free(fixture);
	return 0;
}

static void
follow_script(struct fixture *fixture, void (*guest_acts)(struct fixture *, unsigned int))
{
	script.fixture = fixture;
	script.looks = 0;
	script.guest_acts = guest_acts;
}

static _Atomic uint64_t *
first_page(struct fixture *fixture)
{
	return guest_entry(&fixture->process, BUFFER, 1);
}

static void
copy_page(_Atomic uint64_t *to, const _Atomic uint64_t *from)
{
	size_t i;

	for (i = 0; i < PAGE / sizeof(*to); i++)
		atomic_store_explicit(&to[i], atomic_load_explicit(&from[i], memory_order_relaxed),
				memory_order_relaxed);
}

/*
 * As a kernel does it: makes a page's entry not present, copies the page, maps the copy. The old
 * page has another use then.
 */
static void
move_page(struct fixture *fixture, uint64_t address)
{
	_Atomic uint64_t *entry = guest_entry(&fixture->process, address, 1);
	uint64_t *place = &fixture->places[fixture->moves++ % PLACES], value;
	_Atomic uint64_t *old, *new = guest_qwords(&fixture->guest, *place);
	size_t i;

	value = atomic_exchange(entry, 0);
	old = guest_qwords(&fixture->guest, value & VTD_STAGE_ADDRESS);
	copy_page(new, old);
	atomic_store(entry, (value & ~VTD_STAGE_ADDRESS) | *place);
	for (i = 0; i < PAGE / sizeof(*old); i++)
		atomic_store_explicit(&old[i], UINT64_C(0xeeeeeeeeeeeeeeee), memory_order_relaxed);
	*place = value & VTD_STAGE_ADDRESS;
}

static void
assert_last_fault(struct fixture *fixture, enum vtd_fault fault)
{
	json_t *faults = record_last(fixture->guest.record, "faults", 0, 10);

	assert_int_equal(json_array_size(faults), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(faults, 0), "fault")),
			vtd_fault_name(fault));
	json_decref(faults);
}

static void
move_after_first_look(struct fixture *fixture, unsigned int look)
{
	if (look == 1)
		move_page(fixture, BUFFER);
}

static void
write_goes_where_the_page_has_moved(void **state)
{
	struct fixture *fixture = *state;

	follow_script(fixture, move_after_first_look);
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), 0);
	guest_read(&fixture->process, BUFFER, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	assert_int_equal(guest_events(&fixture->guest, "redone"), 1);
	assert_int_equal(guest_events(&fixture->guest, "faults"), 0);
}

static void
read_comes_from_where_the_page_has_moved(void **state)
{
	struct fixture *fixture = *state;

	guest_write(&fixture->process, BUFFER, fixture->out, LENGTH);
	follow_script(fixture, move_after_first_look);
	assert_int_equal(dma_read(&fixture->channel, BUFFER, fixture->in, LENGTH), 0);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	assert_int_equal(guest_events(&fixture->guest, "redone"), 1);
}

static void
move_after_each_look(struct fixture *fixture, unsigned int look)
{
	(void)look;
	move_page(fixture, BUFFER);
}

static void
page_that_never_stays_is_given_up(void **state)
{
	struct fixture *fixture = *state;

	follow_script(fixture, move_after_each_look);
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 8), -EFAULT);
	assert_last_fault(fixture, VTD_UNSTABLE);
}

static void
unmap_after_first_look(struct fixture *fixture, unsigned int look)
{
	if (look == 1)
		*first_page(fixture) &= ~VTD_FIRST_PRESENT;
	else if (look == 5)
		*first_page(fixture) |= VTD_FIRST_PRESENT;
}

static void
page_that_is_away_for_some_looks_is_waited_for(void **state)
{
	struct fixture *fixture = *state;

	follow_script(fixture, unmap_after_first_look);
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), 0);
	guest_read(&fixture->process, BUFFER, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
	assert_int_equal(guest_events(&fixture->guest, "redone"), 1);
	assert_int_equal(guest_events(&fixture->guest, "retries"), 3);
	assert_int_equal(guest_events(&fixture->guest, "faults"), 0);
}

static void
impatient_channel_does_not_wait_for_it(void **state)
{
	struct fixture *fixture = *state;

	fixture->channel.patient = false;
	follow_script(fixture, unmap_after_first_look);
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), -EAGAIN);
	assert_int_equal(guest_events(&fixture->guest, "faults"), 0);
}

static void
protect_after_first_look(struct fixture *fixture, unsigned int look)
{
	if (look == 1)
		*first_page(fixture) &= ~VTD_FIRST_WRITE;
}

static void
page_that_may_not_be_written_any_more_is_a_fault(void **state)
{
	struct fixture *fixture = *state;

	follow_script(fixture, protect_after_first_look);
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 8), -EFAULT);
	assert_last_fault(fixture, VTD_NOT_WRITABLE);
}

static void
clean_after_first_look(struct fixture *fixture, unsigned int look)
{
	if (look == 1)
		*first_page(fixture) &= ~VTD_FIRST_DIRTY;
}

static void
page_that_was_cleaned_is_dirty_again(void **state)
{
	struct fixture *fixture = *state;

	follow_script(fixture, clean_after_first_look);
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, 8), 0);
	assert_true((*first_page(fixture) & VTD_FIRST_DIRTY) != 0);
}

static void
end_epoch_after_third_look(struct fixture *fixture, unsigned int look)
{
	if (look == 3)
		fixture->guest.epoch++;
}

static void
waiting_ends_with_the_epoch(void **state)
{
	struct fixture *fixture = *state;

	*first_page(fixture) = 0;
	follow_script(fixture, end_epoch_after_third_look);
	assert_int_equal(dma_read(&fixture->channel, BUFFER, fixture->in, LENGTH), -ECANCELED);
	assert_int_equal(script.looks, 3);
	assert_int_equal(guest_events(&fixture->guest, "faults"), 0);
}

static void
stop_bus_master_after_second_look(struct fixture *fixture, unsigned int look)
{
	if (look == 2)
		fixture->guest.dma.bus_master = false;
}

static void
next_page_needs_bus_master_too(void **state)
{
	struct fixture *fixture = *state;

	follow_script(fixture, stop_bus_master_after_second_look);
	assert_int_equal(dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH), -EFAULT);
	assert_last_fault(fixture, VTD_BUS_MASTER_OFF);
	guest_read(&fixture->process, BUFFER, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, PAGE);
	assert_int_equal(fixture->in[PAGE], 0);
}

/*
 * A page must not come back to the same place during one access (which can't be told from one that
 * never moved, and doesn't happen in fact): each access has a budget of moves, for which there are
 * fresh places.
 */
struct mover {
	struct fixture *fixture;
	atomic_uint budget;
	atomic_bool stop;
};

static void *
move_pages(void *argument)
{
	struct mover *mover = argument;
	struct fixture *fixture = mover->fixture;
	unsigned int budget;

	while (!mover->stop) {
		budget = mover->budget;
		if (budget == 0 || !atomic_compare_exchange_strong(&mover->budget, &budget,
				budget - 1))
			sched_yield();
		else
			move_page(fixture, BUFFER + fixture->moves % PAGES * PAGE);
	}
	return NULL;
}

/* The kernel may lose the processor while a page is away, for longer than anybody has patience. */
static bool
was_away_too_long(struct fixture *fixture, int ret)
{
	json_t *faults, *fault;
	size_t i;

	if (ret == 0)
		return false;
	assert_int_equal(ret, -EFAULT);
	faults = record_last(fixture->guest.record, "faults", 0, SIZE_MAX);
	json_array_foreach(faults, i, fault)
		assert_string_equal(json_string_value(json_object_get(fault, "fault")),
				vtd_fault_name(VTD_NOT_PRESENT));
	json_decref(faults);
	return true;
}

/* Until moving was in time for something often enough, however busy the machine is. */
static void
pages_that_move_all_the_time_lose_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct mover mover = { .fixture = fixture };
	pthread_t thread;
	unsigned int i;
	int ret;

	assert_int_equal(pthread_create(&thread, NULL, move_pages, &mover), 0);
	for (i = 0; guest_events(&fixture->guest, "redone") < 100; i++) {
		memset(fixture->out, (int)i, LENGTH);
		do {
			mover.budget = PLACES / 2;
			ret = dma_write(&fixture->channel, BUFFER, fixture->out, LENGTH);
		} while (was_away_too_long(fixture, ret));
		do {
			mover.budget = PLACES / 2;
			ret = dma_read(&fixture->channel, BUFFER, fixture->in, LENGTH);
		} while (was_away_too_long(fixture, ret));
		assert_memory_equal(fixture->in, fixture->out, LENGTH);
	}
	mover.stop = true;
	pthread_join(thread, NULL);
	guest_read(&fixture->process, BUFFER, fixture->in, LENGTH);
	assert_memory_equal(fixture->in, fixture->out, LENGTH);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(write_goes_where_the_page_has_moved),
		TEST(read_comes_from_where_the_page_has_moved),
		TEST(page_that_never_stays_is_given_up),
		TEST(page_that_is_away_for_some_looks_is_waited_for),
		TEST(impatient_channel_does_not_wait_for_it),
		TEST(page_that_may_not_be_written_any_more_is_a_fault),
		TEST(page_that_was_cleaned_is_dirty_again),
		TEST(waiting_ends_with_the_epoch),
		TEST(next_page_needs_bus_master_too),
		TEST(pages_that_move_all_the_time_lose_nothing),
	};

	return cmocka_run_group_tests_name("dma_moves", tests, NULL, NULL);
}
