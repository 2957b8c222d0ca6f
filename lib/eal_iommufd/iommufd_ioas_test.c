/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <rte_common.h>

#include "iommufd_context.h"
#include "iommufd_ioas.h"

#define PAGE UINT64_C(4096)

/* Closed: what comes as far as the kernel fails with EBADF. */
static struct iommufd_context ctx = { .fd = -1, .maps_files = true };
static struct iommufd_ioas ioas = { .ctx = &ctx, .id = 1 };

static const struct iommufd_backing backings[] = {
	{ .kind = IOMMUFD_BACKING_VA, .start = PAGE },
	{ .kind = IOMMUFD_BACKING_FILE, .fd = 0 },
	{ .kind = IOMMUFD_BACKING_IOAS, .ioas_id = 2, .start = PAGE },
};

static void
assert_all(uint64_t len, uint64_t iova, int expected)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(backings); i++)
		assert_int_equal(iommufd_ioas_map(&ioas, &backings[i], len, iova), expected);
}

static void
valid_range_is_for_the_kernel_to_judge(void **state __rte_unused)
{
	assert_all(PAGE, PAGE, -EBADF);
}

static void
empty_range_is_refused(void **state __rte_unused)
{
	assert_all(0, PAGE, -EINVAL);
}

static void
range_beyond_the_last_address_is_refused(void **state __rte_unused)
{
	assert_all(2 * PAGE, UINT64_MAX - PAGE + 1, -EINVAL);
	assert_all(UINT64_MAX, PAGE, -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_range_is_for_the_kernel_to_judge),
		cmocka_unit_test(empty_range_is_refused),
		cmocka_unit_test(range_beyond_the_last_address_is_refused),
	};

	return cmocka_run_group_tests_name("ioas", tests, NULL, NULL);
}
