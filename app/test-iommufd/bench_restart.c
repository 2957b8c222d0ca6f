/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The application is started again and again, with its own arguments: how long until it is ready,
 * and until it is gone. The one that starts it has no EAL any more (restart.h).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>

#include "app.h"
#include "bench.h"
#include "child.h"
#include "command.h"

#define COMMAND "bench startup"
/* What a script says of a command before it is carried out: everything is up by then. */
#define READY "> " COMMAND "\n"

struct restart {
	char **argv;
	unsigned int n_own; /* words that are to be freed, at the end */
	struct figure *ready;
	struct figure *gone;
	struct figure *eal_init; /* as the child found it */
};

/* EAL's options as they were; the application's without what only this run is to do. */
static int
make_argv(struct restart *restart, const struct app *app)
{
	int n = 0, n_options;

	/* And "--", "--exec=...", NULL. */
	restart->argv = calloc(app->argc + 3, sizeof(*restart->argv));
	if (restart->argv == NULL)
		return -ENOMEM;
	while (n < app->argc && strcmp(app->argv[n], "--") != 0) {
		restart->argv[n] = app->argv[n];
		n++;
	}
	restart->argv[n] = (char *)(uintptr_t)"--";
	if (n < app->argc) {
		n_options = parameters_repeat(app->argc - n, app->argv + n, restart->argv + n + 1);
		if (n_options < 0)
			return n_options;
		restart->n_own = n_options;
	}
	restart->argv[n + 1 + restart->n_own] = (char *)(uintptr_t)"--exec=" COMMAND;
	return 0;
}

static void
free_argv(struct restart *restart)
{
	unsigned int n = 0;

	while (restart->argv[n] != NULL)
		n++;
	/* The last one is --exec. */
	while (restart->n_own > 0)
		free(restart->argv[n - 1 - restart->n_own--]);
	free(restart->argv);
}

static int
refuse(const struct child *child, int status, uint32_t number)
{
	fprintf(stderr, "bench restart: start %u ended with %s %d; it said:\n%s", number,
		WIFSIGNALED(status) ? "signal" : "exit status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), child->said);
	return -ECHILD;
}

static int
start_once(struct app *app, struct restart *restart, uint32_t number)
{
	uint64_t start = requests_clock(), ready;
	double eal_init;
	const char *row;
	struct child child;
	int ret, status;

	ret = child_start(&child, restart->argv);
	if (ret != 0) {
		fprintf(stderr, "bench restart: it can't be started: %s\n", strerror(-ret));
		return ret;
	}
	ret = child_await(&child, &app->ending, READY);
	ready = requests_clock();
	if (ret == 0)
		ret = child_await(&child, &app->ending, NULL);
	status = child_end(&child);
	row = strstr(child.said, "eal_init");
	if (ret != -EINTR && (status != 0 || row == NULL ||
			sscanf(row, "eal_init ns %lf", &eal_init) != 1))
		ret = refuse(&child, status, number);
	child_forget(&child);
	if (ret != 0)
		return ret;
	figure_add(restart->ready, ready - start);
	figure_add(restart->gone, requests_clock() - start);
	figure_add(restart->eal_init, eal_init);
	return 0;
}

static int
start_all(struct app *app, struct bench *bench, struct restart *restart, uint32_t count)
{
	uint32_t n = 0;
	int ret;

	restart->ready = bench_samples(bench, "from exec to ready", "ns", count);
	restart->gone = bench_samples(bench, "from exec to gone", "ns", count);
	restart->eal_init = bench_samples(bench, "eal_init", "ns", count);
	if (restart->ready == NULL || restart->gone == NULL || restart->eal_init == NULL)
		return -ENOMEM;
	while (n < count) {
		if (!bench_progress(bench, n, count))
			return -EINTR;
		ret = start_once(app, restart, n + 1);
		if (ret == 0)
			n++;
		else if (ret != -EINTR)
			return ret;
	}
	return 0;
}

static int
restart_all(struct app *app, struct bench *bench, const char *const arg[] __rte_unused)
{
	struct restart restart = { 0 };
	int ret = make_argv(&restart, app);

	if (ret != 0) {
		fprintf(stderr, "bench restart: no memory for arguments\n");
		free(restart.argv);
		return ret;
	}
	ret = start_all(app, bench, &restart, app->restarts);
	free_argv(&restart);
	return ret;
}

const struct command bench_restart_command = {
	"bench restart COUNT", NULL, .bench = restart_all,
};
