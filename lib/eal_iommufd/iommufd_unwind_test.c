/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Fails every step of opening a device in turn, and checks that each failure leaves nothing behind.
 *
 * The kernel's fault injection counts this thread's requests and fails the nth
 * (Documentation/fault-injection/fault-injection.rst, /proc/self/task/<tid>/fail-nth), so it needs
 * a real device and a kernel built for it: the scenario test_unwind.py runs it in the lab.
 *
 *	iommufd_unwind_test 0000:01:00.0 [EAL arguments]
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_vfio.h>

#include "iommufd_backend.h"
#include "iommufd_compat.h"

#define PCI_SYSFS "/sys/bus/pci/devices"

/** What the process holds; it must be the same after each failure. */
struct holdings {
	unsigned int files;
	unsigned long pinned_kib;
};

static void
die(const char *what)
{
	fprintf(stderr, "iommufd_unwind_test: %s: %s\n", what, strerror(errno));
	exit(2);
}

static struct holdings
count_holdings(void)
{
	struct holdings held = { 0 };
	char line[256];
	FILE *status;
	DIR *fds;

	fds = opendir("/proc/self/fd");
	if (fds == NULL)
		die("/proc/self/fd");
	while (readdir(fds) != NULL)
		held.files++;
	closedir(fds);

	status = fopen("/proc/self/status", "r");
	if (status == NULL)
		die("/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmPin: %lu kB", &held.pinned_kib) == 1)
			break;
	fclose(status);
	return held;
}

/** Let the kernel fail this thread's nth request from now on. */
static void
arm(int fail_nth, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		die("fail-nth");
}

/** @return Whether the failure has happened. */
static bool
disarm(int fail_nth)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth");
	if (pwrite(fail_nth, "0", 1, 0) != 1)
		die("fail-nth");
	return strtoul(text, NULL, 10) == 0;
}

static int
open_device(const char *device, int *fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (rte_vfio_enable("vfio") < 0)
		return -1;
	return rte_vfio_setup_device(PCI_SYSFS, device, fd, &info);
}

/**
 * Open the device while the nth request fails, and give everything back.
 *
 * @return Whether there was an nth request.
 */
static bool
try_with_failure(const char *device, int fail_nth, unsigned int nth)
{
	const struct holdings before = count_holdings();
	struct holdings after;
	bool failed;
	int fd, ret;

	arm(fail_nth, nth);
	ret = open_device(device, &fd);
	failed = disarm(fail_nth);

	if (ret != 0 && !failed)
		die("the device can't be opened even without a failure");
	if (ret == 0 && rte_vfio_release_device(PCI_SYSFS, device, fd) != 0)
		die("the device can't be released");
	iommufd_backend_close();

	after = count_holdings();
	if (after.files != before.files || after.pinned_kib != before.pinned_kib) {
		fprintf(stderr, "iommufd_unwind_test: after failure %u: %u files and %lu KiB "
			"pinned, before it %u and %lu\n", nth, after.files, after.pinned_kib,
			before.files, before.pinned_kib);
		exit(1);
	}
	return failed;
}

int
main(int argc, char **argv)
{
	char path[64];
	unsigned int nth;
	const char *device;
	int fail_nth;

	if (argc < 2) {
		fprintf(stderr, "usage: iommufd_unwind_test DEVICE [EAL arguments]\n");
		return 2;
	}
	device = argv[1];
	argv[1] = argv[0];
	if (rte_eal_init(argc - 1, argv + 1) < 0)
		return 2;
	iommufd_backend_close();

	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", gettid());
	fail_nth = open(path, O_RDWR);
	if (fail_nth < 0)
		die(path);

	for (nth = 1; try_with_failure(device, fail_nth, nth); nth++)
		;
	close(fail_nth);
	printf("failures survived: %u\n", nth - 1);
	return rte_eal_cleanup() == 0 ? 0 : 1;
}
