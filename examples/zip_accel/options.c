/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "bgzf.h"
#include "options.h"

enum kind { TEXT, NUMBER, CHOICE, FLAG };

/** An option: how it is read, what is refused, and its line of the help. */
struct entry {
	const char *name;
	const char *takes;
	const char *help;
	enum kind kind;
	size_t offset;		/* of its member in struct options */
	uint32_t least, most;	/* of a NUMBER */
	const char *const *choices;
};

static const char *const operations[] = { "", "compress", "decompress", "both", NULL };
static const char *const framings[] = { "ipcomp", "payload", NULL };
const char *const as_names[] = { "any", "shared", "private", "sva", NULL };

#define MEMBER(name) .offset = offsetof(struct options, name)

static const struct entry packets[] = {
	{ "plain", "PORT", "what comes here is compressed (0)", TEXT, MEMBER(plain) },
	{ "packed", "PORT", "what comes here is decompressed (1)", TEXT, MEMBER(packed) },
	{ "framing", "ipcomp|payload",
		"what follows the IPv4 header, as IPComp; or the payload of UDP datagrams (ipcomp)",
		CHOICE, MEMBER(framing), .choices = framings },
	{ "stats-period", "SECONDS", "print the summary so often, too", NUMBER,
		MEMBER(stats_period), 1, 86400 },
	{ NULL },
};

static const struct entry files[] = {
	{ "input", "FILE", "work on a file, not on packets: compress it into BGZF, or back", TEXT,
		MEMBER(input) },
	{ "output", "FILE", "where to; it must not be there yet", TEXT, MEMBER(output) },
	{ "force", "", "overwrite it", FLAG, MEMBER(force) },
	{ "block-size", "BYTES", "compress so many at a time (65280)", NUMBER,
		MEMBER(block_size), 1, BGZF_MAX_INPUT },
	{ "repeat", "TIMES", "write nothing: do so many times, in memory, what is to be done, and "
		"count cycles", NUMBER, MEMBER(repeat), 1, UINT32_MAX },
	{ NULL },
};

static const struct entry common[] = {
	{ "operation", "compress|decompress|both", "(packets: both, files: compress)", CHOICE,
		MEMBER(operation), .choices = operations },
	{ "device", "NAME", "a compression device (the first one)", TEXT, MEMBER(device) },
	{ "as", "shared|private|sva", "insist on queues with such address spaces", CHOICE,
		MEMBER(as), .choices = as_names },
	{ "queues", "N", "queue pairs for each lcore (1)", NUMBER, MEMBER(queues), 1, 64 },
	{ "burst", "N", "packets, or operations, at a time (32)", NUMBER, MEMBER(burst), 1,
		MAX_BURST },
	{ "level", "N", "1 is fast, 9 is small (the driver's own choice)", NUMBER, MEMBER(level),
		1, 9 },
	{ "copy", "", "copy payload to and from other buffers, to see what that costs", FLAG,
		MEMBER(copy) },
	{ "timeout", "SECONDS", "give up when an operation takes longer (10)", NUMBER,
		MEMBER(timeout), 1, 3600 },
	{ "help", "", "this text", .kind = FLAG },
	{ NULL },
};

static const struct {
	const char *title;
	const struct entry *entries;
} groups[] = {
	{ "Packets, from each port to the other one", packets },
	{ "Files", files },
	{ "Both", common },
};

static void
print_help(const char *program)
{
	const struct entry *entry;
	char option[64];
	unsigned int i;

	printf("Usage: %s [EAL options] -- [options]\n", program);
	for (i = 0; i < RTE_DIM(groups); i++) {
		printf("\n%s:\n", groups[i].title);
		for (entry = groups[i].entries; entry->name != NULL; entry++) {
			snprintf(option, sizeof(option), "--%s %s", entry->name, entry->takes);
			printf("  %-38s %s\n", option, entry->help);
		}
	}
}

static const struct entry *
find_entry(const char *name)
{
	const struct entry *entry;
	unsigned int i;

	for (i = 0; i < RTE_DIM(groups); i++)
		for (entry = groups[i].entries; entry->name != NULL; entry++)
			if (strcmp(entry->name, name) == 0)
				return entry;
	return NULL;
}

static int
parse_number(const struct entry *entry, const char *value, uint32_t *number)
{
	unsigned long long parsed;
	char *end;

	errno = 0;
	parsed = strtoull(value, &end, 0);
	if (errno != 0 || *end != '\0' || *value < '0' || *value > '9' ||
			parsed < entry->least || parsed > entry->most) {
		fprintf(stderr, "--%s %s: it takes a number from %u to %u\n", entry->name, value,
			entry->least, entry->most);
		return -EINVAL;
	}
	*number = parsed;
	return 0;
}

static int
parse_choice(const struct entry *entry, const char *value, uint32_t *choice)
{
	uint32_t i;

	for (i = 0; entry->choices[i] != NULL; i++)
		/* One that the help doesn't name stands for none */
		if (strcmp(entry->choices[i], value) == 0 && *value != '\0' &&
				strstr(entry->takes, value) != NULL) {
			*choice = i;
			return 0;
		}
	fprintf(stderr, "--%s %s: it takes %s\n", entry->name, value, entry->takes);
	return -EINVAL;
}

static int
parse_entry(struct options *options, const struct entry *entry, const char *value)
{
	void *member = RTE_PTR_ADD(options, entry->offset);

	switch (entry->kind) {
	case TEXT:
		*(const char **)member = value;
		return 0;
	case NUMBER:
		return parse_number(entry, value, member);
	case CHOICE:
		return parse_choice(entry, value, member);
	case FLAG:
		*(bool *)member = true;
		return 0;
	}
	return -EINVAL;
}

/* What options ask for together. */
static int
check(struct options *options)
{
	if (options->input == NULL) {
		if (options->output != NULL || options->repeat != 0) {
			fprintf(stderr, "--%s is for files: --input FILE is missing\n",
				options->output != NULL ? "output" : "repeat");
			return -EINVAL;
		}
		if (options->operation == OPERATION_DEFAULT)
			options->operation = OPERATION_BOTH;
		return 0;
	}
	if (options->operation == OPERATION_BOTH) {
		fprintf(stderr, "--operation both is for packets: for files it takes compress or "
			"decompress\n");
		return -EINVAL;
	}
	if ((options->output != NULL) == (options->repeat != 0)) {
		fprintf(stderr, "--input takes either --output FILE or --repeat TIMES\n");
		return -EINVAL;
	}
	if (options->operation == OPERATION_DEFAULT)
		options->operation = OPERATION_COMPRESS;
	return 0;
}

static unsigned int
fill_long_options(struct option *long_options)
{
	const struct entry *entry;
	unsigned int i, n = 0;

	for (i = 0; i < RTE_DIM(groups); i++)
		for (entry = groups[i].entries; entry->name != NULL; entry++)
			long_options[n++] = (struct option){
				.name = entry->name,
				.has_arg = entry->kind == FLAG ? no_argument : required_argument,
			};
	return n;
}

int
options_parse(struct options *options, int argc, char **argv)
{
	struct option long_options[RTE_DIM(packets) + RTE_DIM(files) + RTE_DIM(common)] = { 0 };
	const struct entry *entry;
	int chosen, found;

	*options = (struct options){
		.plain = "0",
		.packed = "1",
		.block_size = BGZF_MAX_INPUT,
		.queues = 1,
		.burst = 32,
		.level = -1,
		.timeout = 10,
	};
	fill_long_options(long_options);
	while ((found = getopt_long(argc, argv, "", long_options, &chosen)) != -1) {
		if (found != 0)	/* getopt has said why */
			return -EINVAL;
		entry = find_entry(long_options[chosen].name);
		if (strcmp(entry->name, "help") == 0) {
			print_help(argv[0]);
			return 1;
		}
		if (parse_entry(options, entry, optarg) < 0)
			return -EINVAL;
	}
	if (optind < argc) {
		fprintf(stderr, "%s: all options begin with --; --help tells which there are\n",
			argv[optind]);
		return -EINVAL;
	}
	return check(options);
}
