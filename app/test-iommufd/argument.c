/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_iommufd.h>

#include "app.h"
#include "argument.h"
#include "engine.h"

#define SHARED "shared"

static bool
choose_engine(const struct app *app __rte_unused, unsigned int number, char *text, size_t size)
{
	const struct engine *engine = engine_at(number);

	if (engine == NULL)
		return false;
	snprintf(text, size, "%s", engine->name);
	return true;
}

static bool
choose_port(const struct app *app, unsigned int number, char *text, size_t size)
{
	unsigned int n = 0;
	uint16_t id;

	for (id = 0; id < RTE_MAX_ETHPORTS; id++) {
		if (ports_has(&app->ports, id) && n++ == number) {
			snprintf(text, size, "%u", id);
			return true;
		}
	}
	return false;
}

static bool
choose_ports(const struct app *app, unsigned int number, char *text, size_t size)
{
	if (number > 0)
		return choose_port(app, number - 1, text, size);
	snprintf(text, size, "all");
	return true;
}

static bool
choose_space(const struct app *app, unsigned int number, char *text, size_t size)
{
	uint32_t id;

	if (number == 0) {
		snprintf(text, size, SHARED);
		return true;
	}
	if (!spaces_at(&app->spaces, number - 1, &id))
		return false;
	snprintf(text, size, "%u", id);
	return true;
}

static bool
choose_switch(const struct app *app __rte_unused, unsigned int number, char *text, size_t size)
{
	if (number > 1)
		return false;
	snprintf(text, size, "%s", number == 0 ? "on" : "off");
	return true;
}

static bool
choose_kind(const struct app *app __rte_unused, unsigned int number, char *text, size_t size)
{
	const char *kind = memory_kind_at(number);

	if (kind == NULL)
		return false;
	snprintf(text, size, "%s", kind);
	return true;
}

static bool
choose_memory(const struct app *app, unsigned int number, char *text, size_t size)
{
	uint32_t id;

	if (!memory_at(&app->memory, number, &id))
		return false;
	snprintf(text, size, "%u", id);
	return true;
}

static bool
choose_zip_mode(const struct app *app __rte_unused, unsigned int number, char *text, size_t size)
{
	if (number > ZIP_DECOMPRESS)
		return false;
	snprintf(text, size, "%s", zip_mode_name(number));
	return true;
}

static const struct argument arguments[] = {
	{ "COUNT", "how many times", NULL },
	{ "DEVICE", "a PCI address or other devargs, as EAL's -a takes them", NULL },
	{ "ENGINE", "an engine", choose_engine },
	{ "ID", "the number of memory that was added", choose_memory },
	{ "IOVA", "an address as devices have it", NULL },
	{ "KIND", "a kind of memory", choose_kind },
	{ "LENGTH", "a number of bytes, as 0x200000", NULL },
	{ "MIB", "a number of MiB", NULL },
	{ "NUMBER", "a number", NULL },
	{ "PASID", "the number of a PASID", NULL },
	{ "PEER", "PORT,M:M:M:M:M:M", NULL },
	{ "PORT", "a port", choose_port },
	{ "PORTS", "a port, or all", choose_ports },
	{ "QUEUE", "the number of a queue", NULL },
	{ "SECONDS", "a number of seconds", NULL },
	{ "SIZES", "bytes of a packet's buffers, as 64 or 1024,476", NULL },
	{ "SPACE", "an address space: its number, or shared", choose_space },
	{ "SWITCH", "on or off", choose_switch },
	{ "ZIP", "what zip does: both, compress or decompress", choose_zip_mode },
	{ "WORD", "a command's first word", NULL },
};

const struct argument *
argument_find(const char *word)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(arguments); i++)
		if (strcmp(arguments[i].name, word) == 0)
			return &arguments[i];
	return NULL;
}

/* Say which ports there are. */
static int
refuse_port(const struct app *app, const char *word)
{
	unsigned int number;
	char text[16];

	fprintf(stderr, "%s: no port; there are:", word);
	for (number = 0; choose_port(app, number, text, sizeof(text)); number++)
		fprintf(stderr, " %s", text);
	fprintf(stderr, number == 0 ? " none\n" : "\n");
	return -EINVAL;
}

int
argument_port(const struct app *app, const char *word, uint16_t *port)
{
	uint32_t number;

	if (parse_number(word, 0, RTE_MAX_ETHPORTS - 1, &number) != 0 ||
			!ports_has(&app->ports, number))
		return refuse_port(app, word);
	*port = number;
	return 0;
}

int
argument_each_port(struct app *app, const char *word,
		int (*what)(struct app *app, uint16_t port))
{
	uint16_t port;
	int ret = 0;

	if (strcmp(word, "all") != 0) {
		ret = argument_port(app, word, &port);
		return ret == 0 ? what(app, port) : ret;
	}
	for (port = 0; ret == 0 && port < RTE_MAX_ETHPORTS; port++)
		if (ports_has(&app->ports, port))
			ret = what(app, port);
	return ret;
}

int
argument_engine(const char *word, const struct engine **engine)
{
	const struct engine *found = engine_find(word);
	unsigned int i;

	if (found != NULL) {
		*engine = found;
		return 0;
	}
	fprintf(stderr, "%s: no engine; there are:", word);
	for (i = 0; (found = engine_at(i)) != NULL; i++)
		fprintf(stderr, " %s", found->name);
	fprintf(stderr, "\n");
	return -EINVAL;
}

int
argument_switch(const char *word, bool *on)
{
	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
		fprintf(stderr, "%s: neither on nor off\n", word);
		return -EINVAL;
	}
	*on = strcmp(word, "on") == 0;
	return 0;
}

int
argument_number(const char *word, uint32_t least, uint32_t most, uint32_t *number)
{
	if (parse_number(word, least, most, number) == 0)
		return 0;
	fprintf(stderr, "%s: not a number from %u to %u\n", word, least, most);
	return -EINVAL;
}

int
argument_space(const char *word, uint32_t *id)
{
	struct rte_iommufd_as *shared;

	if (strcmp(word, SHARED) != 0)
		return argument_number(word, 0, UINT32_MAX, id);
	shared = rte_iommufd_as_shared();
	if (shared == NULL) {
		fprintf(stderr, "there is no shared address space: start with "
			"--iova-mode=iommufd\n");
		return -ENOTSUP;
	}
	*id = rte_iommufd_as_id(shared);
	return 0;
}

int
argument_address(const char *word, uint64_t *address)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(word, &end, 0);
	if (errno != 0 || end == word || *end != '\0' || word[0] == '-') {
		fprintf(stderr, "%s: not an address or a number of bytes\n", word);
		return -EINVAL;
	}
	*address = value;
	return 0;
}
