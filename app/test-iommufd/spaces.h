/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef SPACES_H
#define SPACES_H

/**
 * @file
 * Address spaces that the user makes at the prompt: what is mapped in them, which PASIDs of which
 * devices are bound to them. Functions that return int return 0 or a negative errno, and then they
 * said why.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/queue.h>

struct rte_iommufd_as;
struct rte_iommufd_dev;

/** Memory of the user's, mapped in a space of his. */
struct space_buffer {
	LIST_ENTRY(space_buffer) next;
	void *address;
	uint64_t length;
	uint64_t iova;
};

struct space {
	LIST_ENTRY(space) next;
	struct rte_iommufd_as *as;
	LIST_HEAD(, space_buffer) buffers;
};

/** A PASID that was bound. */
struct space_binding {
	LIST_ENTRY(space_binding) next;
	struct rte_iommufd_dev *dev;
	uint32_t pasid;
};

/** A device that nobody had opened. */
struct space_device {
	LIST_ENTRY(space_device) next;
	struct rte_iommufd_dev *dev;
};

struct spaces {
	LIST_HEAD(, space) all;
	LIST_HEAD(, space_binding) bindings;
	LIST_HEAD(, space_device) devices;
};

/** Unbind, destroy, unmap and close all that is left. */
void spaces_end(struct spaces *spaces);

int spaces_create(struct spaces *spaces, uint32_t *id);

/** @param id Of one that was created here. */
int spaces_destroy(struct spaces *spaces, uint32_t id);

/** The space of a number; "shared" by its number, too. NULL: there is none. */
struct rte_iommufd_as *spaces_find(const struct spaces *spaces, uint32_t id);

/** The number of the one at a place in the list of those created here; false behind the last. */
bool spaces_at(const struct spaces *spaces, unsigned int place, uint32_t *id);

/** Map new memory, filled with 0. */
int spaces_map(struct spaces *spaces, uint32_t id, uint64_t length, uint64_t iova);

/** Unmap, and give back what spaces_map() took. */
int spaces_unmap(struct spaces *spaces, uint32_t id, uint64_t iova, uint64_t length);

/** Map what another space has mapped. */
int spaces_copy(struct spaces *spaces, uint32_t id, uint64_t iova, uint32_t from,
		uint64_t from_iova, uint64_t length);

/** A device, which is opened where nobody has done that; NULL with rte_errno, and nothing said. */
struct rte_iommufd_dev *spaces_device(struct spaces *spaces, const char *name);

/** Bind a PASID of a device; the device is opened where nobody has done that. */
int spaces_bind(struct spaces *spaces, uint32_t id, const char *device, uint32_t *pasid);

/** Bind a PASID that was bound here to another space, without a moment in between. */
int spaces_rebind(struct spaces *spaces, const char *device, uint32_t pasid, uint32_t id);

/** Unbind the PASIDs of a device that were bound here, as somebody is about to close it. */
void spaces_leave_device(struct spaces *spaces, const char *device);

int spaces_unbind(struct spaces *spaces, const char *device, uint32_t pasid);

#endif /* SPACES_H */
