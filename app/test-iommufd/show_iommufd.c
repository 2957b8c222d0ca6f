/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>

#include "inventory.h"
#include "show.h"

#define MAX_ORIGIN 160

/* A number, and what of: 1 device, 2 devices. */
static void
show_count(FILE *out, const char *before, unsigned int n, const char *what)
{
	fprintf(out, "%s%u %s%s", before, n, what, n == 1 ? "" : "s");
}

static void
show_mappings(FILE *out, const struct inventory *inventory, uint32_t as_id)
{
	char size[INVENTORY_NAME], page[INVENTORY_NAME], origin[MAX_ORIGIN];
	const struct rte_iommufd_mapping_info *mapping;
	uint64_t page_size;
	bool begun = false;
	unsigned int i;

	for (i = 0; i < inventory->n_mappings; i++) {
		mapping = &inventory->mappings[i];
		if (mapping->as_id != as_id)
			continue;
		if (!begun)
			fprintf(out, "  %-18s  %-18s  %10s  %8s  %s\n", "first address", "last",
				"size", "pages of", "from");
		begun = true;
		page_size = inventory_page_size(inventory, mapping);
		fprintf(out, "  0x%016" PRIx64 "  0x%016" PRIx64 "  %10s  %8s  %s\n", mapping->iova,
			mapping->iova + (mapping->len - 1), inventory_size(mapping->len, size),
			page_size == 0 ? "?" : inventory_size(page_size, page),
			inventory_origin(mapping, 0, origin, sizeof(origin)));
	}
}

static void
show_page_tables(FILE *out, const struct inventory *inventory, uint32_t as_id)
{
	const struct inventory_user *user;
	const struct inventory_pt *pt;
	unsigned int i, j;

	for (i = 0; i < inventory->n_pts; i++) {
		pt = &inventory->pts[i];
		if (pt->info.as_id != as_id)
			continue;
		fprintf(out, "  page table %u", pt->info.id);
		if (pt->iommu[0] != '\0')
			fprintf(out, " of %s", pt->iommu);
		show_count(out, ": ", pt->info.n_devices, "device");
		show_count(out, ", ", pt->info.n_pasids, "PASID");
		fprintf(out, "\n");
		for (j = 0; j < inventory->n_users; j++) {
			user = &inventory->users[j];
			if (user->pt != pt->info.id)
				continue;
			fprintf(out, "    device %s", user->device);
			if (user->pasid != 0)
				fprintf(out, ", PASID %u", user->pasid);
			fprintf(out, "\n");
		}
	}
}

/* What is mapped, in one space or, for 0, in all. */
static void
show_totals(FILE *out, const struct inventory *inventory, uint32_t as_id)
{
	char size[INVENTORY_NAME];
	unsigned int i, n = 0;
	uint64_t bytes = 0;

	for (i = 0; i < inventory->n_mappings; i++) {
		if (as_id != 0 && inventory->mappings[i].as_id != as_id)
			continue;
		bytes += inventory->mappings[i].len;
		n++;
	}
	show_count(out, "", n, "mapping");
	fprintf(out, ", %s\n", inventory_size(bytes, size));
}

static void
show_space(FILE *out, const struct inventory *inventory, const struct rte_iommufd_as_info *space)
{
	fprintf(out, "address space %u, %s: ", space->id, inventory_kind(space));
	show_totals(out, inventory, space->id);
	show_mappings(out, inventory, space->id);
	show_page_tables(out, inventory, space->id);
}

static void
show_sums(FILE *out, const struct inventory *inventory)
{
	unsigned int i, n_pasids = 0;

	for (i = 0; i < inventory->n_users; i++)
		n_pasids += inventory->users[i].pasid != 0;
	show_count(out, "in all: ", inventory->n_spaces, "address space");
	show_count(out, ", ", inventory->n_pts, "page table");
	show_count(out, ", ", inventory->n_users - n_pasids, "device");
	show_count(out, ", ", n_pasids, "PASID");
	fprintf(out, ", ");
	show_totals(out, inventory, 0);
}

int
show_iommufd(FILE *out)
{
	struct inventory inventory;
	unsigned int i;
	int ret;

	ret = inventory_take(&inventory);
	if (ret != 0)
		return ret;
	fprintf(out, "/dev/iommu is open (descriptor %d); the kernel maps %s\n",
		inventory.context.fd, inventory.context.maps_files ?
		"files" : "no files, so hugepages are mapped by address");
	for (i = 0; i < inventory.n_spaces; i++)
		show_space(out, &inventory, &inventory.spaces[i]);
	show_sums(out, &inventory);
	inventory_free(&inventory);
	return 0;
}

int
show_address_space(FILE *out, uint32_t as_id)
{
	struct inventory inventory;
	unsigned int i;
	int ret;

	ret = inventory_take(&inventory);
	if (ret != 0)
		return ret;
	for (i = 0; i < inventory.n_spaces && inventory.spaces[i].id != as_id; i++)
		;
	if (i < inventory.n_spaces) {
		show_space(out, &inventory, &inventory.spaces[i]);
	} else {
		fprintf(stderr, "%u: no address space; show iommufd has them all\n", as_id);
		ret = -ENOENT;
	}
	inventory_free(&inventory);
	return ret;
}

/* Which devices see what a space has. */
static void
show_users(FILE *out, const struct inventory *inventory, uint32_t as_id)
{
	const struct inventory_user *user;
	unsigned int i, n = 0;

	for (i = 0; i < inventory->n_users; i++) {
		user = &inventory->users[i];
		if (user->as_id != as_id)
			continue;
		fprintf(out, "%s%s", n++ == 0 ? "    seen by " : ", ", user->device);
		if (user->pasid != 0)
			fprintf(out, " PASID %u", user->pasid);
	}
	fprintf(out, n == 0 ? "    seen by nobody: no device and no PASID is bound\n" : "\n");
}

static void
show_place(FILE *out, const struct inventory *inventory, const struct rte_iommufd_as_info *space,
		const struct rte_iommufd_mapping_info *mapping, uint64_t address)
{
	char size[INVENTORY_NAME], page[INVENTORY_NAME], origin[MAX_ORIGIN];
	uint64_t page_size = inventory_page_size(inventory, mapping);

	fprintf(out, "  address space %u, %s: in 0x%" PRIx64 "-0x%" PRIx64 " (%s", space->id,
		inventory_kind(space), mapping->iova, mapping->iova + (mapping->len - 1),
		inventory_size(mapping->len, size));
	if (page_size != 0)
		fprintf(out, ", pages of %s", inventory_size(page_size, page));
	fprintf(out, ")\n    from %s\n",
		inventory_origin(mapping, address - mapping->iova, origin, sizeof(origin)));
	show_users(out, inventory, space->id);
}

/* An address that nobody has is often a little beyond one that somebody has. */
static void
show_neighbours(FILE *out, const struct inventory *inventory, uint64_t address)
{
	const struct rte_iommufd_mapping_info *mapping, *below = NULL, *above = NULL;
	unsigned int i;

	for (i = 0; i < inventory->n_mappings; i++) {
		mapping = &inventory->mappings[i];
		if (mapping->iova < address && (below == NULL ||
				mapping->iova + mapping->len > below->iova + below->len))
			below = mapping;
		if (mapping->iova > address && (above == NULL || mapping->iova < above->iova))
			above = mapping;
	}
	if (below != NULL)
		fprintf(out, "  the nearest below ends at 0x%" PRIx64 " in address space %u\n",
			below->iova + (below->len - 1), below->as_id);
	if (above != NULL)
		fprintf(out, "  the nearest above begins at 0x%" PRIx64 " in address space %u\n",
			above->iova, above->as_id);
}

int
show_probed_address(FILE *out, uint64_t address)
{
	const struct rte_iommufd_mapping_info *mapping;
	struct inventory inventory;
	unsigned int i, n = 0;
	int ret;

	ret = inventory_take(&inventory);
	if (ret != 0)
		return ret;
	for (i = 0; i < inventory.n_spaces; i++) {
		mapping = inventory_find(&inventory, inventory.spaces[i].id, address);
		if (mapping == NULL)
			continue;
		if (n++ == 0)
			fprintf(out, "0x%" PRIx64 " is mapped\n", address);
		show_place(out, &inventory, &inventory.spaces[i], mapping, address);
	}
	if (n == 0) {
		fprintf(out, "0x%" PRIx64 " is mapped nowhere: no device sees it\n", address);
		show_neighbours(out, &inventory, address);
	}
	inventory_free(&inventory);
	return 0;
}
