/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "log.h"
#include "ports.h"

static int
find_port(const char *option, const char *name, uint16_t *id)
{
	unsigned long number;
	char *end;

	number = strtoul(name, &end, 10);
	if (end != name && *end == '\0' && number < RTE_MAX_ETHPORTS &&
			rte_eth_dev_is_valid_port(number)) {
		*id = number;
		return 0;
	}
	if (rte_eth_dev_get_port_by_name(name, id) == 0)
		return 0;
	LOG(ERR, "--%s %s: there are %u ports: it takes a number from 0, or the name of a device",
		option, name, rte_eth_dev_count_avail());
	return -ENODEV;
}

int
ports_find(struct ports *ports, const struct options *options)
{
	int ret;

	memset(ports, 0, sizeof(*ports));
	ret = find_port("plain", options->plain, &ports->side[PLAIN].id);
	if (ret == 0)
		ret = find_port("packed", options->packed, &ports->side[PACKED].id);
	if (ret == 0 && ports->side[PLAIN].id == ports->side[PACKED].id) {
		LOG(ERR, "--plain and --packed are the same port, %u", ports->side[PLAIN].id);
		ret = -EINVAL;
	}
	return ret;
}

static int
configure(struct port *port, uint16_t n_queues, const struct framing *framing)
{
	struct rte_eth_conf conf = {
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};
	struct rte_eth_dev_info info;
	int ret;

	ret = rte_eth_dev_info_get(port->id, &info);
	if (ret < 0)
		return ret;
	if (n_queues > RTE_MIN(info.max_rx_queues, info.max_tx_queues)) {
		LOG(ERR, "port %u: %u lcores, but it has %u queues", port->id, n_queues,
			RTE_MIN(info.max_rx_queues, info.max_tx_queues));
		return -ENOSPC;
	}
	if (framing->checksums) {
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	}
	conf.rxmode.offloads &= info.rx_offload_capa;
	conf.txmode.offloads &= info.tx_offload_capa;
	port->udp_checksums = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	if (n_queues > 1) {
		/* By addresses only: the order of packets between two hosts is kept */
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP & info.flow_type_rss_offloads;
	}
	return rte_eth_dev_configure(port->id, n_queues, n_queues, &conf);
}

static int
set_up_queues(const struct port *port, uint16_t n_queues, struct rte_mempool *mbufs)
{
	const int socket = rte_eth_dev_socket_id(port->id);
	uint16_t queue, n_rx = PORT_DESCRIPTORS, n_tx = PORT_DESCRIPTORS;
	int ret;

	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &n_rx, &n_tx);
	for (queue = 0; ret == 0 && queue < n_queues; queue++) {
		ret = rte_eth_rx_queue_setup(port->id, queue, n_rx, socket, NULL, mbufs);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port->id, queue, n_tx, socket, NULL);
	}
	return ret;
}

static int
open_port(struct port *port, uint16_t n_queues, const struct framing *framing,
		struct rte_mempool *mbufs)
{
	int ret;

	ret = configure(port, n_queues, framing);
	if (ret == 0)
		ret = set_up_queues(port, n_queues, mbufs);
	if (ret == 0)
		ret = rte_eth_dev_get_mtu(port->id, &port->mtu);
	if (ret == 0)
		ret = rte_eth_dev_start(port->id);
	if (ret < 0) {
		LOG(ERR, "port %u doesn't start: %s", port->id, rte_strerror(-ret));
		return ret;
	}
	ret = rte_eth_promiscuous_enable(port->id);
	if (ret < 0)
		LOG(WARNING, "port %u gets only what is sent to it: %s", port->id,
			rte_strerror(-ret));
	return 0;
}

static void
close_port(const struct port *port)
{
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
}

int
ports_open(struct ports *ports, uint16_t n_queues, const struct framing *framing,
		struct rte_mempool *mbufs)
{
	int ret;

	ports->n_queues = n_queues;
	ret = open_port(&ports->side[PLAIN], n_queues, framing, mbufs);
	if (ret < 0)
		return ret;
	ret = open_port(&ports->side[PACKED], n_queues, framing, mbufs);
	if (ret < 0)
		close_port(&ports->side[PLAIN]);
	return ret;
}

void
ports_close(struct ports *ports)
{
	close_port(&ports->side[PACKED]);
	close_port(&ports->side[PLAIN]);
}
