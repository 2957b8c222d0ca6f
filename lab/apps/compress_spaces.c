/* SPDX-License-Identifier: BSD-3-Clause */

#include <string.h>

#include <rte_common.h>
#include <rte_compressdev.h>

#include <rte_bus_iommufd.h>
#include <rte_iommufd.h>

#include "compress.h"
#include "prompt.h"

#define DIRECTIONS 2	/* each pair has a queue for each */

void
compress_choose_pair(char *const arg[])
{
	compress_app.pair = prompt_number(arg[0]);
	compress_status(0);
}

/** The space of one of the pair's queues. */
static struct rte_iommufd_as *
space_of(uint16_t pair, unsigned int direction)
{
	return rte_bus_iommufd_queue_as(rte_compressdev_name_get(compress_app.device),
		pair * DIRECTIONS + direction);
}

void
compress_share(char *const arg[])
{
	const struct compress_buffer *buffer = compress_buffer(arg[0]);
	const uint64_t address = (uintptr_t)buffer->memory;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < DIRECTIONS; i++)
		ret = rte_iommufd_as_copy(space_of(compress_app.pair, i), address, rte_iommufd_as_shared(),
			address, RTE_ALIGN_CEIL(buffer->size, COMPRESS_PAGE),
			strcmp(arg[1], "ro") == 0 ? RTE_IOMMUFD_READ_ONLY : 0);
	compress_status(ret);
}

void
compress_unshare(char *const arg[])
{
	const struct compress_buffer *buffer = compress_buffer(arg[0]);
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < DIRECTIONS; i++)
		ret = rte_iommufd_as_unmap(space_of(compress_app.pair, i), (uintptr_t)buffer->memory,
			RTE_ALIGN_CEIL(buffer->size, COMPRESS_PAGE));
	compress_status(ret);
}

void
compress_bind(char *const arg[])
{
	struct rte_iommufd_as *as = NULL;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < DIRECTIONS; i++) {
		if (strcmp(arg[0], "shared") == 0)
			as = rte_iommufd_as_shared();
		else if (strcmp(arg[0], "own") != 0)
			as = space_of(prompt_number(arg[0]), 0);
		ret = rte_bus_iommufd_queue_bind(rte_compressdev_name_get(compress_app.device),
			compress_app.pair * DIRECTIONS + i, as);
	}
	compress_status(ret);
}
