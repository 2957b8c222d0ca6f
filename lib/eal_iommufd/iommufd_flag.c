/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iommufd_flag.h"

#define OPTION "--iova-mode"
#define OUR_VALUE "iommufd"
#define EAL_VALUE "va"

/* The shortest abbreviation that getopt_long() can tell from EAL's other options. */
#define SHORTEST "--io"

/** @return The length of the option's name in an argument, 0 where it is another option. */
static size_t
option_length(const char *arg)
{
	size_t len = strcspn(arg, "=");

	return len >= strlen(SHORTEST) && len <= strlen(OPTION) && strncmp(arg, OPTION, len) == 0 ?
		len : 0;
}

/* arg holds the value, after its first `skip` characters. */
static int
take_value(struct iommufd_flag *flag, char **arg, size_t skip)
{
	char *ours;

	flag->on = strcmp(*arg + skip, OUR_VALUE) == 0;
	if (!flag->on)
		return 0;
	if (asprintf(&ours, "%.*s" EAL_VALUE, (int)skip, *arg) < 0)
		return -ENOMEM;
	flag->swaps[flag->n_swaps++] = (struct iommufd_flag_swap){ .theirs = *arg, .ours = ours };
	*arg = ours;
	return 0;
}

int
iommufd_flag_take(struct iommufd_flag *flag, int argc, char **argv)
{
	size_t len;
	int i, ret = 0;

	*flag = (struct iommufd_flag){ .on = false };
	flag->swaps = calloc(argc, sizeof(*flag->swaps));
	if (flag->swaps == NULL)
		return -ENOMEM;

	for (i = 1; i < argc && ret == 0 && strcmp(argv[i], "--") != 0; i++) {
		len = option_length(argv[i]);
		if (len == 0)
			continue;
		if (argv[i][len] == '=')
			ret = take_value(flag, &argv[i], len + 1);
		else if (i + 1 < argc)
			ret = take_value(flag, &argv[++i], 0);
	}
	if (ret < 0)
		iommufd_flag_restore(flag, argc, argv);
	return ret;
}

void
iommufd_flag_restore(struct iommufd_flag *flag, int argc, char **argv)
{
	unsigned int s;
	int i;

	for (s = 0; s < flag->n_swaps; s++) {
		for (i = 0; i < argc; i++)
			if (argv[i] == flag->swaps[s].ours)
				argv[i] = flag->swaps[s].theirs;
		free(flag->swaps[s].ours);
	}
	free(flag->swaps);
	flag->swaps = NULL;
	flag->n_swaps = 0;
}
