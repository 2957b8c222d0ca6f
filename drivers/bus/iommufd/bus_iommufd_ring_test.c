/* SPDX-License-Identifier: BSD-3-Clause */

/* The rings of a queue, with a test in the device's place. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bus_iommufd_ring.h"

#define DEPTH 64
#define CAPACITY RTE_BUS_IOMMUFD_RING_CAPACITY(DEPTH)
#define BURST 32
#define NUMBER 7
#define UNTOUCHED UINT64_MAX

/** The process's memory instead of EAL's, which doesn't start here. */
void *
rte_zmalloc_socket(const char *type __rte_unused, size_t size, unsigned int align __rte_unused,
		int socket __rte_unused)
{
	return calloc(1, size);
}

void
rte_free(void *memory)
{
	free(memory);
}

/* What the device has, and where it is */
static struct {
	uint32_t sq[DEPTH];
	struct rte_bus_iommufd_completion cq[DEPTH];
	uint64_t doorbell;
	uint32_t resets[2];
	uint16_t tail;	/* of completions */
	uint16_t phase;
} device;

static struct rte_bus_iommufd_ring ring;
static int requests[CAPACITY];
static void *done[DEPTH];
static uint16_t places[DEPTH], n_places;

static int
setup(void **state __rte_unused)
{
	memset(&device, 0, sizeof(device));
	device.phase = 1;
	device.doorbell = UNTOUCHED;
	ring = (struct rte_bus_iommufd_ring){
		.sq = device.sq,
		.cq = device.cq,
		.doorbell = &device.doorbell,
		.number = NUMBER,
		.depth = DEPTH,
		.resets = rte_bus_iommufd_ring_resets(device.resets, sizeof(device.resets)),
	};
	return rte_bus_iommufd_ring_open(&ring, CAPACITY, 0);
}

static int
teardown(void **state __rte_unused)
{
	rte_bus_iommufd_ring_close(&ring);
	return 0;
}

/* Puts as many as there is room for. */
static unsigned int
put(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && !rte_bus_iommufd_ring_is_full(&ring); i++)
		rte_bus_iommufd_ring_put(&ring, &requests[i]);
	return i;
}

static void
complete(uint16_t place)
{
	device.cq[device.tail].place = place;
	device.cq[device.tail].phase = device.phase;
	if (++device.tail == DEPTH) {
		device.tail = 0;
		device.phase ^= 1;
	}
}

static void
take(void *context, uint16_t place, void *request __rte_unused)
{
	assert_ptr_equal(context, &device);
	assert_non_null(ring.requests[place]);
	places[n_places++] = place;
}

static uint16_t
collect(uint16_t n)
{
	n_places = 0;
	return rte_bus_iommufd_ring_collect(&ring, take, &device, done, n);
}

static uint64_t
doorbell(enum rte_bus_iommufd_doorbell which, uint16_t index)
{
	return NUMBER | (uint64_t)which << 12 | (uint64_t)index << 32;
}

static void
test_a_burst_rings_once_and_nothing_new_does_not(void **state __rte_unused)
{
	rte_bus_iommufd_ring_submit(&ring);
	assert_int_equal(device.doorbell, UNTOUCHED);
	assert_int_equal(put(BURST), BURST);
	assert_int_equal(device.doorbell, UNTOUCHED);
	rte_bus_iommufd_ring_submit(&ring);
	assert_int_equal(device.doorbell, doorbell(RTE_BUS_IOMMUFD_DOORBELL_SQ, BURST));
	device.doorbell = UNTOUCHED;
	rte_bus_iommufd_ring_submit(&ring);
	assert_int_equal(device.doorbell, UNTOUCHED);
}

static void
test_requests_are_completed_in_any_order(void **state __rte_unused)
{
	assert_int_equal(put(3), 3);
	complete(2);
	complete(0);
	assert_int_equal(collect(DEPTH), 2);
	assert_ptr_equal(done[0], &requests[2]);
	assert_ptr_equal(done[1], &requests[0]);
	assert_int_equal(places[0], 2);
	assert_int_equal(places[1], 0);
	assert_int_equal(rte_bus_iommufd_ring_pending(&ring), 1);
	complete(1);
	assert_int_equal(collect(DEPTH), 1);
	assert_ptr_equal(done[0], &requests[1]);
	assert_int_equal(rte_bus_iommufd_ring_pending(&ring), 0);
}

static void
test_no_more_are_collected_than_wanted(void **state __rte_unused)
{
	assert_int_equal(put(3), 3);
	complete(0);
	complete(1);
	complete(2);
	assert_int_equal(collect(2), 2);
	assert_int_equal(collect(2), 1);
	assert_ptr_equal(done[0], &requests[2]);
}

static void
test_completions_of_nothing_are_counted_and_passed_over(void **state __rte_unused)
{
	assert_int_equal(put(2), 2);
	complete(DEPTH);
	complete(UINT16_MAX);
	complete(5);
	complete(1);
	complete(1);
	complete(0);
	assert_int_equal(collect(DEPTH), 2);
	assert_ptr_equal(done[0], &requests[1]);
	assert_ptr_equal(done[1], &requests[0]);
	assert_int_equal(n_places, 2);
	assert_int_equal(ring.n_of_nothing, 4);
	assert_int_equal(rte_bus_iommufd_ring_pending(&ring), 0);
}

static void
test_a_completion_of_the_other_phase_is_none(void **state __rte_unused)
{
	assert_int_equal(put(1), 1);
	device.phase = 0;
	complete(0);
	assert_int_equal(collect(DEPTH), 0);
	assert_int_equal(ring.n_of_nothing, 0);
}

static void
test_a_device_that_only_talks_does_not_hold_the_process(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < DEPTH; i++)
		device.cq[i].phase = 1;
	for (i = 1; i <= 3; i++) {
		assert_int_equal(collect(8), 0);
		assert_int_equal(ring.n_of_nothing, 8 * i);
	}
}

static void
test_no_more_are_under_way_than_agreed(void **state __rte_unused)
{
	assert_int_equal(put(DEPTH), CAPACITY);
	complete(3);
	assert_int_equal(collect(DEPTH), 1);
	assert_int_equal(put(DEPTH), 1);
	rte_bus_iommufd_ring_close(&ring);
	assert_int_equal(rte_bus_iommufd_ring_open(&ring, 9, 0), 0);
	assert_int_equal(put(DEPTH), 9);
}

static void
test_more_than_the_rings_have_room_for_is_refused(void **state __rte_unused)
{
	struct rte_bus_iommufd_ring other = { .depth = DEPTH };

	assert_int_equal(rte_bus_iommufd_ring_open(&other, CAPACITY + 1, 0), -EINVAL);
	other.depth = 1;
	assert_int_equal(rte_bus_iommufd_ring_open(&other, 0, 0), -EINVAL);
}

static void
test_a_place_whose_completion_never_came_is_not_used_again(void **state __rte_unused)
{
	unsigned int place;

	assert_int_equal(put(1), 1);
	for (place = 1; place < DEPTH; place++) {
		rte_bus_iommufd_ring_put(&ring, &requests[1]);
		complete(place);
		assert_int_equal(collect(DEPTH), 1);
	}
	assert_true(rte_bus_iommufd_ring_is_full(&ring));
	assert_ptr_equal(ring.requests[0], &requests[0]);
	complete(0);
	assert_int_equal(collect(DEPTH), 1);
	assert_false(rte_bus_iommufd_ring_is_full(&ring));
}

static void
test_rings_go_round_and_what_was_looked_at_is_told_in_portions(void **state __rte_unused)
{
	unsigned int i, told = 0;

	for (i = 0; i < 5 * DEPTH; i++) {
		device.doorbell = UNTOUCHED;
		assert_int_equal(put(1), 1);
		complete(i % DEPTH);
		assert_int_equal(collect(DEPTH), 1);
		assert_int_equal(places[0], i % DEPTH);
		assert_true(ring.untold <= RTE_BUS_IOMMUFD_RING_PORTION(DEPTH));
		if (device.doorbell == UNTOUCHED)
			continue;
		assert_int_equal(device.doorbell,
			doorbell(RTE_BUS_IOMMUFD_DOORBELL_CQ, (i + 1) % DEPTH));
		told++;
	}
	assert_int_equal(told, 5 * DEPTH / (RTE_BUS_IOMMUFD_RING_PORTION(DEPTH) + 1));
}

static uint16_t
abandon(uint16_t n)
{
	n_places = 0;
	return rte_bus_iommufd_ring_abandon(&ring, take, &device, done, n);
}

static void
test_after_a_reset_requests_are_abandoned_oldest_first(void **state __rte_unused)
{
	unsigned int i;

	/* So that what is under way goes over the ring's end */
	for (i = 0; i < DEPTH - 2; i++) {
		assert_int_equal(put(1), 1);
		complete(i);
		assert_int_equal(collect(DEPTH), 1);
	}
	assert_int_equal(put(4), 4);
	assert_int_equal(abandon(DEPTH), 0);
	device.resets[RTE_BUS_IOMMUFD_RESET_SQ] = 1;
	assert_int_equal(abandon(DEPTH), 0);
	device.resets[RTE_BUS_IOMMUFD_RESET_CQ] = 1;
	complete(DEPTH - 1);
	assert_int_equal(collect(DEPTH), 1);
	assert_int_equal(abandon(2), 2);
	assert_int_equal(places[0], DEPTH - 2);
	assert_int_equal(places[1], 0);
	assert_ptr_equal(done[0], &requests[0]);
	assert_ptr_equal(done[1], &requests[2]);
	assert_int_equal(abandon(DEPTH), 1);
	assert_int_equal(abandon(DEPTH), 0);
	assert_int_equal(rte_bus_iommufd_ring_pending(&ring), 0);
	assert_int_equal(put(DEPTH), CAPACITY);
}

static void
test_after_a_reset_no_doorbell_is_rung(void **state __rte_unused)
{
	unsigned int i;

	device.resets[RTE_BUS_IOMMUFD_RESET_SQ] = 1;
	assert_int_equal(put(CAPACITY), CAPACITY);
	rte_bus_iommufd_ring_submit(&ring);
	for (i = 0; i < CAPACITY; i++)
		complete(i);
	assert_int_equal(collect(DEPTH), CAPACITY);
	assert_int_equal(device.doorbell, UNTOUCHED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_burst_rings_once_and_nothing_new_does_not),
		TEST(test_requests_are_completed_in_any_order),
		TEST(test_no_more_are_collected_than_wanted),
		TEST(test_completions_of_nothing_are_counted_and_passed_over),
		TEST(test_a_completion_of_the_other_phase_is_none),
		TEST(test_a_device_that_only_talks_does_not_hold_the_process),
		TEST(test_no_more_are_under_way_than_agreed),
		TEST(test_more_than_the_rings_have_room_for_is_refused),
		TEST(test_a_place_whose_completion_never_came_is_not_used_again),
		TEST(test_rings_go_round_and_what_was_looked_at_is_told_in_portions),
		TEST(test_after_a_reset_requests_are_abandoned_oldest_first),
		TEST(test_after_a_reset_no_doorbell_is_rung),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
