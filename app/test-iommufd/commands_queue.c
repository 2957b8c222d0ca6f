/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>

#include <rte_bus_iommufd.h>
#include <rte_errno.h>

#include "app.h"
#include "argument.h"
#include "command.h"

static int
bind_to(const char *device, const char *number, struct rte_iommufd_as *as)
{
	uint32_t queue;
	int ret = argument_number(number, 0, UINT16_MAX, &queue);

	if (ret != 0)
		return ret;
	ret = rte_bus_iommufd_queue_bind(device, queue, as);
	if (ret != 0)
		fprintf(stderr, "%s: queue %u can't be bound: %s\n", device, queue,
			rte_strerror(-ret));
	return ret;
}

static int
bind_queue(struct app *app, const char *const arg[])
{
	struct rte_iommufd_as *as;
	uint32_t id;

	if (argument_space(arg[2], &id) != 0)
		return -EINVAL;
	as = spaces_find(&app->spaces, id);
	return as == NULL ? -ENOENT : bind_to(arg[0], arg[1], as);
}

static int
unbind_queue(struct app *app __rte_unused, const char *const arg[])
{
	return bind_to(arg[0], arg[1], NULL);
}

const struct command queue_commands[] = {
	{ "queue bind DEVICE NUMBER SPACE", "a queue of the iommufd bus, to another address space",
		bind_queue },
	{ "queue unbind DEVICE NUMBER", "back to the one that it had in the beginning", unbind_queue },
	{ NULL, NULL, NULL },
};
