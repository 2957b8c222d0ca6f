/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * A DPDK application with a driver of its own for ZIPs on the iommufd bus, "lab_zip", that does with
 * devices and queues what it is told on standard input. Besides the commands in the table at the end
 * it has those of ealmem.h.
 *
 * NAME is "iommufd:0000:03:00.0" or "iommufd:hisi_zip-0". The driver leaves to the bus what the bus
 * takes back: it closes neither queues nor regions when a device is removed.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <misc/uacce/hisi_qm.h>

#include <rte_debug.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_iommufd.h>

#include <bus_iommufd_driver.h>
#include <rte_bus_iommufd.h>

#include "ealmem.h"
#include "owned_zip.h"
#include "prompt.h"
#include "prompt_result.h"

#define MAX_QUEUES 16
#define REGISTERS 2
#define DEPTH_MAX 4096
#define MAX_DEVICES 8

/** What the driver has of a device. It stays after remove(), as open queues are in it. */
static struct lab_zip {
	bool used;
	uint32_t depth;
	unsigned int mode;
	struct zip_function function;
	struct zip_queue rings[MAX_QUEUES];
	struct rte_bus_iommufd_queue queues[MAX_QUEUES];
} zips[MAX_DEVICES];

static int
lab_zip_probe(struct rte_bus_iommufd_driver *driver __rte_unused,
		struct rte_bus_iommufd_device *dev)
{
	static const char *const modes[] = { "good", "refuse", NULL };
	struct lab_zip *zip;
	unsigned int i;
	int ret;

	for (zip = zips; zip < &zips[MAX_DEVICES] && zip->used; zip++)
		;
	if (zip == &zips[MAX_DEVICES])
		return -ENOSPC;
	*zip = (struct lab_zip){ .used = true };
	for (i = 0; i < MAX_QUEUES; i++)
		zip->queues[i].fd = -1;
	ret = rte_bus_iommufd_param_u32(dev, "depth", 64, DEPTH_MAX, &zip->depth);
	if (ret == 0)
		ret = rte_bus_iommufd_param_choice(dev, "mode", modes, &zip->mode);
	if (ret == 0 && dev->kind == RTE_BUS_IOMMUFD_FUNCTION) {
		if (rte_bus_iommufd_region_map(dev, REGISTERS) == NULL)
			ret = -rte_errno;
		else
			ret = zip_function_open(&zip->function, rte_iommufd_dev_fd(dev->vfio));
	}
	if (ret == 0 && zip->mode != 0) {
		zip_function_close(&zip->function);
		ret = -ENXIO;
	}
	if (ret < 0) {
		zip->used = false;
		return ret;
	}
	dev->driver_data = zip;
	return 0;
}

static int
lab_zip_remove(struct rte_bus_iommufd_device *dev)
{
	struct lab_zip *zip = dev->driver_data;
	unsigned int i;

	for (i = 0; i < MAX_QUEUES; i++)
		zip_queue_close(&zip->rings[i]);
	zip_function_close(&zip->function);
	zip->used = false;
	dev->driver_data = NULL;
	return 0;
}

static const struct rte_bus_iommufd_id ids[] = {
	{ .vendor_id = 0x19e5, .device_id = 0xa251 },
	{ .api = "hisi_qm_v3", .algorithm = "deflate" },
	{ .api = "hisi_qm_v5", .algorithm = "deflate" },
	{ 0 },
};

static const char *const params[] = { "depth", "mode", NULL };

static struct rte_bus_iommufd_driver lab_zip = {
	.id_table = ids,
	.params = params,
	.probe = lab_zip_probe,
	.remove = lab_zip_remove,
};

RTE_PMD_REGISTER_IOMMUFD(lab_zip, lab_zip);

static void
print_status(int ret)
{
	if (ret < 0)
		rte_errno = -ret;
	prompt_result(ret);
}

static struct rte_bus_iommufd_device *
device(const char *name)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;
	char filter[128];

	snprintf(filter, sizeof(filter), "bus=iommufd,name=%s", name);
	RTE_DEV_FOREACH(dev, filter, &it)
		return RTE_BUS_IOMMUFD_DEVICE(dev);
	return NULL;
}

static void
devices(char *const arg[] __rte_unused)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;

	RTE_DEV_FOREACH(dev, "bus=iommufd", &it)
		printf("device %s %s\n", rte_dev_name(dev),
			rte_dev_driver(dev) == NULL ? "-" : rte_driver_name(rte_dev_driver(dev)));
}

static void
probe(char *const arg[])
{
	print_status(rte_dev_probe(arg[0]));
}

static void
remove_device(char *const arg[])
{
	struct rte_bus_iommufd_device *dev = device(arg[0]);

	print_status(dev == NULL ? -ENODEV : rte_dev_remove(&dev->device));
}

static struct lab_zip *
zip_of(const char *name)
{
	struct rte_bus_iommufd_device *dev = device(name);

	return dev == NULL ? NULL : dev->driver_data;
}

/** As the ZIP's kernel driver wants it, before the queue is started. */
static int
set_context(struct rte_bus_iommufd_queue *queue)
{
	struct hisi_qp_ctx context = { .qc_type = 0 };

	return ioctl(queue->fd, UACCE_CMD_QM_SET_QP_CTX, &context) < 0 ? -errno : 0;
}

static void
queue_open(char *const arg[])
{
	struct rte_bus_iommufd_device *dev = device(arg[0]);
	const unsigned int number = prompt_number(arg[1]) % MAX_QUEUES;
	struct lab_zip *zip = zip_of(arg[0]);
	struct rte_bus_iommufd_queue *queue;
	int ret;

	if (zip == NULL) {
		print_status(-ENODEV);
		return;
	}
	queue = &zip->queues[number];
	if (queue->dev != NULL) {
		/* The bus must notice by itself: not by this queue's memory */
		struct rte_bus_iommufd_queue other;

		print_status(rte_bus_iommufd_queue_open(dev, number, &other));
		return;
	}
	ret = rte_bus_iommufd_queue_open(dev, number, queue);
	if (ret == 0 && dev->kind == RTE_BUS_IOMMUFD_UACCE)
		ret = set_context(queue);
	if (ret == 0)
		ret = rte_bus_iommufd_queue_start(queue);
	if (ret == 0 && dev->kind == RTE_BUS_IOMMUFD_FUNCTION)
		ret = zip_queue_open(&zip->rings[number], &zip->function, number, queue->pasid);
	if (ret < 0) {
		rte_bus_iommufd_queue_close(queue);
		print_status(ret);
		return;
	}
	printf("pasid %u areas %zu %zu\n", queue->pasid, queue->areas[0].len, queue->areas[1].len);
}

static void
queue_close(char *const arg[])
{
	const unsigned int number = prompt_number(arg[1]) % MAX_QUEUES;
	struct lab_zip *zip = zip_of(arg[0]);

	zip_queue_close(&zip->rings[number]);
	rte_bus_iommufd_queue_close(&zip->queues[number]);
	prompt_result(0);
}

static void
queue_copy(char *const arg[])
{
	struct lab_zip *zip = zip_of(arg[0]);

	print_status(zip_queue_copy(&zip->rings[prompt_number(arg[1]) % MAX_QUEUES],
		prompt_number(arg[2]), prompt_number(arg[3]), prompt_number(arg[4])));
}

static void
queue_space(char *const arg[])
{
	struct rte_iommufd_as *as = rte_bus_iommufd_queue_as(arg[0], prompt_number(arg[1]));

	if (as == NULL)
		prompt_result(-1);
	else
		printf("space %u\n", rte_iommufd_as_id(as));
}

static void
queue_share(char *const arg[])
{
	struct rte_iommufd_as *as = rte_bus_iommufd_queue_as(arg[0], prompt_number(arg[1]));

	if (as == NULL)
		prompt_result(-1);
	else
		print_status(rte_iommufd_as_copy(as, prompt_number(arg[2]),
			rte_iommufd_as_shared(), prompt_number(arg[2]), prompt_number(arg[3]), 0));
}

static void
queue_bind(char *const arg[])
{
	struct rte_iommufd_as *as = NULL;

	if (strcmp(arg[2], "shared") == 0)
		as = rte_iommufd_as_shared();
	else if (strcmp(arg[2], "own") != 0)
		as = rte_bus_iommufd_queue_as(arg[0], prompt_number(arg[2]));
	print_status(rte_bus_iommufd_queue_bind(arg[0], prompt_number(arg[1]), as));
}

static void
queues_available(char *const arg[])
{
	struct rte_bus_iommufd_device *dev = device(arg[0]);

	printf("available %d\n", dev == NULL ? -1 : rte_bus_iommufd_queues_available(dev));
}

static const struct prompt_command commands[] = {
	EALMEM_COMMANDS,
	{ "devices", devices },
	{ "probe DEVARGS", probe },
	{ "remove NAME", remove_device },
	{ "available NAME", queues_available },
	{ "open NAME QUEUE", queue_open },
	{ "close NAME QUEUE", queue_close },
	{ "copy NAME QUEUE TO FROM BYTES", queue_copy },
	{ "space NAME QUEUE", queue_space },
	{ "share NAME QUEUE ADDRESS BYTES", queue_share },
	{ "bind NAME QUEUE QUEUE_OR_SHARED_OR_OWN", queue_bind },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");

	prompt_loop("bus", commands);
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
