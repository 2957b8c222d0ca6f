/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>

#include "app.h"
#include "argument.h"
#include "command.h"

static int
create(struct app *app, const char *const arg[] __rte_unused)
{
	uint32_t id;
	int ret = spaces_create(&app->spaces, &id);

	if (ret == 0)
		printf("address space %u\n", id);
	return ret;
}

static int
destroy(struct app *app, const char *const arg[])
{
	uint32_t id;
	int ret = argument_space(arg[0], &id);

	return ret == 0 ? spaces_destroy(&app->spaces, id) : ret;
}

static int
map(struct app *app, const char *const arg[])
{
	uint64_t length, iova;
	uint32_t id;

	if (argument_space(arg[0], &id) != 0 || argument_address(arg[1], &iova) != 0 ||
			argument_address(arg[2], &length) != 0)
		return -EINVAL;
	return spaces_map(&app->spaces, id, length, iova);
}

static int
unmap(struct app *app, const char *const arg[])
{
	uint64_t length, iova;
	uint32_t id;

	if (argument_space(arg[0], &id) != 0 || argument_address(arg[1], &iova) != 0 ||
			argument_address(arg[2], &length) != 0)
		return -EINVAL;
	return spaces_unmap(&app->spaces, id, iova, length);
}

static int
copy(struct app *app, const char *const arg[])
{
	uint64_t iova, from_iova, length;
	uint32_t id, from;

	if (argument_space(arg[0], &id) != 0 || argument_address(arg[1], &iova) != 0 ||
			argument_space(arg[2], &from) != 0 ||
			argument_address(arg[3], &from_iova) != 0 ||
			argument_address(arg[4], &length) != 0)
		return -EINVAL;
	return spaces_copy(&app->spaces, id, iova, from, from_iova, length);
}

static int
bind_pasid(struct app *app, const char *const arg[])
{
	uint32_t id, pasid;
	int ret = argument_space(arg[0], &id);

	if (ret == 0)
		ret = spaces_bind(&app->spaces, id, arg[1], &pasid);
	if (ret == 0)
		printf("PASID %u\n", pasid);
	return ret;
}

static int
rebind_pasid(struct app *app, const char *const arg[])
{
	uint32_t id, pasid;
	int ret = argument_number(arg[1], 1, UINT32_MAX, &pasid);

	if (ret == 0)
		ret = argument_space(arg[2], &id);
	return ret == 0 ? spaces_rebind(&app->spaces, arg[0], pasid, id) : ret;
}

static int
unbind_pasid(struct app *app, const char *const arg[])
{
	uint32_t pasid;
	int ret = argument_number(arg[1], 1, UINT32_MAX, &pasid);

	return ret == 0 ? spaces_unbind(&app->spaces, arg[0], pasid) : ret;
}

const struct command as_commands[] = {
	{ "as create", "a new address space, which is empty", create },
	{ "as destroy SPACE", "with all that is mapped in it", destroy },
	{ "as map SPACE IOVA LENGTH", "new memory of the application", map },
	{ "as unmap SPACE IOVA LENGTH", "whole mappings", unmap },
	{ "as copy SPACE IOVA SPACE IOVA LENGTH", "to here, from what is mapped there", copy },
	{ "as bind SPACE DEVICE", "a PASID of a device", bind_pasid },
	{ "as rebind DEVICE PASID SPACE", "which was bound so, without a gap", rebind_pasid },
	{ "as unbind DEVICE PASID", "which was bound so", unbind_pasid },
	{ NULL, NULL, NULL },
};
