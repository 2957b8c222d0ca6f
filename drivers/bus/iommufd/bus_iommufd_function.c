/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "bus_iommufd_private.h"

typedef ssize_t (*transfer_t)(int fd, void *bytes, size_t len, off_t offset);

static int
region_info(struct rte_bus_iommufd_device *dev, unsigned int index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	if (ioctl(rte_iommufd_dev_fd(dev->vfio), VFIO_DEVICE_GET_REGION_INFO, info) < 0)
		return -errno;
	return 0;
}

static int
transfer_config(struct rte_bus_iommufd_device *dev, transfer_t transfer, void *bytes, size_t len,
		off_t offset)
{
	struct vfio_region_info info;
	ssize_t done;
	int ret;

	if (dev->vfio == NULL)
		return -ENOTSUP;
	ret = region_info(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	if (ret < 0)
		return ret;
	if (offset < 0 || len > info.size || (uint64_t)offset > info.size - len)
		return -EINVAL;
	done = transfer(rte_iommufd_dev_fd(dev->vfio), bytes, len, info.offset + offset);
	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EIO;
}

int
rte_bus_iommufd_config_read(struct rte_bus_iommufd_device *dev, void *bytes, size_t len,
		off_t offset)
{
	return transfer_config(dev, pread, bytes, len, offset);
}

static ssize_t
write_bytes(int fd, void *bytes, size_t len, off_t offset)
{
	return pwrite(fd, bytes, len, offset);
}

int
rte_bus_iommufd_config_write(struct rte_bus_iommufd_device *dev, const void *bytes, size_t len,
		off_t offset)
{
	return transfer_config(dev, write_bytes, (void *)(uintptr_t)bytes, len, offset);
}

static int
set_bus_master(struct rte_bus_iommufd_device *dev, bool on)
{
	uint16_t command;
	int ret;

	ret = rte_bus_iommufd_config_read(dev, &command, sizeof(command), PCI_COMMAND);
	if (ret < 0)
		return ret;
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (!on)
		command &= ~PCI_COMMAND_MASTER;
	return rte_bus_iommufd_config_write(dev, &command, sizeof(command), PCI_COMMAND);
}

static int
read_pasid_bits(struct rte_bus_iommufd_device *dev)
{
	struct rte_iommufd_dev_info info;
	int ret;

	ret = rte_iommufd_dev_info_get(dev->vfio, &info);
	if (ret < 0)
		return ret;
	dev->pasid_bits = info.pasid_bits;
	if (dev->pasid_bits == 0 && dev->as == RTE_BUS_IOMMUFD_PRIVATE) {
		IOMMUFD_BUS_LOG(ERR, "%s: as=private: its queues can't have address spaces of their "
			"own, as the function or its IOMMU has no PASIDs", dev->name);
		return -ENOTSUP;
	}
	return 0;
}

/** Telemetry asks for a function that is open in a thread of its own. */
static void
set_vfio(struct rte_bus_iommufd_device *dev, struct rte_iommufd_dev *vfio)
{
	pthread_mutex_lock(&iommufd_bus.lock);
	dev->vfio = vfio;
	pthread_mutex_unlock(&iommufd_bus.lock);
}

int
iommufd_bus_function_open(struct rte_bus_iommufd_device *dev)
{
	struct rte_iommufd_dev *vfio;
	int ret;

	if (!rte_iommufd_is_enabled()) {
		IOMMUFD_BUS_LOG(ERR, "%s: a function on vfio-pci needs --iova-mode=iommufd, and "
			"librte_eal_iommufd before EAL (dpdk-iommufd.py run)", dev->name);
		return -ENOTSUP;
	}
	vfio = rte_iommufd_dev_open(iommufd_bus_short_name(dev->name));
	if (vfio == NULL) {
		ret = -rte_errno;
		IOMMUFD_BUS_LOG(ERR, "%s: can't be opened: %s", dev->name, strerror(-ret));
		return ret;
	}
	set_vfio(dev, vfio);
	ret = read_pasid_bits(dev);
	if (ret < 0)
		goto close;
	ret = set_bus_master(dev, true);
	if (ret < 0) {
		IOMMUFD_BUS_LOG(ERR, "%s: can't be made a bus master: %s", dev->name,
			strerror(-ret));
		goto close;
	}
	ret = iommufd_bus_request_watch(dev);
	if (ret < 0) {
		IOMMUFD_BUS_LOG(ERR, "%s: the kernel couldn't tell when it wants it back: %s",
			dev->name, strerror(-ret));
		goto close;
	}
	return 0;

close:
	iommufd_bus_function_close(dev);
	return ret;
}

void
iommufd_bus_function_quiesce(struct rte_bus_iommufd_device *dev)
{
	int ret;

	if (dev->vfio == NULL)
		return;
	ret = set_bus_master(dev, false);
	if (ret < 0)
		IOMMUFD_BUS_LOG(WARNING, "%s: can't be kept from DMA: %s", dev->name,
			strerror(-ret));
}

void
iommufd_bus_function_close(struct rte_bus_iommufd_device *dev)
{
	struct rte_iommufd_dev *vfio = dev->vfio;
	unsigned int i;

	iommufd_bus_request_unwatch(dev);
	/* A region that is mapped would keep the device open. */
	for (i = 0; i < RTE_BUS_IOMMUFD_REGIONS; i++) {
		if (dev->regions[i].addr != NULL)
			munmap(dev->regions[i].addr, dev->regions[i].len);
		dev->regions[i] = (struct rte_bus_iommufd_region){ .addr = NULL };
	}
	set_vfio(dev, NULL);
	rte_iommufd_dev_close(vfio);
	dev->pasid_bits = 0;
}

static int
map_region(struct rte_bus_iommufd_device *dev, unsigned int index)
{
	struct vfio_region_info info;
	void *addr;
	int ret;

	ret = region_info(dev, index, &info);
	if (ret < 0)
		return ret;
	if (info.size == 0 || !(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return -ENOENT;
	addr = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		rte_iommufd_dev_fd(dev->vfio), info.offset);
	if (addr == MAP_FAILED)
		return -errno;
	dev->regions[index] = (struct rte_bus_iommufd_region){ .addr = addr, .len = info.size };
	return 0;
}

const struct rte_bus_iommufd_region *
rte_bus_iommufd_region_map(struct rte_bus_iommufd_device *dev, unsigned int index)
{
	int ret = 0;

	if (dev->vfio == NULL)
		ret = -ENOTSUP;
	else if (index >= RTE_BUS_IOMMUFD_REGIONS)
		ret = -ENOENT;
	else if (dev->regions[index].addr == NULL)
		ret = map_region(dev, index);
	if (ret < 0) {
		IOMMUFD_BUS_LOG(ERR, "%s: its region %u can't be mapped: %s", dev->name, index,
			strerror(-ret));
		rte_errno = -ret;
		return NULL;
	}
	return &dev->regions[index];
}

int
rte_bus_iommufd_reset(struct rte_bus_iommufd_device *dev)
{
	int ret;

	if (dev->vfio == NULL)
		return -ENOTSUP;
	if (ioctl(rte_iommufd_dev_fd(dev->vfio), VFIO_DEVICE_RESET) == 0)
		return 0;
	ret = -errno;
	IOMMUFD_BUS_LOG(ERR, "%s: can't be reset: %s", dev->name, strerror(-ret));
	return ret;
}
