/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>

#include <rte_cycles.h>

#include "engine.h"
#include "figure.h"
#include "forwarding.h"
#include "parameters.h"
#include "show.h"

static void
show_stream(FILE *out, const struct stream *stream)
{
	fprintf(out, "  RX port %u queue %u -> TX port %u queue %u", stream->rx_port,
		stream->rx_queue, stream->tx_port, stream->tx_queue);
}

void
show_streams(FILE *out, const struct forwarding *forwarding)
{
	const struct lcore *lcore;
	unsigned int i, j;

	if (forwarding->engine == NULL) {
		fprintf(out, "nothing was started\n");
		return;
	}
	fprintf(out, "%s, %s: %u streams on %u lcores, %s\n", forwarding->engine->name,
		topology_name(forwarding->topology), forwarding->n_streams, forwarding->n_lcores,
		forwarding->running ? "running" : "stopped");
	for (i = 0; i < forwarding->n_lcores; i++) {
		lcore = &forwarding->lcores[i];
		fprintf(out, "lcore %u, %u streams\n", lcore->id, lcore->n_streams);
		for (j = 0; j < lcore->n_streams; j++) {
			show_stream(out, &lcore->streams[j]);
			fprintf(out, "\n");
		}
	}
}

static void
show_counters(FILE *out, uint64_t received, uint64_t sent, uint64_t dropped)
{
	fprintf(out, "  RX-packets: %-14" PRIu64 " TX-packets: %-14" PRIu64 " TX-dropped: %" PRIu64
		"\n", received, sent, dropped);
}

static void
show_latency(FILE *out, const struct forwarding *forwarding)
{
	double us = 1e6 / rte_get_tsc_hz();
	struct histogram latency;
	unsigned int i;

	forwarding_latency(forwarding, &latency);
	if (latency.count == 0)
		return;
	fprintf(out, "  latency by this machine's clock: mean %.2f us",
		latency.sum * us / latency.count);
	for (i = 0; i < FIGURE_PERCENTILES; i++)
		fprintf(out, ", %s %.2f us", figure_percentiles[i].name,
			histogram_percentile(&latency, figure_percentiles[i].thousandths) * us);
	fprintf(out, ", longest %.2f us\n", latency.most * us);
}

void
show_verify(FILE *out, const struct forwarding *forwarding)
{
	const struct checker_counters *checked;
	struct forwarding_sums sums;

	forwarding_sum(forwarding, &sums);
	if (!sums.checks) {
		fprintf(out, "nothing is checked: --verify or set verify on, and an engine that "
			"receives\n");
		return;
	}
	checked = &sums.checked;
	fprintf(out, "  verify: good %" PRIu64 ", lost %" PRIu64 ", reordered %" PRIu64
		", duplicated %" PRIu64 ", corrupt %" PRIu64 ", unstamped %" PRIu64 "\n",
		checked->good, checked->lost, checked->reordered, checked->duplicated,
		checked->corrupt, checked->unstamped);
	show_latency(out, forwarding);
}

void
show_forwarding(FILE *out, const struct forwarding *forwarding)
{
	const struct engine *engine = forwarding->engine;
	struct forwarding_sums sums;
	const struct stream *stream;
	unsigned int i, j;
	uint64_t packets;

	if (engine == NULL) {
		fprintf(out, "nothing was started\n");
		return;
	}
	for (i = 0; i < forwarding->n_lcores; i++) {
		for (j = 0; j < forwarding->lcores[i].n_streams; j++) {
			stream = &forwarding->lcores[i].streams[j];
			show_stream(out, stream);
			fprintf(out, ":\n");
			show_counters(out, stream->rx_packets, stream->tx_packets, stream->dropped);
		}
	}
	forwarding_sum(forwarding, &sums);
	fprintf(out, "  all streams of %s:\n", engine->name);
	show_counters(out, sums.rx_packets, sums.tx_packets, sums.dropped);
	if (sums.failed > 0)
		fprintf(out, "  dropped because the accelerator failed at them: %" PRIu64 "\n",
			sums.failed);
	if (sums.checks)
		show_verify(out, forwarding);
	packets = engine->makes_packets ? sums.tx_packets : sums.rx_packets;
	if (sums.busy_cycles > 0 && packets > 0)
		fprintf(out, "  CPU cycles/packet=%.2f (busy cycles=%" PRIu64 " / total %s packets=%"
			PRIu64 ") at %" PRIu64 " MHz\n", (double)sums.busy_cycles / packets,
			sums.busy_cycles, engine->name, packets, rte_get_tsc_hz() / 1000000);
}

static void
show_number(FILE *out, const char *name, uint32_t number)
{
	if (number == 0)
		fprintf(out, "  --%s: not set\n", name);
	else
		fprintf(out, "  --%s=%u\n", name, number);
}

void
show_config(FILE *out, const struct parameters *parameters)
{
	uint32_t i;

	fprintf(out, "  --forward-mode=%s\n  --port-topology=%s\n", parameters->engine->name,
		topology_name(parameters->topology));
	show_number(out, "nb-cores", parameters->nb_cores);
	show_number(out, "rxq", parameters->rxq);
	show_number(out, "txq", parameters->txq);
	show_number(out, "rxd", parameters->rxd);
	show_number(out, "txd", parameters->txd);
	show_number(out, "burst", parameters->burst);
	show_number(out, "total-num-mbufs", parameters->total_num_mbufs);
	show_number(out, "mbuf-size", parameters->mbuf_size);
	show_number(out, "mbcache", parameters->mbcache);
	fprintf(out, "  --txpkts=");
	for (i = 0; i < parameters->n_segments; i++)
		fprintf(out, "%s%u", i == 0 ? "" : ",", parameters->segments[i]);
	fprintf(out, "\n");
	show_number(out, "flowgen-flows", parameters->flows);
	show_number(out, "tx-pps", parameters->tx_pps);
	fprintf(out, "  --zip=%s\n", zip_mode_name(parameters->zip));
	if (parameters->accelerator != NULL)
		fprintf(out, "  --accelerator=%s\n", parameters->accelerator);
	fprintf(out, "  verify %s, record-core-cycles %s\n", parameters->verify ? "on" : "off",
		parameters->record_core_cycles ? "on" : "off");
}
