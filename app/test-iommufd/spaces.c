/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "spaces.h"

static int
failed(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, rte_strerror(-error));
	return error;
}

static struct space *
find_own(const struct spaces *spaces, uint32_t id)
{
	struct space *space;

	LIST_FOREACH(space, &spaces->all, next)
		if (rte_iommufd_as_id(space->as) == id)
			return space;
	fprintf(stderr, "%u: not an address space that was created here\n", id);
	return NULL;
}

struct rte_iommufd_as *
spaces_find(const struct spaces *spaces, uint32_t id)
{
	struct rte_iommufd_as *shared = rte_iommufd_as_shared();
	struct space *space;

	if (shared != NULL && rte_iommufd_as_id(shared) == id)
		return shared;
	space = find_own(spaces, id);
	return space == NULL ? NULL : space->as;
}

bool
spaces_at(const struct spaces *spaces, unsigned int place, uint32_t *id)
{
	struct space *space;

	LIST_FOREACH(space, &spaces->all, next) {
		if (place-- == 0) {
			*id = rte_iommufd_as_id(space->as);
			return true;
		}
	}
	return false;
}

int
spaces_create(struct spaces *spaces, uint32_t *id)
{
	struct space *space = calloc(1, sizeof(*space));

	if (space == NULL)
		return failed("an address space can't be created", -ENOMEM);
	space->as = rte_iommufd_as_create();
	if (space->as == NULL) {
		free(space);
		return failed("an address space can't be created", -rte_errno);
	}
	LIST_INIT(&space->buffers);
	LIST_INSERT_HEAD(&spaces->all, space, next);
	*id = rte_iommufd_as_id(space->as);
	return 0;
}

static void
free_buffer(struct space_buffer *buffer)
{
	LIST_REMOVE(buffer, next);
	munmap(buffer->address, buffer->length);
	free(buffer);
}

static int
destroy(struct space *space)
{
	int ret = rte_iommufd_as_destroy(space->as);

	if (ret != 0)
		return failed("the address space can't be destroyed", ret);
	while (!LIST_EMPTY(&space->buffers))
		free_buffer(LIST_FIRST(&space->buffers));
	LIST_REMOVE(space, next);
	free(space);
	return 0;
}

int
spaces_destroy(struct spaces *spaces, uint32_t id)
{
	struct space *space = find_own(spaces, id);

	return space == NULL ? -ENOENT : destroy(space);
}

int
spaces_map(struct spaces *spaces, uint32_t id, uint64_t length, uint64_t iova)
{
	struct space *space = find_own(spaces, id);
	struct space_buffer *buffer;
	int ret = -ENOMEM;

	if (space == NULL)
		return -ENOENT;
	buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL)
		return failed("memory can't be mapped", ret);
	buffer->length = length;
	buffer->iova = iova;
	buffer->address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		0);
	if (buffer->address == MAP_FAILED) {
		ret = -errno;
		goto free_buffer;
	}
	ret = rte_iommufd_as_map(space->as, buffer->address, length, iova, 0);
	if (ret != 0)
		goto give_back;
	LIST_INSERT_HEAD(&space->buffers, buffer, next);
	return 0;

give_back:
	munmap(buffer->address, length);
free_buffer:
	free(buffer);
	return failed("memory can't be mapped", ret);
}

int
spaces_unmap(struct spaces *spaces, uint32_t id, uint64_t iova, uint64_t length)
{
	struct space *space = find_own(spaces, id);
	struct space_buffer *buffer, *following;
	int ret;

	if (space == NULL)
		return -ENOENT;
	ret = rte_iommufd_as_unmap(space->as, iova, length);
	if (ret != 0)
		return failed("memory can't be unmapped", ret);
	for (buffer = LIST_FIRST(&space->buffers); buffer != NULL; buffer = following) {
		following = LIST_NEXT(buffer, next);
		if (buffer->iova - iova < length)
			free_buffer(buffer);
	}
	return 0;
}

int
spaces_copy(struct spaces *spaces, uint32_t id, uint64_t iova, uint32_t from,
		uint64_t from_iova, uint64_t length)
{
	struct space *space = find_own(spaces, id);
	struct rte_iommufd_as *source = spaces_find(spaces, from);
	int ret;

	if (space == NULL || source == NULL)
		return -ENOENT;
	ret = rte_iommufd_as_copy(space->as, iova, source, from_iova, length, 0);
	return ret == 0 ? 0 : failed("the mapping can't be copied", ret);
}

struct rte_iommufd_dev *
spaces_device(struct spaces *spaces, const char *name)
{
	struct rte_iommufd_dev *dev = rte_iommufd_dev_find(name);
	struct space_device *device;

	if (dev != NULL)
		return dev;
	device = calloc(1, sizeof(*device));
	if (device == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	device->dev = rte_iommufd_dev_open(name);
	if (device->dev == NULL) {
		free(device);
		return NULL;
	}
	LIST_INSERT_HEAD(&spaces->devices, device, next);
	return device->dev;
}

int
spaces_bind(struct spaces *spaces, uint32_t id, const char *device, uint32_t *pasid)
{
	struct rte_iommufd_as *as = spaces_find(spaces, id);
	struct space_binding *binding;
	struct rte_iommufd_dev *dev;
	int ret;

	if (as == NULL)
		return -ENOENT;
	dev = spaces_device(spaces, device);
	if (dev == NULL)
		return failed(device, -rte_errno);
	binding = calloc(1, sizeof(*binding));
	if (binding == NULL)
		return failed(device, -ENOMEM);
	binding->dev = dev;
	binding->pasid = RTE_IOMMUFD_PASID_ANY;
	ret = rte_iommufd_pasid_bind(dev, as, RTE_IOMMUFD_PT_AUTO, &binding->pasid);
	if (ret != 0) {
		free(binding);
		return failed(device, ret);
	}
	LIST_INSERT_HEAD(&spaces->bindings, binding, next);
	*pasid = binding->pasid;
	return 0;
}

static int
unbind(struct space_binding *binding)
{
	int ret = rte_iommufd_pasid_unbind(binding->dev, binding->pasid);

	if (ret != 0)
		return failed("the PASID can't be unbound", ret);
	LIST_REMOVE(binding, next);
	free(binding);
	return 0;
}

static struct space_binding *
find_binding(const struct spaces *spaces, const char *device, uint32_t pasid)
{
	struct rte_iommufd_dev *dev = rte_iommufd_dev_find(device);
	struct space_binding *binding;

	LIST_FOREACH(binding, &spaces->bindings, next)
		if (binding->dev == dev && binding->pasid == pasid)
			return binding;
	fprintf(stderr, "%s: PASID %u was not bound here\n", device, pasid);
	return NULL;
}

int
spaces_rebind(struct spaces *spaces, const char *device, uint32_t pasid, uint32_t id)
{
	struct space_binding *binding = find_binding(spaces, device, pasid);
	struct rte_iommufd_as *as;
	int ret;

	if (binding == NULL)
		return -ENOENT;
	as = spaces_find(spaces, id);
	if (as == NULL)
		return -ENOENT;
	ret = rte_iommufd_pasid_rebind(binding->dev, as, RTE_IOMMUFD_PT_AUTO, pasid);
	return ret == 0 ? 0 : failed("the PASID can't be bound anew, and is bound as before", ret);
}

int
spaces_unbind(struct spaces *spaces, const char *device, uint32_t pasid)
{
	struct space_binding *binding = find_binding(spaces, device, pasid);

	return binding == NULL ? -ENOENT : unbind(binding);
}

void
spaces_leave_device(struct spaces *spaces, const char *device)
{
	struct space_binding *binding, *following;
	struct rte_iommufd_dev *dev;

	if (LIST_EMPTY(&spaces->bindings))
		return;
	dev = rte_iommufd_dev_find(device);
	for (binding = LIST_FIRST(&spaces->bindings); binding != NULL; binding = following) {
		following = LIST_NEXT(binding, next);
		if (binding->dev == dev)
			unbind(binding);
	}
}

void
spaces_end(struct spaces *spaces)
{
	struct space_device *device;

	while (!LIST_EMPTY(&spaces->bindings) && unbind(LIST_FIRST(&spaces->bindings)) == 0)
		;
	while (!LIST_EMPTY(&spaces->all) && destroy(LIST_FIRST(&spaces->all)) == 0)
		;
	while (!LIST_EMPTY(&spaces->devices)) {
		device = LIST_FIRST(&spaces->devices);
		LIST_REMOVE(device, next);
		rte_iommufd_dev_close(device->dev);
		free(device);
	}
}
