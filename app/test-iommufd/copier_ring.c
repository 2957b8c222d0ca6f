/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Copies by the queues of a HiSilicon ZIP on the iommufd bus ("udma", which version 5 has). How a
 * device is brought up and a queue started it has from the driver that compresses by it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sys/queue.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include <bus_iommufd_driver.h>
#include <bus_iommufd_ring.h>
#include <hisi_zip_private.h>

#include "copier.h"
#include "reach.h"

#define CAPACITY 512
#define BURST 512

/** The type of a queue whose requests are copies. */
#define TYPE_COPY 2

/** A request, into which the device also writes its result. */
struct request {
	uint32_t kind;
	uint32_t reserved1[4];
	uint32_t length;
	uint32_t reserved6;
	uint32_t flags;
	uint64_t pattern; /**< Of a fill. */
	uint32_t reserved10[12];
	uint64_t destination;
	uint32_t reserved24[2];
	uint64_t source;
	uint32_t result;
	uint32_t reserved29[3];
};
static_assert(sizeof(struct request) == sizeof(struct hisi_zip_sqe), "the hardware's layout");

#define KIND_COPY (1 | 3 << 8)
#define FLAG_PREFETCH 0x8000
#define MAX_LENGTH ((UINT32_C(1) << 24) - 1)
#define RESULT_DONE 1

RTE_LOG_REGISTER(hisi_zip_logtype, test_iommufd.udma, NOTICE);

/* A device that the bus has given to the application. */
struct udma_device {
	LIST_ENTRY(udma_device) next;
	struct hisi_zip_device zip;
	uint16_t n_queues;
};

/* The driver, with its devices. */
struct udma {
	struct rte_bus_iommufd_driver driver;
	LIST_HEAD(, udma_device) devices;
};

struct ring_queue {
	struct hisi_zip_queue zip;
	struct udma_device *device;
};

static int
udma_probe(struct rte_bus_iommufd_driver *driver, struct rte_bus_iommufd_device *bus)
{
	struct udma *udma = container_of(driver, struct udma, driver);
	struct udma_device *device;
	int ret;

	device = rte_zmalloc("udma device", sizeof(*device), 0);
	if (device == NULL)
		return -ENOMEM;
	device->zip.bus = bus;
	device->zip.kind = bus->kind == RTE_BUS_IOMMUFD_UACCE ? &hisi_zip_uacce :
		&hisi_zip_function;
	ret = device->zip.kind->open(&device->zip, &device->n_queues);
	if (ret < 0) {
		rte_free(device);
		return ret;
	}
	device->n_queues = RTE_MIN(device->n_queues, bus->max_queues);
	bus->driver_data = device;
	LIST_INSERT_HEAD(&udma->devices, device, next);
	return 0;
}

static int
udma_remove(struct rte_bus_iommufd_device *bus)
{
	struct udma_device *device = bus->driver_data;

	LIST_REMOVE(device, next);
	device->zip.kind->close(&device->zip);
	rte_free(device);
	return 0;
}

static const struct rte_bus_iommufd_id ids[] = {
	{ .vendor_id = 0x19e5, .device_id = 0xa251 },
	{ .api = "hisi_qm_v5", .algorithm = "udma" },
	{ 0 },
};

static struct udma udma = {
	.driver = {
		.driver.name = "test_iommufd_udma",
		.id_table = ids,
		.probe = udma_probe,
		.remove = udma_remove,
	},
};

/* Drivers are asked in the order in which they are registered, and PMDs are loaded by EAL. */
int
copier_ring_register(void)
{
	rte_bus_iommufd_register(&udma.driver);
	return 0;
}

static bool
is_named(const struct udma_device *device, const char *name)
{
	const char *own = device->zip.bus->name;

	return name == NULL || strcmp(own, name) == 0 || strcmp(strchr(own, ':') + 1, name) == 0;
}

static unsigned int
ring_count(const char *name)
{
	struct udma_device *device;
	unsigned int n = 0;

	LIST_FOREACH(device, &udma.devices, next)
		if (is_named(device, name))
			n += device->n_queues;
	return n;
}

/* First a queue of each device, then a second one, ... */
static struct udma_device *
find(const char *name, unsigned int number, uint16_t *queue)
{
	struct udma_device *device;

	for (*queue = 0; *queue < UINT16_MAX; ++*queue)
		LIST_FOREACH(device, &udma.devices, next)
			if (is_named(device, name) && *queue < device->n_queues && number-- == 0)
				return device;
	return NULL;
}

static int
start(struct ring_queue *queue, uint16_t number, const struct ports *ports)
{
	struct hisi_zip_device *zip = &queue->device->zip;
	int ret;

	queue->zip.direction = (enum hisi_zip_direction)TYPE_COPY;
	ret = rte_bus_iommufd_queue_open(zip->bus, number, &queue->zip.bus);
	if (ret < 0)
		return ret;
	ret = zip->kind->queue_start(zip, &queue->zip, SOCKET_ID_ANY);
	if (ret < 0)
		goto close_queue;
	ret = rte_bus_iommufd_ring_open(&queue->zip.ring, CAPACITY, SOCKET_ID_ANY);
	if (ret < 0)
		goto stop_queue;
	ret = ports == NULL ? 0 : reach_buffers(queue->zip.bus.own_as, ports, zip->bus->name);
	if (ret < 0)
		goto close_ring;
	return 0;

close_ring:
	rte_bus_iommufd_ring_close(&queue->zip.ring);
stop_queue:
	zip->kind->queue_stop(zip, &queue->zip);
close_queue:
	rte_bus_iommufd_queue_close(&queue->zip.bus);
	return ret;
}

static int
ring_open(struct copier *copier, const char *name, unsigned int number, const struct ports *ports)
{
	struct ring_queue *queue = rte_zmalloc("udma queue", sizeof(*queue), RTE_CACHE_LINE_SIZE);
	uint16_t of_device;
	int ret;

	if (queue == NULL)
		return -ENOMEM;
	queue->device = find(name, number, &of_device);
	snprintf(copier->name, sizeof(copier->name), "%s, queue %u", queue->device->zip.bus->name,
		of_device);
	ret = start(queue, of_device, ports);
	if (ret < 0) {
		fprintf(stderr, "dma: %s can't be started: %s\n", copier->name, strerror(-ret));
		rte_free(queue);
		return ret;
	}
	copier->queue = queue;
	copier->virtual_addresses = queue->device->zip.bus->as == RTE_BUS_IOMMUFD_SVA;
	copier->pasid = queue->zip.bus.pasid;
	return 0;
}

static void
ring_close(struct copier *copier)
{
	struct ring_queue *queue = copier->queue;
	struct hisi_zip_device *zip = &queue->device->zip;

	zip->kind->queue_stop(zip, &queue->zip);
	rte_bus_iommufd_ring_close(&queue->zip.ring);
	rte_bus_iommufd_queue_close(&queue->zip.bus);
	rte_free(queue);
}

static inline int
put(struct rte_bus_iommufd_ring *ring, struct copy *copy)
{
	struct request *request;

	if (unlikely(copy->length > MAX_LENGTH))
		return -EINVAL;
	if (unlikely(rte_bus_iommufd_ring_is_full(ring)))
		return -ENOSPC;
	request = (struct request *)ring->sq + ring->tail;
	request->kind = KIND_COPY;
	request->length = copy->length;
	request->flags = FLAG_PREFETCH;
	request->pattern = 0;
	request->destination = copy->to;
	request->source = copy->from;
	request->result = 0;
	rte_bus_iommufd_ring_put(ring, copy);
	return 0;
}

static uint16_t
ring_enqueue(struct copier *copier, struct copy *copies, uint16_t n)
{
	struct rte_bus_iommufd_ring *ring = &((struct ring_queue *)copier->queue)->zip.ring;
	uint16_t i;

	for (i = 0; i < n; i++)
		if (put(ring, &copies[i]) < 0)
			break;
	rte_bus_iommufd_ring_submit(ring);
	return i;
}

static inline void
take(void *context, uint16_t place, void *put_there)
{
	const struct rte_bus_iommufd_ring *ring = context;
	const volatile struct request *request = (const struct request *)ring->sq + place;
	struct copy *copy = put_there;

	copy->state = likely(request->result == RESULT_DONE) ? COPY_DONE : COPY_FAILED;
}

static uint16_t
ring_dequeue(struct copier *copier)
{
	struct rte_bus_iommufd_ring *ring = &((struct ring_queue *)copier->queue)->zip.ring;
	void *copies[BURST];
	uint16_t n = rte_bus_iommufd_ring_collect(ring, take, ring, copies, BURST);

	/* After a reset by the kernel they have no result, which is a failure. */
	return n > 0 ? n : rte_bus_iommufd_ring_abandon(ring, take, ring, copies, BURST);
}

const struct copier_kind copier_ring = {
	.count = ring_count,
	.open = ring_open,
	.close = ring_close,
	.enqueue = ring_enqueue,
	.dequeue = ring_dequeue,
};
