/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "inventory.h"

/* How often a mapping's source is looked up in another space, whose source is in another one. */
#define MAX_STEPS 8

/* Make room for one more in an array, which doubles at each power of two. */
static void *
grow(void *array, unsigned int n, size_t size)
{
	return n == 0 || rte_is_power_of_2(n) ? reallocarray(array, n == 0 ? 1 : 2 * n, size) :
		array;
}

static int
add_context(const struct rte_iommufd_context_info *info, void *arg)
{
	((struct inventory *)arg)->context = *info;
	return 0;
}

static int
add_space(const struct rte_iommufd_as_info *info, void *arg)
{
	struct inventory *inventory = arg;
	void *grown = grow(inventory->spaces, inventory->n_spaces, sizeof(*info));

	if (grown == NULL)
		return -ENOMEM;
	inventory->spaces = grown;
	inventory->spaces[inventory->n_spaces++] = *info;
	return 0;
}

static int
add_mapping(const struct rte_iommufd_mapping_info *info, void *arg)
{
	struct inventory *inventory = arg;
	void *grown = grow(inventory->mappings, inventory->n_mappings, sizeof(*info));

	if (grown == NULL)
		return -ENOMEM;
	inventory->mappings = grown;
	inventory->mappings[inventory->n_mappings++] = *info;
	return 0;
}

static int
add_pt(const struct rte_iommufd_pt_info *info, void *arg)
{
	struct inventory *inventory = arg;
	struct inventory_pt *pt;
	void *grown = grow(inventory->pts, inventory->n_pts, sizeof(*pt));

	if (grown == NULL)
		return -ENOMEM;
	inventory->pts = grown;
	pt = &inventory->pts[inventory->n_pts++];
	pt->info = *info;
	snprintf(pt->iommu, sizeof(pt->iommu), "%s", info->iommu);
	return 0;
}

static int
add_user(struct inventory *inventory, const char *device, uint32_t pasid, uint32_t as_id,
		uint32_t pt)
{
	void *grown = grow(inventory->users, inventory->n_users, sizeof(*inventory->users));
	struct inventory_user *user;

	if (grown == NULL)
		return -ENOMEM;
	inventory->users = grown;
	user = &inventory->users[inventory->n_users++];
	*user = (struct inventory_user){ .pasid = pasid, .as_id = as_id, .pt = pt };
	snprintf(user->device, sizeof(user->device), "%s", device);
	return 0;
}

static int
add_device(const char *name, const struct rte_iommufd_dev_info *info, void *arg)
{
	return add_user(arg, name, 0, info->as_id, info->pt);
}

static int
add_pasid(const char *device, uint32_t pasid, const struct rte_iommufd_pasid_info *info, void *arg)
{
	return add_user(arg, device, pasid, info->as_id, info->pt);
}

int
inventory_take(struct inventory *inventory)
{
	static const struct rte_iommufd_visitor visitor = {
		.context = add_context,
		.as = add_space,
		.mapping = add_mapping,
		.pt = add_pt,
		.dev = add_device,
		.pasid = add_pasid,
	};
	int ret;

	*inventory = (struct inventory){ .n_spaces = 0 };
	ret = rte_iommufd_walk(&visitor, inventory);
	if (ret == 0)
		return 0;
	inventory_free(inventory);
	if (ret == -ENOTSUP)
		fprintf(stderr, "iommufd is not in use: start with --iova-mode=iommufd\n");
	else
		fprintf(stderr, "address spaces can't be listed: %s\n", rte_strerror(-ret));
	return ret;
}

void
inventory_free(struct inventory *inventory)
{
	free(inventory->spaces);
	free(inventory->mappings);
	free(inventory->pts);
	free(inventory->users);
	*inventory = (struct inventory){ .n_spaces = 0 };
}

const struct rte_iommufd_mapping_info *
inventory_find(const struct inventory *inventory, uint32_t as_id, uint64_t iova)
{
	const struct rte_iommufd_mapping_info *mapping;
	unsigned int i;

	for (i = 0; i < inventory->n_mappings; i++) {
		mapping = &inventory->mappings[i];
		if (mapping->as_id == as_id && iova - mapping->iova < mapping->len)
			return mapping;
	}
	return NULL;
}

/* Of the process's own memory: EAL knows its own, the kernel tells of the rest. */
static uint64_t
page_size_at(uint64_t vaddr)
{
	const struct rte_memseg_list *list = rte_mem_virt2memseg_list((void *)(uintptr_t)vaddr);
	FILE *smaps = list == NULL ? fopen("/proc/self/smaps", "r") : NULL;
	uint64_t begin, end, kib, found = 0;
	bool inside = false;
	char line[256];

	if (list != NULL)
		return list->page_sz;
	if (smaps == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), smaps) != NULL) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &begin, &end) == 2)
			inside = vaddr >= begin && vaddr < end;
		else if (inside && sscanf(line, "KernelPageSize: %" SCNu64 " kB", &kib) == 1)
			found = kib << 10;
	}
	fclose(smaps);
	return found;
}

uint64_t
inventory_page_size(const struct inventory *inventory,
		const struct rte_iommufd_mapping_info *mapping)
{
	unsigned int step;

	for (step = 0; mapping != NULL && step < MAX_STEPS; step++) {
		if (mapping->vaddr != 0)
			return page_size_at(mapping->vaddr);
		if (mapping->source != RTE_IOMMUFD_SOURCE_AS)
			return 0;
		mapping = inventory_find(inventory, mapping->from_as_id, mapping->start);
	}
	return 0;
}

const char *
inventory_size(uint64_t bytes, char text[INVENTORY_NAME])
{
	static const struct {
		unsigned int shift;
		const char *name;
	} units[] = { { 30, "GiB" }, { 20, "MiB" }, { 10, "KiB" } };
	unsigned int i;

	for (i = 0; i < RTE_DIM(units) - 1; i++)
		if (bytes >> units[i].shift != 0 && bytes % (UINT64_C(1) << units[i].shift) == 0)
			break;
	snprintf(text, INVENTORY_NAME, "%" PRIu64 " %s", bytes >> units[i].shift, units[i].name);
	return text;
}

const char *
inventory_kind(const struct rte_iommufd_as_info *space)
{
	static const char *const kinds[] = {
		[RTE_IOMMUFD_AS_SHARED] = "shared",
		[RTE_IOMMUFD_AS_CREATED] = "created",
		[RTE_IOMMUFD_AS_CONTAINER] = "container",
	};

	return kinds[space->kind];
}

const char *
inventory_origin(const struct rte_iommufd_mapping_info *mapping, uint64_t offset, char *text,
		size_t size)
{
	static const char *const owners[] = {
		[RTE_IOMMUFD_OWNER_EAL] = "EAL",
		[RTE_IOMMUFD_OWNER_APPLICATION] = "application",
		[RTE_IOMMUFD_OWNER_SECONDARY] = "secondary process",
	};
	const char *owner = owners[mapping->owner];
	const uint64_t start = mapping->start + offset;
	int n = 0;

	switch (mapping->source) {
	case RTE_IOMMUFD_SOURCE_MEMORY:
		n = snprintf(text, size, "%s, process 0x%" PRIx64, owner, start);
		break;
	case RTE_IOMMUFD_SOURCE_FILE:
		n = snprintf(text, size, "%s, file at 0x%" PRIx64, owner, start);
		if (mapping->vaddr != 0)
			n += snprintf(text + n, size - n, ", process 0x%" PRIx64,
				mapping->vaddr + offset);
		break;
	case RTE_IOMMUFD_SOURCE_AS:
		n = snprintf(text, size, "%s, address space %u at 0x%" PRIx64, owner,
			mapping->from_as_id, start);
		break;
	case RTE_IOMMUFD_SOURCE_UNKNOWN:
		n = snprintf(text, size, "%s", owner);
		break;
	}
	if (mapping->read_only)
		snprintf(text + n, size - n, ", read-only");
	return text;
}
