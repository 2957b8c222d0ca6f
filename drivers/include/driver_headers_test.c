/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The headers of drivers (this directory's, or the installed ones) against the libraries that are
 * installed: what those have made is read through our structs, and what is ours is read by them.
 */

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <bus_driver.h>
#include <dev_driver.h>
#include <rte_compressdev_pmd.h>

#include <rte_bus.h>
#include <rte_devargs.h>
#include <rte_eal.h>

/** The library that an address is in. */
static const char *
library_of(const void *address)
{
	const char *slash;
	Dl_info info;

	if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
		return "none";
	slash = strrchr(info.dli_fname, '/');
	return slash == NULL ? info.dli_fname : slash + 1;
}

#define LIBRARY_OF(function) library_of((const void *)(uintptr_t)(function))

static void
library_is_of_the_abi_that_was_built_for(void **state __rte_unused)
{
	assert_string_equal(strstr(LIBRARY_OF(rte_bus_find), ".so."), ".so." DPDK_ABI);
}

static int
is_any(const struct rte_bus *bus __rte_unused, const void *data __rte_unused)
{
	return 0;
}

static int
is_any_device(const struct rte_device *dev __rte_unused, const void *data __rte_unused)
{
	return 0;
}

/** A member of a stock bus: a function of the library that the bus is in, or none. */
static void
check_function(const struct rte_bus *bus, const void *function)
{
	if (function != NULL)
		assert_string_equal(library_of(function), library_of(bus));
}

#define CHECK_FUNCTION(bus, member) \
	check_function(bus, (const void *)(uintptr_t)(bus)->member)

static void
stock_buses_are_what_the_struct_says(void **state __rte_unused)
{
	const struct rte_bus *bus = NULL;
	unsigned int n = 0;

	while ((bus = rte_bus_find(bus, is_any, NULL)) != NULL) {
		assert_ptr_equal(bus->name, rte_bus_name(bus));
		assert_ptr_equal(rte_bus_find_by_name(bus->name), bus);
		assert_non_null(bus->scan);
		assert_non_null(bus->probe);
		assert_non_null(bus->find_device);
		CHECK_FUNCTION(bus, scan);
		CHECK_FUNCTION(bus, probe);
		CHECK_FUNCTION(bus, find_device);
		CHECK_FUNCTION(bus, plug);
		CHECK_FUNCTION(bus, unplug);
		CHECK_FUNCTION(bus, parse);
		CHECK_FUNCTION(bus, devargs_parse);
		CHECK_FUNCTION(bus, dma_map);
		CHECK_FUNCTION(bus, dma_unmap);
		CHECK_FUNCTION(bus, get_iommu_class);
		CHECK_FUNCTION(bus, dev_iterate);
		CHECK_FUNCTION(bus, hot_unplug_handler);
		CHECK_FUNCTION(bus, sigbus_handler);
		CHECK_FUNCTION(bus, cleanup);
		assert_true(bus->conf.scan_mode <= RTE_BUS_SCAN_BLOCKLIST);
		n++;
	}
	/* vdev and pci, at least */
	assert_true(n >= 2);
}

/* Members that stock buses leave out, and what those answer that they have, tell them apart. */
static void
members_do_what_their_names_say(void **state __rte_unused)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");
	struct rte_bus *vdev = rte_bus_find_by_name("vdev");

	assert_non_null(pci);
	assert_int_equal(pci->parse("0000:00:1f.0", NULL), 0);
	assert_int_not_equal(pci->parse("nonsense", NULL), 0);
	assert_int_equal(pci->get_iommu_class(), RTE_IOVA_DC);
	assert_null(pci->find_device(NULL, NULL, NULL));
	assert_int_equal(pci->sigbus_handler(pci), 1);
	assert_int_equal(pci->conf.scan_mode, RTE_BUS_SCAN_UNDEFINED);
	assert_int_equal(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "0000:00:1f.0"), 0);
	assert_int_equal(pci->conf.scan_mode, RTE_BUS_SCAN_BLOCKLIST);

	assert_non_null(vdev);
	assert_null(vdev->find_device(NULL, is_any_device, NULL));
	assert_null(vdev->dev_iterate(NULL, NULL, NULL));
	assert_null(vdev->hot_unplug_handler);
	assert_null(vdev->sigbus_handler);
}

static void
device_and_driver_are_what_their_functions_say(void **state __rte_unused)
{
	const struct rte_driver driver = { .name = "driver" };
	struct rte_devargs *const devargs = (struct rte_devargs *)(uintptr_t)&driver;
	const struct rte_device dev = {
		.name = "device",
		.bus_info = "info",
		.driver = &driver,
		.bus = rte_bus_find_by_name("pci"),
		.numa_node = 3,
		.devargs = devargs,
	};

	assert_string_equal(rte_driver_name(&driver), "driver");
	assert_string_equal(rte_dev_name(&dev), "device");
	assert_string_equal(rte_dev_bus_info(&dev), "info");
	assert_ptr_equal(rte_dev_driver(&dev), &driver);
	assert_ptr_equal(rte_dev_bus(&dev), dev.bus);
	assert_int_equal(rte_dev_numa_node(&dev), 3);
	assert_ptr_equal(rte_dev_devargs(&dev), devargs);
}

/* EAL wants to know the CPUs, which a build's root may hide: lab/scenarios has this done. */
static bool
start_eal(void)
{
	/* EAL may write to them, and keeps them */
	static char words[][20] = {
		"driver_headers_test", "--no-huge", "--no-pci", "-m", "64", "--no-shconf",
		"--no-telemetry", "-l", "0",
	};
	static char *argv[RTE_DIM(words) + 1];
	unsigned int i;

	for (i = 0; i < RTE_DIM(words); i++)
		argv[i] = words[i];
	return rte_eal_init(RTE_DIM(words), argv) >= 0;
}

static struct rte_compressdev *started;

static int
start(struct rte_compressdev *dev)
{
	started = dev;
	return 0;
}

static uint16_t
dequeue(void *qp, struct rte_comp_op **ops __rte_unused, uint16_t nb_ops)
{
	return nb_ops + *(uint16_t *)qp;
}

static uint16_t
enqueue(void *qp, struct rte_comp_op **ops __rte_unused, uint16_t nb_ops)
{
	return nb_ops - *(uint16_t *)qp;
}

static int
close_device(struct rte_compressdev *dev __rte_unused)
{
	return 0;
}

static void
get_info(struct rte_compressdev *dev __rte_unused, struct rte_compressdev_info *info)
{
	info->max_nb_queue_pairs = 7;
}

static struct rte_compressdev_ops ops = {
	.dev_start = start,
	.dev_close = close_device,
	.dev_infos_get = get_info,
};

static void
compressdev_of_ours_is_what_the_library_uses(void **state __rte_unused)
{
	struct rte_compressdev_pmd_init_params params = { .name = "ours", .socket_id = 0 };
	static const struct rte_driver driver = { .name = "driver_of_ours" };
	struct rte_device device = { .name = "ours", .driver = &driver };
	struct rte_compressdev_info info;
	struct rte_compressdev *dev;
	uint16_t queue = 3;
	void *queues[] = { NULL, &queue };

	if (!start_eal())
		skip();
	dev = rte_compressdev_pmd_create("ours", &device, 64, &params);
	assert_non_null(dev);
	assert_ptr_equal(rte_compressdev_pmd_get_named_dev("ours"), dev);
	assert_string_equal(dev->data->name, "ours");
	assert_int_equal(rte_compressdev_get_dev_id("ours"), dev->data->dev_id);
	assert_ptr_equal(rte_compressdev_name_get(dev->data->dev_id), dev->data->name);
	assert_int_equal(rte_compressdev_socket_id(dev->data->dev_id), dev->data->socket_id);
	assert_ptr_equal(dev->device, &device);
	assert_int_equal(dev->attached, 1);
	assert_non_null(dev->data->dev_private);

	dev->dev_ops = &ops;
	dev->feature_flags = 0x123456789;
	rte_compressdev_info_get(dev->data->dev_id, &info);
	assert_int_equal(info.max_nb_queue_pairs, 7);
	assert_string_equal(info.driver_name, "driver_of_ours");

	dev->data->nb_queue_pairs = 2;
	assert_int_equal(rte_compressdev_queue_pair_count(dev->data->dev_id), 2);
	assert_int_equal(rte_compressdev_start(dev->data->dev_id), 0);
	assert_ptr_equal(started, dev);
	assert_int_equal(dev->data->dev_started, 1);

	dev->enqueue_burst = enqueue;
	dev->dequeue_burst = dequeue;
	dev->data->queue_pairs = queues;
	assert_int_equal(rte_compressdev_enqueue_burst(dev->data->dev_id, 1, NULL, 10), 7);
	assert_int_equal(rte_compressdev_dequeue_burst(dev->data->dev_id, 1, NULL, 10), 13);

	dev->data->queue_pairs = NULL;
	dev->data->nb_queue_pairs = 0;
	dev->data->dev_started = 0;
	assert_int_equal(rte_compressdev_pmd_destroy(dev), 0);
	assert_null(rte_compressdev_pmd_get_named_dev("ours"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(library_is_of_the_abi_that_was_built_for),
		cmocka_unit_test(stock_buses_are_what_the_struct_says),
		cmocka_unit_test(members_do_what_their_names_say),
		cmocka_unit_test(device_and_driver_are_what_their_functions_say),
		cmocka_unit_test(compressdev_of_ours_is_what_the_library_uses),
	};

	return cmocka_run_group_tests_name("driver headers", tests, NULL, NULL);
}
