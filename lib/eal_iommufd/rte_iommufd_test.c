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
#include <rte_errno.h>

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

static void
address_spaces_are_refused_while_it_is_off(void **state __rte_unused)
{
	rte_errno = 0;
	assert_null(rte_iommufd_as_shared());
	assert_int_equal(rte_errno, ENOTSUP);
	rte_errno = 0;
	assert_null(rte_iommufd_as_create());
	assert_int_equal(rte_errno, ENOTSUP);
	rte_errno = 0;
	assert_null(rte_iommufd_dev_open("0000:01:00.0"));
	assert_int_equal(rte_errno, ENOTSUP);
	assert_null(rte_iommufd_dev_find("0000:01:00.0"));
}

static int
visit_context(const struct rte_iommufd_context_info *info __rte_unused, void *arg)
{
	*(bool *)arg = true;
	return 0;
}

static void
nothing_is_visited_while_it_is_off(void **state __rte_unused)
{
	const struct rte_iommufd_visitor visitor = { .context = visit_context };
	bool visited = false;

	assert_int_equal(rte_iommufd_walk(&visitor, &visited), -ENOTSUP);
	assert_false(visited);
	assert_int_equal(rte_iommufd_walk(NULL, NULL), -EINVAL);
}

static void
null_objects_are_refused(void **state __rte_unused)
{
	uint32_t pasid = RTE_IOMMUFD_PASID_ANY;

	assert_int_equal(rte_iommufd_as_destroy(NULL), -EINVAL);
	assert_int_equal(rte_iommufd_as_map(NULL, NULL, 4096, 0, 0), -EINVAL);
	assert_int_equal(rte_iommufd_as_map_file(NULL, 0, 0, 4096, 0, 0), -EINVAL);
	assert_int_equal(rte_iommufd_as_copy(NULL, 0, NULL, 0, 4096, 0), -EINVAL);
	assert_int_equal(rte_iommufd_as_unmap(NULL, 0, 4096), -EINVAL);
	assert_int_equal(rte_iommufd_pasid_bind(NULL, NULL, RTE_IOMMUFD_PT_AUTO, &pasid), -EINVAL);
	assert_int_equal(rte_iommufd_pasid_rebind(NULL, NULL, RTE_IOMMUFD_PT_AUTO, 1), -EINVAL);
	assert_int_equal(rte_iommufd_pasid_unbind(NULL, 1), -EINVAL);
	assert_int_equal(rte_iommufd_pasid_info_get(NULL, 1, NULL), -EINVAL);
	assert_int_equal(rte_iommufd_pt_create(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(rte_iommufd_pt_destroy(NULL, 1), -EINVAL);
	assert_int_equal(rte_iommufd_dev_info_get(NULL, NULL), -EINVAL);
	rte_iommufd_dev_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_off_before_eal_starts),
		cmocka_unit_test(dump_tells_that_it_is_off),
		cmocka_unit_test(dump_without_a_stream_is_refused),
		cmocka_unit_test(address_spaces_are_refused_while_it_is_off),
		cmocka_unit_test(nothing_is_visited_while_it_is_off),
		cmocka_unit_test(null_objects_are_refused),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
