/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * EAL's start and end. EAL doesn't know --iova-mode=iommufd and would refuse it, so rte_eal_init()
 * is where the backend is turned on; and it is where an application learns that none of the devices
 * it asked for can be had, rather than running on without.
 */

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "iommufd_args.h"
#include "iommufd_backend.h"
#include "iommufd_log.h"
#include "iommufd_mp.h"
#include "iommufd_wrap.h"

RTE_LOG_REGISTER(iommufd_logtype, lib.eal.iommufd, NOTICE)

#define PCI_SYSFS "/sys/bus/pci/devices"

/**
 * The kernel driver of a PCI device.
 *
 * @param driver
 *   NAME_MAX bytes; "no driver" where none is bound.
 */
static void
kernel_driver(const char *name, char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), PCI_SYSFS "/%s/driver", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0) {
		snprintf(driver, NAME_MAX, "no driver");
		return;
	}
	target[len] = '\0';
	snprintf(driver, NAME_MAX, "%s", strrchr(target, '/') + 1);
}

/** @return The PCI device that an argument like "-a 01:00.0" means, NULL where there is none. */
static const struct rte_device *
device_of_devargs(const struct rte_devargs *devargs)
{
	struct rte_dev_iterator it;
	const struct rte_device *dev, *found = NULL;

	RTE_DEV_FOREACH(dev, "bus=pci", &it)
		if (rte_dev_devargs(dev) == devargs)
			found = dev;
	return found;
}

/**
 * The PCI bus itself passes over a device that the primary process doesn't have, before it asks
 * for it; so ask here, which logs it.
 */
static bool
primary_lacks(const char *name)
{
	int fd;

	if (rte_eal_process_type() != RTE_PROC_SECONDARY)
		return false;

	fd = iommufd_mp_get_device(name);
	if (fd >= 0)
		close(fd);
	return fd == -ENODEV;
}

/**
 * Log the PCI devices that were asked for by name and which EAL passed over in silence.
 *
 * @return How many there are.
 */
static unsigned int
log_passed_over(void)
{
	const struct rte_devargs *devargs;
	const struct rte_device *dev;
	unsigned int n = 0;
	char driver[NAME_MAX];

	RTE_EAL_DEVARGS_FOREACH("pci", devargs) {
		if (devargs->type != RTE_DEVTYPE_ALLOWED)
			continue;
		dev = device_of_devargs(devargs);
		if (dev == NULL) {
			IOMMUFD_LOG(ERR, "%s: there is no such PCI device", devargs->name);
			n++;
			continue;
		}
		if (rte_dev_is_probed(dev))
			continue;
		kernel_driver(rte_dev_name(dev), driver);
		if (strstr(driver, "vfio") != NULL) {
			n += primary_lacks(rte_dev_name(dev));
			continue;
		}
		IOMMUFD_LOG(ERR, "%s: bound to %s, not to vfio-pci: dpdk-devbind.py -b vfio-pci %s",
			rte_dev_name(dev), driver, rte_dev_name(dev));
		n++;
	}
	return n;
}

/**
 * An application that asked for devices must not start without any of them.
 *
 * @return 0, or -errno.
 */
static int
check_devices(void)
{
	struct iommufd_backend_tally tally;
	unsigned int passed_over;

	passed_over = log_passed_over();
	iommufd_backend_tally(&tally);
	if (tally.attached != 0 || tally.refused + passed_over == 0)
		return 0;

	return tally.refused != 0 ? -tally.first_error : -ENODEV;
}

static void
log_segment_files(void)
{
	IOMMUFD_LOG(NOTICE, "EAL was given --single-file-segments, so neighbouring pages are mapped in "
		"one call; --iova-mode=iommufd,single-file-segments=no leaves that to you");
}

static int
init_eal(const struct iommufd_args *args)
{
	int parsed, ret;

	iommufd_backend_enable(args->on);
	parsed = iommufd_next.eal_init(args->argc, args->argv);
	/* It is also on in a secondary process whose primary has it on. */
	if (!iommufd_backend_is_enabled())
		return parsed;
	if (parsed < 0)
		goto disable;

	ret = check_devices();
	if (ret < 0) {
		iommufd_backend_leave_eal();
		iommufd_next.eal_cleanup();
		parsed = -1;
		rte_errno = -ret;
		goto disable;
	}
	return parsed;

disable:
	ret = rte_errno;
	iommufd_backend_close();
	iommufd_backend_enable(false);
	rte_errno = ret;
	return parsed;
}

/** Where drivers of this project are installed: a directory beside this library, or NULL. */
static char *
find_drivers(void)
{
	/* EAL may look at its arguments again. */
	static char path[PATH_MAX];
	const char *slash;
	struct stat stat_buf;
	Dl_info info;

	if (dladdr((void *)(uintptr_t)find_drivers, &info) == 0 || info.dli_fname == NULL)
		return NULL;
	slash = strrchr(info.dli_fname, '/');
	if (slash == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%.*s/" IOMMUFD_DRIVERS, (int)(slash - info.dli_fname),
		info.dli_fname);
	return stat(path, &stat_buf) == 0 && S_ISDIR(stat_buf.st_mode) ? path : NULL;
}

int
rte_eal_init(int argc, char **argv)
{
	struct iommufd_args args;
	int ret;

	ret = iommufd_args_take(&args, argc, argv, find_drivers);
	if (ret < 0) {
		rte_errno = -ret;
		return -1;
	}

	ret = init_eal(&args);
	if (ret >= 0 && args.segment_files && rte_eal_process_type() == RTE_PROC_PRIMARY)
		log_segment_files();
	return iommufd_args_return(&args, argv, ret);
}

int
rte_eal_cleanup(void)
{
	int ret;

	if (!iommufd_backend_is_enabled())
		return iommufd_next.eal_cleanup();

	/* The mappings go last: until the devices are closed they may write to memory. */
	iommufd_backend_leave_eal();
	ret = iommufd_next.eal_cleanup();
	iommufd_backend_close();
	iommufd_backend_enable(false);
	return ret;
}

void
rte_mem_set_dma_mask(uint8_t maskbits)
{
	/*
	 * The PCI bus passes on the address width that it read from the IOMMU, and EAL would then
	 * refuse memory beyond it with the advice to use physical addresses. The backend asks the
	 * kernel for the exact ranges, for each device, and knows what helps.
	 */
	if (!iommufd_backend_is_enabled())
		iommufd_next.mem_set_dma_mask(maskbits);
}
