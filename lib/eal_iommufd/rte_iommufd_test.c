/* SPDX-License-Identifier: BSD-3-Clause */

/* First, and before anything it might lean on: the public header stands alone. */
#include "rte_iommufd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <rte_common.h>

static void
it_is_off_before_eal_starts(void **state __rte_unused)
{
	assert_false(rte_iommufd_is_enabled());
}

static void
dump_tells_that_it_is_off(void **state __rte_unused)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(rte_iommufd_dump(out), 0);
	fclose(out);
	assert_string_equal(text, "iommufd: off\n");
	free(text);
}

static void
dump_without_a_stream_is_refused(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_dump(NULL), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_off_before_eal_starts),
		cmocka_unit_test(dump_tells_that_it_is_off),
		cmocka_unit_test(dump_without_a_stream_is_refused),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
