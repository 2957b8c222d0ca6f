/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_CONTAINERS_H
#define IOMMUFD_CONTAINERS_H

#include <pthread.h>
#include <sys/queue.h>

#include "iommufd_container.h"
#include "iommufd_group.h"

struct iommufd_context;
struct iommufd_device;

/**
 * All containers, and which IOMMU group is bound to which.
 *
 * The caller serializes, but for iommufd_containers_get(): so an application can map memory, for
 * instance in a callback of EAL's memory events, while a device is being opened.
 */
struct iommufd_containers {
	struct iommufd_container base; /**< The default container. */
	TAILQ_HEAD(, iommufd_container) own; /**< The application's. */
	pthread_rwlock_t lock; /**< Of that list: held for writing when it changes. */
	struct iommufd_groups groups;
};

#define IOMMUFD_CONTAINERS_INITIALIZER(containers) { \
	.base.fd = -1, \
	.own = TAILQ_HEAD_INITIALIZER((containers).own), \
	.lock = PTHREAD_RWLOCK_INITIALIZER, \
	.groups = TAILQ_HEAD_INITIALIZER((containers).groups), \
}

/** Loop over all of them, the default one first. */
#define IOMMUFD_CONTAINERS_FOREACH(container, containers) \
	for ((container) = &(containers)->base; (container) != NULL; \
			(container) = (container) == &(containers)->base ? \
				TAILQ_FIRST(&(containers)->own) : TAILQ_NEXT((container), next))

/** @return The container that a handle means, which then stays until it is put back, or NULL. */
struct iommufd_container *iommufd_containers_get(struct iommufd_containers *containers, int fd);

/** Put back what iommufd_containers_get() has found. */
void iommufd_containers_put(struct iommufd_containers *containers);

/** Make one. @return Its handle, or -errno, logged. */
int iommufd_containers_create(struct iommufd_containers *containers, struct iommufd_context *ctx);

/** Destroy one. @return 0, or -errno, logged: EINVAL, EBUSY where a device is open in it. */
int iommufd_containers_destroy(struct iommufd_containers *containers, int fd);

/** Destroy all, the default one too. No device may be open. */
void iommufd_containers_close(struct iommufd_containers *containers);

/**
 * Bind an IOMMU group to a container.
 *
 * @return
 *   The group's descriptor, or -errno, logged: EINVAL, EBUSY where the group, or an open device of
 *   it, belongs to another container.
 */
int iommufd_containers_bind_group(struct iommufd_containers *containers, int fd, int group);

/** Undo that. @return 0, or -errno, logged: EINVAL, EBUSY where a device of the group is open. */
int iommufd_containers_unbind_group(struct iommufd_containers *containers, int fd, int group);

/** @return The container for a device that is about to be opened. */
struct iommufd_container *iommufd_containers_of_device(struct iommufd_containers *containers,
		const char *sysfs_base, const char *name);

/** @return The open device of that name, or NULL. */
struct iommufd_device *iommufd_containers_find_device(struct iommufd_containers *containers,
		const char *name);

#endif /* IOMMUFD_CONTAINERS_H */
