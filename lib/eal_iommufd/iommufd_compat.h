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

#define IOMMUFD_HWPT_ALLOC_PASID (1u << 3) /* IOMMU_HWPT_ALLOC_PASID */

/*
 * Linux 6.15 has made the structs of attach, detach and IOMMU_GET_HW_INFO longer, or given names to
 * what was reserved in them, and 6.17 that of bind: these are the newer ones under names that no
 * header has.
 */
#ifndef VFIO_DEVICE_ATTACH_PASID
#define VFIO_DEVICE_ATTACH_PASID (1 << 0)
#endif
#ifndef VFIO_DEVICE_DETACH_PASID
#define VFIO_DEVICE_DETACH_PASID (1 << 0)
#endif

struct iommufd_attach_pasid {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
	__u32 pasid;
};

struct iommufd_detach_pasid {
	__u32 argsz;
	__u32 flags;
	__u32 pasid;
};

struct iommufd_hw_info {
	__u32 size;
	__u32 flags;
	__u32 dev_id;
	__u32 data_len;
	__aligned_u64 data_uptr;
	__u32 out_data_type;
	__u8 out_max_pasid_log2;
	__u8 reserved[3];
	__aligned_u64 out_capabilities;
};

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
