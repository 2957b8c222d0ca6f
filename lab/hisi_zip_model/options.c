/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define MAX_PASID_BITS 20
#define MAX_WORKERS 64
#define MAX_INLINE_BYTES (1 << 20)

enum {
	OPTION_CONTROL = 1,
	OPTION_HELP,
	OPTION_ID,
	OPTION_INLINE_BYTES,
	OPTION_MISBEHAVE,
	OPTION_MONITOR,
	OPTION_NO_PASID,
	OPTION_NO_PRI,
	OPTION_PASID_BITS,
	OPTION_QUEUES,
	OPTION_SOCKET,
	OPTION_SYNCHRONOUS,
	OPTION_VERBOSE,
	OPTION_VERSION,
	OPTION_WORKERS,
};

static const struct option known[] = {
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "id", required_argument, NULL, OPTION_ID },
	{ "inline-bytes", required_argument, NULL, OPTION_INLINE_BYTES },
	{ "misbehave", required_argument, NULL, OPTION_MISBEHAVE },
	{ "monitor", required_argument, NULL, OPTION_MONITOR },
	{ "no-pasid", no_argument, NULL, OPTION_NO_PASID },
	{ "no-pri", no_argument, NULL, OPTION_NO_PRI },
	{ "pasid-bits", required_argument, NULL, OPTION_PASID_BITS },
	{ "queues", required_argument, NULL, OPTION_QUEUES },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "synchronous", no_argument, NULL, OPTION_SYNCHRONOUS },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ "version", required_argument, NULL, OPTION_VERSION },
	{ "workers", required_argument, NULL, OPTION_WORKERS },
	{ NULL },
};

static const struct options defaults = {
	.version = 3,
	.queues = 16,
	.pasid_bits = 16,
	.pri = true,
	.workers = 2,
	.inline_bytes = 256 << 10,
};

static const char help[] =
	"usage: hisi-zip-model --socket PATH --monitor PATH --id ID [OPTION]...\n"
	"A HiSilicon ZIP virtual function behind QEMU's vfio-user-pci.\n"
	"\n"
	"  --socket PATH       vfio-user socket to make, for QEMU\n"
	"  --monitor PATH      QEMU's QMP socket\n"
	"  --id ID             QEMU's id of the device\n"
	"  --control PATH      socket to make, at which is told what the function did\n"
	"  --version 3|5       of the queue manager (3)\n"
	"  --queues N          1 to 64 (16)\n"
	"  --pasid-bits N      width of a PASID, 1 to 20 (16)\n"
	"  --no-pasid          no PASID capability\n"
	"  --no-pri            no page request capability\n"
	"  --workers N         threads that do requests, 1 to 64 (2)\n"
	"  --inline-bytes N    copies of up to so many bytes together are done before their\n"
	"                      doorbell returns, 0 to 1048576 (262144)\n"
	"  --synchronous       every request is done before its doorbell returns\n"
	"  --misbehave KIND[=N]  do something wrong, for N requests (1): spurious, phase, wild,\n"
	"                      silence or death; may be given several times\n"
	"  --verbose           log details\n"
	"  --help              this\n";

_Static_assert(MAX_QUEUES == 64, "as the help says");

static void __attribute__((format(printf, 1, 2), noreturn))
fail(const char *format, ...)
{
	va_list arguments;

	fputs("hisi-zip-model: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs(" (--help tells more)\n", stderr);
	exit(2);
}

/* Decimal digits and nothing else; false where it isn't one, or out of the range. */
static bool
parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *number)
{
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	errno = 0;
	*number = strtoul(text, NULL, 10);
	return errno == 0 && *number >= min && *number <= max;
}

static unsigned long
number_of(const char *option, const char *value, unsigned long min, unsigned long max)
{
	unsigned long number;

	if (!parse_number(value, min, max, &number))
		fail("--%s takes %lu to %lu, not \"%s\"", option, min, max, value);
	return number;
}

static const char *
text_of(const char *option, const char *value)
{
	if (*value == '\0')
		fail("--%s takes a %s that isn't empty", option,
				strcmp(option, "id") == 0 ? "name" : "path");
	return value;
}

static void
arm(struct misbehaviour *misbehaviour, const char *value)
{
	size_t length = strcspn(value, "=");
	char *kind = strndup(value, length);
	unsigned long requests = 1;
	bool ok = kind != NULL;

	if (value[length] == '=')
		ok = ok && parse_number(value + length + 1, 1, UINT_MAX, &requests);
	ok = ok && misbehaviour_arm(misbehaviour, kind, requests) == 0;
	free(kind);
	if (!ok)
		fail("--misbehave takes spurious, phase, wild, silence or death, and =N with N"
				" from 1, not \"%s\"", value);
}

static void
apply(struct options *options, const struct option *option, const char *value)
{
	switch (option->val) {
	case OPTION_CONTROL:
		options->control = text_of(option->name, value);
		break;
	case OPTION_HELP:
		fputs(help, stdout);
		exit(0);
	case OPTION_ID:
		options->id = text_of(option->name, value);
		break;
	case OPTION_INLINE_BYTES:
		options->inline_bytes = number_of(option->name, value, 0, MAX_INLINE_BYTES);
		break;
	case OPTION_MISBEHAVE:
		arm(&options->misbehaviour, value);
		break;
	case OPTION_MONITOR:
		options->monitor = text_of(option->name, value);
		break;
	case OPTION_NO_PASID:
		options->pasid_bits = 0;
		break;
	case OPTION_NO_PRI:
		options->pri = false;
		break;
	case OPTION_PASID_BITS:
		options->pasid_bits = number_of(option->name, value, 1, MAX_PASID_BITS);
		break;
	case OPTION_QUEUES:
		options->queues = number_of(option->name, value, 1, MAX_QUEUES);
		break;
	case OPTION_SOCKET:
		options->socket = text_of(option->name, value);
		break;
	case OPTION_SYNCHRONOUS:
		options->synchronous = true;
		break;
	case OPTION_VERBOSE:
		options->verbose = true;
		break;
	case OPTION_VERSION:
		if (strcmp(value, "3") != 0 && strcmp(value, "5") != 0)
			fail("--%s takes 3 or 5, not \"%s\"", option->name, value);
		options->version = value[0] - '0';
		break;
	case OPTION_WORKERS:
		options->workers = number_of(option->name, value, 1, MAX_WORKERS);
		break;
	}
}

static void
require(const char *option, const char *value)
{
	if (value == NULL)
		fail("--%s is needed: a %s", option, strcmp(option, "id") == 0 ? "name" : "path");
}

void
options_parse(struct options *options, int argc, char **argv)
{
	bool no_pasid = false, pasid_bits = false;
	int index, found;

	*options = defaults;
	optind = 1;
	/* '+': what isn't an option ends them, and is refused below */
	while ((found = getopt_long(argc, argv, "+", known, &index)) != -1) {
		if (found == '?')
			exit(2);
		no_pasid |= found == OPTION_NO_PASID;
		pasid_bits |= found == OPTION_PASID_BITS;
		apply(options, &known[index], optarg);
	}
	if (optind < argc)
		fail("\"%s\" isn't an option", argv[optind]);
	if (no_pasid && pasid_bits)
		fail("--no-pasid and --pasid-bits exclude each other");
	require("socket", options->socket);
	require("monitor", options->monitor);
	require("id", options->id);
}
