/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef PORTS_H
#define PORTS_H

/**
 * @file
 * The ports: configured alike, started, stopped, attached and detached at run time. Functions that
 * return int return 0 or a negative errno, and then they said why.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

struct ending;
struct parameters;

struct port {
	bool configured;
	bool started;
	struct rte_ether_addr mac;
	struct rte_eth_dev_info info;
	struct rte_eth_stats shown; /**< When statistics were shown last... */
	uint64_t shown_cycles;      /**< ... which was then; 0: never. */
};

struct ports {
	const struct parameters *parameters;
	struct rte_mempool *pools[RTE_MAX_NUMA_NODES]; /**< Made when a port of the node needs one. */
	struct port table[RTE_MAX_ETHPORTS];
};

/** Configure and start all ports that EAL knows. ports_end() undoes it, after a failure, too. */
int ports_begin(struct ports *ports, const struct parameters *parameters);

/** Stop and close all. */
void ports_end(struct ports *ports);

/** Wait until all links are up, for some seconds, or until the application is to end. */
void ports_await_links(struct ports *ports, struct ending *ending);

int ports_start(struct ports *ports, uint16_t id);
int ports_stop(struct ports *ports, uint16_t id);

/** Rates are shown from now on, until they are shown next. */
void ports_begin_rates(struct ports *ports, uint16_t id);

/** Probe a device; its ports are configured, and not yet started. */
int ports_attach(struct ports *ports, const char *devargs);

/** Is no port of this one's device started? 0 or -EBUSY. */
int ports_check_detach(const struct ports *ports, uint16_t id);

/** Close a port, and remove its device with whatever ports it has. */
int ports_detach(struct ports *ports, uint16_t id);

/** Is there a port of this number? */
bool ports_has(const struct ports *ports, uint32_t id);

/** The identifiers of all that are started; how many. */
unsigned int ports_started(const struct ports *ports, uint16_t ids[RTE_MAX_ETHPORTS]);

/** The packet buffers for a port. */
struct rte_mempool *ports_pool(const struct ports *ports, uint16_t id);

#endif /* PORTS_H */
