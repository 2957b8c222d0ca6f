/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "ports.h"
#include "show.h"

/* For each second since they were shown last. */
static uint64_t
rate(uint64_t now, uint64_t before, double seconds)
{
	return seconds > 0 && now > before ? (now - before) / seconds : 0;
}

void
show_port_stats(FILE *out, struct ports *ports, uint16_t id)
{
	struct port *port = &ports->table[id];
	uint64_t cycles = rte_rdtsc();
	struct rte_eth_stats stats;
	double seconds = 0;

	if (rte_eth_stats_get(id, &stats) != 0) {
		fprintf(out, "port %u counts nothing\n", id);
		return;
	}
	if (port->shown_cycles != 0)
		seconds = (double)(cycles - port->shown_cycles) / rte_get_tsc_hz();
	fprintf(out, "port %u\n", id);
	fprintf(out, "  RX-packets: %-12" PRIu64 " RX-missed: %-10" PRIu64 " RX-bytes: %-14" PRIu64
		" RX-errors: %-8" PRIu64 " RX-nombuf: %" PRIu64 "\n",
		stats.ipackets, stats.imissed, stats.ibytes, stats.ierrors, stats.rx_nombuf);
	fprintf(out, "  TX-packets: %-12" PRIu64 " TX-errors: %-10" PRIu64 " TX-bytes: %" PRIu64 "\n",
		stats.opackets, stats.oerrors, stats.obytes);
	fprintf(out, "  RX-pps: %-16" PRIu64 " RX-bps: %-13" PRIu64 " TX-pps: %-16" PRIu64
		" TX-bps: %" PRIu64 "\n",
		rate(stats.ipackets, port->shown.ipackets, seconds),
		8 * rate(stats.ibytes, port->shown.ibytes, seconds),
		rate(stats.opackets, port->shown.opackets, seconds),
		8 * rate(stats.obytes, port->shown.obytes, seconds));
	port->shown = stats;
	port->shown_cycles = cycles;
}

void
show_port_xstats(FILE *out, uint16_t id)
{
	int i, n = rte_eth_xstats_get_names(id, NULL, 0);
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;

	fprintf(out, "port %u\n", id);
	if (n <= 0)
		return;
	names = calloc(n, sizeof(*names));
	values = calloc(n, sizeof(*values));
	if (names != NULL && values != NULL && rte_eth_xstats_get_names(id, names, n) == n &&
			rte_eth_xstats_get(id, values, n) == n)
		for (i = 0; i < n; i++)
			fprintf(out, "  %s: %" PRIu64 "\n", names[values[i].id].name,
				values[i].value);
	free(names);
	free(values);
}

static void
format_mac(const struct port *port, char text[RTE_ETHER_ADDR_FMT_SIZE])
{
	rte_ether_format_addr(text, RTE_ETHER_ADDR_FMT_SIZE, &port->mac);
}

void
show_port_info(FILE *out, const struct ports *ports, uint16_t id)
{
	const struct port *port = &ports->table[id];
	const struct rte_eth_dev_info *info = &port->info;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	format_mac(port, mac);
	fprintf(out, "port %u: %s, driver %s, NUMA node %d, %s\n", id, rte_dev_name(info->device),
		info->driver_name, rte_eth_dev_socket_id(id),
		port->started ? "started" : "stopped");
	fprintf(out, "  MAC address %s\n", mac);
	fprintf(out, "  queues at most: %u for receiving, %u for sending\n", info->max_rx_queues,
		info->max_tx_queues);
	fprintf(out, "  descriptors: %u to %u for receiving, %u to %u for sending\n",
		info->rx_desc_lim.nb_min, info->rx_desc_lim.nb_max, info->tx_desc_lim.nb_min,
		info->tx_desc_lim.nb_max);
}

static void
show_rx_queue(FILE *out, const struct ports *ports, uint16_t id, uint16_t queue)
{
	struct rte_eth_rxq_info info;
	int used = ports->table[id].started ? rte_eth_rx_queue_count(id, queue) : -1;

	fprintf(out, "  RX queue %u", queue);
	if (rte_eth_rx_queue_info_get(id, queue, &info) == 0)
		fprintf(out, ", %u descriptors, buffers of %s", info.nb_desc, info.mp->name);
	if (used >= 0)
		fprintf(out, ", %d packets waiting", used);
	fprintf(out, "\n");
}

static void
show_tx_queue(FILE *out, uint16_t id, uint16_t queue)
{
	struct rte_eth_txq_info info;

	fprintf(out, "  TX queue %u", queue);
	if (rte_eth_tx_queue_info_get(id, queue, &info) == 0)
		fprintf(out, ", %u descriptors", info.nb_desc);
	fprintf(out, "\n");
}

void
show_port_queues(FILE *out, const struct ports *ports, uint16_t id)
{
	struct rte_eth_dev_info info;
	uint16_t queue;

	/* Anew: how many queues were set up wasn't known yet at the start. */
	if (rte_eth_dev_info_get(id, &info) != 0)
		return;
	fprintf(out, "port %u\n", id);
	for (queue = 0; queue < info.nb_rx_queues; queue++)
		show_rx_queue(out, ports, id, queue);
	for (queue = 0; queue < info.nb_tx_queues; queue++)
		show_tx_queue(out, id, queue);
}

int
show_port_queue(FILE *out, const struct ports *ports, uint16_t id, uint32_t queue)
{
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(id, &info);

	if (ret != 0) {
		fprintf(stderr, "port %u tells nothing of itself: %s\n", id, strerror(-ret));
		return ret;
	}
	if (queue >= info.nb_rx_queues && queue >= info.nb_tx_queues) {
		fprintf(stderr, "%u: no queue; port %u has %u for receiving and %u for sending, "
			"from 0 on\n", queue, id, info.nb_rx_queues, info.nb_tx_queues);
		return -EINVAL;
	}
	fprintf(out, "port %u\n", id);
	if (queue < info.nb_rx_queues)
		show_rx_queue(out, ports, id, queue);
	if (queue < info.nb_tx_queues)
		show_tx_queue(out, id, queue);
	return 0;
}

void
show_port_summary_header(FILE *out)
{
	fprintf(out, "port  MAC address        device            driver        state    link\n");
}

void
show_port_summary(FILE *out, const struct ports *ports, uint16_t id)
{
	const struct port *port = &ports->table[id];
	char mac[RTE_ETHER_ADDR_FMT_SIZE], text[RTE_ETH_LINK_MAX_STR_LEN] = "unknown";
	struct rte_eth_link link;

	format_mac(port, mac);
	if (rte_eth_link_get_nowait(id, &link) == 0)
		snprintf(text, sizeof(text), "%s %s", link.link_status ? "up" : "down",
			rte_eth_link_speed_to_str(link.link_speed));
	fprintf(out, "%-5u %s  %-16s  %-12s  %s  %s\n", id, mac, rte_dev_name(port->info.device),
		port->info.driver_name, port->started ? "started" : "stopped", text);
}
