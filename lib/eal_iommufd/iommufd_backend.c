/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The root object. A device is opened and bound to the context, and attached to its container.
 *
 * Order of locks: that of the talk with secondary processes, the root's, EAL's memory lock, that of
 * the list of containers, a container's. An application that maps memory takes only the last two,
 * as it may hold EAL's.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "iommufd_backend.h"
#include "iommufd_compat.h"
#include "iommufd_container.h"
#include "iommufd_containers.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_log.h"
#include "iommufd_memseg.h"
#include "iommufd_mp.h"
#include "iommufd_pasid.h"
#include "iommufd_telemetry.h"

struct backend {
	bool enabled; /**< Constant while devices are there. */
	struct iommufd_mp_primary mp_primary;
	pthread_mutex_t lock; /**< Covers what follows. */
	struct iommufd_context ctx;
	struct iommufd_mp_secondary mp_secondary;
	struct iommufd_memory memory;
	struct iommufd_containers containers;
	struct iommufd_backend_tally tally;
	bool has_telemetry; /**< Registered, which can't be undone. */
};

static struct backend backend = {
	.mp_primary.lock = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.ctx.fd = -1,
	.containers = IOMMUFD_CONTAINERS_INITIALIZER(backend.containers),
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
	ret = iommufd_container_open_default(&backend.containers.base, &backend.ctx,
		&backend.memory);
	if (ret < 0)
		goto close_context;
	ret = iommufd_mp_primary_start(&backend.mp_primary);
	if (ret < 0)
		goto close_container;

	if (!backend.has_telemetry)
		iommufd_telemetry_register();
	backend.has_telemetry = true;
	IOMMUFD_LOG(INFO, "%s is open, IOAS %u", IOMMUFD_PATH, backend.containers.base.ioas.id);
	return 0;

close_container:
	iommufd_container_close(&backend.containers.base);
close_context:
	iommufd_context_close(&backend.ctx);
	return ret;
}

static int
open_secondary(void)
{
	uint32_t ioas_id;
	int fd, ret;

	ret = iommufd_mp_secondary_start(&backend.mp_secondary, &fd, &ioas_id);
	if (ret < 0)
		return ret;
	iommufd_context_adopt(&backend.ctx, fd);
	iommufd_container_borrow(&backend.containers.base, &backend.ctx, ioas_id,
		&backend.mp_secondary);
	IOMMUFD_LOG(INFO, "IOAS %u is the primary process's", ioas_id);
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
	TAILQ_REMOVE(&dev->container->devices, dev, next);
	iommufd_pasid_unbind_all(dev);
	iommufd_device_detach(dev);
	iommufd_device_close(dev);
	free(dev);
}

void
iommufd_backend_leave_eal(void)
{
	/* What that calls takes the lock, and stopping waits for it. */
	iommufd_mp_primary_stop(&backend.mp_primary);
	pthread_mutex_lock(&backend.lock);
	iommufd_mp_secondary_stop(&backend.mp_secondary);
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
	if (backend.ctx.fd < 0)
		goto unlock;
	IOMMUFD_CONTAINERS_FOREACH(container, &backend.containers)
		while ((dev = TAILQ_FIRST(&container->devices)) != NULL)
			drop_device(dev);
	iommufd_containers_close(&backend.containers);
	iommufd_context_close(&backend.ctx);
	memset(&backend.tally, 0, sizeof(backend.tally));
unlock:
	pthread_mutex_unlock(&backend.lock);
}

int
iommufd_backend_fd(void)
{
	return backend.containers.base.fd;
}

static int
open_device(struct iommufd_device *dev, const char *sysfs_base, const char *name)
{
	int ret;

	ret = iommufd_device_open(dev, &backend.ctx, sysfs_base, name);
	if (ret < 0)
		return ret;
	dev->container = iommufd_containers_of_device(&backend.containers, sysfs_base, name);
	ret = iommufd_container_attach(dev->container, dev, NULL);
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
	dev->container = &backend.containers.base;
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

	TAILQ_INSERT_TAIL(&dev->container->devices, dev, next);
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

int
iommufd_backend_remove_device(const char *name)
{
	struct iommufd_device *dev;

	pthread_mutex_lock(&backend.lock);
	dev = iommufd_containers_find_device(&backend.containers, name);
	if (dev != NULL) {
		IOMMUFD_LOG(INFO, "%s: released", dev->name);
		drop_device(dev);
		backend.tally.attached--;
	}
	pthread_mutex_unlock(&backend.lock);
	return dev == NULL ? -ENODEV : 0;
}

int
iommufd_backend_create_container(void)
{
	int ret = -ENODEV;

	pthread_mutex_lock(&backend.lock);
	if (is_secondary()) {
		IOMMUFD_LOG(ERR, "a secondary process can't have a container of its own: devices "
			"are attached by the primary");
		ret = -ENOTSUP;
	} else if (backend.ctx.fd >= 0)
		ret = iommufd_containers_create(&backend.containers, &backend.ctx);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

int
iommufd_backend_destroy_container(int container_fd)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = iommufd_containers_destroy(&backend.containers, container_fd);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

int
iommufd_backend_bind_group(int container_fd, int group)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = iommufd_containers_bind_group(&backend.containers, container_fd, group);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

int
iommufd_backend_unbind_group(int container_fd, int group)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = iommufd_containers_unbind_group(&backend.containers, container_fd, group);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

int
iommufd_backend_forget_group(int group_fd)
{
	int ret;

	pthread_mutex_lock(&backend.lock);
	ret = iommufd_groups_forget(&backend.containers.groups, group_fd);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

int
iommufd_backend_map(int container_fd, const struct iommufd_backing *backing, uint64_t va,
		uint64_t iova, uint64_t len)
{
	struct iommufd_container *container;
	int ret;

	container = iommufd_containers_get(&backend.containers, container_fd);
	if (container == NULL)
		return -EINVAL;
	ret = iommufd_container_map(container, backing, va, iova, len);
	iommufd_containers_put(&backend.containers);
	return ret;
}

int
iommufd_backend_unmap(int container_fd, uint64_t va, uint64_t iova, uint64_t len)
{
	struct iommufd_container *container;
	int ret;

	container = iommufd_containers_get(&backend.containers, container_fd);
	if (container == NULL)
		return -EINVAL;
	ret = iommufd_container_unmap(container, &va, iova, len);
	iommufd_containers_put(&backend.containers);
	return ret;
}

int
iommufd_backend_enter(struct iommufd_backend_parts *parts)
{
	pthread_mutex_lock(&backend.lock);
	if (backend.ctx.fd < 0 || is_secondary()) {
		pthread_mutex_unlock(&backend.lock);
		IOMMUFD_LOG(ERR, "address spaces are for a primary process with "
			"--iova-mode=iommufd");
		return -ENOTSUP;
	}
	*parts = (struct iommufd_backend_parts){
		.ctx = &backend.ctx,
		.containers = &backend.containers,
	};
	return 0;
}

void
iommufd_backend_exit(void)
{
	pthread_mutex_unlock(&backend.lock);
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
		*ioas_id = backend.containers.base.ioas.id;
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
	dev = iommufd_containers_find_device(&backend.containers, name);
	if (dev != NULL)
		ret = copy_of(dev->fd);
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

void
iommufd_backend_take_back(uint64_t iova, uint64_t len)
{
	iommufd_ioas_unmap(&backend.containers.base.ioas, iova, len);
}

struct iommufd_mp_primary *
iommufd_backend_mp_primary(void)
{
	return &backend.mp_primary;
}

static int
visit_device(const struct iommufd_device *dev, const struct iommufd_visitor *visitor, void *arg)
{
	const struct iommufd_pasid *pasid;
	int ret = 0;

	if (visitor->device != NULL)
		ret = visitor->device(dev, arg);
	if (ret == 0 && visitor->pasid != NULL)
		TAILQ_FOREACH(pasid, &dev->pasids, next) {
			ret = visitor->pasid(dev, pasid, arg);
			if (ret != 0)
				break;
		}
	return ret;
}

static int
visit_container(struct iommufd_container *container, const struct iommufd_visitor *visitor,
		void *arg)
{
	const struct iommufd_device *dev;
	const struct iommufd_hwpt *hwpt;
	int ret = 0;

	if (visitor->container != NULL)
		ret = visitor->container(container, arg);
	if (ret == 0 && visitor->hwpt != NULL)
		TAILQ_FOREACH(hwpt, &container->hwpts, next) {
			ret = visitor->hwpt(hwpt, arg);
			if (ret != 0)
				return ret;
		}
	if (ret == 0)
		TAILQ_FOREACH(dev, &container->devices, next) {
			ret = visit_device(dev, visitor, arg);
			if (ret != 0)
				return ret;
		}
	return ret;
}

int
iommufd_backend_visit(const struct iommufd_visitor *visitor, void *arg)
{
	struct iommufd_container *container;
	int ret = -ENODEV;

	pthread_mutex_lock(&backend.lock);
	if (backend.ctx.fd >= 0) {
		ret = visitor->context != NULL ? visitor->context(&backend.ctx, arg) : 0;
		IOMMUFD_CONTAINERS_FOREACH(container, &backend.containers) {
			if (ret != 0)
				break;
			ret = visit_container(container, visitor, arg);
		}
	}
	pthread_mutex_unlock(&backend.lock);
	return ret;
}
