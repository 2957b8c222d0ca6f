/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_vfio.h>

#include "iommufd_containers.h"
#include "iommufd_device.h"
#include "iommufd_log.h"

static struct iommufd_container *
find(struct iommufd_containers *containers, int fd)
{
	struct iommufd_container *container;

	if (containers->base.fd >= 0 && fd == RTE_VFIO_DEFAULT_CONTAINER_FD)
		return &containers->base;
	IOMMUFD_CONTAINERS_FOREACH(container, containers)
		if (fd >= 0 && container->fd == fd)
			return container;

	IOMMUFD_LOG(ERR, "%d is no container's descriptor", fd);
	return NULL;
}

struct iommufd_container *
iommufd_containers_get(struct iommufd_containers *containers, int fd)
{
	struct iommufd_container *container;

	pthread_rwlock_rdlock(&containers->lock);
	container = find(containers, fd);
	if (container == NULL)
		pthread_rwlock_unlock(&containers->lock);
	return container;
}

void
iommufd_containers_put(struct iommufd_containers *containers)
{
	pthread_rwlock_unlock(&containers->lock);
}

int
iommufd_containers_create(struct iommufd_containers *containers, struct iommufd_context *ctx)
{
	struct iommufd_container *container;
	int ret;

	container = calloc(1, sizeof(*container));
	if (container == NULL)
		return -ENOMEM;
	ret = iommufd_container_open(container, ctx);
	if (ret < 0) {
		free(container);
		return ret;
	}

	pthread_rwlock_wrlock(&containers->lock);
	TAILQ_INSERT_TAIL(&containers->own, container, next);
	pthread_rwlock_unlock(&containers->lock);
	IOMMUFD_LOG(INFO, "container %d, IOAS %u", container->fd, container->ioas.id);
	return container->fd;
}

static void
drop(struct iommufd_containers *containers, struct iommufd_container *container)
{
	iommufd_groups_remove_container(&containers->groups, container);

	/* After this nobody finds it, and nobody uses it any more. */
	pthread_rwlock_wrlock(&containers->lock);
	TAILQ_REMOVE(&containers->own, container, next);
	pthread_rwlock_unlock(&containers->lock);

	iommufd_container_close(container);
	free(container);
}

int
iommufd_containers_destroy(struct iommufd_containers *containers, int fd)
{
	struct iommufd_container *container = find(containers, fd);
	const struct iommufd_device *dev;

	if (container == NULL)
		return -EINVAL;
	if (container == &containers->base) {
		IOMMUFD_LOG(ERR, "the default container can't be destroyed");
		return -EINVAL;
	}
	dev = TAILQ_FIRST(&container->devices);
	if (dev != NULL) {
		IOMMUFD_LOG(ERR, "container %d can't be destroyed: %s is open in it", fd,
			dev->name);
		return -EBUSY;
	}
	if (iommufd_container_n_pasids(container) > 0) {
		IOMMUFD_LOG(ERR, "container %d, IOAS %u, can't be destroyed: %u PASIDs are bound to "
			"it", fd, container->ioas.id, iommufd_container_n_pasids(container));
		return -EBUSY;
	}
	drop(containers, container);
	return 0;
}

void
iommufd_containers_close(struct iommufd_containers *containers)
{
	struct iommufd_container *container;

	while ((container = TAILQ_FIRST(&containers->own)) != NULL)
		drop(containers, container);
	iommufd_groups_remove_container(&containers->groups, &containers->base);
	iommufd_container_close(&containers->base);
}

/** @return An open device of an IOMMU group that isn't in the container `but`, or NULL. */
static const struct iommufd_device *
find_device_of_group(const struct iommufd_containers *containers, int group,
		const struct iommufd_container *but)
{
	const struct iommufd_container *container;
	const struct iommufd_device *dev;

	IOMMUFD_CONTAINERS_FOREACH(container, containers)
		if (container != but)
			TAILQ_FOREACH(dev, &container->devices, next)
				if (iommufd_group_of_device(dev->sysfs_base, dev->name) == group)
					return dev;
	return NULL;
}

int
iommufd_containers_bind_group(struct iommufd_containers *containers, int fd, int num)
{
	struct iommufd_container *container = find(containers, fd);
	const struct iommufd_device *dev;
	const struct iommufd_group *group;

	if (container == NULL || num < 0)
		return -EINVAL;
	dev = find_device_of_group(containers, num, container);
	if (dev != NULL) {
		IOMMUFD_LOG(ERR, "IOMMU group %d can't be bound to container %d: %s is open in "
			"another one", num, container->fd, dev->name);
		return -EBUSY;
	}
	group = iommufd_groups_find(&containers->groups, num);
	if (group == NULL)
		return iommufd_groups_add(&containers->groups, num, container);
	if (group->container == container)
		return group->fd;
	IOMMUFD_LOG(ERR, "IOMMU group %d can't be bound to container %d: it is bound to %d", num,
		container->fd, group->container->fd);
	return -EBUSY;
}

int
iommufd_containers_unbind_group(struct iommufd_containers *containers, int fd, int num)
{
	struct iommufd_container *container = find(containers, fd);
	struct iommufd_group *group = iommufd_groups_find(&containers->groups, num);
	const struct iommufd_device *dev;

	if (container == NULL)
		return -EINVAL;
	if (group == NULL || group->container != container) {
		IOMMUFD_LOG(ERR, "IOMMU group %d is not bound to container %d", num,
			container->fd);
		return -EINVAL;
	}
	dev = find_device_of_group(containers, num, NULL);
	if (dev != NULL) {
		IOMMUFD_LOG(ERR, "IOMMU group %d can't be unbound from container %d: %s is open",
			num, container->fd, dev->name);
		return -EBUSY;
	}
	iommufd_groups_remove(&containers->groups, group);
	return 0;
}

struct iommufd_container *
iommufd_containers_of_device(struct iommufd_containers *containers, const char *sysfs_base,
		const char *name)
{
	const struct iommufd_group *group;

	if (TAILQ_EMPTY(&containers->groups))
		return &containers->base;
	group = iommufd_groups_find(&containers->groups,
		iommufd_group_of_device(sysfs_base, name));
	return group == NULL ? &containers->base : group->container;
}

struct iommufd_device *
iommufd_containers_find_device(struct iommufd_containers *containers, const char *name)
{
	struct iommufd_container *container;
	struct iommufd_device *dev;

	IOMMUFD_CONTAINERS_FOREACH(container, containers)
		TAILQ_FOREACH(dev, &container->devices, next)
			if (strcmp(dev->name, name) == 0)
				return dev;
	return NULL;
}
