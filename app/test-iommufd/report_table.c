/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "report.h"

#define MAX_CELL 64

/* The columns; those from COUNT on are numbers, which stand to the right. */
enum column {
	COLUMN_NAME,
	COLUMN_UNIT,
	COLUMN_COUNT,
	COLUMN_VALUE,
	COLUMN_LEAST,
	COLUMN_PERCENTILES,
	COLUMN_MOST = COLUMN_PERCENTILES + FIGURE_PERCENTILES,
	COLUMN_REQUESTS,
	COLUMNS,
};

struct row {
	char cell[COLUMNS][MAX_CELL];
};

/* Digits as they say something. */
static void
format(char cell[MAX_CELL], double value)
{
	bool whole = fabs(value) >= 1000 || value == rint(value);

	snprintf(cell, MAX_CELL, whole ? "%.0f" : "%.2f", value);
}

static void
fill_heading(struct row *row)
{
	static const char *const headings[COLUMNS] = {
		[COLUMN_UNIT] = "unit",
		[COLUMN_COUNT] = "count",
		[COLUMN_VALUE] = "value",
		[COLUMN_LEAST] = "least",
		[COLUMN_MOST] = "most",
		[COLUMN_REQUESTS] = "requests",
	};
	unsigned int i;

	for (i = 0; i < COLUMNS; i++)
		if (headings[i] != NULL)
			snprintf(row->cell[i], MAX_CELL, "%s", headings[i]);
	for (i = 0; i < FIGURE_PERCENTILES; i++)
		snprintf(row->cell[COLUMN_PERCENTILES + i], MAX_CELL, "%s",
			figure_percentiles[i].name);
}

static void
fill(struct row *row, const struct figure *figure)
{
	unsigned int i;

	snprintf(row->cell[COLUMN_NAME], MAX_CELL, "%s", figure->name);
	snprintf(row->cell[COLUMN_UNIT], MAX_CELL, "%s", figure->unit);
	format(row->cell[COLUMN_VALUE], figure->mean);
	if (figure->has_requests)
		format(row->cell[COLUMN_REQUESTS], figure->requests);
	if (figure->one_value)
		return;
	snprintf(row->cell[COLUMN_COUNT], MAX_CELL, "%" PRIu64, figure->count);
	format(row->cell[COLUMN_LEAST], figure->least);
	for (i = 0; i < FIGURE_PERCENTILES; i++)
		format(row->cell[COLUMN_PERCENTILES + i], figure->percentiles[i]);
	format(row->cell[COLUMN_MOST], figure->most);
}

static void
print(FILE *out, const struct row *rows, unsigned int n)
{
	int widths[COLUMNS] = { 0 };
	unsigned int i, column, last;

	/* A column without a single figure is left out. */
	for (i = 1; i < n; i++)
		for (column = 0; column < COLUMNS; column++)
			widths[column] = RTE_MAX(widths[column], (int)strlen(rows[i].cell[column]));
	for (column = 0; column < COLUMNS; column++)
		if (widths[column] > 0)
			widths[column] = RTE_MAX(widths[column], (int)strlen(rows[0].cell[column]));
	for (i = 0; i < n; i++) {
		fprintf(out, "  %-*s  %-*s", widths[COLUMN_NAME], rows[i].cell[COLUMN_NAME],
			widths[COLUMN_UNIT], rows[i].cell[COLUMN_UNIT]);
		for (last = COLUMNS - 1; rows[i].cell[last][0] == '\0' || widths[last] == 0; last--)
			;
		for (column = COLUMN_COUNT; column <= last; column++)
			if (widths[column] > 0)
				fprintf(out, "  %*s", widths[column], rows[i].cell[column]);
		fprintf(out, "\n");
	}
}

void
report_print(FILE *out, const struct figures *figures)
{
	const struct figure *figure;
	unsigned int n = 1;
	struct row *rows;

	STAILQ_FOREACH(figure, figures, next)
		n++;
	rows = calloc(n, sizeof(*rows));
	if (rows == NULL) {
		fprintf(stderr, "no memory for a table\n");
		return;
	}
	n = 0;
	fill_heading(&rows[n++]);
	STAILQ_FOREACH(figure, figures, next)
		fill(&rows[n++], figure);
	print(out, rows, n);
	free(rows);
}
