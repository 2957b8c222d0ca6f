/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "iommufd_mapping.h"

/* As mappings never overlap, those that do are the same one to the tree. */
static int
compare(const void *left, const void *right)
{
	const struct iommufd_mapping *a = left, *b = right;

	if (a->iova + (a->len - 1) < b->iova)
		return -1;
	return a->iova > b->iova + (b->len - 1);
}

struct iommufd_mapping *
iommufd_mappings_overlapping(const struct iommufd_mappings *mappings, uint64_t iova, uint64_t len)
{
	const struct iommufd_mapping key = { .iova = iova, .len = len };
	struct iommufd_mapping **node = tfind(&key, &mappings->tree, compare);

	return node == NULL ? NULL : *node;
}

struct iommufd_mapping *
iommufd_mappings_find(const struct iommufd_mappings *mappings, uint64_t iova)
{
	return iommufd_mappings_overlapping(mappings, iova, 1);
}

/* The first one found is the topmost of them in the tree: others are below it, on both sides. */
struct iommufd_mapping *
iommufd_mappings_read_only(const struct iommufd_mappings *mappings, uint64_t iova, uint64_t len)
{
	struct iommufd_mapping *middle, *found = NULL;
	uint64_t end;

	middle = len == 0 ? NULL : iommufd_mappings_overlapping(mappings, iova, len);
	if (middle == NULL || middle->backing.read_only)
		return middle;
	if (middle->iova > iova)
		found = iommufd_mappings_read_only(mappings, iova, middle->iova - iova);
	end = middle->iova + middle->len;
	if (found == NULL && end - 1 < iova + (len - 1))
		found = iommufd_mappings_read_only(mappings, end, iova + len - end);
	return found;
}

int
iommufd_mappings_add(struct iommufd_mappings *mappings, const struct iommufd_mapping *mapping)
{
	struct iommufd_mapping *added = malloc(sizeof(*added));

	if (added == NULL)
		return -ENOMEM;
	*added = *mapping;
	added->n_users = 1;
	if (tsearch(added, &mappings->tree, compare) == NULL) {
		free(added);
		return -ENOMEM;
	}
	return 0;
}

bool
iommufd_mapping_is_same(const struct iommufd_mapping *a, const struct iommufd_mapping *b)
{
	return a->iova == b->iova && a->len == b->len && a->va == b->va &&
		a->backing.kind == b->backing.kind && a->backing.start == b->backing.start &&
		a->backing.read_only == b->backing.read_only &&
		(a->backing.kind != IOMMUFD_BACKING_IOAS ||
		a->backing.ioas_id == b->backing.ioas_id);
}

void
iommufd_mappings_remove(struct iommufd_mappings *mappings, struct iommufd_mapping *mapping)
{
	tdelete(mapping, &mappings->tree, compare);
	free(mapping);
}

void
iommufd_mappings_clear(struct iommufd_mappings *mappings)
{
	tdestroy(mappings->tree, free);
	mappings->tree = NULL;
}

int
iommufd_mappings_check(const struct iommufd_mappings *mappings, const uint64_t *va, uint64_t iova,
		uint64_t len)
{
	const struct iommufd_mapping *mapping;
	uint64_t done;

	if (len == 0)
		return -EINVAL;
	for (done = 0; done < len; done += mapping->len) {
		mapping = iommufd_mappings_find(mappings, iova + done);
		if (mapping == NULL || (va != NULL && mapping->va - mapping->iova != *va - iova))
			return -EINVAL;
		if (mapping->iova != iova + done || mapping->len > len - done)
			return -ENOTSUP;
	}
	return 0;
}

/** What a walk is for, and how it stands. */
struct walk {
	iommufd_mappings_fn fn;
	void *arg;
	int ret;
};

static void
visit(const void *node, VISIT which, void *closure)
{
	struct iommufd_mapping *const *mapping = node;
	struct walk *walk = closure;

	if ((which == postorder || which == leaf) && walk->ret == 0)
		walk->ret = walk->fn(*mapping, walk->arg);
}

int
iommufd_mappings_walk(const struct iommufd_mappings *mappings, iommufd_mappings_fn fn, void *arg)
{
	struct walk walk = { .fn = fn, .arg = arg };

	twalk_r(mappings->tree, visit, &walk);
	return walk.ret;
}

int
iommufd_mapping_add_up(const struct iommufd_mapping *mapping, void *arg)
{
	struct iommufd_totals *totals = arg;

	totals->n_mappings++;
	totals->bytes += mapping->len;
	return 0;
}
