/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "guest_tables.h"

#define MEMORY (UINT64_C(3) << 30)
#define PASID 1234
#define ADDRESS UINT64_C(0x7f5512345678)
#define PAGE VTD_PAGE_SIZE

struct fixture {
	struct guest guest;
	struct guest_space process;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	guest_open(&fixture->guest, MEMORY);
	fixture->process = guest_process(&fixture->guest, PASID);
	guest_allocate(&fixture->process, ADDRESS, 1, GUEST_ALL);
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

static enum vtd_fault
translate(struct guest *guest, uint32_t pasid, uint64_t address, bool write, uint64_t *physical)
{
	uint32_t left = 0;
	enum vtd_fault fault = vtd_translate(&guest->vtd, pasid, address, write, physical, &left);

	if (fault == VTD_OK)
		assert_int_equal(left, PAGE - address % PAGE);
	return fault;
}

static void
assert_translated(struct guest *guest, uint32_t pasid, uint64_t address, uint64_t expected)
{
	uint64_t physical = 0;

	assert_int_equal(translate(guest, pasid, address, false, &physical), VTD_OK);
	assert_int_equal(physical, expected);
	assert_int_equal(translate(guest, pasid, address, true, &physical), VTD_OK);
	assert_int_equal(physical, expected);
}

static void
assert_refused(struct guest *guest, uint32_t pasid, uint64_t address, bool write,
		enum vtd_fault expected)
{
	uint64_t physical;

	assert_string_equal(vtd_fault_name(translate(guest, pasid, address, write, &physical)),
			vtd_fault_name(expected));
}

#define TYPE(type) ((uint64_t)(type) << VTD_PASID_TYPE_SHIFT)
#define WIDTH(width) ((uint64_t)(width) << VTD_PASID_WIDTH_SHIFT)

/* The stage's entries on the way to ADDRESS, as they are now. */
static void
read_path(struct guest_space *space, uint64_t *path)
{
	unsigned int level;

	for (level = space->levels; level >= 1; level--)
		path[level - 1] = *guest_entry(space, ADDRESS, level);
}

static void
pages_of_all_sizes_are_found(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	static const uint64_t offsets[] = { 0, 1, 4095, 4096, 0x12345, 0x1fffff, 0x200000,
			0x12345678, 0x3fffffff };
	unsigned int level, i;

	for (level = 1; level <= 3; level++) {
		uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1));
		uint64_t physical = guest_pages(guest, size);
		uint64_t address = level * UINT64_C(0x10040200000) & ~(size - 1);

		guest_map(&fixture->process, address, physical, level, GUEST_ALL);
		for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]) && offsets[i] < size; i++)
			assert_translated(guest, PASID, address + offsets[i],
					physical + offsets[i]);
		assert_refused(guest, PASID, address + size, false, VTD_NOT_PRESENT);
		assert_refused(guest, PASID, address - 1, false, VTD_NOT_PRESENT);
	}
}

static void
second_stage_finds_pages_of_all_sizes(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t physical = guest_pages(guest, UINT64_C(1) << 30);
	unsigned int level, levels;

	for (levels = 3; levels <= 5; levels++) {
		struct guest_space space = guest_space(guest, levels, VTD_TYPE_SECOND, levels);
		uint64_t last = (UINT64_C(1) << (12 + 9 * levels)) - 1;

		for (level = 1; level <= 3; level++) {
			uint64_t address = level * UINT64_C(0x840000000);
			uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1));

			guest_map(&space, address, physical, level, GUEST_ALL);
			assert_translated(guest, levels, address + 123, physical + 123);
			assert_translated(guest, levels, address + size - 1, physical + size - 1);
		}
		guest_map(&space, last & ~(PAGE - 1), physical, 1, GUEST_ALL);
		assert_translated(guest, levels, last, physical + PAGE - 1);
		assert_refused(guest, levels, last + 1, false, VTD_NOT_CANONICAL);
		assert_refused(guest, levels, UINT64_MAX, true, VTD_NOT_CANONICAL);
	}
}

static void
five_levels_reach_57_bits(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	struct guest_space space = guest_space(guest, 7, VTD_TYPE_FIRST, 5);
	uint64_t low = UINT64_C(0x00ff123456789000), high = UINT64_C(0xff00123456789000);
	uint64_t page = guest_pages(guest, PAGE), other = guest_pages(guest, PAGE);

	guest_map(&space, low, page, 1, GUEST_ALL);
	guest_map(&space, high, other, 1, GUEST_ALL);
	assert_translated(guest, 7, low + 5, page + 5);
	assert_translated(guest, 7, high + 6, other + 6);
	assert_refused(guest, 7, UINT64_C(0x0100000000000000), false, VTD_NOT_CANONICAL);
	assert_refused(guest, 7, UINT64_C(0xfeffffffffffffff), true, VTD_NOT_CANONICAL);
	assert_refused(guest, PASID, low, false, VTD_NOT_CANONICAL);
}

static void
four_levels_want_48_bits_with_their_sign(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t low = UINT64_C(0x00007ffffffff000), high = UINT64_C(0xffff800000000000);

	guest_map(&fixture->process, low, guest->root, 1, GUEST_ALL);
	guest_map(&fixture->process, high, guest->contexts, 1, GUEST_ALL);
	assert_translated(guest, PASID, low + 4095, guest->root + 4095);
	assert_translated(guest, PASID, high, guest->contexts);
	assert_refused(guest, PASID, low + 4096, false, VTD_NOT_CANONICAL);
	assert_refused(guest, PASID, high - 1, true, VTD_NOT_CANONICAL);
	assert_refused(guest, PASID, ADDRESS | VTD_BIT(63), false, VTD_NOT_CANONICAL);
}

static void
same_address_is_another_page_for_another_pasid(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	struct guest_space other = guest_process(guest, PASID + 1);
	uint64_t mine = *guest_entry(&fixture->process, ADDRESS, 1) & VTD_STAGE_ADDRESS;
	uint64_t theirs = guest_pages(guest, PAGE);

	assert_refused(guest, PASID + 1, ADDRESS, false, VTD_NOT_PRESENT);
	guest_map(&other, ADDRESS, theirs, 1, GUEST_ALL);
	assert_translated(guest, PASID, ADDRESS, mine + ADDRESS % PAGE);
	assert_translated(guest, PASID + 1, ADDRESS, theirs + ADDRESS % PAGE);
	assert_refused(guest, PASID + 2, ADDRESS, false, VTD_PASID_NOT_PRESENT);
	assert_refused(guest, PASID + VTD_PASIDS, ADDRESS, false, VTD_PASID_NOT_PRESENT);
}

static void
without_pasid_it_is_the_one_that_the_context_names(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	struct guest_space own = guest_process(guest, 77);

	assert_refused(guest, VTD_NO_PASID, ADDRESS, false, VTD_PASID_NOT_PRESENT);
	guest_map(&own, ADDRESS, guest->contexts, 1, GUEST_ALL);
	*guest_qword(&own, ADDRESS, GUEST_CONTEXT_1) = 77;
	assert_translated(guest, VTD_NO_PASID, ADDRESS, guest->contexts + ADDRESS % PAGE);
	*guest_qword(&own, ADDRESS, GUEST_CONTEXT) &= ~VTD_CONTEXT_PASID_ENABLE;
	assert_translated(guest, VTD_NO_PASID, ADDRESS, guest->contexts + ADDRESS % PAGE);
	assert_refused(guest, 77, ADDRESS, false, VTD_PASID_NOT_ENABLED);
}

static void
without_pasid_user_permission_is_needed_too(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	struct guest_space own = guest_process(guest, GUEST_RID_PASID);

	guest_map(&own, ADDRESS, guest->contexts, 1, GUEST_READ | GUEST_WRITE);
	assert_refused(guest, VTD_NO_PASID, ADDRESS, false, VTD_NOT_USER);
}

static void
without_pasid_the_interrupts_window_is_not_memory(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	struct guest_space own = guest_process(guest, GUEST_RID_PASID);
	uint64_t window = 0xfee00000;

	guest_map(&own, window - PAGE, guest->contexts, 1, GUEST_ALL);
	guest_map(&own, window, guest->contexts, 1, GUEST_ALL);
	guest_map(&own, window + 0xff000, guest->contexts, 1, GUEST_ALL);
	guest_map(&own, window + 0x100000, guest->contexts, 1, GUEST_ALL);
	guest_map(&own, window + VTD_BIT(32), guest->contexts, 1, GUEST_ALL);
	assert_translated(guest, VTD_NO_PASID, window - 1, guest->contexts + PAGE - 1);
	assert_refused(guest, VTD_NO_PASID, window, true, VTD_NOT_MEMORY);
	assert_refused(guest, VTD_NO_PASID, window + 0xfffff, true, VTD_NOT_MEMORY);
	assert_translated(guest, VTD_NO_PASID, window + 0x100000, guest->contexts);
	assert_translated(guest, VTD_NO_PASID, window + VTD_BIT(32), guest->contexts);
	assert_translated(guest, GUEST_RID_PASID, window, guest->contexts);
}

static void
directory_bounds_the_pasids(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	_Atomic uint64_t *context = guest_qword(&fixture->process, ADDRESS, GUEST_CONTEXT);
	uint64_t pdts = (uint64_t)VTD_CONTEXT_PDTS_MASK << VTD_CONTEXT_PDTS_SHIFT;
	struct guest_space last = guest_process(guest, 8191), beyond = guest_process(guest, 8192);

	guest_map(&last, ADDRESS, guest->root, 1, GUEST_ALL);
	guest_map(&beyond, ADDRESS, guest->contexts, 1, GUEST_ALL);
	assert_translated(guest, 8192, ADDRESS, guest->contexts + ADDRESS % PAGE);
	*context &= ~pdts;
	assert_translated(guest, 8191, ADDRESS, guest->root + ADDRESS % PAGE);
	assert_refused(guest, 8192, ADDRESS, false, VTD_PASID_TOO_WIDE);
	*context |= pdts;
	assert_refused(guest, (1 << 20) - 1, ADDRESS, false, VTD_PASID_NOT_PRESENT);
	assert_refused(guest, 1 << 20, ADDRESS, false, VTD_PASID_TOO_WIDE);
	assert_refused(guest, VTD_NO_PASID - 1, ADDRESS, false, VTD_PASID_TOO_WIDE);
}

static void
pass_through_is_all_of_memory(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t last = GUEST_MEMORY_AT + MEMORY - 1;

	*guest_pasid_entry(guest, 9) = VTD_PASID_PRESENT | TYPE(VTD_TYPE_PASS_THROUGH) | WIDTH(2);
	assert_translated(guest, 9, GUEST_MEMORY_AT, GUEST_MEMORY_AT);
	assert_translated(guest, 9, last, last);
	assert_refused(guest, 9, last + 1, false, VTD_NOT_MEMORY);
	assert_refused(guest, 9, GUEST_MEMORY_AT - 1, true, VTD_NOT_MEMORY);
	assert_refused(guest, 9, UINT64_MAX, true, VTD_NOT_MEMORY);
}

static void
requester_chooses_the_context(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t physical;

	assert_int_equal(translate(guest, PASID, ADDRESS, false, &physical), VTD_OK);
	guest->vtd.requester = GUEST_REQUESTER + 1;
	assert_refused(guest, PASID, ADDRESS, false, VTD_CONTEXT_NOT_PRESENT);
	guest->vtd.requester = GUEST_REQUESTER ^ 0x80;
	assert_refused(guest, PASID, ADDRESS, false, VTD_ROOT_NOT_PRESENT);
	guest->vtd.requester = GUEST_REQUESTER + 0x100;
	assert_refused(guest, PASID, ADDRESS, false, VTD_ROOT_NOT_PRESENT);
	guest->vtd.requester = GUEST_REQUESTER ^ 0x80;
	guest_qwords(guest, guest->root)[2] = guest->contexts | VTD_ROOT_PRESENT;
	assert_int_equal(translate(guest, PASID, ADDRESS, false, &physical), VTD_OK);
}

/* Asserts which bits a walk has added to the entries: at the leaf, and at all levels above. */
static void
assert_added(struct guest_space *space, const uint64_t *before, uint64_t leaf, uint64_t above)
{
	uint64_t after[5];
	unsigned int level;

	read_path(space, after);
	for (level = space->levels; level >= 1; level--)
		assert_int_equal(after[level - 1], before[level - 1] | (level == 1 ? leaf : above));
}

static void
reads_set_accessed_and_writes_dirty_too(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t before[5], physical;

	read_path(&fixture->process, before);
	assert_int_equal(translate(guest, PASID, ADDRESS, false, &physical), VTD_OK);
	assert_added(&fixture->process, before, VTD_FIRST_ACCESSED, VTD_FIRST_ACCESSED);
	assert_int_equal(translate(guest, PASID, ADDRESS, true, &physical), VTD_OK);
	assert_added(&fixture->process, before, VTD_FIRST_ACCESSED | VTD_FIRST_DIRTY,
			VTD_FIRST_ACCESSED);
}

static void
extended_accessed_is_set_where_it_is_enabled(void **state)
{
	struct fixture *fixture = *state;
	uint64_t accessed = VTD_FIRST_ACCESSED | VTD_FIRST_EXTENDED_ACCESSED;
	uint64_t before[5], physical;

	read_path(&fixture->process, before);
	*guest_qword(&fixture->process, ADDRESS, GUEST_PASID_2) |= VTD_PASID_2_EXTENDED_ACCESSED;
	assert_int_equal(translate(&fixture->guest, PASID, ADDRESS, true, &physical), VTD_OK);
	assert_added(&fixture->process, before, accessed | VTD_FIRST_DIRTY, accessed);
}

static void
large_page_is_the_leaf_that_gets_dirty(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t address = 0x40000000, physical = guest_pages(guest, UINT64_C(1) << 21);
	_Atomic uint64_t *leaf = guest_entry(&fixture->process, address, 2);
	uint64_t value;

	guest_map(&fixture->process, address, physical, 2, GUEST_ALL);
	value = *leaf;
	assert_translated(guest, PASID, address + 0x12345, physical + 0x12345);
	assert_int_equal(*leaf, value | VTD_FIRST_ACCESSED | VTD_FIRST_DIRTY);
	assert_int_equal(*guest_entry(&fixture->process, address, 3) & VTD_FIRST_DIRTY, 0);
}

static void
second_stage_sets_them_only_where_enabled(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	struct guest_space space = guest_space(guest, 9, VTD_TYPE_SECOND, 4);
	uint64_t before[5], physical;

	guest_allocate(&space, ADDRESS, 1, GUEST_ALL);
	read_path(&space, before);
	assert_int_equal(translate(guest, 9, ADDRESS, true, &physical), VTD_OK);
	assert_added(&space, before, 0, 0);
	*guest_pasid_entry(guest, 9) |= VTD_PASID_SECOND_ACCESSED_DIRTY;
	assert_int_equal(translate(guest, 9, ADDRESS, false, &physical), VTD_OK);
	assert_added(&space, before, VTD_SECOND_ACCESSED, VTD_SECOND_ACCESSED);
	assert_int_equal(translate(guest, 9, ADDRESS, true, &physical), VTD_OK);
	assert_added(&space, before, VTD_SECOND_ACCESSED | VTD_SECOND_DIRTY, VTD_SECOND_ACCESSED);
}

/* Guest memory that the walker can't write ends this program where it tries. */
static void
nothing_is_written_when_all_bits_are_set(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t physical;

	assert_int_equal(translate(guest, PASID, ADDRESS, true, &physical), VTD_OK);
	assert_int_equal(mprotect(guest->memory.regions[0].bytes, MEMORY, PROT_READ), 0);
	assert_int_equal(translate(guest, PASID, ADDRESS, true, &physical), VTD_OK);
	assert_int_equal(translate(guest, PASID, ADDRESS, false, &physical), VTD_OK);
}

static void
bits_that_mean_nothing_here_are_ignored(void **state)
{
	struct fixture *fixture = *state;
	uint64_t ignored = VTD_BITS(63, 52) | VTD_BITS(11, 8) | VTD_BIT(3) | VTD_BIT(4);
	uint64_t page = *guest_entry(&fixture->process, ADDRESS, 1) & VTD_STAGE_ADDRESS;
	enum guest_place place;

	for (place = GUEST_LEVEL_1; place <= GUEST_LEVEL_4; place++)
		*guest_qword(&fixture->process, ADDRESS, place) |= ignored;
	*guest_qword(&fixture->process, ADDRESS, GUEST_LEVEL_1) |= VTD_BIT(7);
	assert_translated(&fixture->guest, PASID, ADDRESS, page + ADDRESS % PAGE);
}

static void
large_page_may_have_its_pat_bit(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t physical = guest_pages(guest, UINT64_C(1) << 30);
	uint64_t entry = physical | VTD_FIRST_LARGE_PAT;

	guest_map(&fixture->process, UINT64_C(1) << 30, entry, 3, GUEST_ALL);
	assert_translated(guest, PASID, (UINT64_C(1) << 30) + 0x1234567, physical + 0x1234567);
	guest_map(&fixture->process, UINT64_C(1) << 31, entry, 2, GUEST_ALL);
	assert_translated(guest, PASID, (UINT64_C(1) << 31) + 0x12345, physical + 0x12345);
}

static void
table_that_points_to_itself_ends_somewhere(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	struct guest_space own = guest_process(guest, 9);

	*guest_qwords(guest, own.top) = own.top | VTD_FIRST_PRESENT | VTD_FIRST_WRITE |
			VTD_FIRST_USER;
	assert_translated(guest, 9, 8, own.top + 8);
	*guest_qword(&own, ADDRESS, GUEST_ROOT) = guest->root | VTD_ROOT_PRESENT;
	assert_refused(guest, 9, 8, true, VTD_CONTEXT_NOT_PRESENT);
}

static void
page_that_memory_holds_in_part_is_not_memory(void **state)
{
	struct fixture *fixture = *state;
	struct guest *guest = &fixture->guest;
	uint64_t address = 0x40000000, end = GUEST_MEMORY_AT + MEMORY;

	guest_map(&fixture->process, address, end - (UINT64_C(1) << 30), 3, GUEST_ALL);
	assert_translated(guest, PASID, address + 0x3fffffff, end - 1);
	guest_map(&fixture->process, address, end, 3, GUEST_ALL);
	assert_refused(guest, PASID, address, false, VTD_NOT_MEMORY);
}

/* Changes the software's bits of an entry and clears the accessed bit, as a kernel does. */
struct changer {
	_Atomic uint64_t *entry;
	uint64_t changes;
	atomic_bool stop;
};

static void *
change_entry(void *argument)
{
	struct changer *changer = argument;

	while (!changer->stop) {
		atomic_fetch_add(changer->entry, VTD_BIT(52));
		atomic_fetch_and(changer->entry, ~(VTD_FIRST_ACCESSED | VTD_FIRST_DIRTY));
		changer->changes++;
	}
	return NULL;
}

static void
nothing_the_guest_does_to_an_entry_is_undone(void **state)
{
	struct fixture *fixture = *state;
	struct changer changer = { .entry = guest_entry(&fixture->process, ADDRESS, 1) };
	uint64_t page = *changer.entry & VTD_STAGE_ADDRESS, physical, before;
	unsigned int changed = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, change_entry, &changer), 0);
	/* Only walks during which the entry changes count, as both threads must really run. */
	while (changed < 2000) {
		enum vtd_fault fault;

		before = *changer.entry;
		fault = translate(&fixture->guest, PASID, ADDRESS, true, &physical);
		changed += (*changer.entry ^ before) >> 52 != 0;
		/* Changed at each of so many walks: allowed, but that isn't forever */
		if (fault == VTD_UNSTABLE)
			continue;
		assert_int_equal(fault, VTD_OK);
		assert_int_equal(physical, page + ADDRESS % PAGE);
	}
	changer.stop = true;
	pthread_join(thread, NULL);
	assert_int_equal(*changer.entry >> 52, changer.changes % 4096);
}

static void
each_fault_has_a_name(void **state)
{
	unsigned int fault, other;

	(void)state;
	for (fault = VTD_OK; fault <= VTD_BUS_MASTER_OFF; fault++) {
		assert_non_null(vtd_fault_name(fault));
		for (other = VTD_OK; other < fault; other++)
			assert_string_not_equal(vtd_fault_name(fault), vtd_fault_name(other));
	}
	assert_string_equal(vtd_fault_name(1000), "unknown");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pages_of_all_sizes_are_found),
		TEST(second_stage_finds_pages_of_all_sizes),
		TEST(five_levels_reach_57_bits),
		TEST(four_levels_want_48_bits_with_their_sign),
		TEST(same_address_is_another_page_for_another_pasid),
		TEST(without_pasid_it_is_the_one_that_the_context_names),
		TEST(without_pasid_user_permission_is_needed_too),
		TEST(without_pasid_the_interrupts_window_is_not_memory),
		TEST(directory_bounds_the_pasids),
		TEST(pass_through_is_all_of_memory),
		TEST(requester_chooses_the_context),
		TEST(reads_set_accessed_and_writes_dirty_too),
		TEST(extended_accessed_is_set_where_it_is_enabled),
		TEST(large_page_is_the_leaf_that_gets_dirty),
		TEST(second_stage_sets_them_only_where_enabled),
		TEST(nothing_is_written_when_all_bits_are_set),
		TEST(bits_that_mean_nothing_here_are_ignored),
		TEST(large_page_may_have_its_pat_bit),
		TEST(table_that_points_to_itself_ends_somewhere),
		TEST(page_that_memory_holds_in_part_is_not_memory),
		TEST(nothing_the_guest_does_to_an_entry_is_undone),
		TEST(each_fault_has_a_name),
	};

	return cmocka_run_group_tests_name("vtd", tests, NULL, NULL);
}
