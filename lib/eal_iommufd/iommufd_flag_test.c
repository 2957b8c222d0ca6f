/* SPDX-License-Identifier: BSD-3-Clause */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <rte_common.h>

#include "iommufd_flag.h"

#define MAX_ARGS 8

/** The arguments of one case: as given, and as EAL must see them. */
struct args {
	char *argv[MAX_ARGS];
	int argc;
};

static void
given(struct args *args, const char *const *words)
{
	for (args->argc = 0; words[args->argc] != NULL; args->argc++)
		args->argv[args->argc] = (char *)(uintptr_t)words[args->argc];
}

/* Take the flag from `words` and compare; the application's own arguments come back at the end. */
static void
check(const char *const *words, bool on, const char *const *eal_words)
{
	struct iommufd_flag flag;
	struct args args;
	int i;

	given(&args, words);
	assert_int_equal(iommufd_flag_take(&flag, args.argc, args.argv), 0);
	assert_int_equal(flag.on, on);
	for (i = 0; i < args.argc; i++)
		assert_string_equal(args.argv[i], eal_words[i]);

	iommufd_flag_restore(&flag, args.argc, args.argv);
	for (i = 0; i < args.argc; i++)
		assert_ptr_equal(args.argv[i], words[i]);
}

#define WORDS(...) ((const char *const []){ "app", __VA_ARGS__, NULL })

static void
value_behind_equals_sign_turns_it_on(void **state __rte_unused)
{
	check(WORDS("-l", "0", "--iova-mode=iommufd"), true, WORDS("-l", "0", "--iova-mode=va"));
}

static void
value_as_next_argument_turns_it_on(void **state __rte_unused)
{
	check(WORDS("--iova-mode", "iommufd", "-l", "0"), true,
		WORDS("--iova-mode", "va", "-l", "0"));
}

static void
abbreviated_option_turns_it_on(void **state __rte_unused)
{
	check(WORDS("--iova=iommufd"), true, WORDS("--iova=va"));
	check(WORDS("--io", "iommufd"), true, WORDS("--io", "va"));
}

static void
other_modes_leave_it_off(void **state __rte_unused)
{
	check(WORDS("--iova-mode=va"), false, WORDS("--iova-mode=va"));
	check(WORDS("--iova-mode", "pa"), false, WORDS("--iova-mode", "pa"));
	check(WORDS("--iova-mode=iommufdx"), false, WORDS("--iova-mode=iommufdx"));
	check(WORDS("--iova-mode="), false, WORDS("--iova-mode="));
}

static void
other_options_are_left_alone(void **state __rte_unused)
{
	check(WORDS("--in-memory", "iommufd"), false, WORDS("--in-memory", "iommufd"));
	check(WORDS("--iova-modes=iommufd"), false, WORDS("--iova-modes=iommufd"));
	check(WORDS("--i=iommufd"), false, WORDS("--i=iommufd"));
	check(WORDS("--file-prefix=iommufd"), false, WORDS("--file-prefix=iommufd"));
}

static void
applications_arguments_are_left_alone(void **state __rte_unused)
{
	check(WORDS("-l", "0", "--", "--iova-mode=iommufd"), false,
		WORDS("-l", "0", "--", "--iova-mode=iommufd"));
}

static void
last_of_several_counts(void **state __rte_unused)
{
	check(WORDS("--iova-mode=pa", "--iova-mode=iommufd"), true,
		WORDS("--iova-mode=pa", "--iova-mode=va"));
	check(WORDS("--iova-mode=iommufd", "--iova-mode", "pa"), false,
		WORDS("--iova-mode=va", "--iova-mode", "pa"));
}

static void
missing_value_is_left_to_eal(void **state __rte_unused)
{
	check(WORDS("--iova-mode"), false, WORDS("--iova-mode"));
}

static void
no_arguments_at_all_leave_it_off(void **state __rte_unused)
{
	struct iommufd_flag flag;

	assert_int_equal(iommufd_flag_take(&flag, 0, NULL), 0);
	assert_false(flag.on);
	iommufd_flag_restore(&flag, 0, NULL);
}

static void
arguments_are_restored_where_eal_moved_them(void **state __rte_unused)
{
	const char *const *words = WORDS("input", "--iova-mode=iommufd");
	struct iommufd_flag flag;
	struct args args;

	given(&args, words);
	assert_int_equal(iommufd_flag_take(&flag, args.argc, args.argv), 0);
	RTE_SWAP(args.argv[1], args.argv[2]);
	iommufd_flag_restore(&flag, args.argc, args.argv);

	assert_ptr_equal(args.argv[1], words[2]);
	assert_ptr_equal(args.argv[2], words[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_behind_equals_sign_turns_it_on),
		cmocka_unit_test(value_as_next_argument_turns_it_on),
		cmocka_unit_test(abbreviated_option_turns_it_on),
		cmocka_unit_test(other_modes_leave_it_off),
		cmocka_unit_test(other_options_are_left_alone),
		cmocka_unit_test(applications_arguments_are_left_alone),
		cmocka_unit_test(last_of_several_counts),
		cmocka_unit_test(missing_value_is_left_to_eal),
		cmocka_unit_test(no_arguments_at_all_leave_it_off),
		cmocka_unit_test(arguments_are_restored_where_eal_moved_them),
	};

	return cmocka_run_group_tests_name("flag", tests, NULL, NULL);
}
