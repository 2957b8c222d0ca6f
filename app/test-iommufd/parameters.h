/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef PARAMETERS_H
#define PARAMETERS_H

/**
 * @file
 * What the command line says behind EAL's own options. Options that dpdk-testpmd has, too, have its
 * names and its defaults.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_config.h>
#include <rte_ether.h>

#define MAX_SEGMENTS 8

struct engine;

enum topology {
	TOPOLOGY_PAIRED,  /**< Ports 0 and 1 send what the other receives, so do 2 and 3, ... */
	TOPOLOGY_CHAINED, /**< What a port receives the next one sends, the last's the first one. */
	TOPOLOGY_LOOP,    /**< A port sends what it receives. */
};

/** What engine zip does with packets. */
enum zip_mode {
	ZIP_BOTH, /**< Compressed and decompressed again: they leave as they came. */
	ZIP_COMPRESS,
	ZIP_DECOMPRESS,
};

struct parameters {
	const struct engine *engine;
	uint32_t topology; /**< enum topology */

	uint32_t nb_cores; /**< 0: all but the main one. */
	uint32_t rxq;
	uint32_t txq;
	uint32_t rxd; /**< 0: as many as the driver likes. */
	uint32_t txd;
	uint32_t burst;
	uint32_t total_num_mbufs; /**< For each NUMA node; 0: what ports and lcores need. */
	uint32_t mbuf_size;
	uint32_t mbcache;
	uint64_t rss; /**< RTE_ETH_RSS_*: with several queues, how packets are shared out. */

	uint32_t n_segments;
	uint32_t segments[MAX_SEGMENTS]; /**< Bytes of those that a packet is sent in. */
	uint32_t flows; /**< Of a stream that flowgen makes. */
	uint32_t tx_pps; /**< Packets that all streams together make in a second; 0: any number. */
	uint32_t in_flight; /**< Packets of flowgen that may be on their way; 0: any number. */
	enum zip_mode zip;
	const char *accelerator; /**< The only device of zip and dma; NULL: all that EAL has. */
	bool udma; /**< ZIPs of the iommufd bus copy. */
	struct rte_ether_addr peers[RTE_MAX_ETHPORTS]; /**< Zero: none was given. */

	uint32_t stats_period; /**< Seconds; 0: no statistics meanwhile. */
	bool auto_start;
	bool interactive;
	bool tx_first;
	bool disable_device_start;
	bool disable_link_check;
	bool record_core_cycles;
	bool verify;
	bool help; /**< Only that was asked for. */
	const char *commands; /**< File, or NULL. */
	const char *exec;
	const char *json; /**< File, or NULL. */
};

/**
 * Read the command line.
 *
 * @param argv
 *   As it is behind EAL's options: the first word is the program's.
 * @return
 *   0; -EINVAL when something is wrong with an option, which is said on stderr.
 */
int parameters_parse(struct parameters *parameters, int argc, char *argv[]);

/**
 * Get the options that another run is to have, too: all but those that say what is to be done with
 * it (--commands, --exec, --interactive, --json).
 *
 * @param argv
 *   As of parameters_parse(), which had nothing to complain of.
 * @param repeated
 *   Gets strings to be freed; as many as argc is are enough.
 * @return
 *   How many, or -ENOMEM.
 */
int parameters_repeat(int argc, char *argv[], char *repeated[]);

/** Print all options, for --help. */
void parameters_help(FILE *out);

/** Set --txpkts; -EINVAL with nothing changed when it is wrong, which is said on stderr. */
int parameters_set_segments(struct parameters *parameters, const char *text);

/** Bytes of the packets that are made. */
uint32_t parameters_packet_length(const struct parameters *parameters);

/** The name of a mode of zip, as the option has it. */
const char *zip_mode_name(enum zip_mode mode);

/** The name of a topology, as the option has it. */
const char *topology_name(uint32_t topology);

/**
 * @name Values of options, as commands have them, too
 * They return 0, or -EINVAL with nothing changed and nothing said.
 * @{
 */
int parse_number(const char *text, uint32_t least, uint32_t most, uint32_t *number);
int parse_peer(const char *text, struct parameters *parameters);
int parse_zip_mode(const char *text, struct parameters *parameters);
/** @} */

#endif /* PARAMETERS_H */
