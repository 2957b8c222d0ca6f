/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_kvargs.h>

#include "iommufd_args.h"
#include "iommufd_log.h"

#define OUR_VALUE "iommufd"
#define EAL_VALUE "va"
/* "-d", its value, and segment files */
#define MAX_ADDED 3
#define SEGMENT_FILES "single-file-segments"

/** An option of EAL, with the shortest abbreviation that getopt_long() can tell from others. */
struct option {
	const char *name;
	size_t shortest;
};

static const struct option iova_mode = { "--iova-mode", sizeof("--io") - 1 };

/* With these EAL refuses segment files, has no hugepages for them, or has them anyway. */
static const struct option no_segment_files[] = {
	{ "--huge-unlink", sizeof("--huge-u") - 1 },
	{ "--legacy-mem", sizeof("--le") - 1 },
	{ "--no-huge", sizeof("--no-hu") - 1 },
	{ "--" SEGMENT_FILES, sizeof("--si") - 1 },
};

/** @return The length of the option's name in an argument, 0 where it is another option. */
static size_t
option_length(const struct option *option, const char *arg)
{
	size_t len = strcspn(arg, "=");

	return len >= option->shortest && len <= strlen(option->name) &&
		strncmp(arg, option->name, len) == 0 ? len : 0;
}

static bool
eal_allows_segment_files(int argc, char **argv)
{
	size_t option;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		for (option = 0; option < RTE_DIM(no_segment_files); option++)
			if (option_length(&no_segment_files[option], argv[i]) != 0)
				return false;
	return true;
}

static int
parse_yes_no(const char *key __rte_unused, const char *value, void *yes)
{
	if (value == NULL || (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0))
		return -EINVAL;
	*(bool *)yes = strcmp(value, "yes") == 0;
	return 0;
}

/* What follows "iommufd": nothing, or a comma and settings. */
static int
parse_settings(const char *settings, bool *segment_files)
{
	static const char *const keys[] = { SEGMENT_FILES, NULL };
	struct rte_kvargs *kvargs;
	int ret;

	*segment_files = true;
	if (*settings == '\0')
		return 0;

	kvargs = rte_kvargs_parse(settings + 1, keys);
	ret = kvargs == NULL ? -EINVAL :
		rte_kvargs_process(kvargs, SEGMENT_FILES, parse_yes_no, segment_files);
	rte_kvargs_free(kvargs);
	if (ret < 0)
		IOMMUFD_LOG(ERR, "--iova-mode=" OUR_VALUE "%s: what can be set is "
			SEGMENT_FILES "=yes|no", settings);
	return ret < 0 ? -EINVAL : 0;
}

/*
 * arg holds a value of --iova-mode after its first `skip` characters. Where it is ours, it is
 * replaced by EAL's.
 */
static int
take_value(struct iommufd_args *args, char **arg, size_t skip)
{
	const char *value = *arg + skip;
	const char *settings = value + strlen(OUR_VALUE);
	struct iommufd_reworded *reworded = &args->reworded[args->n_reworded];
	int ret;

	args->on = strncmp(value, OUR_VALUE, strlen(OUR_VALUE)) == 0 &&
		(*settings == '\0' || *settings == ',');
	if (!args->on)
		return 0;

	ret = parse_settings(settings, &args->segment_files);
	if (ret < 0)
		return ret;
	if (asprintf(&reworded->ours, "%.*s" EAL_VALUE, (int)skip, *arg) < 0)
		return -ENOMEM;
	reworded->theirs = *arg;
	*arg = reworded->ours;
	args->n_reworded++;
	return 0;
}

static int
take_values(struct iommufd_args *args)
{
	char **argv = args->argv;
	size_t len;
	int i, ret = 0;

	for (i = 1; i < args->argc && ret == 0 && strcmp(argv[i], "--") != 0; i++) {
		len = option_length(&iova_mode, argv[i]);
		if (len == 0)
			continue;
		if (argv[i][len] == '=')
			ret = take_value(args, &argv[i], len + 1);
		else if (i + 1 < args->argc)
			ret = take_value(args, &argv[++i], 0);
	}
	return ret;
}

/* In front of the application's own, and in front of what was added before. */
static void
add(struct iommufd_args *args, char *arg)
{
	memmove(&args->argv[2], &args->argv[1], (args->argc - 1) * sizeof(*args->argv));
	args->argv[1] = arg;
	args->argc++;
	args->n_added++;
}

static void
add_drivers(struct iommufd_args *args, char *(*find_drivers)(void))
{
	static char option[] = "-d";
	char *drivers;

	drivers = args->on && find_drivers != NULL ? find_drivers() : NULL;
	if (drivers == NULL)
		return;
	add(args, drivers);
	add(args, option);
}

static void
add_segment_files(struct iommufd_args *args)
{
	static char option[] = "--" SEGMENT_FILES;

	args->segment_files = args->on && args->segment_files &&
		eal_allows_segment_files(args->argc, args->argv);
	if (args->segment_files)
		add(args, option);
}

static void
free_args(struct iommufd_args *args)
{
	while (args->n_reworded > 0)
		free(args->reworded[--args->n_reworded].ours);
	free(args->reworded);
	free(args->argv);
}

int
iommufd_args_take(struct iommufd_args *args, int argc, char **argv,
		char *(*find_drivers)(void))
{
	int ret = -ENOMEM;

	*args = (struct iommufd_args){ .argc = argc };
	/* Room for what may be added, and for the NULL at the end. */
	args->argv = calloc(argc + MAX_ADDED + 1, sizeof(*args->argv));
	args->reworded = calloc(argc + 1, sizeof(*args->reworded));
	if (args->argv == NULL || args->reworded == NULL)
		goto fail;
	if (argc > 0)
		memcpy(args->argv, argv, argc * sizeof(*argv));

	ret = take_values(args);
	if (ret < 0)
		goto fail;
	add_drivers(args, find_drivers);
	add_segment_files(args);
	return 0;

fail:
	free_args(args);
	return ret;
}

static char *
their_own(const struct iommufd_args *args, char *arg)
{
	int i;

	for (i = 0; i < args->n_reworded; i++)
		if (arg == args->reworded[i].ours)
			return args->reworded[i].theirs;
	return arg;
}

int
iommufd_args_return(struct iommufd_args *args, char **argv, int parsed)
{
	const int added = args->n_added;
	int i;

	/* EAL may have moved options to the front, but what was added is the first of them. */
	for (i = 0; i < args->argc; i++)
		if (i == 0 || i > added)
			*argv++ = their_own(args, args->argv[i]);
	free_args(args);
	return parsed < 0 ? parsed : parsed - added;
}
