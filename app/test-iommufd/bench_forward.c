/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Forwarding for a while, as it is set: rates, cycles for a packet, drops, latency.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>

#include "app.h"
#include "argument.h"
#include "bench.h"
#include "engine.h"

#define POLL_MS 100

/* Until the time is over, or the user has seen enough; the seconds that it took. */
static double
wait_seconds(struct app *app, struct bench *bench, uint32_t seconds)
{
	uint64_t start = requests_clock(), now = start;

	while (bench_progress(bench, (now - start) / NS_PER_S, seconds) &&
			now - start < seconds * NS_PER_S) {
		ending_wait(&app->ending, -1, POLL_MS);
		now = requests_clock();
	}
	return (double)(requests_clock() - start) / NS_PER_S;
}

static int
add_figures(struct bench *bench, const struct forwarding *forwarding, double seconds)
{
	struct forwarding_sums sums;
	struct histogram latency;
	uint64_t packets;
	int ret;

	forwarding_sum(forwarding, &sums);
	packets = forwarding->engine->makes_packets ? sums.tx_packets : sums.rx_packets;
	ret = bench_value(bench, "received", "packets/s", sums.rx_packets / seconds);
	if (ret == 0)
		ret = bench_value(bench, "sent", "packets/s", sums.tx_packets / seconds);
	if (ret == 0)
		ret = bench_value(bench, "dropped", "packets", sums.dropped);
	if (ret == 0 && packets > 0)
		ret = bench_value(bench, "forwarding", "cycles/packet",
			(double)sums.busy_cycles / packets);
	forwarding_latency(forwarding, &latency);
	if (ret != 0 || latency.count == 0)
		return ret;
	return bench_histogram(bench, "latency", "ns", &latency,
		(double)NS_PER_S / rte_get_tsc_hz());
}

int
bench_forward(struct app *app, struct bench *bench, const char *const arg[])
{
	bool *records = &app->parameters.record_core_cycles, recorded = *records;
	uint32_t seconds;
	double took;
	int ret = argument_number(arg[0], 1, UINT16_MAX, &seconds);

	if (ret != 0)
		return ret;
	*records = true;
	ret = forwarding_start(&app->forwarding, &app->ports, &app->parameters,
		app->parameters.tx_first);
	if (ret == 0) {
		took = wait_seconds(app, bench, seconds);
		forwarding_stop(&app->forwarding);
		ret = add_figures(bench, &app->forwarding, took);
	}
	*records = recorded;
	return ret;
}
