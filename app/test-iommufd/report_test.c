/* SPDX-License-Identifier: BSD-3-Clause */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <rte_common.h>

#include "report.h"

/* The file with one figure in it. */
static void
read_report(const char *name, double value, char *text, size_t size)
{
	char path[] = "/tmp/report_test.XXXXXX";
	struct figures figures = STAILQ_HEAD_INITIALIZER(figures);
	struct figure *figure = figure_new("bench", name, "unit", 0);
	struct report report = { 0 };
	size_t n;
	FILE *file;

	assert_non_null(figure);
	figure->one_value = true;
	figure->mean = value;
	STAILQ_INSERT_TAIL(&figures, figure, next);
	close(mkstemp(path));
	assert_int_equal(report_open(&report, path), 0);
	assert_int_equal(report_add(&report, &figures), 0);
	report_close(&report);

	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
	unlink(path);
}

static void
strings_are_escaped(void **state __rte_unused)
{
	char text[1024];

	read_report("say \"\\\"\n\tand \xe9", 1, text, sizeof(text));
	assert_non_null(strstr(text,
		"\"name\": \"say \\\"\\\\\\\"\\u000a\\u0009and \\u00e9\", \"unit\": \"unit\""));
}

static void
numbers_are_exact(void **state __rte_unused)
{
	char text[1024];

	read_report("figure", 123456789012345, text, sizeof(text));
	assert_non_null(strstr(text, "\"value\": 123456789012345}"));
	read_report("figure", 0.125, text, sizeof(text));
	assert_non_null(strstr(text, "\"value\": 0.125}"));
}

static void
what_is_no_number_is_null(void **state __rte_unused)
{
	char text[1024];

	read_report("figure", NAN, text, sizeof(text));
	assert_non_null(strstr(text, "\"value\": null}"));
	read_report("figure", INFINITY, text, sizeof(text));
	assert_non_null(strstr(text, "\"value\": null}"));
}

static void
percentiles_of_samples_are_samples(void **state __rte_unused)
{
	struct figure *figure = figure_new("bench", "name", "unit", 100);
	struct figures figures = STAILQ_HEAD_INITIALIZER(figures);
	unsigned int i;

	assert_non_null(figure);
	STAILQ_INSERT_TAIL(&figures, figure, next);
	for (i = 0; i < 100; i++)
		figure_add(figure, (i * 37) % 100 + 1);
	figure_set_requests(figure, 200);
	figure_finish(figure);
	assert_true(figure->mean == 50.5);
	assert_true(figure->least == 1 && figure->most == 100);
	assert_true(figure->percentiles[0] == 50 && figure->percentiles[1] == 90);
	assert_true(figure->percentiles[2] == 99 && figure->percentiles[3] == 100);
	assert_true(figure->requests == 2);
	figures_free(&figures);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(what_is_no_number_is_null),
		cmocka_unit_test(percentiles_of_samples_are_samples),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
