/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "iommufd_compat.h"
#include "iommufd_context.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"

static const char *
open_remedy(int err)
{
	switch (err) {
	case ENOENT:
		return "this kernel has no iommufd (CONFIG_IOMMUFD; if a module: modprobe iommufd)"
			", or the device node isn't passed into this container";
	case EACCES:
	case EPERM:
		return "give this user read and write access to it, for instance with a udev rule: "
			"KERNEL==\"iommu\", GROUP=\"dpdk\", MODE=\"0660\"";
	case ENODEV:
	case ENXIO:
		return "the device node is there, the driver is not: modprobe iommufd";
	default:
		return "see the kernel log (dmesg)";
	}
}

/* A request without a valid field in it: a kernel that has the ioctl finds fault with it. */
static bool
kernel_maps_files(const struct iommufd_context *ctx)
{
	struct iommu_ioas_map_file nothing = {
		.size = sizeof(nothing),
		.fd = -1,
	};

	return IOMMUFD_IOCTL(ctx->fd, IOMMU_IOAS_MAP_FILE, &nothing) != -ENOTTY;
}

int
iommufd_context_open(struct iommufd_context *ctx)
{
	int err;

	ctx->fd = open(IOMMUFD_PATH, O_RDWR | O_CLOEXEC);
	if (ctx->fd < 0) {
		err = errno;
		IOMMUFD_LOG(ERR, "cannot open %s: %s: %s", IOMMUFD_PATH, strerror(err),
			open_remedy(err));
		return -err;
	}

	iommufd_context_adopt(ctx, ctx->fd);
	if (!ctx->maps_files)
		IOMMUFD_LOG(INFO, "this kernel maps no files (Linux before 6.13): memory is mapped "
			"by address, which takes longer");
	return 0;
}

void
iommufd_context_adopt(struct iommufd_context *ctx, int fd)
{
	ctx->fd = fd;
	ctx->maps_files = kernel_maps_files(ctx);
}

void
iommufd_context_close(struct iommufd_context *ctx)
{
	if (ctx->fd >= 0)
		close(ctx->fd);
	ctx->fd = -1;
}

int
iommufd_context_destroy_object(struct iommufd_context *ctx, uint32_t id)
{
	struct iommu_destroy destroy = {
		.size = sizeof(destroy),
		.id = id,
	};

	return IOMMUFD_IOCTL(ctx->fd, IOMMU_DESTROY, &destroy);
}
