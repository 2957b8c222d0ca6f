/* SPDX-License-Identifier: BSD-3-Clause */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "histogram.h"

static struct histogram histogram, other;

static int
empty_both(void **state __rte_unused)
{
	memset(&histogram, 0, sizeof(histogram));
	memset(&other, 0, sizeof(other));
	return 0;
}

/* What the percentile of a single value, with a larger one behind it, is taken for. */
static uint64_t
read_back(uint64_t value)
{
	memset(&histogram, 0, sizeof(histogram));
	histogram_add(&histogram, value);
	histogram_add(&histogram, UINT64_MAX);
	return histogram_percentile(&histogram, 500);
}

static void
assert_close(uint64_t value)
{
	uint64_t found = read_back(value);

	assert_true(found >= value);
	assert_true(found - value <= value / 64);
}

static void
nothing_has_no_percentile(void **state __rte_unused)
{
	assert_int_equal(histogram_percentile(&histogram, 0), 0);
	assert_int_equal(histogram_percentile(&histogram, 500), 0);
	assert_int_equal(histogram_percentile(&histogram, 1000), 0);
}

static void
small_values_are_exact(void **state __rte_unused)
{
	uint64_t value;

	for (value = 0; value < 128; value++)
		assert_int_equal(read_back(value), value);
}

static void
large_ones_are_at_most_a_64th_too_large(void **state __rte_unused)
{
	unsigned int bit;
	uint64_t value;

	for (value = 128; value < 100000; value++)
		assert_close(value);
	for (bit = 8; bit < 64; bit++) {
		assert_close((UINT64_C(1) << bit) - 1);
		assert_close(UINT64_C(1) << bit);
		assert_close((UINT64_C(1) << bit) + 1);
		assert_close((UINT64_C(1) << bit) | UINT64_C(1) << (bit - 1));
	}
	assert_close(UINT64_MAX);
}

static void
larger_value_is_never_in_an_earlier_bucket(void **state __rte_unused)
{
	uint64_t value;

	for (value = 1; value < 100000; value++)
		assert_true(histogram_bucket(value) - histogram_bucket(value - 1) <= 1);
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void
percentile_is_the_value_that_so_many_are_not_above(void **state __rte_unused)
{
	uint64_t value;

	for (value = 1; value <= 100; value++)
		histogram_add(&histogram, value);
	assert_int_equal(histogram_percentile(&histogram, 10), 1);
	assert_int_equal(histogram_percentile(&histogram, 11), 2);
	assert_int_equal(histogram_percentile(&histogram, 500), 50);
	assert_int_equal(histogram_percentile(&histogram, 900), 90);
	assert_int_equal(histogram_percentile(&histogram, 990), 99);
	assert_int_equal(histogram_percentile(&histogram, 991), 100);
	assert_int_equal(histogram_percentile(&histogram, 999), 100);
}

static void
edges_are_the_least_and_the_most(void **state __rte_unused)
{
	histogram_add(&histogram, 1000001);
	histogram_add(&histogram, 2000003);
	assert_int_equal(histogram_percentile(&histogram, 0), 1000001);
	assert_int_equal(histogram_percentile(&histogram, 1000), 2000003);
	assert_int_equal(histogram.least, 1000001);
	assert_int_equal(histogram.most, 2000003);
	assert_int_equal(histogram.sum, 3000004);
}

static void
single_value_is_all_percentiles(void **state __rte_unused)
{
	unsigned int thousandths;

	histogram_add(&histogram, 123456789);
	for (thousandths = 0; thousandths <= 1000; thousandths++)
		assert_int_equal(histogram_percentile(&histogram, thousandths), 123456789);
}

static void
rare_large_values_are_seen_behind_many(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 9990; i++)
		histogram_add(&histogram, 5);
	for (i = 0; i < 10; i++)
		histogram_add(&histogram, 100);
	assert_int_equal(histogram_percentile(&histogram, 999), 5);
	assert_int_equal(histogram_percentile(&histogram, 1000), 100);
	histogram_add(&histogram, 100);
	assert_int_equal(histogram_percentile(&histogram, 999), 100);
}

static void
merging_is_as_adding_all_to_one(void **state __rte_unused)
{
	static struct histogram whole;
	uint64_t value, number = 1;

	memset(&whole, 0, sizeof(whole));
	for (value = 0; value < 10000; value++) {
		number = number * UINT64_C(6364136223846793005) + 1;
		histogram_add(value % 3 == 0 ? &histogram : &other, number >> (value % 64));
		histogram_add(&whole, number >> (value % 64));
	}
	histogram_merge(&histogram, &other);
	assert_memory_equal(&histogram, &whole, sizeof(whole));
}

static void
merging_nothing_changes_nothing(void **state __rte_unused)
{
	histogram_add(&histogram, 7);
	histogram_merge(&histogram, &other);
	assert_int_equal(histogram.count, 1);
	assert_int_equal(histogram.least, 7);
	histogram_merge(&other, &histogram);
	assert_memory_equal(&histogram, &other, sizeof(other));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, empty_both)
	const struct CMUnitTest tests[] = {
		TEST(nothing_has_no_percentile),
		TEST(small_values_are_exact),
		TEST(large_ones_are_at_most_a_64th_too_large),
		TEST(larger_value_is_never_in_an_earlier_bucket),
		TEST(percentile_is_the_value_that_so_many_are_not_above),
		TEST(edges_are_the_least_and_the_most),
		TEST(single_value_is_all_percentiles),
		TEST(rare_large_values_are_seen_behind_many),
		TEST(merging_is_as_adding_all_to_one),
		TEST(merging_nothing_changes_nothing),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
