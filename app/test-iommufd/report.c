/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/utsname.h>

#include <rte_cycles.h>
#include <rte_iommufd.h>
#include <rte_version.h>

#include "report.h"

static int
refuse(const struct report *report, int error)
{
	fprintf(stderr, "--json=%s can't be written: %s\n", report->path, strerror(error));
	return -error;
}

/* A string, in the quotation marks of JSON; what isn't ASCII is taken for Latin-1. */
static void
write_string(FILE *file, const char *text)
{
	const unsigned char *c;

	fputc('"', file);
	for (c = (const unsigned char *)text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(file, "\\%c", *c);
		else if (*c < ' ' || *c > '~')
			fprintf(file, "\\u%04x", *c);
		else
			fputc(*c, file);
	}
	fputc('"', file);
}

static void
write_text(FILE *file, const char *key, const char *text)
{
	fprintf(file, "\"%s\": ", key);
	write_string(file, text);
	fprintf(file, ", ");
}

/* JSON has no numbers that are none. */
static void
write_number(FILE *file, const char *key, double value)
{
	if (isfinite(value))
		fprintf(file, ", \"%s\": %.15g", key, value);
	else
		fprintf(file, ", \"%s\": null", key);
}

static void
write_figure(FILE *file, const struct figure *figure)
{
	unsigned int i;

	fprintf(file, "\n  {");
	write_text(file, "bench", figure->bench);
	write_text(file, "name", figure->name);
	fprintf(file, "\"unit\": ");
	write_string(file, figure->unit);
	if (figure->one_value) {
		write_number(file, "value", figure->mean);
	} else {
		fprintf(file, ", \"count\": %" PRIu64, figure->count);
		write_number(file, "mean", figure->mean);
		write_number(file, "least", figure->least);
		for (i = 0; i < FIGURE_PERCENTILES; i++)
			write_number(file, figure_percentiles[i].name, figure->percentiles[i]);
		write_number(file, "most", figure->most);
	}
	if (figure->has_requests)
		write_number(file, "requests", figure->requests);
	fputc('}', file);
}

/* As /proc/cpuinfo has it, which not every architecture does. */
static void
read_cpu(char *model, size_t size, const char *otherwise)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256], found[128];

	snprintf(model, size, "%s", otherwise);
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "model name : %127[^\n]", found) == 1) {
			snprintf(model, size, "%s", found);
			break;
		}
	}
	fclose(file);
}

static void
write_all(FILE *file, const struct report *report)
{
	const struct figure *figure;
	struct utsname system;
	char cpu[128];

	uname(&system);
	read_cpu(cpu, sizeof(cpu), system.machine);
	fputc('{', file);
	write_text(file, "application", "dpdk-test-iommufd");
	write_text(file, "version", PROJECT_VERSION);
	write_text(file, "dpdk", rte_version());
	fprintf(file, "\"iommufd\": %s, ", report->iommufd ? "true" : "false");
	write_text(file, "kernel", system.release);
	write_text(file, "cpu", cpu);
	fprintf(file, "\"tsc_hz\": %" PRIu64 ",\n \"figures\": [", report->tsc_hz);
	STAILQ_FOREACH(figure, &report->figures, next) {
		if (figure != STAILQ_FIRST(&report->figures))
			fputc(',', file);
		write_figure(file, figure);
	}
	fprintf(file, "]}\n");
}

/* The file appears as a whole, under a name of its own until then. */
static int
open_temporary(const struct report *report, char path[PATH_MAX], FILE **file)
{
	if (snprintf(path, PATH_MAX, "%s.%d", report->path, getpid()) >= PATH_MAX)
		return refuse(report, ENAMETOOLONG);
	*file = fopen(path, "we");
	return *file == NULL ? refuse(report, errno) : 0;
}

static int
write_file(const struct report *report)
{
	char path[PATH_MAX];
	int ret, error = 0;
	FILE *file;

	ret = open_temporary(report, path, &file);
	if (ret != 0)
		return ret;
	write_all(file, report);
	if (fflush(file) != 0)
		error = errno;
	if (fclose(file) != 0 && error == 0)
		error = errno;
	if (error == 0 && rename(path, report->path) != 0)
		error = errno;
	if (error == 0)
		return 0;
	unlink(path);
	return refuse(report, error);
}

/* Nobody waits for a bench to learn that its figures can't be written. */
static int
try_file(const struct report *report)
{
	char path[PATH_MAX];
	struct stat status;
	FILE *file;
	int ret;

	/* Something else would be replaced by a file: a directory can't be, a device mustn't be. */
	if (stat(report->path, &status) == 0 && !S_ISREG(status.st_mode)) {
		fprintf(stderr, "--json=%s is there and is no regular file\n", report->path);
		return -EINVAL;
	}
	ret = open_temporary(report, path, &file);
	if (ret != 0)
		return ret;
	fclose(file);
	unlink(path);
	return 0;
}

int
report_open(struct report *report, const char *path)
{
	STAILQ_INIT(&report->figures);
	report->path = path;
	return path == NULL ? 0 : try_file(report);
}

void
report_take_eal(struct report *report)
{
	report->iommufd = rte_iommufd_is_enabled();
	report->tsc_hz = rte_get_tsc_hz();
}

int
report_add(struct report *report, struct figures *figures)
{
	STAILQ_CONCAT(&report->figures, figures);
	return report->path == NULL ? 0 : write_file(report);
}

void
report_close(struct report *report)
{
	figures_free(&report->figures);
}
