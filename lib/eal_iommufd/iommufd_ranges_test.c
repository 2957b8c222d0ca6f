/* SPDX-License-Identifier: BSD-3-Clause */

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
		cmocka_unit_test(text_has_first_and_last_address_of_each),
		cmocka_unit_test(text_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
