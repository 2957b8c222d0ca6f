/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The root object and the order in which devices come and go:
 *
 *	open and bind the device -> find or allocate its page table -> check the IOVA ranges
 *	-> map EAL's memory (first device only) -> attach
 *
 * Page tables and mappings outlive the devices: a device that comes back finds them.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "iommufd_backend.h"
#include "iommufd_compat.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_ioas.h"
#include "iommufd_log.h"
#include "iommufd_memseg.h"

TAILQ_HEAD(device_list, iommufd_device);
TAILQ_HEAD(hwpt_list, iommufd_hwpt);

struct backend {
	bool enabled; /**< Set before EAL starts, then constant. */
	pthread_mutex_t lock; /**< Covers all below but ctx.fd and ioas, constant while open. */
	struct iommufd_context ctx;
	struct iommufd_ioas ioas;
	bool has_memory; /**< EAL's memory is mapped and followed. */
	struct iommufd_memory memory;
	struct hwpt_list hwpts;
	struct device_list devices;
	struct iommufd_backend_tally tally;
};

static struct backend backend = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.ctx.fd = -1,
	.hwpts = TAILQ_HEAD_INITIALIZER(backend.hwpts),
	.devices = TAILQ_HEAD_INITIALIZER(backend.devices),
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

int
iommufd_backend_open(void)
{
	int ret = 0;

	pthread_mutex_lock(&backend.lock);
	if (backend.ctx.fd >= 0)
		goto unlock;

	ret = iommufd_context_open(&backend.ctx);
	if (ret < 0)
		goto unlock;
	ret = iommufd_ioas_alloc(&backend.ioas, &backend.ctx);
	if (ret < 0)
		goto close_context;

	IOMMUFD_LOG(INFO, "%s is open, IOAS %u", IOMMUFD_PATH, backend.ioas.id);
	goto unlock;

close_context:
	iommufd_context_close(&backend.ctx);
unlock:
	pthread_mutex_unlock(&backend.lock);
	return ret;
}

bool
iommufd_backend_is_open(void)
{
	return backend.ctx.fd >= 0;
}

static void
drop_hwpt(struct iommufd_hwpt *hwpt)
{
	TAILQ_REMOVE(&backend.hwpts, hwpt, next);
	iommufd_hwpt_free(hwpt);
	free(hwpt);
}

static void
drop_device(struct iommufd_device *dev)
{
	TAILQ_REMOVE(&backend.devices, dev, next);
	iommufd_device_detach(dev);
	iommufd_device_close(dev);
	free(dev);
}

void
iommufd_backend_leave_memory(void)
{
	pthread_mutex_lock(&backend.lock);
	if (backend.has_memory)
		iommufd_memseg_stop(&backend.memory);
	backend.has_memory = false;
	pthread_mutex_unlock(&backend.lock);
}

void
iommufd_backend_close(void)
{
	struct iommufd_device *dev;
	struct iommufd_hwpt *hwpt;

	iommufd_backend_leave_memory();
	pthread_mutex_lock(&backend.lock);
	while ((dev = TAILQ_FIRST(&backend.devices)) != NULL)
		drop_device(dev);
	while ((hwpt = TAILQ_FIRST(&backend.hwpts)) != NULL)
		drop_hwpt(hwpt);
	iommufd_ioas_free(&backend.ioas);
	iommufd_context_close(&backend.ctx);
	memset(&backend.tally, 0, sizeof(backend.tally));
	pthread_mutex_unlock(&backend.lock);
}

int
iommufd_backend_fd(void)
{
	return backend.ctx.fd;
}

/*
 * Attach to the first page table that the device's IOMMU can use.
 * @return 0, -EINVAL where none fits, or -errno.
 */
static int
attach_to_existing(struct iommufd_device *dev)
{
	struct iommufd_hwpt *hwpt;
	int ret = -EINVAL;

	TAILQ_FOREACH(hwpt, &backend.hwpts, next) {
		ret = iommufd_device_attach(dev, hwpt);
		if (ret != -EINVAL)
			return ret;
	}
	return ret;
}

static int
map_memory(void)
{
	int ret;

	if (backend.has_memory)
		return 0;
	ret = iommufd_memseg_map_all(&backend.memory, &backend.ioas);
	if (ret == 0)
		backend.has_memory = true;
	return ret;
}

static int
attach_to_new(struct iommufd_device *dev)
{
	struct iommufd_hwpt *hwpt;
	int ret;

	hwpt = calloc(1, sizeof(*hwpt));
	if (hwpt == NULL)
		return -ENOMEM;

	ret = iommufd_hwpt_alloc(hwpt, &backend.ioas, dev->id);
	if (ret < 0) {
		IOMMUFD_LOG(ERR, "%s: cannot allocate a page table on IOAS %u: %s%s",
			dev->name, backend.ioas.id, strerror(-ret), ret == -EADDRINUSE ?
			": its IOMMU can't address what is mapped there, see --base-virtaddr" : "");
		free(hwpt);
		return ret;
	}
	TAILQ_INSERT_TAIL(&backend.hwpts, hwpt, next);

	ret = iommufd_memseg_check_ranges(&backend.ioas, dev->name);
	if (ret < 0)
		goto drop_hwpt;
	ret = map_memory();
	if (ret < 0)
		goto drop_hwpt;
	ret = iommufd_device_attach(dev, hwpt);
	if (ret == -EINVAL)
		IOMMUFD_LOG(ERR, "%s: the kernel refuses the page table that it made for it: "
			"see the kernel log (dmesg)", dev->name);
	if (ret < 0)
		goto drop_hwpt;
	return 0;

drop_hwpt:
	drop_hwpt(hwpt);
	return ret;
}

static int
attach_device(struct iommufd_device *dev)
{
	int ret = attach_to_existing(dev);

	return ret == -EINVAL ? attach_to_new(dev) : ret;
}

static int
add_device(const char *sysfs_base, const char *name, int *fd, struct vfio_device_info *info)
{
	struct iommufd_device *dev;
	int ret;

	dev = calloc(1, sizeof(*dev));
	if (dev == NULL)
		return -ENOMEM;

	ret = iommufd_device_open(dev, &backend.ctx, sysfs_base, name);
	if (ret < 0)
		goto free_device;
	ret = attach_device(dev);
	if (ret < 0)
		goto close_device;
	ret = iommufd_device_get_info(dev, info);
	if (ret < 0)
		goto detach_device;

	TAILQ_INSERT_TAIL(&backend.devices, dev, next);
	backend.tally.attached++;
	IOMMUFD_LOG(NOTICE, "%s: %s/%s, IOAS %u, page table %u (%u device%s)",
		dev->name, IOMMUFD_CDEV_DIR, dev->cdev, backend.ioas.id, dev->hwpt->id,
		dev->hwpt->n_devices, dev->hwpt->n_devices == 1 ? "" : "s");
	*fd = dev->fd;
	return 0;

detach_device:
	iommufd_device_detach(dev);
close_device:
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
	TAILQ_FOREACH(dev, &backend.devices, next)
		if (strcmp(dev->name, name) == 0)
			break;
	if (dev != NULL) {
		IOMMUFD_LOG(INFO, "%s: released", dev->name);
		drop_device(dev);
		backend.tally.attached--;
	}
	pthread_mutex_unlock(&backend.lock);
	return dev == NULL ? -ENODEV : 0;
}

int
iommufd_backend_map(uint64_t va, uint64_t iova, uint64_t len)
{
	int ret = iommufd_ioas_map(&backend.ioas, va, len, iova);

	if (ret < 0)
		IOMMUFD_LOG(ERR, "cannot map 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: %s",
			len, iova, backend.ioas.id, strerror(-ret));
	return ret;
}

int
iommufd_backend_unmap(uint64_t iova, uint64_t len)
{
	int ret;

	/* The kernel would take it for "everything", EAL's memory too. */
	if (len == UINT64_MAX)
		return -EINVAL;

	ret = iommufd_ioas_unmap(&backend.ioas, iova, len);
	if (ret < 0)
		IOMMUFD_LOG(ERR, "cannot unmap 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: %s",
			len, iova, backend.ioas.id, strerror(-ret));
	return ret;
}

void
iommufd_backend_tally(struct iommufd_backend_tally *tally)
{
	pthread_mutex_lock(&backend.lock);
	*tally = backend.tally;
	pthread_mutex_unlock(&backend.lock);
}

void
iommufd_backend_dump(FILE *out)
{
	struct iommufd_device *dev;
	struct iommufd_hwpt *hwpt;

	pthread_mutex_lock(&backend.lock);
	fprintf(out, "iommufd: %s\n", backend.enabled ? "on" : "off");
	if (backend.ctx.fd >= 0)
		fprintf(out, "ioas %u: EAL memory %s\n", backend.ioas.id,
			backend.has_memory ? "mapped" : "not mapped");
	TAILQ_FOREACH(hwpt, &backend.hwpts, next)
		fprintf(out, "page table %u: %u devices\n", hwpt->id, hwpt->n_devices);
	TAILQ_FOREACH(dev, &backend.devices, next)
		fprintf(out, "device %s: %s/%s, page table %u\n", dev->name, IOMMUFD_CDEV_DIR,
			dev->cdev, dev->hwpt->id);
	pthread_mutex_unlock(&backend.lock);
}
