/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <rte_common.h>

#include "iommufd_args.h"

#define MAX_ARGS 8
#define SEGMENT_FILES "--single-file-segments"

static int
count(const char *const *words)
{
	int n;

	for (n = 0; words[n] != NULL; n++)
		;
	return n;
}

/*
 * EAL gets `eal_words` in the place of `words`, of which it parses all; then the application has
 * its own arguments, and all of them are parsed.
 */
static void
check_with(char *(*find_drivers)(void), const char *const *words, bool on,
		const char *const *eal_words)
{
	char *argv[MAX_ARGS];
	struct iommufd_args args;
	int i, argc = count(words);

	memcpy(argv, words, argc * sizeof(*argv));
	assert_int_equal(iommufd_args_take(&args, argc, argv, find_drivers), 0);
	assert_int_equal(args.on, on);
	assert_int_equal(args.argc, count(eal_words));
	for (i = 0; i < args.argc; i++)
		assert_string_equal(args.argv[i], eal_words[i]);
	assert_null(args.argv[args.argc]);

	assert_int_equal(iommufd_args_return(&args, argv, args.argc - 1), argc - 1);
	for (i = 0; i < argc; i++)
		assert_ptr_equal(argv[i], words[i]);
}

static void
check(const char *const *words, bool on, const char *const *eal_words)
{
	check_with(NULL, words, on, eal_words);
}

#define WORDS(...) ((const char *const []){ "app", __VA_ARGS__, NULL })

static void
value_behind_equals_sign_turns_it_on(void **state __rte_unused)
{
	check(WORDS("-l", "0", "--iova-mode=iommufd"), true,
		WORDS(SEGMENT_FILES, "-l", "0", "--iova-mode=va"));
}

static void
value_as_next_argument_turns_it_on(void **state __rte_unused)
{
	check(WORDS("--iova-mode", "iommufd", "-l", "0"), true,
		WORDS(SEGMENT_FILES, "--iova-mode", "va", "-l", "0"));
}

static void
abbreviated_option_turns_it_on(void **state __rte_unused)
{
	check(WORDS("--iova=iommufd"), true, WORDS(SEGMENT_FILES, "--iova=va"));
	check(WORDS("--io", "iommufd"), true, WORDS(SEGMENT_FILES, "--io", "va"));
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
	check(WORDS("--iova-mode=iommufd", "--", "--no-huge"), true,
		WORDS(SEGMENT_FILES, "--iova-mode=va", "--", "--no-huge"));
}

static void
last_of_several_counts(void **state __rte_unused)
{
	check(WORDS("--iova-mode=pa", "--iova-mode=iommufd"), true,
		WORDS(SEGMENT_FILES, "--iova-mode=pa", "--iova-mode=va"));
	check(WORDS("--iova-mode=iommufd", "--iova-mode=iommufd"), true,
		WORDS(SEGMENT_FILES, "--iova-mode=va", "--iova-mode=va"));
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
	struct iommufd_args args;

	assert_int_equal(iommufd_args_take(&args, 0, NULL, NULL), 0);
	assert_false(args.on);
	assert_int_equal(iommufd_args_return(&args, NULL, 0), 0);
}

static void
user_can_say_no_to_segment_files(void **state __rte_unused)
{
	check(WORDS("--iova-mode=iommufd," "single-file-segments=no"), true,
		WORDS("--iova-mode=va"));
	check(WORDS("--iova-mode=iommufd," "single-file-segments=yes"), true,
		WORDS(SEGMENT_FILES, "--iova-mode=va"));
}

static void
segment_files_are_not_added_where_eal_has_no_use_for_them(void **state __rte_unused)
{
	static const char *const options[] = {
		SEGMENT_FILES, "--single", "--no-huge", "--legacy-mem", "--huge-unlink",
		"--huge-unlink=never",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(options); i++)
		check(WORDS("--iova-mode=iommufd", options[i]), true,
			WORDS("--iova-mode=va", options[i]));
}

static void
segment_files_are_added_beside_options_that_look_alike(void **state __rte_unused)
{
	check(WORDS("--iova-mode=iommufd", "--huge-dir=/mnt", "--in-memory"), true,
		WORDS(SEGMENT_FILES, "--iova-mode=va", "--huge-dir=/mnt", "--in-memory"));
}

static void
wrong_settings_are_refused(void **state __rte_unused)
{
	static const char *const wrong[] = {
		"--iova-mode=iommufd,single-file-segments=maybe",
		"--iova-mode=iommufd,single-file-segments=",
		"--iova-mode=iommufd,single-file-segments",
		"--iova-mode=iommufd,segments=no",
	};
	struct iommufd_args args;
	char *argv[2] = { NULL };
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		argv[1] = (char *)(uintptr_t)wrong[i];
		assert_int_equal(iommufd_args_take(&args, 2, argv, NULL), -EINVAL);
	}
}

static void
arguments_are_returned_where_eal_moved_them(void **state __rte_unused)
{
	const char *const *words = WORDS("input", "--iova-mode=iommufd");
	struct iommufd_args args;
	char *argv[MAX_ARGS];

	memcpy(argv, words, count(words) * sizeof(*argv));
	assert_int_equal(iommufd_args_take(&args, count(words), argv, NULL), 0);
	RTE_SWAP(args.argv[2], args.argv[3]);

	assert_int_equal(iommufd_args_return(&args, argv, 2), 1);
	assert_ptr_equal(argv[1], words[2]);
	assert_ptr_equal(argv[2], words[1]);
}

static void
failure_of_eal_is_passed_on(void **state __rte_unused)
{
	const char *const *words = WORDS("--iova-mode=iommufd");
	struct iommufd_args args;
	char *argv[MAX_ARGS];

	memcpy(argv, words, count(words) * sizeof(*argv));
	assert_int_equal(iommufd_args_take(&args, count(words), argv, NULL), 0);
	assert_int_equal(iommufd_args_return(&args, argv, -1), -1);
	assert_ptr_equal(argv[1], words[1]);
}

static char drivers[] = "/usr/lib/dpdk-iommufd/pmds-26";

static char *
find_installed_drivers(void)
{
	return drivers;
}

static char *
find_none(void)
{
	return NULL;
}

static char *
must_not_look(void)
{
	fail_msg("nobody has asked for iommufd");
	return NULL;
}

static void
drivers_are_loaded_where_they_are_installed(void **state __rte_unused)
{
	check_with(find_installed_drivers, WORDS("--iova-mode=iommufd", "-d", "own.so"), true,
		WORDS(SEGMENT_FILES, "-d", drivers, "--iova-mode=va", "-d", "own.so"));
	check_with(find_installed_drivers, WORDS("--iova-mode=iommufd", "--no-huge"), true,
		WORDS("-d", drivers, "--iova-mode=va", "--no-huge"));
	check_with(find_installed_drivers, WORDS("-l", "0"), false, WORDS("-l", "0"));
	check_with(find_none, WORDS("--iova-mode=iommufd", "--no-huge"), true,
		WORDS("--iova-mode=va", "--no-huge"));
}

static void
drivers_are_looked_for_only_with_iommufd(void **state __rte_unused)
{
	check_with(must_not_look, WORDS("-l", "0"), false, WORDS("-l", "0"));
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
		cmocka_unit_test(user_can_say_no_to_segment_files),
		cmocka_unit_test(segment_files_are_not_added_where_eal_has_no_use_for_them),
		cmocka_unit_test(segment_files_are_added_beside_options_that_look_alike),
		cmocka_unit_test(wrong_settings_are_refused),
		cmocka_unit_test(arguments_are_returned_where_eal_moved_them),
		cmocka_unit_test(failure_of_eal_is_passed_on),
		cmocka_unit_test(drivers_are_loaded_where_they_are_installed),
		cmocka_unit_test(drivers_are_looked_for_only_with_iommufd),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
