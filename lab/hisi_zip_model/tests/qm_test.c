/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue manager as a driver sees it: mailbox, contexts, doorbells, completions and events, over
 * real IOMMU tables. Requests are short copies (UDMA).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver.h"

#define BUSY (1u << 13)

static void
fill(struct guest_space *space, uint64_t address, char byte, size_t length)
{
	char *bytes = malloc(length);

	memset(bytes, byte, length);
	guest_write(space, address, bytes, length);
	free(bytes);
}

static void
assert_filled(struct guest_space *space, uint64_t address, char byte, size_t length)
{
	char *bytes = malloc(length);
	size_t i;

	guest_read(space, address, bytes, length);
	for (i = 0; i < length; i++)
		assert_int_equal(bytes[i], byte);
	free(bytes);
}

static void
tells_how_many_queues_it_has(void **state)
{
	struct driver *driver = *state;
	uint64_t answer;

	assert_int_equal(driver_mailbox(driver, DRIVER_QUEUES_OF_FUNCTION, 0, true), 0);
	answer = driver_read(driver, 0x304) | (uint64_t)driver_read(driver, 0x308) << 32;
	assert_int_equal((answer >> 45 & 0x3ff) + 1, DRIVER_QUEUES);
	assert_int_equal(answer >> 44 & 1, 1);
}

static void
refuses_an_unknown_command(void **state)
{
	assert_int_equal(driver_mailbox(*state, 0x7f, 0, false), -EIO);
	assert_int_equal(driver_mailbox(*state, DRIVER_EQC, 0, true), -EIO);
}

static void
refuses_a_queue_that_it_does_not_have(void **state)
{
	assert_int_equal(driver_mailbox(*state, DRIVER_SQC, DRIVER_QUEUES, false), -EIO);
	assert_int_equal(driver_mailbox(*state, DRIVER_CQC, 0xffff, true), -EIO);
	assert_int_equal(driver_mailbox(*state, DRIVER_STOP_QUEUE, DRIVER_QUEUES, false), -EIO);
}

static void
refuses_a_context_that_is_not_mapped(void **state)
{
	struct driver *driver = *state;

	guest_map(&driver->own, DRIVER_CONTEXT, 0, 1, 0);
	atomic_store(guest_entry(&driver->own, DRIVER_CONTEXT, 1), 0);
	assert_int_equal(driver_mailbox(driver, DRIVER_SQC, 0, false), -EIO);
	assert_true(guest_faults(&driver->guest, VTD_NO_PASID) >= 1);
}

static void
refuses_a_context_that_makes_no_sense(void **state)
{
	struct driver *driver = *state;
	struct sq_context sq = { .base_low = DRIVER_SQ(0), .dw3 = (DRIVER_DEPTH - 1) | 6 << 12 };

	guest_write(&driver->own, DRIVER_CONTEXT, &sq, sizeof(sq));
	assert_int_equal(driver_mailbox(driver, DRIVER_SQC, 0, false), -EIO);
	sq.dw3 = (DRIVER_DEPTH - 1) | 7 << 12;
	sq.cq_number = DRIVER_QUEUES;
	guest_write(&driver->own, DRIVER_CONTEXT, &sq, sizeof(sq));
	assert_int_equal(driver_mailbox(driver, DRIVER_SQC, 0, false), -EIO);
}

static void
does_a_request_in_the_address_space_of_its_pasid(void **state)
{
	struct driver *driver = *state;

	fill(&driver->process, DRIVER_PASID_DATA, 'p', 100);
	assert_int_equal(driver_start_queue(driver, 1, QUEUE_UDMA, DRIVER_PASID), 0);
	driver_put_copy(driver, 1, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 100);
	driver_submit(driver, 1);
	assert_int_equal(driver_completed(driver, 1), 0);
	assert_int_equal(driver_result_of(driver, 1, 0), 1);
	assert_filled(&driver->process, DRIVER_PASID_DATA + 0x1000, 'p', 100);
}

static void
does_a_request_in_its_own_address_space_without_pasid(void **state)
{
	struct driver *driver = *state;

	fill(&driver->own, DRIVER_OWN_DATA, 'o', 100);
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 100);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
	assert_filled(&driver->own, DRIVER_OWN_DATA + 0x1000, 'o', 100);
}

static void
a_request_for_another_address_space_fails_and_the_next_goes_on(void **state)
{
	struct driver *driver = *state;

	fill(&driver->process, DRIVER_PASID_DATA, 'p', 100);
	assert_int_equal(driver_start_queue(driver, 1, QUEUE_UDMA, DRIVER_PASID), 0);
	driver_put_copy(driver, 1, DRIVER_OWN_DATA, DRIVER_PASID_DATA, 100);
	driver_put_copy(driver, 1, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 100);
	driver_submit(driver, 1);
	assert_int_equal(driver_completed(driver, 1), 0);
	assert_int_equal(driver_completed(driver, 1), 1);
	assert_int_equal(driver_result_of(driver, 1, 0), 2);
	assert_int_equal(driver_result_of(driver, 1, 1), 1);
	assert_int_equal(guest_faults(&driver->guest, DRIVER_PASID), 1);
	assert_filled(&driver->own, DRIVER_OWN_DATA, 0, 100);
}

static void
phases_change_at_each_wrap(void **state)
{
	struct driver *driver = *state;
	unsigned int i;

	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	for (i = 0; i < 5 * DRIVER_DEPTH; i++) {
		driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
		driver_submit(driver, 0);
		assert_int_equal(driver_completed(driver, 0), i % DRIVER_DEPTH);
		driver_doorbell(driver, 0, 1, driver->queues[0].head, 0);
	}
}

static void
several_requests_take_one_doorbell(void **state)
{
	struct driver *driver = *state;
	unsigned int i;

	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	for (i = 0; i < DRIVER_DEPTH - 1; i++)
		driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	for (i = 0; i < DRIVER_DEPTH - 1; i++)
		assert_int_equal(driver_completed(driver, 0), i);
}

static void
short_copies_are_done_when_the_doorbell_returns(void **state)
{
	struct driver *driver = *state;
	struct cq_entry entry;

	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 4096);
	driver_submit(driver, 0);
	assert_true(driver_next_completion(driver, 0, &entry));
}

static void
one_event_and_one_interrupt_for_each_time_one_is_wanted(void **state)
{
	struct driver *driver = *state;
	uint32_t event;

	assert_int_equal(driver_start_queue(driver, 2, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_put_copy(driver, 2, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_put_copy(driver, 2, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 2);
	assert_int_equal(driver_completed(driver, 2), 0);
	assert_int_equal(driver_completed(driver, 2), 1);
	assert_int_equal(driver_wait_for_interrupt(driver, 0), 1);
	guest_read(&driver->own, DRIVER_EQ, &event, sizeof(event));
	assert_int_equal(event, 2 | 1 << 16);

	driver_doorbell(driver, 2, 1, driver->queues[2].head, 1);
	assert_false(driver_has_interrupt(driver, 0));
	driver_put_copy(driver, 2, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 2);
	assert_int_equal(driver_wait_for_interrupt(driver, 0), 1);
	/* A completion that waits when the interrupt is asked for gives one too */
	driver_doorbell(driver, 2, 1, driver->queues[2].head, 1);
	assert_int_equal(driver_wait_for_interrupt(driver, 0), 1);
}

static void
a_masked_interrupt_comes_when_it_is_unmasked(void **state)
{
	struct driver *driver = *state;

	driver_write(driver, 0xc, 1);
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
	assert_false(driver_has_interrupt(driver, 0));
	driver_write(driver, 0xc, 0);
	assert_int_equal(driver_wait_for_interrupt(driver, 0), 1);
}

static void
completions_that_nobody_consumes_are_an_error_event(void **state)
{
	struct driver *driver = *state;
	uint32_t event;
	unsigned int i;

	assert_int_equal(driver_start_queue(driver, 3, QUEUE_UDMA, VTD_NO_PASID), 0);
	for (i = 0; i < DRIVER_DEPTH; i++) {
		driver_put_copy(driver, 3, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
		driver_submit(driver, 3);
		driver_completed(driver, 3);
	}
	driver_put_copy(driver, 3, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 3);
	assert_int_equal(driver_wait_for_interrupt(driver, 1), 1);
	guest_read(&driver->own, DRIVER_AEQ, &event, sizeof(event));
	assert_int_equal(event, 3 | 1 << 16);	/* completion queue 3, type 0: overflow */
}

static void
bad_doorbells_do_nothing(void **state)
{
	struct driver *driver = *state;
	struct cq_entry entry;

	driver_doorbell(driver, 0, 0, 1, 0);		/* not started */
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_doorbell(driver, 0, 0, DRIVER_DEPTH, 0);	/* beyond the ring */
	driver_doorbell(driver, 0, 1, 3, 0);		/* consumes what was never posted */
	driver_doorbell(driver, 0, 7, 1, 0);		/* no such command */
	driver_doorbell(driver, DRIVER_QUEUES, 0, 1, 0);	/* no such queue */
	qm_queue_doorbell(&driver->qm, 0, 1 | 1ull << 32);	/* another queue's page */
	assert_false(driver_next_completion(driver, 0, &entry));
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
}

static void
a_doorbell_over_the_head_is_ignored(void **state)
{
	struct driver *driver = *state;
	struct sq_context context;

	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	/* Its ring can't be read: the head stays */
	atomic_store(&driver->guest.dma.bus_master, false);
	driver_doorbell(driver, 0, 0, DRIVER_DEPTH - 1, 0);
	/* One more request would make the ring look empty */
	driver_doorbell(driver, 0, 0, 0, 0);
	atomic_store(&driver->guest.dma.bus_master, true);
	assert_int_equal(driver_mailbox(driver, DRIVER_SQC, 0, true), 0);
	guest_read(&driver->own, DRIVER_CONTEXT, &context, sizeof(context));
	assert_int_equal(context.head, 0);
	assert_int_equal(context.tail, DRIVER_DEPTH - 1);
}

static void
nothing_is_done_while_the_function_may_not_master_the_bus(void **state)
{
	struct driver *driver = *state;
	struct cq_entry entry;

	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	fill(&driver->own, DRIVER_OWN_DATA, 'o', 8);
	atomic_store(&driver->guest.dma.bus_master, false);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	assert_false(driver_next_completion(driver, 0, &entry));
	assert_filled(&driver->own, DRIVER_OWN_DATA + 0x1000, 0, 8);
	assert_int_equal(driver_mailbox(driver, DRIVER_SQC, 0, false), -EIO);

	atomic_store(&driver->guest.dma.bus_master, true);
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
}

static void
dropped_doorbells_do_nothing(void **state)
{
	struct driver *driver = *state;
	struct cq_entry entry;

	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_write(driver, 0x38, 1);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	assert_false(driver_next_completion(driver, 0, &entry));
	driver_write(driver, 0x38, 0);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
}

static void
contexts_read_back_tell_that_a_queue_is_drained(void **state)
{
	struct driver *driver = *state;
	struct sq_context sq;
	struct cq_context cq;
	unsigned int i;

	assert_int_equal(driver_start_queue(driver, 1, QUEUE_UDMA, DRIVER_PASID), 0);
	for (i = 0; i < DRIVER_DEPTH + 3; i++) {
		driver_put_copy(driver, 1, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 8);
		driver_submit(driver, 1);
		driver_completed(driver, 1);
		driver_doorbell(driver, 1, 1, driver->queues[1].head, 0);
	}
	assert_int_equal(driver_mailbox(driver, DRIVER_SQC, 1, true), 0);
	guest_read(&driver->own, DRIVER_CONTEXT, &sq, sizeof(sq));
	assert_int_equal(driver_mailbox(driver, DRIVER_CQC, 1, true), 0);
	guest_read(&driver->own, DRIVER_CONTEXT, &cq, sizeof(cq));
	assert_int_equal(sq.tail, 3);
	assert_int_equal(cq.tail, 3);
	assert_int_equal(sq.w11 & CONTEXT_LAP, CONTEXT_LAP);
	assert_int_equal(cq.w11 & CONTEXT_LAP, CONTEXT_LAP);
	assert_int_equal(sq.pasid, DRIVER_PASID);
	assert_int_equal(sq.w11 & SQ_CONTEXT_PASID_ENABLED, SQ_CONTEXT_PASID_ENABLED);
	assert_int_equal(cq.dw6 & CQ_CONTEXT_PHASE, 0);
}

static void
a_stopped_queue_does_nothing_until_it_is_started_again(void **state)
{
	struct driver *driver = *state;
	struct cq_entry entry;

	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	assert_int_equal(driver_mailbox(driver, DRIVER_STOP_QUEUE, 0, false), 0);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	assert_false(driver_next_completion(driver, 0, &entry));
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, VTD_NO_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_OWN_DATA + 0x1000, DRIVER_OWN_DATA, 8);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
}

/* A copy whose source isn't there: workers look for the page for a while. */
static void
start_waiting(struct driver *driver, unsigned int queue)
{
	assert_int_equal(driver_start_queue(driver, queue, QUEUE_UDMA, DRIVER_PASID), 0);
	driver_put_copy(driver, queue, DRIVER_PASID_DATA, DRIVER_PASID_DATA + 0x100000, 8);
	driver_submit(driver, queue);
}

static void
a_request_that_waits_for_a_page_holds_up_no_other_queue(void **state)
{
	struct driver *driver = *state;

	start_waiting(driver, 0);
	start_waiting(driver, 1);
	start_waiting(driver, 2);
	assert_int_equal(driver_start_queue(driver, 3, QUEUE_UDMA, DRIVER_PASID), 0);
	driver_put_copy(driver, 3, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 8);
	driver_submit(driver, 3);
	assert_int_equal(driver_completed(driver, 3), 0);
	assert_int_equal(driver_result_of(driver, 3, 0), 1);
	assert_int_equal(driver_completed(driver, 0), 0);
	assert_int_equal(driver_completed(driver, 1), 0);
	assert_int_equal(driver_completed(driver, 2), 0);
	assert_int_equal(driver_result_of(driver, 2, 0), 2);
	assert_int_equal(guest_faults(&driver->guest, DRIVER_PASID), 3);
}

static void
a_reset_ends_what_waits_and_forgets_all(void **state)
{
	struct driver *driver = *state;
	struct cq_entry entry;
	unsigned int queue;

	for (queue = 0; queue < DRIVER_QUEUES; queue++)
		start_waiting(driver, queue);
	qm_reset(&driver->qm);
	registers_reset(&driver->registers);
	for (queue = 0; queue < DRIVER_QUEUES; queue++)
		assert_false(driver_next_completion(driver, queue, &entry));
	assert_int_equal(guest_faults(&driver->guest, DRIVER_PASID), 0);
	assert_int_equal(driver_read(driver, 0x300) & BUSY, 0);

	/* Where the tables are is asked for anew after a reset, and there is no QEMU here */
	driver->guest.vtd.root = driver->guest.root | VTD_ROOT_SCALABLE;
	driver_start_events(driver);
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, DRIVER_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 8);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
}

static void
a_queue_started_anew_gives_up_its_old_requests(void **state)
{
	struct driver *driver = *state;

	start_waiting(driver, 0);
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, DRIVER_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 8);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 0);
	assert_int_equal(driver_result_of(driver, 0, 0), 1);
	assert_int_equal(guest_faults(&driver->guest, DRIVER_PASID), 0);
}

static void
start_misbehaving(struct driver *driver, const char *how)
{
	assert_int_equal(misbehaviour_arm(&driver->options.misbehaviour, how, 1), 0);
	assert_int_equal(driver_start_queue(driver, 0, QUEUE_UDMA, DRIVER_PASID), 0);
	driver_put_copy(driver, 0, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 8);
	driver_submit(driver, 0);
}

static void
silence_is_a_request_without_completion(void **state)
{
	struct driver *driver = *state;

	start_misbehaving(driver, "silence");
	driver_put_copy(driver, 0, DRIVER_PASID_DATA + 0x1000, DRIVER_PASID_DATA, 8);
	driver_submit(driver, 0);
	assert_int_equal(driver_completed(driver, 0), 1);
}

static void
a_wrong_phase_is_a_completion_that_is_not_seen(void **state)
{
	struct driver *driver = *state;
	struct cq_entry entry;

	start_misbehaving(driver, "phase");
	assert_false(driver_next_completion(driver, 0, &entry));
	assert_int_equal(driver_result_of(driver, 0, 0), 1);
}

static void
a_spurious_completion_names_a_request_that_was_never_made(void **state)
{
	struct driver *driver = *state;

	start_misbehaving(driver, "spurious");
	assert_int_equal(driver_completed(driver, 0), 0);
	assert_int_equal(driver_completed(driver, 0), DRIVER_DEPTH / 2);
}

static void
a_wild_write_is_a_fault_and_the_request_is_done(void **state)
{
	struct driver *driver = *state;

	start_misbehaving(driver, "wild");
	assert_int_equal(driver_completed(driver, 0), 0);
	assert_int_equal(driver_result_of(driver, 0, 0), 1);
	assert_int_equal(guest_faults(&driver->guest, DRIVER_PASID), 1);
}

static void
registers_tell_the_version(void **state)
{
	struct driver *driver = *state;

	assert_int_equal(driver_read(driver, 0x210), 0x51);
	assert_int_equal(driver_read(driver, 0x3100) & 0x8000, 0x8000);
	driver->options.version = 3;
	registers_reset(&driver->registers);
	assert_int_equal(driver_read(driver, 0x210), 0);
	assert_int_equal(driver_read(driver, 0x3100) & 0x8000, 0);
	driver->options.version = 5;
}

static void
registers_that_can_only_be_read_stay(void **state)
{
	struct driver *driver = *state;
	uint8_t byte = 0xff;

	driver_write(driver, 0x30, 0);
	driver_write(driver, 0x3148, 0);
	registers_write(&driver->registers, 0x4, &byte, sizeof(byte));
	assert_int_equal(driver_read(driver, 0x30), 1);
	assert_int_equal(driver_read(driver, 0x3148), 0x3f);
	assert_int_equal(driver_read(driver, 0x4), 0);
}

#define SPEC(function) cmocka_unit_test_setup_teardown(function, driver_setup, driver_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPEC(tells_how_many_queues_it_has),
		SPEC(refuses_an_unknown_command),
		SPEC(refuses_a_queue_that_it_does_not_have),
		SPEC(refuses_a_context_that_is_not_mapped),
		SPEC(refuses_a_context_that_makes_no_sense),
		SPEC(does_a_request_in_the_address_space_of_its_pasid),
		SPEC(does_a_request_in_its_own_address_space_without_pasid),
		SPEC(a_request_for_another_address_space_fails_and_the_next_goes_on),
		SPEC(phases_change_at_each_wrap),
		SPEC(several_requests_take_one_doorbell),
		SPEC(short_copies_are_done_when_the_doorbell_returns),
		SPEC(one_event_and_one_interrupt_for_each_time_one_is_wanted),
		SPEC(a_masked_interrupt_comes_when_it_is_unmasked),
		SPEC(completions_that_nobody_consumes_are_an_error_event),
		SPEC(bad_doorbells_do_nothing),
		SPEC(a_doorbell_over_the_head_is_ignored),
		SPEC(nothing_is_done_while_the_function_may_not_master_the_bus),
		SPEC(dropped_doorbells_do_nothing),
		SPEC(contexts_read_back_tell_that_a_queue_is_drained),
		SPEC(a_stopped_queue_does_nothing_until_it_is_started_again),
		SPEC(a_request_that_waits_for_a_page_holds_up_no_other_queue),
		SPEC(a_reset_ends_what_waits_and_forgets_all),
		SPEC(a_queue_started_anew_gives_up_its_old_requests),
		SPEC(silence_is_a_request_without_completion),
		SPEC(a_wrong_phase_is_a_completion_that_is_not_seen),
		SPEC(a_spurious_completion_names_a_request_that_was_never_made),
		SPEC(a_wild_write_is_a_fault_and_the_request_is_done),
		SPEC(registers_tell_the_version),
		SPEC(registers_that_can_only_be_read_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
