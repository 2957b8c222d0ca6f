/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A driver of copies ("udma") on the iommufd bus. How a function is brought up and a queue started
 * it has from the driver of the same hardware that compresses.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include <bus_iommufd_driver.h>
#include <bus_iommufd_ring.h>
#include <hisi_zip_private.h>

#include "queue.h"
#include "zip_request.h"

#define CAPACITY 512

RTE_LOG_REGISTER(hisi_zip_logtype, lab.copy, NOTICE);

static struct hisi_zip_device device;
static struct hisi_zip_queue queue;
static uint8_t *from, *to;
static unsigned int n_wrong;

static int
copier_probe(struct rte_bus_iommufd_driver *driver __rte_unused,
		struct rte_bus_iommufd_device *bus)
{
	uint16_t n_queues;
	int ret;

	device.bus = bus;
	device.kind = bus->kind == RTE_BUS_IOMMUFD_UACCE ? &hisi_zip_uacce : &hisi_zip_function;
	ret = device.kind->open(&device, &n_queues);
	if (ret < 0)
		device.bus = NULL;
	return ret;
}

static int
copier_remove(struct rte_bus_iommufd_device *bus __rte_unused)
{
	device.kind->close(&device);
	device.bus = NULL;
	return 0;
}

static const struct rte_bus_iommufd_id ids[] = {
	{ .vendor_id = 0x19e5, .device_id = 0xa251 },
	{ .api = "hisi_qm_v5", .algorithm = "udma" },
	{ 0 },
};

static struct rte_bus_iommufd_driver copier = {
	.driver.name = "lab_copier",
	.id_table = ids,
	.probe = copier_probe,
	.remove = copier_remove,
};

/* In front of the driver that compresses, and only here. */
static void
ring_prepare(void)
{
	rte_bus_iommufd_register(&copier);
}

static int
ring_open(void)
{
	int ret;

	if (device.bus == NULL)
		return -ENODEV;
	queue.direction = (enum hisi_zip_direction)ZIP_COPY_TYPE;
	ret = rte_bus_iommufd_queue_open(device.bus, 0, &queue.bus);
	if (ret == 0)
		ret = device.kind->queue_start(&device, &queue, SOCKET_ID_ANY);
	if (ret == 0)
		ret = rte_bus_iommufd_ring_open(&queue.ring, CAPACITY, SOCKET_ID_ANY);
	if (ret < 0)
		return ret;
	printf("pasid %" PRIu32 "\n", queue.bus.pasid);
	from = rte_zmalloc("from", QUEUE_BURST * QUEUE_BYTES, 0);
	to = rte_zmalloc("to", QUEUE_BURST * QUEUE_BYTES, 0);
	return from == NULL || to == NULL ? -ENOMEM : 0;
}

static void
ring_close(void)
{
	device.kind->queue_stop(&device, &queue);
	rte_bus_iommufd_ring_close(&queue.ring);
	rte_bus_iommufd_queue_close(&queue.bus);
	rte_free(to);
	rte_free(from);
}

static void
ring_fill(uint8_t seed)
{
	memset(from, seed, QUEUE_BURST * QUEUE_BYTES);
}

/* What a driver does for its caller: not compiled into it, as dmadev's isn't. */
static __rte_noinline int
copy(struct hisi_zip_queue *q, uint64_t source, uint64_t destination, uint32_t bytes)
{
	struct zip_copy *request;

	if (unlikely(bytes > ZIP_COPY_MAX_BYTES))
		return -EINVAL;
	if (unlikely(rte_bus_iommufd_ring_is_full(&q->ring)))
		return -ENOSPC;
	request = (struct zip_copy *)q->ring.sq + q->ring.tail;
	request->kind = ZIP_COPY;
	request->bytes = bytes;
	request->flags = ZIP_COPY_PREFETCH;
	request->pattern = 0;
	request->destination = destination;
	request->source = source;
	request->result = 0;
	rte_bus_iommufd_ring_put(&q->ring, request);
	return 0;
}

static uint16_t
ring_enqueue(void)
{
	uint16_t i;

	for (i = 0; i < QUEUE_BURST; i++)
		if (copy(&queue, (uintptr_t)from + i * QUEUE_BYTES,
				(uintptr_t)to + i * QUEUE_BYTES, QUEUE_BYTES) < 0)
			break;
	rte_bus_iommufd_ring_submit(&queue.ring);
	return i;
}

static inline void
take(void *context __rte_unused, uint16_t place __rte_unused, void *put)
{
	const volatile struct zip_copy *request = put;

	if (unlikely(request->result != ZIP_COPY_DONE))
		n_wrong++;
}

static uint16_t
ring_dequeue(void)
{
	void *requests[QUEUE_BURST];

	return rte_bus_iommufd_ring_collect(&queue.ring, take, NULL, requests, QUEUE_BURST);
}

static bool
ring_is_right(void)
{
	return n_wrong == 0 && queue.ring.n_of_nothing == 0 &&
		memcmp(from, to, QUEUE_BURST * QUEUE_BYTES) == 0;
}

const struct queue_way queue_ring = {
	.name = "ring",
	.prepare = ring_prepare,
	.open = ring_open,
	.close = ring_close,
	.fill = ring_fill,
	.enqueue = ring_enqueue,
	.dequeue = ring_dequeue,
	.is_right = ring_is_right,
};
