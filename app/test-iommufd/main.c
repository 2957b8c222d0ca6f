/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * dpdk-test-iommufd: what can be done with packets and with the address spaces of devices.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "app.h"
#include "bench.h"
#include "command.h"
#include "copier.h"
#include "engine.h"
#include "prompt.h"
#include "restart.h"
#include "script.h"
#include "show.h"

#define EXIT_USAGE 2

/* Until the application is to end, with statistics now and then. */
static void
wait_for_end(struct app *app)
{
	uint32_t period = app->parameters.stats_period;
	uint16_t id;

	while (ending_wait(&app->ending, -1, period == 0 ? -1 : (int)period * 1000) == 0) {
		for (id = 0; id < RTE_MAX_ETHPORTS; id++)
			if (ports_has(&app->ports, id))
				show_port_stats(stdout, &app->ports, id);
		if (app->parameters.verify && app->forwarding.engine->receives)
			show_verify(stdout, &app->forwarding);
		fflush(stdout);
	}
}

/* Commands, from wherever they are to come. */
static int
take_commands(struct app *app, struct prompt *prompt)
{
	const struct parameters *parameters = &app->parameters;
	int ret = 0;

	if (parameters->commands != NULL)
		ret = script_run_file(prompt, &app->ending, parameters->commands);
	if (ret == 0 && parameters->exec != NULL)
		ret = script_run_text(prompt, &app->ending, parameters->exec);
	if (ret != 0 || !parameters->interactive)
		return ret;
	if (!isatty(STDIN_FILENO))
		return script_run(prompt, &app->ending, stdin);
	prompt_interact(prompt);
	return 0;
}

static int
run(struct app *app)
{
	const struct parameters *parameters = &app->parameters;
	bool commanded = parameters->interactive || parameters->commands != NULL ||
		parameters->exec != NULL;
	struct prompt *prompt;
	int ret = 0;

	if (parameters->auto_start || !commanded)
		ret = forwarding_start(&app->forwarding, &app->ports, parameters,
			parameters->tx_first);
	if (ret != 0)
		return ret;
	if (!commanded) {
		wait_for_end(app);
		return 0;
	}
	prompt = prompt_new(app);
	if (prompt == NULL) {
		fprintf(stderr, "no memory for commands\n");
		return -ENOMEM;
	}
	ret = take_commands(app, prompt);
	prompt_free(prompt);
	return ret;
}

static int
run_with_ports(struct app *app)
{
	int ret;

	ret = departures_begin(app);
	if (ret != 0)
		return ret;
	memory_begin(&app->memory);
	ret = ports_begin(&app->ports, &app->parameters);
	if (ret == 0 && !app->parameters.disable_link_check)
		ports_await_links(&app->ports, &app->ending);
	if (ret == 0)
		ret = run(app);
	if (app->forwarding.running) {
		forwarding_stop(&app->forwarding);
		show_forwarding(stdout, &app->forwarding);
	}
	if (ret == 0 && forwarding_found_errors(&app->forwarding)) {
		fprintf(stderr, "packets were lost, reordered, duplicated or corrupt\n");
		ret = -EIO;
	}
	departures_end(app);
	forwarding_end(&app->forwarding);
	spaces_end(&app->spaces);
	memory_end(&app->memory);
	ports_end(&app->ports);
	return ret;
}

static bool
has_lcores(const struct parameters *parameters)
{
	unsigned int workers = rte_lcore_count() - 1;

	if (parameters->nb_cores <= workers)
		return true;
	fprintf(stderr, "--nb-cores=%u: EAL has %u lcores beside the main one (-l)\n",
		parameters->nb_cores, workers);
	return false;
}

/* Options are read first: nobody waits for hugepages to learn of a misspelt one. */
static int
parse_arguments(struct app *app, int argc, char *argv[])
{
	char *none[] = { argv[0], NULL };
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	if (i == argc)
		return parameters_parse(&app->parameters, 1, none);
	return parameters_parse(&app->parameters, argc - i, argv + i);
}

/* EAL, and getopt(), put theirs into another order. */
static int
keep_arguments(struct app *app, int argc, char *argv[])
{
	app->argc = argc;
	app->argv = calloc(argc + 1, sizeof(*argv));
	if (app->argv == NULL) {
		fprintf(stderr, "no memory for arguments\n");
		return -ENOMEM;
	}
	memcpy(app->argv, argv, argc * sizeof(*argv));
	return 0;
}

static int
run_with_eal(struct app *app, int argc, char *argv[])
{
	int ret;

	if (startup_eal(&app->startup, argc, argv) < 0) {
		fprintf(stderr, "EAL can't be started: %s\n", rte_strerror(rte_errno));
		return -ENODEV;
	}
	report_take_eal(&app->report);
	ret = has_lcores(&app->parameters) ? run_with_ports(app) : -EINVAL;
	rte_eal_cleanup();
	startup_forget(&app->startup);
	return ret;
}

int
main(int argc, char *argv[])
{
	static struct app app;
	int ret;

	if (parse_arguments(&app, argc, argv) != 0)
		return EXIT_USAGE;
	if (app.parameters.help) {
		parameters_help(stdout);
		return EXIT_SUCCESS;
	}
	if (app.parameters.udma && copier_ring_register() != 0) {
		fprintf(stderr, "--udma: the application was built without the iommufd bus\n");
		return EXIT_USAGE;
	}
	if (report_open(&app.report, app.parameters.json) != 0 ||
			keep_arguments(&app, argc, argv) != 0)
		return EXIT_FAILURE;
	ret = ending_open(&app.ending);
	if (ret != 0) {
		fprintf(stderr, "signals can't be waited for: %s\n", strerror(-ret));
		return EXIT_FAILURE;
	}
	if (restart_is_due(&app)) {
		ret = bench_run(&app, &bench_restart_command, NULL);
	} else {
		ret = run_with_eal(&app, argc, argv);
		if (ret == 0 && app.restarts > 0)
			ret = restart_go(&app);
	}
	report_close(&app.report);
	ending_close(&app.ending);
	free(app.argv);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
