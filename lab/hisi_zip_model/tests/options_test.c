/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"

#define MAX_ARGUMENTS 20
#define NEEDED "--socket", "/run/zip", "--monitor", "/run/qmp", "--id", "zip0"

/* Parses these arguments, up to NULL, behind the needed ones. Texts of the result are theirs. */
static struct options
parse(const char *const *more)
{
	const char *argv[MAX_ARGUMENTS + 1] = { "hisi-zip-model", NEEDED };
	struct options options;
	int argc = 7;

	while (*more != NULL) {
		assert_true(argc < MAX_ARGUMENTS);
		argv[argc++] = *more++;
	}
	options_parse(&options, argc, (char **)(uintptr_t)argv);
	return options;
}

#define PARSE(...) parse((const char *const []){ __VA_ARGS__ })

static void
defaults_are_a_version_3_with_everything(void **state)
{
	struct options options = PARSE(NULL);

	(void)state;
	assert_string_equal(options.socket, "/run/zip");
	assert_string_equal(options.monitor, "/run/qmp");
	assert_string_equal(options.id, "zip0");
	assert_null(options.control);
	assert_int_equal(options.version, 3);
	assert_int_equal(options.queues, 16);
	assert_int_equal(options.pasid_bits, 16);
	assert_true(options.pri);
	assert_int_equal(options.workers, 2);
	assert_int_equal(options.inline_bytes, 256 << 10);
	assert_false(options.synchronous);
	assert_false(options.verbose);
	for (int kind = 0; kind < MISBEHAVE_KINDS; kind++)
		assert_false(misbehaviour_take(&options.misbehaviour, kind));
}

static void
every_option_is_taken(void **state)
{
	struct options options = PARSE("--control=/run/ask", "--version=5", "--queues=64",
			"--pasid-bits=8", "--no-pri", "--workers=7", "--inline-bytes=0",
			"--synchronous", "--verbose", NULL);

	(void)state;
	assert_string_equal(options.control, "/run/ask");
	assert_int_equal(options.version, 5);
	assert_int_equal(options.queues, 64);
	assert_int_equal(options.pasid_bits, 8);
	assert_false(options.pri);
	assert_int_equal(options.workers, 7);
	assert_int_equal(options.inline_bytes, 0);
	assert_true(options.synchronous);
	assert_true(options.verbose);
}

static void
without_pasid_there_are_no_bits(void **state)
{
	struct options options = PARSE("--no-pasid", NULL);

	(void)state;
	assert_int_equal(options.pasid_bits, 0);
}

static void
misbehaviour_is_armed_for_one_request_or_more(void **state)
{
	struct options options = PARSE("--misbehave", "wild", "--misbehave", "silence=2",
			NULL);

	(void)state;
	assert_true(misbehaviour_take(&options.misbehaviour, MISBEHAVE_WILD));
	assert_false(misbehaviour_take(&options.misbehaviour, MISBEHAVE_WILD));
	assert_true(misbehaviour_take(&options.misbehaviour, MISBEHAVE_SILENCE));
	assert_true(misbehaviour_take(&options.misbehaviour, MISBEHAVE_SILENCE));
	assert_false(misbehaviour_take(&options.misbehaviour, MISBEHAVE_SILENCE));
	assert_false(misbehaviour_take(&options.misbehaviour, MISBEHAVE_DEATH));
}

/* What a process prints that parses these arguments, and how it ends */
static int
run(char *const *argv, int argc, int stream, char *said, size_t size)
{
	int ends[2], status;
	size_t length = 0;
	ssize_t count;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct options options;

		dup2(ends[1], stream);
		options_parse(&options, argc, (char **)(uintptr_t)argv);
		_exit(100);
	}
	close(ends[1]);
	while (length < size - 1 && (count = read(ends[0], said + length, size - 1 - length)) > 0)
		length += count;
	said[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static char said[8192];

static int
run_with(const char *one, const char *other, int stream)
{
	const char *argv[] = { "hisi-zip-model", NEEDED, one, other, NULL };
	int argc = 7 + (one != NULL) + (other != NULL);

	return run((char *const *)(uintptr_t)argv, argc, stream, said, sizeof(said));
}

static void
bad_values_are_refused_with_what_would_be_good(void **state)
{
	static const struct {
		const char *option, *values, *value;
	} bad[] = {
		{ "--version", "3 or 5", "4" },
		{ "--version", "3 or 5", "" },
		{ "--version", "3 or 5", "35" },
		{ "--queues", "1 to 64", "0" },
		{ "--queues", "1 to 64", "65" },
		{ "--queues", "1 to 64", "-1" },
		{ "--queues", "1 to 64", "abc" },
		{ "--queues", "1 to 64", "8x" },
		{ "--queues", "1 to 64", " 8" },
		{ "--queues", "1 to 64", "" },
		{ "--queues", "1 to 64", "18446744073709551617" },
		{ "--pasid-bits", "1 to 20", "0" },
		{ "--pasid-bits", "1 to 20", "21" },
		{ "--workers", "1 to 64", "0" },
		{ "--workers", "1 to 64", "65" },
		{ "--inline-bytes", "0 to 1048576", "1048577" },
		{ "--inline-bytes", "0 to 1048576", "1k" },
		{ "--misbehave", "spurious, phase, wild, silence or death", "sleep" },
		{ "--misbehave", "spurious, phase, wild, silence or death", "" },
		{ "--misbehave", "=N with N from 1", "wild=" },
		{ "--misbehave", "=N with N from 1", "wild=0" },
		{ "--misbehave", "=N with N from 1", "wild=4294967296" },
		{ "--misbehave", "=N with N from 1", "wild=1=1" },
		{ "--control", "a path that isn't empty", "" },
		{ "--id", "a name that isn't empty", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(run_with(bad[i].option, bad[i].value, STDERR_FILENO), 2);
		assert_non_null(strstr(said, bad[i].option));
		assert_non_null(strstr(said, bad[i].values));
		assert_non_null(strstr(said, bad[i].value));
	}
}

static void
what_isnt_an_option_is_refused(void **state)
{
	static const char *const bad[] = { "--colour", "-v", "-", "zip", "--verbose=yes" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(run_with(bad[i], NULL, STDERR_FILENO), 2);
	assert_int_equal(run_with("--", "zip", STDERR_FILENO), 2);
	assert_int_equal(run_with("--queues", NULL, STDERR_FILENO), 2);
	assert_non_null(strstr(said, "queues"));
}

static void
a_width_and_no_pasid_exclude_each_other(void **state)
{
	(void)state;
	assert_int_equal(run_with("--no-pasid", "--pasid-bits=16", STDERR_FILENO), 2);
	assert_int_equal(run_with("--pasid-bits=16", "--no-pasid", STDERR_FILENO), 2);
	assert_non_null(strstr(said, "--no-pasid"));
}

static void
what_is_needed_is_asked_for(void **state)
{
	static const char *const needed[] = { "--socket=s", "--monitor=m", "--id=i" };

	(void)state;
	for (int missing = 0; missing < 3; missing++) {
		const char *argv[] = {
			"hisi-zip-model", needed[(missing + 1) % 3], needed[(missing + 2) % 3],
			NULL,
		};
		char *equals, name[16];

		strcpy(name, needed[missing]);
		equals = strchr(name, '=');
		*equals = '\0';
		assert_int_equal(run((char *const *)(uintptr_t)argv, 3, STDERR_FILENO, said,
				sizeof(said)), 2);
		assert_non_null(strstr(said, name));
	}
}

static void
help_names_every_option(void **state)
{
	static const char *const names[] = {
		"--control", "--help", "--id", "--inline-bytes", "--misbehave", "--monitor",
		"--no-pasid", "--no-pri", "--pasid-bits", "--queues", "--socket", "--synchronous",
		"--verbose", "--version", "--workers",
	};

	(void)state;
	assert_int_equal(run_with("--help", NULL, STDOUT_FILENO), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(said, names[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_a_version_3_with_everything),
		cmocka_unit_test(every_option_is_taken),
		cmocka_unit_test(without_pasid_there_are_no_bits),
		cmocka_unit_test(misbehaviour_is_armed_for_one_request_or_more),
		cmocka_unit_test(bad_values_are_refused_with_what_would_be_good),
		cmocka_unit_test(what_isnt_an_option_is_refused),
		cmocka_unit_test(a_width_and_no_pasid_exclude_each_other),
		cmocka_unit_test(what_is_needed_is_asked_for),
		cmocka_unit_test(help_names_every_option),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
