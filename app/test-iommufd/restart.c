/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "app.h"
#include "restart.h"

#define THIS_PROGRAM "/proc/self/exe"
/* Has the number of a descriptor: a file in memory, with what is below and then figures. */
#define VARIABLE "DPDK_TEST_IOMMUFD_RESTART"

struct handed_over {
	uint32_t restarts;
	bool iommufd;
	uint64_t tsc_hz;
};

static int
save(const struct app *app, FILE *file)
{
	const struct handed_over handed_over = {
		.restarts = app->restarts,
		.iommufd = app->report.iommufd,
		.tsc_hz = app->report.tsc_hz,
	};
	const struct figure *figure;

	fwrite(&handed_over, sizeof(handed_over), 1, file);
	STAILQ_FOREACH(figure, &app->report.figures, next)
		fwrite(figure, sizeof(*figure), 1, file);
	if (fflush(file) != 0)
		return -errno;
	rewind(file);
	return 0;
}

int
restart_go(struct app *app)
{
	int ret, fd = memfd_create("restart", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	char number[16];

	ret = file == NULL ? -errno : save(app, file);
	snprintf(number, sizeof(number), "%d", fd);
	/* The descriptors that EAL has left open go with their locks. */
	if (ret == 0 && (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0 ||
			fcntl(fd, F_SETFD, 0) != 0 || setenv(VARIABLE, number, 1) != 0))
		ret = -errno;
	if (ret == 0) {
		fflush(stdout);
		execv(THIS_PROGRAM, app->argv);
		ret = -errno;
	}
	fprintf(stderr, "bench restart: the program can't begin anew: %s\n", strerror(-ret));
	return ret;
}

static void
load(struct app *app, FILE *file)
{
	struct figure read, *figure;
	struct handed_over handed_over;

	if (fread(&handed_over, sizeof(handed_over), 1, file) != 1)
		return;
	app->restarts = handed_over.restarts;
	app->report.iommufd = handed_over.iommufd;
	app->report.tsc_hz = handed_over.tsc_hz;
	while (fread(&read, sizeof(read), 1, file) == 1) {
		figure = figure_new("", "", "", 0);
		if (figure == NULL)
			return;
		*figure = read;
		STAILQ_INSERT_TAIL(&app->report.figures, figure, next);
	}
}

bool
restart_is_due(struct app *app)
{
	const char *number = getenv(VARIABLE);
	FILE *file;

	if (number == NULL)
		return false;
	file = fdopen(atoi(number), "r");
	/* The application that it starts is none. */
	unsetenv(VARIABLE);
	if (file == NULL)
		return false;
	load(app, file);
	fclose(file);
	return app->restarts > 0;
}
