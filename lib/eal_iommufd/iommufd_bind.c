/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Binding a device to a context, which makes it this process's own.
 *
 * The kernel says EINVAL for three things: another process has the device, the device expects no VF
 * token, and (before Linux 6.17) VF tokens can't be given to character devices. What each means is
 * found out by asking sysfs and the kernel, not guessed.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_uuid.h>

#include "iommufd_compat.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"

/*
 * A process that was killed holds its devices until the kernel has reset them, which takes a
 * tenth of a second for each: wait this long before calling a device busy.
 */
#define BIND_PATIENCE_MS 1500
#define BIND_RETRY_MS 10

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
log_error(const struct iommufd_device *dev, int err)
{
	switch (err) {
	case EBUSY:
		IOMMUFD_LOG(ERR, "%s: another process holds it (fuser -v %s/%s and its VFIO group "
			"in /dev/vfio tell which)", dev->name, IOMMUFD_CDEV_DIR, dev->cdev);
		break;
	case EACCES:
		IOMMUFD_LOG(ERR, "%s: the VF token is wrong or missing: --vfio-vf-token must be "
			"the UUID that the process with the physical function was given",
			dev->name);
		break;
	case ENOTSUP:
		IOMMUFD_LOG(ERR, "%s: this kernel can't be given a VF token for a character device "
			"(Linux before 6.17): the application runs without --vfio-vf-token or "
			"without --iova-mode=iommufd", dev->name);
		break;
	case EPERM:
		IOMMUFD_LOG(ERR, "%s: bind: %s: its IOMMU doesn't remap interrupts. Turn interrupt "
			"remapping on (firmware; intremap= on the kernel command line). "
			"iommufd.allow_unsafe_interrupts=1 lets the kernel go on without, but then "
			"the device can write any interrupt to any CPU, and whoever controls the "
			"device controls the machine", dev->name, strerror(err));
		break;
	default:
		IOMMUFD_LOG(ERR, "%s: cannot bind %s/%s to %s: %s: see the kernel log (dmesg)",
			dev->name, IOMMUFD_CDEV_DIR, dev->cdev, IOMMUFD_PATH, strerror(err));
	}
}

/** @param token NULL for none. @return 0, or -errno. */
static int
bind_once(struct iommufd_device *dev, const struct iommufd_context *ctx, const void *token)
{
	struct iommufd_bind bind = {
		.argsz = sizeof(bind),
		.flags = token != NULL ? VFIO_DEVICE_BIND_FLAG_TOKEN : 0,
		.iommufd = ctx->fd,
		.token_uuid_ptr = (uintptr_t)token,
	};
	int ret;

	ret = IOMMUFD_IOCTL(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	if (ret == 0)
		dev->id = bind.out_devid;
	return ret;
}

/** Bind with patience. EINVAL: a character device has it; EBUSY: a VFIO group has it. */
static int
bind_patiently(struct iommufd_device *dev, const struct iommufd_context *ctx, const void *token)
{
	const struct timespec pause = { .tv_nsec = BIND_RETRY_MS * 1000000L };
	const int64_t deadline = now_ms() + BIND_PATIENCE_MS;
	int ret;

	for (;;) {
		ret = bind_once(dev, ctx, token);
		if ((ret != -EINVAL && ret != -EBUSY) || now_ms() >= deadline)
			break;
		nanosleep(&pause, NULL);
	}
	return ret == -EINVAL ? -EBUSY : ret;
}

/*
 * Only SR-IOV functions do: a physical one, for which the token is set, and a virtual one whose
 * physical function is a VFIO device too.
 */
static bool
expects_token(const struct iommufd_device *dev)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/sriov_totalvfs", dev->sysfs_base, dev->name);
	if (access(path, F_OK) == 0)
		return true;
	snprintf(path, sizeof(path), "%s/%s/physfn/vfio-dev", dev->sysfs_base, dev->name);
	return access(path, F_OK) == 0;
}

/* A token at address 0: a kernel that knows tokens can't read it there, others see a wrong flag. */
static bool
kernel_takes_tokens(const struct iommufd_device *dev, const struct iommufd_context *ctx)
{
	struct iommufd_bind bind = {
		.argsz = sizeof(bind),
		.flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
		.iommufd = ctx->fd,
	};

	return IOMMUFD_IOCTL(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind) != -EINVAL;
}

static int
bind_with_token(struct iommufd_device *dev, const struct iommufd_context *ctx,
		const rte_uuid_t token)
{
	if (!expects_token(dev)) {
		IOMMUFD_LOG(NOTICE, "%s: it expects no VF token (it is no SR-IOV function, or its "
			"physical function belongs to a kernel driver): bound without", dev->name);
		return bind_patiently(dev, ctx, NULL);
	}
	if (!kernel_takes_tokens(dev, ctx))
		return -ENOTSUP;
	return bind_patiently(dev, ctx, token);
}

int
iommufd_device_bind(struct iommufd_device *dev, struct iommufd_context *ctx)
{
	rte_uuid_t token;
	int ret;

	rte_eal_vfio_get_vf_token(token);
	ret = rte_uuid_is_null(token) ? bind_patiently(dev, ctx, NULL) :
		bind_with_token(dev, ctx, token);
	if (ret < 0)
		log_error(dev, -ret);
	return ret;
}
