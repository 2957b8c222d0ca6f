/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "belt.h"
#include "ending.h"
#include "parameters.h"
#include "ports.h"

#define LINK_SECONDS 9
#define LINK_POLL_MS 100
/* What pools are made for: drivers' rings are no longer by themselves, and ports may be attached. */
#define USUAL_DESCRIPTORS 1024
#define SPARE_PORTS 2

bool
ports_has(const struct ports *ports, uint32_t id)
{
	return id < RTE_MAX_ETHPORTS && ports->table[id].configured;
}

unsigned int
ports_started(const struct ports *ports, uint16_t ids[RTE_MAX_ETHPORTS])
{
	unsigned int n = 0;
	uint16_t id;

	for (id = 0; id < RTE_MAX_ETHPORTS; id++)
		if (ports->table[id].started)
			ids[n++] = id;
	return n;
}

static int
failed(uint16_t id, const char *what, int error)
{
	fprintf(stderr, "port %u: %s: %s\n", id, what, rte_strerror(-error));
	return error;
}

static unsigned int
node_of(uint16_t id)
{
	int node = rte_eth_dev_socket_id(id);

	if (node < 0)
		node = rte_socket_id();
	return node < 0 || node >= RTE_MAX_NUMA_NODES ? 0 : node;
}

struct rte_mempool *
ports_pool(const struct ports *ports, uint16_t id)
{
	return ports->pools[node_of(id)];
}

static uint32_t
buffers_needed(const struct parameters *parameters)
{
	uint32_t rxd = parameters->rxd ? parameters->rxd : USUAL_DESCRIPTORS;
	uint32_t txd = parameters->txd ? parameters->txd : USUAL_DESCRIPTORS;
	/* A cache holds up to half as much again before it gives some back. */
	uint32_t of_lcore = parameters->mbcache * 3 / 2 + parameters->burst;

	/* With an accelerator: packets, and what is made of them. */
	uint32_t of_belt = 2 * RTE_MIN(2 * parameters->burst, (uint32_t)BELT_MAX);

	return (rte_eth_dev_count_avail() + SPARE_PORTS) *
		(parameters->rxq * (rxd + of_belt) + parameters->txq * txd) + rte_lcore_count() * of_lcore;
}

static int
make_pool(struct ports *ports, unsigned int node)
{
	const struct parameters *parameters = ports->parameters;
	uint32_t n = parameters->total_num_mbufs;
	char name[RTE_MEMPOOL_NAMESIZE];

	if (ports->pools[node] != NULL)
		return 0;
	if (n == 0)
		n = buffers_needed(parameters);
	snprintf(name, sizeof(name), "mbufs_of_node_%u", node);
	ports->pools[node] = rte_pktmbuf_pool_create(name, n, parameters->mbcache, 0,
		parameters->mbuf_size, node);
	if (ports->pools[node] != NULL)
		return 0;
	fprintf(stderr, "%u packet buffers of %u bytes on NUMA node %u: %s (give EAL more memory, or "
		"use fewer: --total-num-mbufs)\n", n, parameters->mbuf_size, node,
		rte_strerror(rte_errno));
	return rte_errno == EEXIST ? -EEXIST : -ENOMEM;
}

static bool
is_one_pool(const struct ports *ports)
{
	unsigned int node, n = 0;

	for (node = 0; node < RTE_MAX_NUMA_NODES; node++)
		n += ports->pools[node] != NULL;
	return n == 1;
}

static int
configure(struct ports *ports, uint16_t id)
{
	const struct parameters *parameters = ports->parameters;
	struct rte_eth_dev_info *info = &ports->table[id].info;
	struct rte_eth_conf conf = { 0 };
	int ret;

	if (parameters->rxq > info->max_rx_queues || parameters->txq > info->max_tx_queues) {
		fprintf(stderr, "port %u: %s has %u queues for receiving and %u for sending at most "
			"(--rxq, --txq)\n", id, info->driver_name, info->max_rx_queues,
			info->max_tx_queues);
		return -EINVAL;
	}
	if (parameters->rxq > 1) {
		conf.rx_adv_conf.rss_conf.rss_hf = parameters->rss & info->flow_type_rss_offloads;
		if (conf.rx_adv_conf.rss_conf.rss_hf != 0)
			conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	/* For the driver all buffers of a queue must be of one pool then. */
	if (is_one_pool(ports))
		conf.txmode.offloads |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (parameters->n_segments > 1) {
		conf.txmode.offloads |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
		/* A buffer may be in the ring by a part of a packet that is freed by itself. */
		conf.txmode.offloads &= ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	}
	ret = rte_eth_dev_configure(id, parameters->rxq, parameters->txq, &conf);
	return ret == 0 ? 0 : failed(id, "can't be configured", ret);
}

static int
setup_queues(struct ports *ports, uint16_t id)
{
	const struct parameters *parameters = ports->parameters;
	uint16_t rxd = parameters->rxd, txd = parameters->txd, queue;
	struct rte_mempool *pool = ports_pool(ports, id);
	unsigned int node = node_of(id);
	int ret;

	/* Where the user names a number, one that the driver can't have is refused by it. */
	for (queue = 0; queue < parameters->rxq; queue++) {
		ret = rte_eth_rx_queue_setup(id, queue, rxd, node, NULL, pool);
		if (ret != 0)
			return failed(id, "a queue for receiving can't be set up (--rxd, --mbuf-size, "
				"--total-num-mbufs)", ret);
	}
	for (queue = 0; queue < parameters->txq; queue++) {
		ret = rte_eth_tx_queue_setup(id, queue, txd, node, NULL);
		if (ret != 0)
			return failed(id, "a queue for sending can't be set up (--txd)", ret);
	}
	return 0;
}

static int
begin_port(struct ports *ports, uint16_t id)
{
	struct port *port = &ports->table[id];
	int ret;

	*port = (struct port){ 0 };
	ret = rte_eth_dev_info_get(id, &port->info);
	if (ret != 0)
		return failed(id, "tells nothing of itself", ret);
	ret = make_pool(ports, node_of(id));
	if (ret == 0)
		ret = configure(ports, id);
	if (ret == 0)
		ret = setup_queues(ports, id);
	if (ret != 0)
		return ret;
	rte_eth_macaddr_get(id, &port->mac);
	port->configured = true;
	return 0;
}

void
ports_begin_rates(struct ports *ports, uint16_t id)
{
	struct port *port = &ports->table[id];

	if (rte_eth_stats_get(id, &port->shown) == 0)
		port->shown_cycles = rte_rdtsc();
}

int
ports_start(struct ports *ports, uint16_t id)
{
	struct port *port = &ports->table[id];
	int ret;

	if (port->started)
		return 0;
	ret = rte_eth_dev_start(id);
	if (ret != 0)
		return failed(id, "can't be started", ret);
	port->started = true;
	ports_begin_rates(ports, id);
	ret = rte_eth_promiscuous_enable(id);
	/* Those that receive everything anyway need not know it. */
	if (ret != 0 && ret != -ENOTSUP)
		return failed(id, "can't be made promiscuous", ret);
	return 0;
}

int
ports_stop(struct ports *ports, uint16_t id)
{
	struct port *port = &ports->table[id];
	int ret;

	if (!port->started)
		return 0;
	ret = rte_eth_dev_stop(id);
	if (ret != 0)
		return failed(id, "can't be stopped", ret);
	port->started = false;
	return 0;
}

static void
close_port(struct ports *ports, uint16_t id)
{
	ports_stop(ports, id);
	rte_eth_dev_close(id);
	ports->table[id] = (struct port){ 0 };
}

int
ports_begin(struct ports *ports, const struct parameters *parameters)
{
	uint16_t id;
	int ret;

	ports->parameters = parameters;
	RTE_ETH_FOREACH_DEV(id) {
		ret = begin_port(ports, id);
		if (ret == 0 && !parameters->disable_device_start)
			ret = ports_start(ports, id);
		if (ret != 0)
			return ret;
	}
	return 0;
}

void
ports_end(struct ports *ports)
{
	unsigned int node;
	uint16_t id;

	for (id = 0; id < RTE_MAX_ETHPORTS; id++)
		if (ports->table[id].configured)
			close_port(ports, id);
	for (node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		rte_mempool_free(ports->pools[node]);
		ports->pools[node] = NULL;
	}
}

static bool
are_links_up(const struct ports *ports)
{
	struct rte_eth_link link;
	uint16_t id;

	for (id = 0; id < RTE_MAX_ETHPORTS; id++)
		if (ports->table[id].started && rte_eth_link_get_nowait(id, &link) == 0 &&
				link.link_status == RTE_ETH_LINK_DOWN)
			return false;
	return true;
}

void
ports_await_links(struct ports *ports, struct ending *ending)
{
	unsigned int waited;

	for (waited = 0; waited < LINK_SECONDS * 1000; waited += LINK_POLL_MS)
		if (are_links_up(ports) || ending_wait(ending, -1, LINK_POLL_MS) < 0)
			return;
	fprintf(stderr, "not all links are up after %d seconds: show port summary\n", LINK_SECONDS);
}

int
ports_attach(struct ports *ports, const char *devargs)
{
	struct rte_dev_iterator iterator;
	int ret = rte_dev_probe(devargs);
	uint16_t id;

	if (ret != 0) {
		fprintf(stderr, "%s can't be attached: %s\n", devargs, rte_strerror(-ret));
		return ret;
	}
	RTE_ETH_FOREACH_MATCHING_DEV(id, devargs, &iterator) {
		if (ports->table[id].configured)
			continue;
		ret = begin_port(ports, id);
		if (ret != 0) {
			rte_eth_iterator_cleanup(&iterator);
			break;
		}
		printf("port %u is %s\n", id, devargs);
	}
	return ret;
}

int
ports_check_detach(const struct ports *ports, uint16_t id)
{
	const struct rte_device *device = ports->table[id].info.device;
	uint16_t other;

	for (other = 0; other < RTE_MAX_ETHPORTS; other++) {
		if (ports->table[other].started && ports->table[other].info.device == device) {
			fprintf(stderr, "port %u is started: stop it first\n", other);
			return -EBUSY;
		}
	}
	return 0;
}

int
ports_detach(struct ports *ports, uint16_t id)
{
	struct rte_device *device = ports->table[id].info.device;
	char name[RTE_DEV_NAME_MAX_LEN];
	uint16_t other;
	int ret;

	snprintf(name, sizeof(name), "%s", rte_dev_name(device));
	for (other = 0; other < RTE_MAX_ETHPORTS; other++)
		if (ports->table[other].configured && ports->table[other].info.device == device)
			close_port(ports, other);
	ret = rte_dev_remove(device);
	if (ret != 0) {
		fprintf(stderr, "%s can't be detached: %s\n", name, rte_strerror(-ret));
		return ret;
	}
	printf("%s is detached\n", name);
	return 0;
}
