/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <rte_common.h>

#include "iommufd_mapping.h"

#define PAGE UINT64_C(4096)
/* Where the process has what devices see at IOVA 0. */
#define VA UINT64_C(0x7f0000000000)

static void
add(struct iommufd_mappings *mappings, uint64_t iova, uint64_t len)
{
	const struct iommufd_mapping mapping = { .va = VA + iova, .iova = iova, .len = len };

	assert_int_equal(iommufd_mappings_add(mappings, &mapping), 0);
}

static int
check(const struct iommufd_mappings *mappings, uint64_t iova, uint64_t len)
{
	const uint64_t va = VA + iova;

	return iommufd_mappings_check(mappings, &va, iova, len);
}

/* Pages 1 and 2 as one mapping, 3 as another, 5 as a third. */
static int
make_row(void **state)
{
	static struct iommufd_mappings mappings;

	add(&mappings, 5 * PAGE, PAGE);
	add(&mappings, PAGE, 2 * PAGE);
	add(&mappings, 3 * PAGE, PAGE);
	*state = &mappings;
	return 0;
}

static int
clear_row(void **state)
{
	iommufd_mappings_clear(*state);
	return 0;
}

static void
one_whole_mapping_passes(void **state)
{
	assert_int_equal(check(*state, PAGE, 2 * PAGE), 0);
	assert_int_equal(check(*state, 5 * PAGE, PAGE), 0);
}

static void
whole_neighbours_pass(void **state)
{
	assert_int_equal(check(*state, PAGE, 3 * PAGE), 0);
}

static void
part_of_a_mapping_is_not_supported(void **state)
{
	assert_int_equal(check(*state, PAGE, PAGE), -ENOTSUP);
	assert_int_equal(check(*state, 2 * PAGE, PAGE), -ENOTSUP);
	assert_int_equal(check(*state, 2 * PAGE, 2 * PAGE), -ENOTSUP);
}

static void
what_was_never_mapped_is_invalid(void **state)
{
	assert_int_equal(check(*state, 0, PAGE), -EINVAL);
	assert_int_equal(check(*state, 4 * PAGE, PAGE), -EINVAL);
	assert_int_equal(check(*state, 7 * PAGE, PAGE), -EINVAL);
}

static void
nothing_at_all_is_invalid(void **state)
{
	assert_int_equal(check(*state, PAGE, 0), -EINVAL);
}

static void
gap_between_mappings_is_invalid(void **state)
{
	assert_int_equal(check(*state, 3 * PAGE, 3 * PAGE), -EINVAL);
}

static void
other_memory_at_the_same_iova_is_invalid(void **state)
{
	const uint64_t va = VA;

	assert_int_equal(iommufd_mappings_check(*state, &va, PAGE, 2 * PAGE), -EINVAL);
	assert_int_equal(iommufd_mappings_check(*state, NULL, PAGE, 2 * PAGE), 0);
}

static void
range_to_the_end_of_the_address_space_is_no_endless_loop(void **state)
{
	assert_int_equal(check(*state, PAGE, UINT64_MAX), -EINVAL);
	assert_int_equal(check(*state, 5 * PAGE, UINT64_MAX), -EINVAL);
}

static void
any_byte_of_a_mapping_finds_it(void **state)
{
	assert_int_equal(iommufd_mappings_find(*state, 2 * PAGE + 1)->iova, PAGE);
	assert_int_equal(iommufd_mappings_find(*state, 3 * PAGE - 1)->iova, PAGE);
	assert_int_equal(iommufd_mappings_find(*state, 3 * PAGE)->iova, 3 * PAGE);
	assert_null(iommufd_mappings_find(*state, 4 * PAGE));
}

static void
range_finds_a_mapping_that_it_touches(void **state)
{
	assert_int_equal(iommufd_mappings_overlapping(*state, 4 * PAGE, 9 * PAGE)->iova, 5 * PAGE);
	assert_null(iommufd_mappings_overlapping(*state, 6 * PAGE, PAGE));
	assert_null(iommufd_mappings_overlapping(*state, 0, PAGE));
}

static void
read_only_mapping_is_found_wherever_it_is_in_a_range(void **state)
{
	unsigned int at, i;

	(void)state;
	for (at = 0; at < 15; at++) {
		struct iommufd_mappings mappings = { 0 };

		for (i = 0; i < 15; i++)
			add(&mappings, i * PAGE, PAGE);
		iommufd_mappings_find(&mappings, at * PAGE)->backing.read_only = true;
		assert_int_equal(iommufd_mappings_read_only(&mappings, 0, 15 * PAGE)->iova,
			at * PAGE);
		assert_int_equal(iommufd_mappings_read_only(&mappings, at * PAGE, 1)->iova,
			at * PAGE);
		assert_null(iommufd_mappings_read_only(&mappings, 0, at * PAGE));
		assert_null(iommufd_mappings_read_only(&mappings, (at + 1) * PAGE, 15 * PAGE));
		iommufd_mappings_clear(&mappings);
	}
}

static int
sum_in_order(const struct iommufd_mapping *mapping, void *arg)
{
	uint64_t *last = arg;

	assert_true(mapping->iova > *last);
	*last = mapping->iova;
	return mapping->iova == 5 * PAGE ? 7 : 0;
}

static void
walk_ascends_and_returns_what_ended_it(void **state)
{
	uint64_t last = 0;

	assert_int_equal(iommufd_mappings_walk(*state, sum_in_order, &last), 7);
	assert_int_equal(last, 5 * PAGE);
}

static void
walk_can_add_them_up(void **state)
{
	struct iommufd_totals totals = { 0 };

	assert_int_equal(iommufd_mappings_walk(*state, iommufd_mapping_add_up, &totals), 0);
	assert_int_equal(totals.n_mappings, 3);
	assert_int_equal(totals.bytes, 4 * PAGE);
}

static void
removed_mapping_is_gone_and_its_neighbours_stay(void **state)
{
	iommufd_mappings_remove(*state, iommufd_mappings_find(*state, 3 * PAGE));
	assert_null(iommufd_mappings_find(*state, 3 * PAGE));
	assert_int_equal(check(*state, PAGE, 2 * PAGE), 0);
	assert_int_equal(check(*state, 5 * PAGE, PAGE), 0);
	assert_int_equal(check(*state, PAGE, 3 * PAGE), -EINVAL);
}

static void
many_mappings_are_each_found(void **state __rte_unused)
{
	struct iommufd_mappings mappings = { NULL };
	uint64_t i;

	for (i = 0; i < 65536; i++)
		add(&mappings, i * PAGE, PAGE);
	assert_int_equal(check(&mappings, 0, 65536 * PAGE), 0);
	assert_int_equal(iommufd_mappings_find(&mappings, 65535 * PAGE)->iova, 65535 * PAGE);
	iommufd_mappings_clear(&mappings);
	assert_null(iommufd_mappings_find(&mappings, 0));
}

#define ROW_TEST(name) cmocka_unit_test_setup_teardown(name, make_row, clear_row)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(one_whole_mapping_passes),
		ROW_TEST(whole_neighbours_pass),
		ROW_TEST(part_of_a_mapping_is_not_supported),
		ROW_TEST(what_was_never_mapped_is_invalid),
		ROW_TEST(nothing_at_all_is_invalid),
		ROW_TEST(gap_between_mappings_is_invalid),
		ROW_TEST(other_memory_at_the_same_iova_is_invalid),
		ROW_TEST(range_to_the_end_of_the_address_space_is_no_endless_loop),
		ROW_TEST(any_byte_of_a_mapping_finds_it),
		ROW_TEST(range_finds_a_mapping_that_it_touches),
		cmocka_unit_test(read_only_mapping_is_found_wherever_it_is_in_a_range),
		ROW_TEST(walk_ascends_and_returns_what_ended_it),
		ROW_TEST(walk_can_add_them_up),
		ROW_TEST(removed_mapping_is_gone_and_its_neighbours_stay),
		cmocka_unit_test(many_mappings_are_each_found),
	};

	return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
