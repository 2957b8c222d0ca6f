/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>

#include "app.h"
#include "argument.h"
#include "command.h"

static int
start(struct app *app, uint16_t port)
{
	return ports_start(&app->ports, port);
}

static int
stop(struct app *app, uint16_t port)
{
	if (app->forwarding.running) {
		fprintf(stderr, "forwarding is running: stop it first\n");
		return -EBUSY;
	}
	return ports_stop(&app->ports, port);
}

static int
clear_stats(struct app *app, uint16_t port)
{
	rte_eth_stats_reset(port);
	ports_begin_rates(&app->ports, port);
	return 0;
}

static int
clear_xstats(struct app *app __rte_unused, uint16_t port)
{
	rte_eth_xstats_reset(port);
	return 0;
}

static int
port_start(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], start);
}

static int
port_stop(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], stop);
}

static int
port_attach(struct app *app, const char *const arg[])
{
	return ports_attach(&app->ports, arg[0]);
}

static int
port_detach(struct app *app, const char *const arg[])
{
	uint16_t port;
	int ret = argument_port(app, arg[0], &port);

	if (ret != 0)
		return ret;
	ret = ports_check_detach(&app->ports, port);
	if (ret != 0)
		return ret;
	spaces_leave_device(&app->spaces, rte_dev_name(app->ports.table[port].info.device));
	return ports_detach(&app->ports, port);
}

static int
port_clear_stats(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], clear_stats);
}

static int
port_clear_xstats(struct app *app, const char *const arg[])
{
	return argument_each_port(app, arg[0], clear_xstats);
}

const struct command port_commands[] = {
	{ "port start PORTS", "start ports", port_start },
	{ "port stop PORTS", "stop ports; forwarding must be stopped", port_stop },
	{ "port attach DEVICE", "probe a device; its ports are to be started then", port_attach },
	{ "port detach PORT", "remove the device of a port that is stopped", port_detach },
	{ "clear port stats PORTS", "counters of ports begin at 0", port_clear_stats },
	{ "clear port xstats PORTS", "the driver's own ones, too", port_clear_xstats },
	{ NULL, NULL, NULL },
};
