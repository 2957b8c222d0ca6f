/* SPDX-License-Identifier: BSD-3-Clause */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "engine.h"
#include "parameters.h"
#include "stamp.h"
#include "stream.h"

#define MAX_QUEUES 1024
#define MAX_PACKET 9216 /* bytes */
#define MAX_FLOWS_OF_STREAM 4096

#define SEGMENT_VALUES "bytes of the first buffer (64 at least) and of further ones"

enum kind {
	KIND_NUMBER, /* uint32_t */
	KIND_SWITCH, /* bool, without a value */
	KIND_TEXT,   /* const char *, not empty */
	KIND_OTHER,  /* has a function */
};

struct option_row {
	const char *name;
	char letter; /* 0: none */
	enum kind kind;
	size_t offset; /* in struct parameters */
	uint32_t least;
	uint32_t most;
	int (*parse)(const char *text, struct parameters *parameters);
	const char *values; /* in words; NULL: a number from least to most */
	const char *help;
};

static const char *const topologies[] = {
	[TOPOLOGY_PAIRED] = "paired",
	[TOPOLOGY_CHAINED] = "chained",
	[TOPOLOGY_LOOP] = "loop",
};

const char *
topology_name(uint32_t topology)
{
	return topologies[topology];
}

static const char *const zip_modes[] = {
	[ZIP_BOTH] = "both",
	[ZIP_COMPRESS] = "compress",
	[ZIP_DECOMPRESS] = "decompress",
};

const char *
zip_mode_name(enum zip_mode mode)
{
	return zip_modes[mode];
}

int
parse_zip_mode(const char *text, struct parameters *parameters)
{
	enum zip_mode i;

	for (i = 0; i < RTE_DIM(zip_modes); i++) {
		if (strcmp(zip_modes[i], text) == 0) {
			parameters->zip = i;
			return 0;
		}
	}
	return -EINVAL;
}

int
parse_number(const char *text, uint32_t least, uint32_t most, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno != 0 || *end != '\0' || value < least || value > most)
		return -EINVAL;
	*number = value;
	return 0;
}

static int
parse_engine(const char *text, struct parameters *parameters)
{
	const struct engine *engine = engine_find(text);

	if (engine == NULL)
		return -EINVAL;
	parameters->engine = engine;
	return 0;
}

static int
parse_topology(const char *text, struct parameters *parameters)
{
	uint32_t i;

	for (i = 0; i < RTE_DIM(topologies); i++) {
		if (strcmp(topologies[i], text) == 0) {
			parameters->topology = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int
parse_segments(const char *text, struct parameters *parameters)
{
	uint32_t n = 0, total = 0, lengths[MAX_SEGMENTS];
	char copy[128], *rest = copy, *word;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	while ((word = strsep(&rest, ",")) != NULL) {
		if (n == MAX_SEGMENTS || parse_number(word, 1, MAX_PACKET, &lengths[n]) != 0)
			return -EINVAL;
		total += lengths[n++];
	}
	/* The headers and the stamp are in the first one. */
	if (lengths[0] < STAMP_OFFSET + sizeof(struct stamp) || total > MAX_PACKET)
		return -EINVAL;
	memcpy(parameters->segments, lengths, sizeof(lengths));
	parameters->n_segments = n;
	return 0;
}

int
parse_peer(const char *text, struct parameters *parameters)
{
	char copy[64], *rest = copy;
	struct rte_ether_addr address;
	uint32_t port;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	if (parse_number(strsep(&rest, ","), 0, RTE_MAX_ETHPORTS - 1, &port) != 0 || rest == NULL ||
			rte_ether_unformat_addr(rest, &address) != 0)
		return -EINVAL;
	parameters->peers[port] = address;
	return 0;
}

static int
parse_rss_ip(const char *text __rte_unused, struct parameters *parameters)
{
	parameters->rss = RTE_ETH_RSS_IP;
	return 0;
}

static int
parse_rss_udp(const char *text __rte_unused, struct parameters *parameters)
{
	parameters->rss = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP;
	return 0;
}

#define NUMBER(option, field, from, to, what) { \
	.name = option, .kind = KIND_NUMBER, .offset = offsetof(struct parameters, field), \
	.least = from, .most = to, .help = what }
#define SWITCH(option, one, field, what) { \
	.name = option, .letter = one, .kind = KIND_SWITCH, .offset = offsetof(struct parameters, field), \
	.help = what }
#define TEXT(option, field, which, what) { \
	.name = option, .kind = KIND_TEXT, .offset = offsetof(struct parameters, field), \
	.values = which, .help = what }
#define OTHER(option, function, which, what) { \
	.name = option, .kind = KIND_OTHER, .parse = function, .values = which, .help = what }

/* In the order of --help. Values are NULL for an OTHER that takes none. */
static const struct option_row rows[] = {
	OTHER("forward-mode", parse_engine, "an engine", "what is done with packets"),
	OTHER("port-topology", parse_topology, "paired, chained or loop",
		"by which port packets leave"),
	NUMBER("nb-cores", nb_cores, 1, RTE_MAX_LCORE, "lcores that forward; all but the main one"),
	NUMBER("rxq", rxq, 1, MAX_QUEUES, "queues of a port to receive from"),
	NUMBER("txq", txq, 1, MAX_QUEUES, "queues of a port to send by"),
	NUMBER("rxd", rxd, 1, UINT16_MAX, "descriptors of each of these; as the driver likes"),
	NUMBER("txd", txd, 1, UINT16_MAX, "descriptors of each of those"),
	NUMBER("burst", burst, 1, MAX_BURST, "packets received or sent by one call, at most"),
	OTHER("rss-ip", parse_rss_ip, NULL, "packets to queues by IP addresses (the default)"),
	OTHER("rss-udp", parse_rss_udp, NULL, "packets to queues by UDP ports, too"),
	NUMBER("total-num-mbufs", total_num_mbufs, 1, UINT32_MAX / 2,
		"packet buffers of a NUMA node; as many as ports and lcores need"),
	NUMBER("mbuf-size", mbuf_size, RTE_PKTMBUF_HEADROOM + RTE_ETHER_MIN_LEN, UINT16_MAX,
		"bytes of a packet buffer"),
	NUMBER("mbcache", mbcache, 0, RTE_MEMPOOL_CACHE_MAX_SIZE,
		"packet buffers that each lcore keeps for itself"),
	OTHER("eth-peer", parse_peer, "PORT,M:M:M:M:M:M",
		"MAC address that engine mac sends to by a port; may be repeated"),
	OTHER("txpkts", parse_segments, SEGMENT_VALUES,
		"length of packets that are made, as 64 or 1024,476; 9216 in all at most"),
	NUMBER("flowgen-flows", flows, 1, MAX_FLOWS_OF_STREAM, "flows of each stream, by flowgen"),
	NUMBER("tx-pps", tx_pps, 0, UINT32_MAX,
		"packets that txonly and flowgen send in a second, all streams together; 0: any number"),
	NUMBER("in-flight", in_flight, 1, INT32_MAX,
		"packets that flowgen sends before any came back, about; lost ones count for ever"),
	OTHER("zip", parse_zip_mode, "both, compress or decompress",
		"what zip does with packets; both: they leave as they came"),
	TEXT("accelerator", accelerator, "the name of a compressdev or dmadev",
		"the only device of zip or dma; all that EAL has, in turn"),
	SWITCH("udma", 0, udma, "ZIPs on the iommufd bus copy, for dma, and don't compress"),
	SWITCH("verify", 0, verify, "packets that are made are stamped, and checked where they arrive"),
	SWITCH("tx-first", 0, tx_first, "each stream first sends a burst"),
	NUMBER("stats-period", stats_period, 1, UINT16_MAX, "seconds between statistics"),
	SWITCH("disable-device-start", 0, disable_device_start, "ports are started by commands only"),
	SWITCH("disable-link-check", 0, disable_link_check, "don't wait for links at the start"),
	SWITCH("record-core-cycles", 0, record_core_cycles, "count the cycles that packets take"),
	SWITCH("auto-start", 0, auto_start, "forward from the start, with a prompt or scripts, too"),
	SWITCH("interactive", 'i', interactive, "a prompt; or commands from standard input"),
	TEXT("commands", commands, "a file", "commands that are carried out, line by line"),
	TEXT("exec", exec, "commands", "the same, separated by semicolons"),
	TEXT("json", json, "a file", "where the figures of benches are written, too"),
	SWITCH("help", 'h', help, "this"),
};

/* getopt's numbers of the rows. */
#define FIRST_NUMBER 256

static bool
takes_value(const struct option_row *row)
{
	return row->kind == KIND_NUMBER || row->kind == KIND_TEXT || row->values != NULL;
}

static void
write_values(const struct option_row *row, char *text, size_t size)
{
	const struct engine *engine;
	unsigned int i;
	size_t used = 0;

	if (row->kind == KIND_NUMBER) {
		snprintf(text, size, "a number from %u to %u", row->least, row->most);
	} else if (row->parse == parse_engine) {
		for (i = 0; (engine = engine_at(i)) != NULL; i++)
			used += snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ",
				engine->name);
	} else {
		snprintf(text, size, "%s", row->values);
	}
}

static int
refuse(const struct option_row *row, const char *value)
{
	char values[256];

	write_values(row, values, sizeof(values));
	fprintf(stderr, "--%s=%s: it takes %s\n", row->name, value, values);
	return -EINVAL;
}

static int
apply(const struct option_row *row, const char *value, struct parameters *parameters)
{
	char *field = (char *)parameters + row->offset;

	switch (row->kind) {
	case KIND_NUMBER:
		if (parse_number(value, row->least, row->most, (uint32_t *)field) != 0)
			return refuse(row, value);
		break;
	case KIND_SWITCH:
		*(bool *)field = true;
		break;
	case KIND_TEXT:
		if (value[0] == '\0')
			return refuse(row, value);
		*(const char **)field = value;
		break;
	case KIND_OTHER:
		if (row->parse(value, parameters) != 0)
			return refuse(row, value);
		break;
	}
	return 0;
}

/* What getopt found: a row, its letter, or something wrong, about which it says '?' or ':'. */
static int
take(int found, char *argv[], struct parameters *parameters)
{
	char values[256];
	unsigned int i;

	if (found >= FIRST_NUMBER)
		return apply(&rows[found - FIRST_NUMBER], optarg, parameters);
	for (i = 0; i < RTE_DIM(rows); i++)
		if (rows[i].letter == found)
			return apply(&rows[i], NULL, parameters);
	if (found == ':' && optopt >= FIRST_NUMBER) {
		write_values(&rows[optopt - FIRST_NUMBER], values, sizeof(values));
		fprintf(stderr, "--%s: it takes %s\n", rows[optopt - FIRST_NUMBER].name, values);
	} else if (optopt >= FIRST_NUMBER) {
		fprintf(stderr, "--%s: it takes no value\n", rows[optopt - FIRST_NUMBER].name);
	} else if (optopt != 0) {
		fprintf(stderr, "-%c: no such option; --help shows which there are\n", optopt);
	} else {
		fprintf(stderr, "%s: no such option; --help shows which there are\n",
			argv[optind - 1]);
	}
	return -EINVAL;
}

static int
check_together(const struct parameters *parameters)
{
	uint32_t i;

	for (i = 0; i < parameters->n_segments; i++) {
		if (parameters->segments[i] + RTE_PKTMBUF_HEADROOM > parameters->mbuf_size) {
			fprintf(stderr, "--txpkts: %u bytes don't fit into a buffer of "
				"--mbuf-size=%u, of which %u are headroom\n",
				parameters->segments[i], parameters->mbuf_size,
				RTE_PKTMBUF_HEADROOM);
			return -EINVAL;
		}
	}
	return 0;
}

int
parameters_set_segments(struct parameters *parameters, const char *text)
{
	struct parameters changed = *parameters;

	if (parse_segments(text, &changed) != 0) {
		fprintf(stderr, "%s: not %s\n", text, SEGMENT_VALUES);
		return -EINVAL;
	}
	if (check_together(&changed) != 0)
		return -EINVAL;
	*parameters = changed;
	return 0;
}

static void
begin_getopt(struct option options[RTE_DIM(rows) + 1])
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(rows); i++)
		options[i] = (struct option){
			.name = rows[i].name,
			.has_arg = takes_value(&rows[i]) ? required_argument : no_argument,
			.val = FIRST_NUMBER + i,
		};
	options[i] = (struct option){ 0 };
	optind = 0;
	opterr = 0;
}

static bool
is_repeated(const struct option_row *row)
{
	static const char *const once[] = { "commands", "exec", "interactive", "json" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(once); i++)
		if (strcmp(row->name, once[i]) == 0)
			return false;
	return true;
}

int
parameters_repeat(int argc, char *argv[], char *repeated[])
{
	struct option options[RTE_DIM(rows) + 1];
	const struct option_row *row;
	int found, n = 0;

	begin_getopt(options);
	while ((found = getopt_long(argc, argv, ":ih", options, NULL)) != -1) {
		/* Those that are letters are for one run. */
		row = found >= FIRST_NUMBER ? &rows[found - FIRST_NUMBER] : NULL;
		if (row == NULL || !is_repeated(row))
			continue;
		if (asprintf(&repeated[n++], optarg == NULL ? "--%s" : "--%s=%s", row->name,
				optarg) < 0)
			goto free_repeated;
	}
	return n;

free_repeated:
	while (--n > 0)
		free(repeated[n - 1]);
	return -ENOMEM;
}

int
parameters_parse(struct parameters *parameters, int argc, char *argv[])
{
	struct option options[RTE_DIM(rows) + 1];
	int found, ret = 0;

	*parameters = (struct parameters){
		.engine = &engine_io,
		.rxq = 1,
		.txq = 1,
		.burst = 32,
		.mbuf_size = RTE_MBUF_DEFAULT_BUF_SIZE,
		.mbcache = 250,
		.rss = RTE_ETH_RSS_IP,
		.n_segments = 1,
		.segments = { 64 },
		.flows = 1024,
	};
	begin_getopt(options);
	while (ret == 0 && (found = getopt_long(argc, argv, ":ih", options, NULL)) != -1)
		ret = take(found, argv, parameters);
	if (ret == 0 && optind < argc) {
		fprintf(stderr, "%s: not an option; --help shows which there are\n", argv[optind]);
		ret = -EINVAL;
	}
	return ret == 0 ? check_together(parameters) : ret;
}

void
parameters_help(FILE *out)
{
	const struct engine *engine;
	char values[256];
	unsigned int i;

	fprintf(out, "dpdk-test-iommufd [EAL's options] -- [options]\n\n");
	for (i = 0; i < RTE_DIM(rows); i++) {
		if (rows[i].letter != 0)
			fprintf(out, "  -%c, --%s", rows[i].letter, rows[i].name);
		else
			fprintf(out, "  --%s", rows[i].name);
		if (takes_value(&rows[i])) {
			write_values(&rows[i], values, sizeof(values));
			fprintf(out, "=<%s>", values);
		}
		fprintf(out, "\n        %s\n", rows[i].help);
	}
	fprintf(out, "\nEngines:\n");
	for (i = 0; (engine = engine_at(i)) != NULL; i++)
		fprintf(out, "  %-10s %s\n", engine->name, engine->help);
}

uint32_t
parameters_packet_length(const struct parameters *parameters)
{
	uint32_t i, length = 0;

	for (i = 0; i < parameters->n_segments; i++)
		length += parameters->segments[i];
	return length;
}
