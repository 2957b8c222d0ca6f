/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_COMPAT_H
#define IOMMUFD_COMPAT_H

/**
 * @file
 * Kernel UAPI that a distribution's <linux/iommufd.h> may lack. What the running kernel offers is
 * another question, and is asked of the kernel: an ioctl it does not know fails with ENOTTY.
 */

#include <linux/iommufd.h>
#include <linux/types.h>
#include <linux/vfio.h>

/* Linux 6.13 */
#ifndef IOMMU_IOAS_MAP_FILE
struct iommu_ioas_map_file {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__s32 fd;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 iova;
};
#define IOMMU_IOAS_MAP_FILE _IO(IOMMUFD_TYPE, 0x8f)
#endif

/*
 * Linux 6.17 has made struct vfio_device_bind_iommufd longer: this is the longer one under a name
 * that no header has.
 */
#ifndef VFIO_DEVICE_BIND_FLAG_TOKEN
#define VFIO_DEVICE_BIND_FLAG_TOKEN (1 << 0)
#endif

struct iommufd_bind {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
	__aligned_u64 token_uuid_ptr;
};

#endif /* IOMMUFD_COMPAT_H */
