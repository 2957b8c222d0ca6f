/* SPDX-License-Identifier: BSD-3-Clause */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <rte_common.h>

#include "iommufd_memseg.h"

#define PAGE (UINT64_C(2) << 20)
#define VA UINT64_C(0x100000000)

/* Two hugepages that EAL never frees, next to each other in everything. */
static const struct iommufd_run first = {
	.va = VA, .iova = VA, .len = PAGE, .fd = 7, .offset = 0, .joinable = true,
};
static const struct iommufd_run second = {
	.va = VA + PAGE, .iova = VA + PAGE, .len = PAGE, .fd = 7, .offset = PAGE, .joinable = true,
};

static void
neighbours_in_one_file_join(void **state __rte_unused)
{
	struct iommufd_run run = first;

	assert_true(iommufd_run_join(&run, &second));
	assert_int_equal(run.va, VA);
	assert_int_equal(run.iova, VA);
	assert_int_equal(run.offset, 0);
	assert_int_equal(run.len, 2 * PAGE);
}

static void
neighbours_without_a_file_join(void **state __rte_unused)
{
	struct iommufd_run run = first, next = second;

	run.fd = next.fd = -1;
	next.offset = 0;
	assert_true(iommufd_run_join(&run, &next));
	assert_int_equal(run.len, 2 * PAGE);
}

static void
refused(struct iommufd_run run, struct iommufd_run next)
{
	const struct iommufd_run before = run;

	assert_false(iommufd_run_join(&run, &next));
	assert_memory_equal(&run, &before, sizeof(run));
}

static void
pages_of_different_nodes_stay_apart(void **state __rte_unused)
{
	struct iommufd_run next = second;

	next.node = first.node + 1;
	refused(first, next);
}

static void
pages_in_different_files_stay_apart(void **state __rte_unused)
{
	struct iommufd_run next = second;

	next.fd = 8;
	refused(first, next);
	next.fd = -1;
	refused(first, next);
}

static void
pages_elsewhere_in_the_file_stay_apart(void **state __rte_unused)
{
	struct iommufd_run next = second;

	next.offset = 3 * PAGE;
	refused(first, next);
}

static void
pages_with_a_hole_between_them_stay_apart(void **state __rte_unused)
{
	struct iommufd_run next = second;

	next.va += PAGE;
	refused(first, next);
	next = second;
	next.iova += PAGE;
	refused(first, next);
	refused(second, first);
}

static void
pages_that_eal_may_free_stay_apart(void **state __rte_unused)
{
	struct iommufd_run run = first, next = second;

	next.joinable = false;
	refused(run, next);
	next.joinable = true;
	run.joinable = false;
	refused(run, next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_in_one_file_join),
		cmocka_unit_test(neighbours_without_a_file_join),
		cmocka_unit_test(pages_of_different_nodes_stay_apart),
		cmocka_unit_test(pages_in_different_files_stay_apart),
		cmocka_unit_test(pages_elsewhere_in_the_file_stay_apart),
		cmocka_unit_test(pages_with_a_hole_between_them_stay_apart),
		cmocka_unit_test(pages_that_eal_may_free_stay_apart),
	};

	return cmocka_run_group_tests_name("memseg", tests, NULL, NULL);
}
