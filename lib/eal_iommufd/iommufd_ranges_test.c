/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <rte_common.h>

#include "iommufd_ranges.h"

#define PAGE UINT64_C(4096)

/* What an Intel machine of 39 bits has: all but the window of the interrupts. */
static struct iommu_iova_range around_msi[] = {
	{ .start = 0, .last = 0xfedfffff },
	{ .start = 0xfef00000, .last = 0x7fffffffff },
};
static const struct iommufd_ranges ranges = { around_msi, RTE_DIM(around_msi) };

static void
range_inside_is_held(void **state __rte_unused)
{
	assert_true(iommufd_ranges_hold(&ranges, 0, PAGE));
	assert_true(iommufd_ranges_hold(&ranges, 0xfedff000, PAGE));
	assert_true(iommufd_ranges_hold(&ranges, 0xfef00000, 0x8000000000 - 0xfef00000));
}

static void
range_that_touches_the_gap_is_not(void **state __rte_unused)
{
	assert_false(iommufd_ranges_hold(&ranges, 0xfee00000, PAGE));
	assert_false(iommufd_ranges_hold(&ranges, 0xfedff000, 2 * PAGE));
	assert_false(iommufd_ranges_hold(&ranges, 0xfeeff000, 2 * PAGE));
	assert_false(iommufd_ranges_hold(&ranges, 0, 0x8000000000));
}

static void
range_beyond_the_end_is_not(void **state __rte_unused)
{
	assert_false(iommufd_ranges_hold(&ranges, 0x7ffffff000, 2 * PAGE));
	assert_false(iommufd_ranges_hold(&ranges, 0x8000000000, PAGE));
}

static void
all_is_permitted_where_nothing_is_known(void **state __rte_unused)
{
	const struct iommufd_ranges none = { NULL, 0 };

	assert_true(iommufd_ranges_permit(&none, 0xfee00000, PAGE));
	assert_false(iommufd_ranges_hold(&none, 0xfee00000, PAGE));
	assert_false(iommufd_ranges_permit(&ranges, 0xfee00000, PAGE));
}

static void
intersection_of_all_with_some_is_these(void **state __rte_unused)
{
	struct iommufd_ranges common = { NULL, 0 };

	assert_int_equal(iommufd_ranges_intersect(&common, &ranges), 0);
	assert_int_equal(common.n_ranges, ranges.n_ranges);
	assert_memory_equal(common.ranges, around_msi, sizeof(around_msi));
	iommufd_ranges_free(&common);
}

static void
intersection_is_what_both_have(void **state __rte_unused)
{
	static struct iommu_iova_range other[] = {
		{ .start = 0x1000, .last = 0xfee00fff },
		{ .start = 0xffffffff, .last = UINT64_MAX },
	};
	const struct iommufd_ranges others = { other, RTE_DIM(other) };
	struct iommufd_ranges common = { NULL, 0 };
	char text[IOMMUFD_RANGES_TEXT];

	assert_int_equal(iommufd_ranges_intersect(&common, &ranges), 0);
	assert_int_equal(iommufd_ranges_intersect(&common, &others), 0);
	iommufd_ranges_format(&common, text, sizeof(text));
	assert_string_equal(text, " 0x1000-0xfedfffff 0xffffffff-0x7fffffffff");
	iommufd_ranges_free(&common);
}

static void
ranges_without_anything_in_common_are_refused(void **state __rte_unused)
{
	static struct iommu_iova_range beyond = { .start = 0x8000000000, .last = UINT64_MAX };
	const struct iommufd_ranges others = { &beyond, 1 };
	struct iommufd_ranges common = { NULL, 0 };

	assert_int_equal(iommufd_ranges_intersect(&common, &ranges), 0);
	assert_int_equal(iommufd_ranges_intersect(&common, &others), -EADDRINUSE);
	assert_int_equal(common.n_ranges, ranges.n_ranges);
	iommufd_ranges_free(&common);
}

static void
text_has_first_and_last_address_of_each(void **state __rte_unused)
{
	char text[IOMMUFD_RANGES_TEXT];

	iommufd_ranges_format(&ranges, text, sizeof(text));
	assert_string_equal(text, " 0x0-0xfedfffff 0xfef00000-0x7fffffffff");
}

static void
text_that_is_too_long_is_cut(void **state __rte_unused)
{
	char text[18] = "";

	iommufd_ranges_format(&ranges, text, sizeof(text));
	assert_string_equal(text, " 0x0-0xfedfffff 0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_inside_is_held),
		cmocka_unit_test(range_that_touches_the_gap_is_not),
		cmocka_unit_test(range_beyond_the_end_is_not),
		cmocka_unit_test(all_is_permitted_where_nothing_is_known),
		cmocka_unit_test(intersection_of_all_with_some_is_these),
		cmocka_unit_test(intersection_is_what_both_have),
		cmocka_unit_test(ranges_without_anything_in_common_are_refused),
		cmocka_unit_test(text_has_first_and_last_address_of_each),
		cmocka_unit_test(text_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
