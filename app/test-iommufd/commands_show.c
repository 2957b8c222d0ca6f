/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdio.h>

#include <rte_iommufd.h>

#include "app.h"
#include "argument.h"
#include "command.h"
#include "show.h"

static int
stats(struct app *app, uint16_t port)
{
	show_port_stats(stdout, &app->ports, port);
	return 0;
}

static int
xstats(struct app *app __rte_unused, uint16_t port)
{
	show_port_xstats(stdout, port);
	return 0;
}

static int
info(struct app *app, uint16_t port)
{
	show_port_info(stdout, &app->ports, port);
	return 0;
}

static int
summary(struct app *app, uint16_t port)
{
	show_port_summary(stdout, &app->ports, port);
	return 0;
}

static int
queues(struct app *app, uint16_t port)
{
	show_port_queues(stdout, &app->ports, port);
	return 0;
}

static int
show_stats(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], stats);
}

static int
show_xstats(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], xstats);
}

static int
show_info(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], info);
}

static int
show_summary(struct app *app, const char *const arg[])
{
	show_port_summary_header(stdout);
	return argument_each_port(app, arg[0], summary);
}

static int
show_queues(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], queues);
}

static int
show_queue(struct app *app, const char *const arg[])
{
	uint32_t queue;
	uint16_t port;
	int ret = argument_port(app, arg[0], &port);

	if (ret == 0)
		ret = argument_number(arg[1], 0, UINT16_MAX, &queue);
	return ret == 0 ? show_port_queue(stdout, &app->ports, port, queue) : ret;
}

static int
show_fwd_stats(struct app *app, const char *const arg[] __rte_unused)
{
	show_forwarding(stdout, &app->forwarding);
	return 0;
}

static int
show_fwd_streams(struct app *app, const char *const arg[] __rte_unused)
{
	show_streams(stdout, &app->forwarding);
	return 0;
}

static int
show_checks(struct app *app, const char *const arg[] __rte_unused)
{
	show_verify(stdout, &app->forwarding);
	return 0;
}

static int
show_parameters(struct app *app, const char *const arg[] __rte_unused)
{
	show_config(stdout, &app->parameters);
	return 0;
}

static int
show_library(struct app *app __rte_unused, const char *const arg[] __rte_unused)
{
	if (rte_iommufd_is_enabled())
		return show_iommufd(stdout);
	printf("not in use: start with --iova-mode=iommufd\n");
	return 0;
}

static int
show_space(struct app *app __rte_unused, const char *const arg[])
{
	uint32_t id;
	int ret = argument_space(arg[0], &id);

	return ret == 0 ? show_address_space(stdout, id) : ret;
}

const struct command show_commands[] = {
	{ "show iommufd", "address spaces, their mappings, page tables and devices", show_library },
	{ "show as SPACE", "the same of one address space", show_space },
	{ "show port summary PORTS", "a line for each port", show_summary },
	{ "show port info PORTS", "what a port is and can do", show_info },
	{ "show port stats PORTS", "counters, and rates since they were shown last", show_stats },
	{ "show port xstats PORTS", "the driver's own counters", show_xstats },
	{ "show queue PORTS", "the queues of ports", show_queues },
	{ "show queue PORT QUEUE", "those of a number, for receiving and for sending", show_queue },
	{ "show fwd streams", "from where to where packets go, and on which lcore",
		show_fwd_streams },
	{ "show fwd stats", "what was forwarded since the start", show_fwd_stats },
	{ "show verify", "what the check of data found", show_checks },
	{ "show config", "what start will use", show_parameters },
	{ NULL, NULL, NULL },
};
