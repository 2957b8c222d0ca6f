/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
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

#include <rte_bus.h>
#include <rte_errno.h>

#include "bus_iommufd_private.h"
#include "rte_bus_iommufd.h"

#define ZIP "0000:03:00.0"

static const struct rte_bus_iommufd_id ids[] = {
	{ .vendor_id = 0x19e5, .device_id = 0xa251 },
	{ .api = "hisi_qm_v5", .algorithm = "deflate" },
	{ .api = "any_algorithm" },
	{ 0 },
};
static const char *const params[] = { "depth", "mode", NULL };

/** What the driver is given, and what it answers. */
static struct {
	unsigned int n_probed, n_removed;
	int probe_result, remove_result;
} seen;

static int
probe(struct rte_bus_iommufd_driver *driver __rte_unused,
		struct rte_bus_iommufd_device *dev __rte_unused)
{
	seen.n_probed++;
	return seen.probe_result;
}

static int
remove_device(struct rte_bus_iommufd_device *dev __rte_unused)
{
	seen.n_removed++;
	return seen.remove_result;
}

static struct rte_bus_iommufd_driver driver = {
	.driver = { .name = "zip_of_test" },
	.id_table = ids,
	.params = params,
	.probe = probe,
	.remove = remove_device,
};

/** A sysfs of our own. */
static char root[] = "/tmp/bus_iommufd_test.XXXXXX";
static char pci[64], uacce[64];
static struct iommufd_bus_places places = { .pci = pci, .uacce = uacce };

static void
write_file(const char *directory, const char *name, const char *attribute, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", directory, name, attribute);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
make_directory(const char *directory, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
add_function(const char *name, const char *vendor, const char *device)
{
	char vfio[64];

	make_directory(pci, name);
	write_file(pci, name, "vendor", vendor);
	write_file(pci, name, "device", device);
	write_file(pci, name, "revision", "0x50\n");
	write_file(pci, name, "numa_node", "1\n");
	snprintf(vfio, sizeof(vfio), "%s/vfio-dev", name);
	make_directory(pci, vfio);
}

static void
add_uacce(const char *name, const char *api, const char *algorithms, const char *flags)
{
	make_directory(uacce, name);
	write_file(uacce, name, "api", api);
	write_file(uacce, name, "algorithms", algorithms);
	write_file(uacce, name, "flags", flags);
	write_file(uacce, name, "region_mmio_size", "65536\n");
	write_file(uacce, name, "region_dus_size", "266240\n");
}

static void
say(const char *devargs)
{
	assert_int_equal(rte_devargs_add(RTE_DEVTYPE_ALLOWED, devargs), 0);
}

static int
setup(void **state __rte_unused)
{
	char name[] = "/tmp/bus_iommufd_test.XXXXXX";

	memcpy(root, name, sizeof(name));
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(pci, sizeof(pci), "%s/pci", root);
	snprintf(uacce, sizeof(uacce), "%s/uacce", root);
	memset(&seen, 0, sizeof(seen));
	iommufd_bus.bus.conf.scan_mode = RTE_BUS_SCAN_UNDEFINED;
	return mkdir(pci, 0700) | mkdir(uacce, 0700);
}

static int
teardown(void **state __rte_unused)
{
	struct rte_devargs *devargs;
	char command[128];

	iommufd_bus.bus.cleanup();
	while ((devargs = rte_devargs_next("iommufd", NULL)) != NULL)
		rte_devargs_remove(devargs);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static struct rte_bus_iommufd_device *
scanned(const char *name)
{
	iommufd_bus_scan(&places);
	return iommufd_bus_find(name);
}

/* Names */

static void
names_of_the_bus_begin_with_iommufd(void **state __rte_unused)
{
	const char *name = NULL;

	assert_int_equal(iommufd_bus_parse_name("iommufd:" ZIP, &name), 0);
	assert_string_equal(name, "iommufd:" ZIP);
	assert_int_equal(iommufd_bus_parse_name("iommufd:hisi_zip-0", NULL), 0);
}

static void
other_names_are_other_buses(void **state __rte_unused)
{
	static const char *const names[] = {
		ZIP, "hisi_zip-0", "uacce:hisi_zip-0", "iommufd", "iommufd:", "IOMMUFD:x", "",
		"iommufd:../../etc", "iommufd:.", "iommufd:a/b",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++)
		assert_int_not_equal(iommufd_bus_parse_name(names[i], NULL), 0);
}

static void
eal_finds_the_bus_by_the_name(void **state __rte_unused)
{
	struct rte_devargs devargs;

	assert_int_equal(rte_devargs_parse(&devargs, "iommufd:" ZIP ",as=private"), 0);
	assert_ptr_equal(devargs.bus, &iommufd_bus.bus);
	assert_string_equal(devargs.name, "iommufd:" ZIP);
	assert_string_equal(devargs.drv_str, "as=private");
	rte_devargs_reset(&devargs);
}

static void
layers_name_a_device_too(void **state __rte_unused)
{
	struct rte_devargs devargs;

	assert_int_equal(rte_devargs_parse(&devargs,
		"bus=iommufd,name=hisi_zip-0/driver=zip_of_test,as=sva"), 0);
	assert_ptr_equal(devargs.bus, &iommufd_bus.bus);
	assert_string_equal(devargs.name, "iommufd:hisi_zip-0");
	rte_devargs_reset(&devargs);
}

/* Matching */

static void
function_matches_by_vendor_and_device(void **state __rte_unused)
{
	struct rte_bus_iommufd_device dev = {
		.kind = RTE_BUS_IOMMUFD_FUNCTION, .vendor_id = 0x19e5, .device_id = 0xa251,
	};

	assert_ptr_equal(iommufd_bus_match(&driver, &dev), &ids[0]);
	dev.device_id = 0xa250;
	assert_null(iommufd_bus_match(&driver, &dev));
	dev = (struct rte_bus_iommufd_device){ .kind = RTE_BUS_IOMMUFD_FUNCTION };
	assert_null(iommufd_bus_match(&driver, &dev));
}

static const struct rte_bus_iommufd_id *
match_uacce(const char *api, const char *algorithms)
{
	struct rte_bus_iommufd_device dev = {
		.kind = RTE_BUS_IOMMUFD_UACCE,
		.api = (char *)(uintptr_t)api,
		.algorithms = (char *)(uintptr_t)algorithms,
	};

	return iommufd_bus_match(&driver, &dev);
}

static void
uacce_device_matches_by_api_and_whole_algorithm(void **state __rte_unused)
{
	assert_ptr_equal(match_uacce("hisi_qm_v5", "deflate"), &ids[1]);
	assert_ptr_equal(match_uacce("hisi_qm_v5", "zlib\ngzip\ndeflate"), &ids[1]);
	/* The first place where it says so isn't the word */
	assert_ptr_equal(match_uacce("hisi_qm_v5", "xdeflate\ndeflate64\n\ndeflate\n"), &ids[1]);
	assert_null(match_uacce("hisi_qm_v5", "deflate64\nzlib-deflate"));
	assert_null(match_uacce("hisi_qm_v5", ""));
	assert_null(match_uacce("hisi_qm_v50", "deflate"));
	assert_ptr_equal(match_uacce("any_algorithm", ""), &ids[2]);
}

/* Scanning */

static void
scan_finds_what_drivers_know(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	add_function(ZIP, "0x19e5\n", "0xa251\n");
	add_function("0000:01:00.0", "0x8086\n", "0x10c9\n");
	add_uacce("hisi_zip-0", "hisi_qm_v5\n", "zlib\ndeflate\n", "1\n");
	add_uacce("hisi_sec-0", "hisi_qm_v5\n", "cipher\n", "1\n");

	dev = scanned(ZIP);
	assert_non_null(dev);
	assert_string_equal(dev->device.name, "iommufd:" ZIP);
	assert_int_equal(dev->kind, RTE_BUS_IOMMUFD_FUNCTION);
	assert_int_equal(dev->revision, 0x50);
	assert_int_equal(dev->device.numa_node, 1);
	dev = iommufd_bus_find("iommufd:hisi_zip-0");
	assert_non_null(dev);
	assert_int_equal(dev->kind, RTE_BUS_IOMMUFD_UACCE);
	assert_int_equal(dev->area_sizes[RTE_BUS_IOMMUFD_DUS], 266240);
	assert_int_equal(dev->device.numa_node, -1);
	assert_null(iommufd_bus_find("0000:01:00.0"));
	assert_null(iommufd_bus_find("hisi_sec-0"));
	assert_int_equal(iommufd_bus.bus.get_iommu_class(), RTE_IOVA_VA);
}

static void
bad_device_hides_no_other(void **state __rte_unused)
{
	make_directory(pci, "0000:00:00.0");
	make_directory(uacce, "bad-0");
	add_uacce("bad-1", "hisi_qm_v5\n", "deflate\n", "1\n");
	write_file(uacce, "bad-1", "region_dus_size", "much\n");
	add_uacce("no_sva-0", "hisi_qm_v5\n", "deflate\n", "0\n");
	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	add_function(ZIP, "0x19e5\n", "0xa251\n");

	assert_non_null(scanned(ZIP));
	assert_non_null(iommufd_bus_find("zip-0"));
	assert_null(iommufd_bus_find("0000:00:00.0"));
	assert_null(iommufd_bus_find("bad-0"));
	assert_null(iommufd_bus_find("bad-1"));
	assert_null(iommufd_bus_find("no_sva-0"));
}

static void
function_of_another_kernel_driver_is_none(void **state __rte_unused)
{
	char path[PATH_MAX];

	add_function(ZIP, "0x19e5\n", "0xa251\n");
	snprintf(path, sizeof(path), "%s/" ZIP "/vfio-dev", pci);
	assert_int_equal(rmdir(path), 0);
	assert_null(scanned(ZIP));
}

static void
only_what_is_allowed_is_found(void **state __rte_unused)
{
	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	add_uacce("zip-1", "hisi_qm_v5\n", "deflate\n", "1\n");
	say("iommufd:zip-1,queues=2");

	assert_null(scanned("zip-0"));
	assert_non_null(iommufd_bus_find("zip-1"));
}

static void
what_is_blocked_is_not_found(void **state __rte_unused)
{
	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	add_uacce("zip-1", "hisi_qm_v5\n", "deflate\n", "1\n");
	assert_int_equal(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "iommufd:zip-1"), 0);

	assert_non_null(scanned("zip-0"));
	assert_null(iommufd_bus_find("zip-1"));
}

static void
scanning_again_changes_only_what_has_changed(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;
	char command[128];

	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	add_uacce("zip-1", "hisi_qm_v5\n", "deflate\n", "1\n");
	dev = scanned("zip-0");
	assert_null(dev->device.devargs);
	say("iommufd:zip-0,queues=2");
	iommufd_bus.bus.conf.scan_mode = RTE_BUS_SCAN_UNDEFINED;
	snprintf(command, sizeof(command), "rm -r %s/zip-1", uacce);
	assert_int_equal(system(command), 0);

	assert_ptr_equal(scanned("zip-0"), dev);
	assert_non_null(dev->device.devargs);
	assert_null(iommufd_bus_find("zip-1"));
}

/* Arguments */

/** What the bus makes of the arguments of a device. */
static int
take(const char *name, const char *arguments, struct rte_bus_iommufd_device **dev)
{
	char devargs[128];

	snprintf(devargs, sizeof(devargs), "iommufd:%s,%s", name, arguments);
	say(devargs);
	*dev = scanned(name);
	assert_non_null(*dev);
	return iommufd_bus_take_params(*dev, &driver);
}

static int
take_function(const char *arguments, struct rte_bus_iommufd_device **dev)
{
	add_function(ZIP, "0x19e5\n", "0xa251\n");
	return take(ZIP, arguments, dev);
}

static int
take_uacce(const char *arguments, struct rte_bus_iommufd_device **dev)
{
	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	return take("zip-0", arguments, dev);
}

static void
function_is_shared_unless_told(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	assert_int_equal(take_function("", &dev), 0);
	assert_int_equal(dev->as, RTE_BUS_IOMMUFD_SHARED);
	assert_int_equal(dev->max_queues, UINT16_MAX);
}

static void
function_is_private_when_told(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	assert_int_equal(take_function("as=private,queues=3", &dev), 0);
	assert_int_equal(dev->as, RTE_BUS_IOMMUFD_PRIVATE);
	assert_int_equal(dev->max_queues, 3);
}

static void
uacce_is_sva(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	assert_int_equal(take_uacce("as=sva", &dev), 0);
	assert_int_equal(dev->as, RTE_BUS_IOMMUFD_SVA);
}

static void
function_is_never_sva(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	assert_int_equal(take_function("as=sva", &dev), -EINVAL);
}

static void
uacce_is_never_shared(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	assert_int_equal(take_uacce("as=shared", &dev), -EINVAL);
}

static void
drivers_get_their_arguments(void **state __rte_unused)
{
	static const char *const modes[] = { "slow", "fast", NULL };
	struct rte_bus_iommufd_device *dev;
	unsigned int mode = 0;
	uint32_t depth = 7;

	assert_int_equal(take_uacce("depth=0x40,mode=fast", &dev), 0);
	assert_int_equal(rte_bus_iommufd_param_u32(dev, "depth", 64, 128, &depth), 0);
	assert_int_equal(depth, 64);
	assert_int_equal(rte_bus_iommufd_param_u32(dev, "depth", 65, 128, &depth), -EINVAL);
	assert_int_equal(rte_bus_iommufd_param_choice(dev, "mode", modes, &mode), 0);
	assert_int_equal(mode, 1);
	/* Not given */
	assert_int_equal(rte_bus_iommufd_param_u32(dev, "other", 0, 1, &depth), 0);
	assert_int_equal(depth, 64);
}

static void
arguments_that_nobody_takes_are_refused(void **state)
{
	static const char *const wrong[] = {
		"as", "as=", "as=Private", "as=private,as=shared", "queues=0", "queues=65536",
		"queues=-1", "queues= 1", "queues=1x", "queues", "queue=1", "depths=64",
		"driver=zip_of_test",
	};
	struct rte_bus_iommufd_device *dev;
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		assert_int_equal(take_function(wrong[i], &dev), -EINVAL);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

static void
layers_may_name_the_driver(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	say("bus=iommufd,name=zip-0/driver=zip_of_test,queues=2");
	dev = scanned("zip-0");
	assert_non_null(dev);
	assert_int_equal(iommufd_bus_take_params(dev, &driver), 0);
	assert_int_equal(dev->max_queues, 2);
	driver.driver.name = "another";
	assert_int_equal(iommufd_bus_take_params(dev, &driver), -EINVAL);
	driver.driver.name = "zip_of_test";
}

/* Probing */

static void
device_goes_to_its_driver_and_back(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	dev = scanned("zip-0");
	assert_int_equal(iommufd_bus.bus.plug(&dev->device), 0);
	assert_int_equal(seen.n_probed, 1);
	assert_true(rte_dev_is_probed(&dev->device));
	assert_ptr_equal(dev->driver, &driver);
	assert_ptr_equal(dev->id, &ids[1]);
	assert_int_equal(iommufd_bus.bus.plug(&dev->device), -EEXIST);
	assert_int_equal(iommufd_bus.bus.unplug(&dev->device), 0);
	assert_int_equal(seen.n_removed, 1);
	assert_null(iommufd_bus_find("zip-0"));
}

static void
device_that_its_driver_refuses_is_not_probed(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	dev = scanned("zip-0");
	seen.probe_result = -ENXIO;
	assert_int_equal(iommufd_bus.bus.plug(&dev->device), -ENXIO);
	assert_false(rte_dev_is_probed(&dev->device));
	assert_null(dev->driver);
	seen.probe_result = 0;
	assert_int_equal(iommufd_bus.bus.plug(&dev->device), 0);
}

static void
device_with_bad_arguments_hides_no_other(void **state __rte_unused)
{
	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	add_uacce("zip-1", "hisi_qm_v5\n", "deflate\n", "1\n");
	say("iommufd:zip-0,nonsense=1");
	say("iommufd:zip-1");
	scanned("zip-0");
	assert_int_equal(iommufd_bus.bus.probe(), 0);
	assert_int_equal(seen.n_probed, 1);
	assert_false(rte_dev_is_probed(&iommufd_bus_find("zip-0")->device));
	assert_true(rte_dev_is_probed(&iommufd_bus_find("zip-1")->device));
}

static void
device_that_its_driver_keeps_stays(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	dev = scanned("zip-0");
	assert_int_equal(iommufd_bus.bus.plug(&dev->device), 0);
	seen.remove_result = -EBUSY;
	assert_int_equal(iommufd_bus.bus.unplug(&dev->device), -EBUSY);
	assert_ptr_equal(iommufd_bus_find("zip-0"), dev);
	assert_true(rte_dev_is_probed(&dev->device));
	seen.remove_result = 0;
}

static void
function_without_the_flag_is_an_error_only_where_it_was_asked_for(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	add_function(ZIP, "0x19e5\n", "0xa251\n");
	dev = scanned(ZIP);
	assert_int_equal(iommufd_bus.bus.probe(), 0);
	assert_int_equal(iommufd_bus.bus.plug(&dev->device), 1);
	say("iommufd:" ZIP);
	assert_ptr_equal(scanned(ZIP), dev);
	assert_int_equal(iommufd_bus.bus.plug(&dev->device), -ENOTSUP);
	assert_int_equal(iommufd_bus.bus.probe(), -1);
	assert_int_equal(seen.n_probed, 0);
}

/* Iterating */

static unsigned int
count(const char *filter)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	RTE_DEV_FOREACH(dev, filter, &it)
		n++;
	return n;
}

static void
devices_are_iterated_by_bus_and_name(void **state __rte_unused)
{
	add_uacce("zip-0", "hisi_qm_v5\n", "deflate\n", "1\n");
	add_function(ZIP, "0x19e5\n", "0xa251\n");
	scanned(ZIP);
	assert_int_equal(count("bus=iommufd"), 2);
	assert_int_equal(count("bus=iommufd,name=zip-0"), 1);
	assert_int_equal(count("bus=iommufd,name=iommufd:" ZIP), 1);
	assert_int_equal(count("bus=iommufd,name=zip-1"), 0);
	assert_int_equal(count("bus=iommufd,colour=red"), 0);
}

/* Queues, as far as there is no device */

static void
queue_that_cannot_be_opened_is_closed(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;
	struct rte_bus_iommufd_queue queue;

	assert_int_equal(take_uacce("queues=2", &dev), 0);
	assert_int_equal(rte_bus_iommufd_queue_open(dev, 2, &queue), -ERANGE);
	assert_null(queue.dev);
	/* There is no /dev/zip-0 */
	assert_int_equal(rte_bus_iommufd_queue_open(dev, 1, &queue), -ENOENT);
	assert_null(queue.dev);
	assert_int_equal(queue.fd, -1);
	assert_true(LIST_EMPTY(&dev->queues));
	rte_bus_iommufd_queue_close(&queue);
	rte_bus_iommufd_queue_close(&queue);
}

static void
applications_learn_why_there_is_no_address_space(void **state __rte_unused)
{
	struct rte_bus_iommufd_device *dev;

	assert_int_equal(take_uacce("", &dev), 0);
	assert_null(rte_bus_iommufd_queue_as("zip-1", 0));
	assert_int_equal(rte_errno, ENODEV);
	assert_null(rte_bus_iommufd_queue_as(NULL, 0));
	assert_int_equal(rte_errno, ENODEV);
	assert_null(rte_bus_iommufd_queue_as("iommufd:zip-0", 0));
	assert_int_equal(rte_errno, ENOENT);
	assert_int_equal(rte_bus_iommufd_queue_bind("zip-0", 0, NULL), -ENOENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(names_of_the_bus_begin_with_iommufd),
		TEST(other_names_are_other_buses),
		TEST(eal_finds_the_bus_by_the_name),
		TEST(layers_name_a_device_too),
		TEST(function_matches_by_vendor_and_device),
		TEST(uacce_device_matches_by_api_and_whole_algorithm),
		TEST(scan_finds_what_drivers_know),
		TEST(bad_device_hides_no_other),
		TEST(function_of_another_kernel_driver_is_none),
		TEST(only_what_is_allowed_is_found),
		TEST(what_is_blocked_is_not_found),
		TEST(scanning_again_changes_only_what_has_changed),
		TEST(function_is_shared_unless_told),
		TEST(function_is_private_when_told),
		TEST(uacce_is_sva),
		TEST(function_is_never_sva),
		TEST(uacce_is_never_shared),
		TEST(drivers_get_their_arguments),
		TEST(arguments_that_nobody_takes_are_refused),
		TEST(layers_may_name_the_driver),
		TEST(device_goes_to_its_driver_and_back),
		TEST(device_that_its_driver_refuses_is_not_probed),
		TEST(device_with_bad_arguments_hides_no_other),
		TEST(device_that_its_driver_keeps_stays),
		TEST(function_without_the_flag_is_an_error_only_where_it_was_asked_for),
		TEST(devices_are_iterated_by_bus_and_name),
		TEST(queue_that_cannot_be_opened_is_closed),
		TEST(applications_learn_why_there_is_no_address_space),
	};

	rte_bus_iommufd_register(&driver);
	return cmocka_run_group_tests_name("iommufd bus", tests, NULL, NULL);
}
