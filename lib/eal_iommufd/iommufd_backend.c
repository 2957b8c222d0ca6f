/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The root object. A device is opened and bound to the context, and attached to its container.
 *
 * Two locks, so that an application may map memory in a callback of EAL's memory events, which run
 * under EAL's memory lock, while another thread opens a device, which takes that lock: `lock` is
 * taken before EAL's, `containers_lock` after it.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_vfio.h>

#include "iommufd_backend.h"
#include "iommufd_compat.h"
#include "iommufd_container.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_group.h"
#include "iommufd_hwpt.h"
#include "iommufd_log.h"
#include "iommufd_memseg.h"
#include "iommufd_mp.h"

TAILQ_HEAD(device_list, iommufd_device);
TAILQ_HEAD(container_list, iommufd_container);

struct backend {
	bool enabled; /**< Constant while devices are there. */
	pthread_mutex_t lock; /**< Covers all below, of `containers` the writing only. */
	struct iommufd_context ctx;
	struct iommufd_mp mp;
	struct iommufd_memory memory;
	struct device_list devices;
	struct iommufd_groups groups;
	struct iommufd_backend_tally tally;
	pthread_rwlock_t containers_lock; /**< Covers `containers`. */
	struct container_list containers; /**< The application's. */
	struct iommufd_container base; /**< The default container. */
};

static struct backend backend = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.containers_lock = PTHREAD_RWLOCK_INITIALIZER,
	.ctx.fd = -1,
	.base.fd = -1,
	.devices = TAILQ_HEAD_INITIALIZER(backend.devices),
	.groups = TAILQ_HEAD_INITIALIZER(backend.groups),
	.containers = TAILQ_HEAD_INITIALIZER(backend.containers),
};

void
iommufd_backend_enable(bool on)
{
	backend.enabled = on;
}

bool
iommufd_backend_is_enabled(void)
{
	return backend.enabled;
}

static int
open_primary(void)
{
	int ret;

	ret = iommufd_context_open(&backend.ctx);
	if (ret < 0)
		return ret;
	ret = iommufd_container_open_default(&backend.base, &backend.ctx, &backend.memory);
	if (ret < 0)
		goto close_context;
	ret = iommufd_mp_start(&backend.mp);
	if (ret < 0)
		goto close_container;

	IOMMUFD_LOG(INFO, "%s is open, IOAS %u", IOMMUFD_PATH, backend.base.ioas.id);
	return 0;

close_container:
	iommufd_container_close(&backend.base);
close_context:
	iommufd_context_close(&backend.ctx);
	return ret;
}

static int
open_secondary(void)
{
	struct iommufd_mp_context context;
	int ret;

	ret = iommufd_mp_get_context(&backend.mp, &context);
	if (ret < 0)
		return ret;
	iommufd_context_adopt(&backend.ctx, context.fd);
	iommufd_container_borrow(&backend.base, &backend.ctx, context.ioas_id);
	IOMMUFD_LOG(INFO, "IOAS %u is the primary process's", backend.base.ioas.id);
	return 0;
}

static bool
is_secondary(void)
{
	return rte_eal_process_type() == RTE_PROC_SECONDARY;
}

int
iommufd_backend_open(void)
{
	int ret = 0;

	pthread_mutex_lock(&backend.lock);
	if (backend.ctx.fd < 0)
		ret = is_secondary() ? open_secondary() : open_primary();
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

bool
iommufd_backend_is_open(void)
{
	return backend.ctx.fd >= 0;
}

static void
drop_device(struct iommufd_device *dev)
{
	TAILQ_REMOVE(&backend.devices, dev, next);
	iommufd_device_detach(dev);
	iommufd_device_close(dev);
	free(dev);
}

/* From here on nobody finds it, and nobody is using it any more. */
static void
take_out_container(struct iommufd_container *container)
{
	pthread_rwlock_wrlock(&backend.containers_lock);
	TAILQ_REMOVE(&backend.containers, container, next);
	pthread_rwlock_unlock(&backend.containers_lock);
}

static void
drop_container(struct iommufd_container *container)
{
	iommufd_groups_remove_container(&backend.groups, container);
	take_out_container(container);
	iommufd_container_close(container);
	free(container);
}

void
iommufd_backend_leave_eal(void)
{
	/* What they call takes the lock, and stopping waits for it. */
	iommufd_mp_stop(&backend.mp);
	pthread_mutex_lock(&backend.lock);
	iommufd_memseg_stop(&backend.memory);
	pthread_mutex_unlock(&backend.lock);
}

void
iommufd_backend_close(void)
{
	struct iommufd_container *container;
	struct iommufd_device *dev;

	iommufd_backend_leave_eal();
	pthread_mutex_lock(&backend.lock);
	while ((dev = TAILQ_FIRST(&backend.devices)) != NULL)
		drop_device(dev);
	while ((container = TAILQ_FIRST(&backend.containers)) != NULL)
		drop_container(container);
	iommufd_groups_remove_container(&backend.groups, &backend.base);
	iommufd_container_close(&backend.base);
	iommufd_context_close(&backend.ctx);
	memset(&backend.tally, 0, sizeof(backend.tally));
	pthread_mutex_unlock(&backend.lock);
}

int
iommufd_backend_fd(void)
{
	return backend.base.fd;
}

/* Called with containers_lock held, or with `lock`. */
static struct iommufd_container *
find_container(int fd)
{
	struct iommufd_container *container;

	if (backend.base.fd >= 0 && (fd == RTE_VFIO_DEFAULT_CONTAINER_FD || fd == backend.base.fd))
		return &backend.base;
	TAILQ_FOREACH(container, &backend.containers, next)
		if (container->fd == fd)
			return container;

	IOMMUFD_LOG(ERR, "%d is no container's descriptor", fd);
	return NULL;
}

static struct iommufd_container *
container_of_device(const char *sysfs_base, const char *name)
{
	const struct iommufd_group *group;

	if (TAILQ_EMPTY(&backend.groups))
		return &backend.base;
	group = iommufd_groups_find(&backend.groups, iommufd_group_of_device(sysfs_base, name));
	return group == NULL ? &backend.base : group->container;
}

static int
open_device(struct iommufd_device *dev, const char *sysfs_base, const char *name)
{
	int ret;

	ret = iommufd_device_open(dev, &backend.ctx, sysfs_base, name);
	if (ret < 0)
		return ret;
	dev->container = container_of_device(sysfs_base, name);
	ret = iommufd_container_attach(dev->container, dev);
	if (ret < 0)
		iommufd_device_close(dev);
	return ret;
}

static int
open_primarys_device(struct iommufd_device *dev, const char *sysfs_base, const char *name)
{
	int fd;

	fd = iommufd_mp_get_device(name);
	if (fd < 0)
		return fd;
	iommufd_device_adopt(dev, sysfs_base, name, fd);
	dev->container = &backend.base;
	return 0;
}

static void
log_device(const struct iommufd_device *dev)
{
	if (dev->hwpt == NULL)
		IOMMUFD_LOG(NOTICE, "%s: the primary process's, IOAS %u", dev->name,
			dev->container->ioas.id);
	else
		IOMMUFD_LOG(NOTICE, "%s: %s/%s, IOAS %u, page table %u (%u device%s)", dev->name,
			IOMMUFD_CDEV_DIR, dev->cdev, dev->container->ioas.id, dev->hwpt->id,
			dev->hwpt->n_devices, dev->hwpt->n_devices == 1 ? "" : "s");
}

static int
add_device(const char *sysfs_base, const char *name, int *fd, struct vfio_device_info *info)
{
	struct iommufd_device *dev;
	int ret;

	dev = calloc(1, sizeof(*dev));
	if (dev == NULL)
		return -ENOMEM;

	ret = is_secondary() ? open_primarys_device(dev, sysfs_base, name) :
		open_device(dev, sysfs_base, name);
	if (ret < 0)
		goto free_device;
	ret = iommufd_device_get_info(dev, info);
	if (ret < 0)
		goto close_device;

	TAILQ_INSERT_TAIL(&backend.devices, dev, next);
	backend.tally.attached++;
	log_device(dev);
	*fd = dev->fd;
	return 0;

close_device:
	iommufd_device_detach(dev);
	iommufd_device_close(dev);
free_device:
	free(dev);
	return ret;
}

int
iommufd_backend_add_device(const char *sysfs_base, const char *name, int *fd,
		struct vfio_device_info *info)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = add_device(sysfs_base, name, fd, info);
	if (ret < 0 && backend.tally.refused++ == 0)
		backend.tally.first_error = -ret;
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

static struct iommufd_device *
find_device(const char *name)
{
	struct iommufd_device *dev;

	TAILQ_FOREACH(dev, &backend.devices, next)
		if (strcmp(dev->name, name) == 0)
			break;
	return dev;
}

int
iommufd_backend_remove_device(const char *name)
{
	struct iommufd_device *dev;

	pthread_mutex_lock(&backend.lock);
	dev = find_device(name);
	if (dev != NULL) {
		IOMMUFD_LOG(INFO, "%s: released", dev->name);
		drop_device(dev);
		backend.tally.attached--;
	}
	pthread_mutex_unlock(&backend.lock);
	return dev == NULL ? -ENODEV : 0;
}

static int
create_container(void)
{
	struct iommufd_container *container;
	int ret;

	if (is_secondary()) {
		IOMMUFD_LOG(ERR, "a secondary process can't have a container of its own: devices "
			"are attached by the primary");
		return -ENOTSUP;
	}
	if (backend.ctx.fd < 0)
		return -ENODEV;
	container = calloc(1, sizeof(*container));
	if (container == NULL)
		return -ENOMEM;
	ret = iommufd_container_open(container, &backend.ctx);
	if (ret < 0) {
		free(container);
		return ret;
	}

	pthread_rwlock_wrlock(&backend.containers_lock);
	TAILQ_INSERT_TAIL(&backend.containers, container, next);
	pthread_rwlock_unlock(&backend.containers_lock);
	IOMMUFD_LOG(INFO, "container %d, IOAS %u", container->fd, container->ioas.id);
	return container->fd;
}

int
iommufd_backend_create_container(void)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = create_container();
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

/** @return A device in a container, or NULL. */
static const struct iommufd_device *
find_device_in(const struct iommufd_container *container)
{
	const struct iommufd_device *dev;

	TAILQ_FOREACH(dev, &backend.devices, next)
		if (dev->container == container)
			break;
	return dev;
}

int
iommufd_backend_destroy_container(int container_fd)
{
	struct iommufd_container *container;
	const struct iommufd_device *dev;
	int ret = -EINVAL;

	pthread_mutex_lock(&backend.lock);
	container = find_container(container_fd);
	if (container == NULL || container == &backend.base)
		goto unlock;
	dev = find_device_in(container);
	if (dev != NULL) {
		IOMMUFD_LOG(ERR, "container %d can't be destroyed: %s is open in it", container_fd,
			dev->name);
		ret = -EBUSY;
		goto unlock;
	}
	drop_container(container);
	ret = 0;
unlock:
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

/** @return An open device of an IOMMU group that isn't in `container`, or NULL. */
static const struct iommufd_device *
find_device_of_group(int group, const struct iommufd_container *container)
{
	const struct iommufd_device *dev;

	TAILQ_FOREACH(dev, &backend.devices, next)
		if (dev->container != container &&
				iommufd_group_of_device(dev->sysfs_base, dev->name) == group)
			break;
	return dev;
}

static int
bind_group(int container_fd, int num)
{
	struct iommufd_container *container = find_container(container_fd);
	const struct iommufd_device *dev;
	const struct iommufd_group *group;

	if (container == NULL || num < 0)
		return -EINVAL;
	dev = find_device_of_group(num, container);
	if (dev != NULL) {
		IOMMUFD_LOG(ERR, "IOMMU group %d can't be bound to container %d: %s is open in "
			"another one", num, container->fd, dev->name);
		return -EBUSY;
	}
	group = iommufd_groups_find(&backend.groups, num);
	if (group == NULL)
		return iommufd_groups_add(&backend.groups, num, container);
	if (group->container == container)
		return group->fd;
	IOMMUFD_LOG(ERR, "IOMMU group %d can't be bound to container %d: it is bound to %d", num,
		container->fd, group->container->fd);
	return -EBUSY;
}

int
iommufd_backend_bind_group(int container_fd, int group)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = bind_group(container_fd, group);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

static int
unbind_group(int container_fd, int num)
{
	struct iommufd_container *container = find_container(container_fd);
	struct iommufd_group *group = iommufd_groups_find(&backend.groups, num);
	const struct iommufd_device *dev;

	if (container == NULL)
		return -EINVAL;
	if (group == NULL || group->container != container) {
		IOMMUFD_LOG(ERR, "IOMMU group %d is not bound to container %d", num,
			container->fd);
		return -EINVAL;
	}
	dev = find_device_of_group(num, NULL);
	if (dev != NULL) {
		IOMMUFD_LOG(ERR, "IOMMU group %d can't be unbound from container %d: %s is open",
			num, container->fd, dev->name);
		return -EBUSY;
	}
	iommufd_groups_remove(&backend.groups, group);
	return 0;
}

int
iommufd_backend_unbind_group(int container_fd, int group)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = unbind_group(container_fd, group);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

int
iommufd_backend_forget_group(int group_fd)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = iommufd_groups_forget(&backend.groups, group_fd);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

int
iommufd_backend_map(int container_fd, int fd, uint64_t offset, uint64_t va, uint64_t iova,
		uint64_t len)
{
	struct iommufd_container *container;
	int ret = -EINVAL;

	pthread_rwlock_rdlock(&backend.containers_lock);
	container = find_container(container_fd);
	if (container != NULL)
		ret = iommufd_container_map(container, fd, offset, va, iova, len);
	pthread_rwlock_unlock(&backend.containers_lock);
	return ret;
}

int
iommufd_backend_unmap(int container_fd, uint64_t va, uint64_t iova, uint64_t len)
{
	struct iommufd_container *container;
	int ret = -EINVAL;

	pthread_rwlock_rdlock(&backend.containers_lock);
	container = find_container(container_fd);
	if (container != NULL)
		ret = iommufd_container_unmap(container, va, iova, len);
	pthread_rwlock_unlock(&backend.containers_lock);
	return ret;
}

void
iommufd_backend_tally(struct iommufd_backend_tally *tally)
{
	pthread_mutex_lock(&backend.lock);
	*tally = backend.tally;
	pthread_mutex_unlock(&backend.lock);
}

/* The descriptor may be closed while it is being sent, so what is sent is a copy. */
static int
copy_of(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

int
iommufd_backend_share(int *fd, uint32_t *ioas_id)
{
	int ret = -ENODEV;

	pthread_mutex_lock(&backend.lock);
	if (backend.ctx.fd >= 0) {
		ret = copy_of(backend.ctx.fd);
		*fd = ret;
		*ioas_id = backend.base.ioas.id;
	}
	pthread_mutex_unlock(&backend.lock);
	return ret < 0 ? ret : 0;
}

int
iommufd_backend_share_device(const char *name)
{
	const struct iommufd_device *dev;
	int ret = -ENODEV;

	pthread_mutex_lock(&backend.lock);
	dev = find_device(name);
	if (dev != NULL)
		ret = copy_of(dev->fd);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

static void
dump_container(FILE *out, const struct iommufd_container *container)
{
	const struct iommufd_hwpt *hwpt;

	fprintf(out, "ioas %u: container %d", container->ioas.id, container->fd);
	if (container->memory != NULL)
		fprintf(out, ", EAL memory %s", container->memory->mapped ? "mapped" : "not mapped");
	fprintf(out, "\n");
	TAILQ_FOREACH(hwpt, &container->hwpts, next)
		fprintf(out, "page table %u: ioas %u, %u devices\n", hwpt->id,
			container->ioas.id, hwpt->n_devices);
}

void
iommufd_backend_dump(FILE *out)
{
	const struct iommufd_container *container;
	const struct iommufd_device *dev;

	pthread_mutex_lock(&backend.lock);
	fprintf(out, "iommufd: %s\n", backend.enabled ? "on" : "off");
	if (backend.ctx.fd >= 0)
		dump_container(out, &backend.base);
	TAILQ_FOREACH(container, &backend.containers, next)
		dump_container(out, container);
	TAILQ_FOREACH(dev, &backend.devices, next)
		if (dev->hwpt == NULL)
			fprintf(out, "device %s: the primary process's\n", dev->name);
		else
			fprintf(out, "device %s: %s/%s, page table %u\n", dev->name,
				IOMMUFD_CDEV_DIR, dev->cdev, dev->hwpt->id);
	pthread_mutex_unlock(&backend.lock);
}
