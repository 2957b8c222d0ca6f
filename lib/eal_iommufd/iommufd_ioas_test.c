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

static void
valid_range_is_for_the_kernel_to_judge(void **state __rte_unused)
{
	assert_int_equal(iommufd_ioas_map(&ioas, PAGE, PAGE, PAGE), -EBADF);
	assert_int_equal(iommufd_ioas_map_file(&ioas, 0, 0, PAGE, PAGE), -EBADF);
}

static void
empty_range_is_refused(void **state __rte_unused)
{
	assert_int_equal(iommufd_ioas_map(&ioas, PAGE, 0, PAGE), -EINVAL);
	assert_int_equal(iommufd_ioas_map_file(&ioas, 0, 0, 0, PAGE), -EINVAL);
}

static void
range_beyond_the_last_address_is_refused(void **state __rte_unused)
{
	assert_int_equal(iommufd_ioas_map(&ioas, PAGE, 2 * PAGE, UINT64_MAX - PAGE + 1), -EINVAL);
	assert_int_equal(iommufd_ioas_map(&ioas, PAGE, UINT64_MAX, PAGE), -EINVAL);
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
