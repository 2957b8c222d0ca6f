/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>

#include "app.h"
#include "argument.h"
#include "command.h"
#include "engine.h"
#include "show.h"

#define POLL_MS 10

static int
start(struct app *app, const char *const arg[] __rte_unused)
{
	return forwarding_start(&app->forwarding, &app->ports, &app->parameters, false);
}

static int
start_tx_first(struct app *app, const char *const arg[] __rte_unused)
{
	return forwarding_start(&app->forwarding, &app->ports, &app->parameters, true);
}

static int
stop(struct app *app, const char *const arg[] __rte_unused)
{
	if (!app->forwarding.running) {
		fprintf(stderr, "nothing is running\n");
		return -EINVAL;
	}
	forwarding_stop(&app->forwarding);
	show_forwarding(stdout, &app->forwarding);
	return 0;
}

/* What a run uses is not changed while it goes on. */
static int
must_be_stopped(const struct app *app)
{
	if (!app->forwarding.running)
		return 0;
	fprintf(stderr, "forwarding is running: stop it first\n");
	return -EBUSY;
}

static int
set_engine(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	return ret == 0 ? argument_engine(arg[0], &app->parameters.engine) : ret;
}

static int
set_burst(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	return ret == 0 ? argument_number(arg[0], 1, MAX_BURST, &app->parameters.burst) : ret;
}

static int
set_txpkts(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	return ret == 0 ? parameters_set_segments(&app->parameters, arg[0]) : ret;
}

static int
set_peer(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	if (ret == 0 && parse_peer(arg[0], &app->parameters) != 0) {
		fprintf(stderr, "%s: not PORT,M:M:M:M:M:M\n", arg[0]);
		ret = -EINVAL;
	}
	return ret;
}

static int
set_tx_pps(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	return ret == 0 ? argument_number(arg[0], 0, UINT32_MAX, &app->parameters.tx_pps) : ret;
}

static int
set_zip(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	if (ret == 0 && parse_zip_mode(arg[0], &app->parameters) != 0) {
		fprintf(stderr, "%s: not both, compress or decompress\n", arg[0]);
		ret = -EINVAL;
	}
	return ret;
}

static int
set_verify(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	return ret == 0 ? argument_switch(arg[0], &app->parameters.verify) : ret;
}

static int
set_record(struct app *app, const char *const arg[])
{
	int ret = must_be_stopped(app);

	return ret == 0 ? argument_switch(arg[0], &app->parameters.record_core_cycles) : ret;
}

static int
clear(struct app *app, const char *const arg[] __rte_unused)
{
	int ret = must_be_stopped(app);

	if (ret == 0)
		forwarding_clear(&app->forwarding);
	return ret;
}

static uint64_t
count_packets(const struct app *app)
{
	struct forwarding_sums sums;

	forwarding_sum(&app->forwarding, &sums);
	return app->forwarding.engine->receives ? sums.rx_packets : sums.tx_packets;
}

static int
wait_packets(struct app *app, const char *const arg[])
{
	uint32_t wanted;
	int ret = argument_number(arg[0], 0, UINT32_MAX, &wanted);

	if (ret != 0)
		return ret;
	if (!app->forwarding.running) {
		fprintf(stderr, "nothing is running\n");
		return -EINVAL;
	}
	while (count_packets(app) < wanted) {
		if (ending_wait(&app->ending, -1, POLL_MS) < 0)
			return -EINTR;
		if (!app->forwarding.running) {
			fprintf(stderr, "nothing is running any more\n");
			return -ENODEV;
		}
	}
	return 0;
}

const struct command forward_commands[] = {
	{ "start", "forward", start },
	{ "start tx_first", "forward, and send a burst by each stream first", start_tx_first },
	{ "stop", "stop forwarding, and show what was forwarded", stop },
	{ "wait packets NUMBER", "wait until so many have come (txonly: gone), in scripts",
		wait_packets },
	{ "set fwd ENGINE", "what is done with packets", set_engine },
	{ "set burst NUMBER", "packets received or sent by one call, at most", set_burst },
	{ "set txpkts SIZES", "the length of packets that are made", set_txpkts },
	{ "set tx-pps NUMBER", "packets that are made in a second, at most; 0: any number",
		set_tx_pps },
	{ "set eth-peer PEER", "MAC address that engine mac sends to by a port", set_peer },
	{ "set zip ZIP", "what engine zip does with packets", set_zip },
	{ "set verify SWITCH", "stamp packets that are made, check those that arrive", set_verify },
	{ "set record-core-cycles SWITCH", "count the cycles that packets take", set_record },
	{ "clear fwd stats", "forget what was forwarded and found", clear },
	{ NULL, NULL, NULL },
};
