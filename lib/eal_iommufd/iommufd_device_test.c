/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <rte_common.h>

#include "iommufd_context.h"
#include "iommufd_device.h"

#define DEVICE "0000:01:00.0"

/* A directory like /sys/bus/pci/devices with one device in it. */
static char sysfs[] = "/tmp/iommufd-device-test-XXXXXX";

static const char *
path(const char *name)
{
	static char buffer[PATH_MAX];

	snprintf(buffer, sizeof(buffer), "%s/" DEVICE "%s", sysfs, name);
	return buffer;
}

static void
make_dir(const char *name)
{
	assert_int_equal(mkdir(path(name), 0755), 0);
}

static void
make_file(const char *name)
{
	int fd = open(path(name), O_CREAT | O_WRONLY, 0644);

	assert_return_code(fd, errno);
	close(fd);
}

static int
make_sysfs(void **state __rte_unused)
{
	strcpy(sysfs + sizeof(sysfs) - 1 - strlen("XXXXXX"), "XXXXXX");
	if (mkdtemp(sysfs) == NULL)
		return -1;
	make_dir("");
	return 0;
}

static int
remove_sysfs(void **state __rte_unused)
{
	unlink(path("/vfio-dev/vfio12/dev"));
	rmdir(path("/vfio-dev/vfio12"));
	rmdir(path("/vfio-dev"));
	rmdir(path(""));
	return rmdir(sysfs);
}

static void
device_without_a_vfio_driver_has_no_cdev(void **state __rte_unused)
{
	char cdev[NAME_MAX];

	assert_int_equal(iommufd_device_find_cdev(sysfs, DEVICE, cdev), -ENODEV);
	assert_int_equal(iommufd_device_find_cdev(sysfs, "0000:02:00.0", cdev), -ENODEV);
}

static void
device_of_a_kernel_without_cdevs_has_no_cdev(void **state __rte_unused)
{
	char cdev[NAME_MAX];

	make_dir("/vfio-dev");
	make_dir("/vfio-dev/vfio12");
	assert_int_equal(iommufd_device_find_cdev(sysfs, DEVICE, cdev), -ENOTSUP);
}

static void
device_of_a_vfio_driver_has_a_cdev(void **state __rte_unused)
{
	char cdev[NAME_MAX];

	make_dir("/vfio-dev");
	make_dir("/vfio-dev/vfio12");
	make_file("/vfio-dev/vfio12/dev");
	assert_int_equal(iommufd_device_find_cdev(sysfs, DEVICE, cdev), 0);
	assert_string_equal(cdev, "vfio12");
}

static void
device_that_cannot_be_opened_is_left_closed(void **state __rte_unused)
{
	struct iommufd_context ctx = { .fd = -1 };
	struct iommufd_device dev;

	assert_int_equal(iommufd_device_open(&dev, &ctx, sysfs, DEVICE), -ENODEV);
	assert_int_equal(dev.fd, -1);
	iommufd_device_close(&dev);
}

int
main(void)
{
#define SYSFS_TEST(f) cmocka_unit_test_setup_teardown(f, make_sysfs, remove_sysfs)
	const struct CMUnitTest tests[] = {
		SYSFS_TEST(device_without_a_vfio_driver_has_no_cdev),
		SYSFS_TEST(device_of_a_kernel_without_cdevs_has_no_cdev),
		SYSFS_TEST(device_of_a_vfio_driver_has_a_cdev),
		SYSFS_TEST(device_that_cannot_be_opened_is_left_closed),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
