/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each command means. A handler is called with a body of at least its structure's size, and
 * with no more descriptors than the command takes.
 */
#include <errno.h>
#include <string.h>

#include <linux/vfio.h>

#include "log.h"
#include "vfio_user_private.h"

_Static_assert(VFIO_USER_REGIONS == VFIO_PCI_NUM_REGIONS, "the regions of a PCI device");

/* Ends that would be beyond 2^64 - 1 are refused. */
static bool
is_range(uint64_t start, uint64_t size)
{
	return size > 0 && start + (size - 1) >= start;
}

static int
handle_version(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	int done;

	if (server->negotiated)
		return -EINVAL;
	done = vfio_user_negotiate(message->body, message->size, server->reply.body,
			sizeof(server->reply.body));
	if (done < 0)
		return done;
	server->negotiated = true;
	*length = done;
	return 0;
}

static int
handle_dma_map(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	const struct vfio_user_device *device = &server->device;
	struct vfio_user_dma_map map;

	(void)length;
	memcpy(&map, message->body, sizeof(map));
	if (map.argsz < sizeof(map) || !is_range(map.address, map.size) ||
			(map.flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) != 0)
		return -EINVAL;
	if (message->fd_count > 0 && !is_range(map.offset, map.size))
		return -EINVAL;
	log_detail("vfio-user: map %#llx, %#llx bytes, %s", (unsigned long long)map.address,
			(unsigned long long)map.size,
			message->fd_count > 0 ? "of a file" : "without a file");
	/* What isn't in a file can't be reached, and ROM is not for a function that writes. */
	if (message->fd_count == 0 || !(map.flags & VFIO_DMA_MAP_FLAG_WRITE))
		return 0;
	return device->ops->dma_map(device->device, map.address, map.size, message->fds[0],
			map.offset);
}

/* The memory is kept (memory.h). */
static int
handle_dma_unmap(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	struct vfio_user_dma_unmap unmap;

	memcpy(&unmap, message->body, sizeof(unmap));
	if (unmap.argsz < sizeof(unmap) || (unmap.flags & ~VFIO_DMA_UNMAP_FLAG_ALL) != 0)
		return -EINVAL;
	if (unmap.flags == 0 && !is_range(unmap.address, unmap.size))
		return -EINVAL;
	memcpy(server->reply.body, &unmap, sizeof(unmap));
	*length = sizeof(unmap);
	return 0;
}

static int
handle_get_info(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	struct vfio_user_device_info info;

	memcpy(&info, message->body, sizeof(info));
	if (info.argsz < sizeof(info))
		return -EINVAL;
	info = (struct vfio_user_device_info){
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
		.regions = VFIO_USER_REGIONS,
		.irqs = VFIO_PCI_NUM_IRQS,
	};
	memcpy(server->reply.body, &info, sizeof(info));
	*length = sizeof(info);
	return 0;
}

static int
handle_get_region_info(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	struct vfio_user_region_info info;
	uint64_t size;

	memcpy(&info, message->body, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VFIO_USER_REGIONS)
		return -EINVAL;
	size = server->device.region_size[info.index];
	info = (struct vfio_user_region_info){
		.argsz = sizeof(info),
		.flags = size > 0 ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0,
		.index = info.index,
		.size = size,
	};
	memcpy(server->reply.body, &info, sizeof(info));
	*length = sizeof(info);
	return 0;
}

static unsigned int
vectors_of(const struct vfio_user *server, unsigned int index)
{
	return index == VFIO_PCI_MSI_IRQ_INDEX ? server->device.vectors : 0;
}

static int
handle_get_irq_info(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	struct vfio_user_irq_info info;
	unsigned int vectors;

	memcpy(&info, message->body, sizeof(info));
	if (info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	vectors = vectors_of(server, info.index);
	info = (struct vfio_user_irq_info){
		.argsz = sizeof(info),
		.flags = vectors > 0 ? VFIO_IRQ_INFO_EVENTFD : 0,
		.index = info.index,
		.count = vectors,
	};
	memcpy(server->reply.body, &info, sizeof(info));
	*length = sizeof(info);
	return 0;
}

/* Gives vectors their eventfds, or takes those away where none came. */
static int
set_eventfds(struct vfio_user *server, const struct vfio_user_irq_set *set,
		struct vfio_user_message *message)
{
	if (message->fd_count != 0 && message->fd_count != set->count)
		return -EINVAL;
	for (unsigned int i = 0; i < message->fd_count; i++) {
		int error = vfio_user_irqs_prepare(message->fds[i]);

		if (error != 0)
			return error;
	}
	for (uint32_t i = 0; i < set->count; i++) {
		int fd = -1;

		if (message->fd_count > 0) {
			fd = message->fds[i];
			message->fds[i] = -1;
		}
		vfio_user_irqs_set(&server->irqs, set->start + i, fd);
	}
	return 0;
}

/* As VFIO does: without a vector, all of them are taken down; else the named ones are raised. */
static void
trigger(struct vfio_user *server, const struct vfio_user_irq_set *set, const uint8_t *chosen)
{
	if (set->count == 0)
		for (unsigned int i = 0; i < vectors_of(server, set->index); i++)
			vfio_user_irqs_set(&server->irqs, i, -1);
	for (uint32_t i = 0; i < set->count; i++)
		if (chosen == NULL || chosen[i] != 0)
			vfio_user_irqs_raise(&server->irqs, set->start + i);
}

static int
handle_set_irqs(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	struct vfio_user_irq_set set;
	size_t data = message->size - sizeof(set);
	unsigned int vectors;

	(void)length;
	memcpy(&set, message->body, sizeof(set));
	if (set.argsz < sizeof(set) || set.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	vectors = vectors_of(server, set.index);
	if (set.start > vectors || set.count > vectors - set.start)
		return -EINVAL;

	/* Masking is for interrupts that this function doesn't have. */
	switch (set.flags) {
	case VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER:
		return data == 0 ? set_eventfds(server, &set, message) : -EINVAL;
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER:
		if (data != 0 || message->fd_count != 0)
			return -EINVAL;
		trigger(server, &set, NULL);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER:
		if (set.count == 0 || data != set.count || message->fd_count != 0)
			return -EINVAL;
		trigger(server, &set, message->body + sizeof(set));
		return 0;
	default:
		return -EINVAL;
	}
}

static int
check_access(const struct vfio_user *server, const struct vfio_user_region_access *access)
{
	uint64_t size;

	if (access->region >= VFIO_USER_REGIONS || access->count == 0 ||
			access->count > VFIO_USER_MAX_TRANSFER)
		return -EINVAL;
	size = server->device.region_size[access->region];
	return access->offset < size && access->count <= size - access->offset ? 0 : -EINVAL;
}

static int
handle_read(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	const struct vfio_user_device *device = &server->device;
	struct vfio_user_region_access access;
	int error;

	memcpy(&access, message->body, sizeof(access));
	error = check_access(server, &access);
	if (error != 0)
		return error;
	memcpy(server->reply.body, &access, sizeof(access));
	device->ops->read(device->device, access.region, access.offset,
			server->reply.body + sizeof(access), access.count);
	*length = sizeof(access) + access.count;
	return 0;
}

static int
handle_write(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	const struct vfio_user_device *device = &server->device;
	const void *data = message->body + sizeof(struct vfio_user_region_access);
	struct vfio_user_region_access access;
	uint64_t aligned;
	int error;

	memcpy(&access, message->body, sizeof(access));
	error = check_access(server, &access);
	if (error != 0)
		return error;
	if (message->size - sizeof(access) != access.count)
		return -EINVAL;
	if (access.count <= sizeof(aligned))
		data = memcpy(&aligned, data, access.count);
	device->ops->write(device->device, access.region, access.offset, data, access.count);
	memcpy(server->reply.body, &access, sizeof(access));
	*length = sizeof(access);
	return 0;
}

static int
handle_reset(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	(void)message;
	(void)length;
	server->device.ops->reset(server->device.device);
	return 0;
}

static const struct {
	int (*handle)(struct vfio_user *server, struct vfio_user_message *message, size_t *length);
	size_t size;		/* of the body */
	bool data;		/* more may follow */
	unsigned int fds;	/* at most */
} commands[VFIO_USER_COMMANDS] = {
	[VFIO_USER_VERSION] = { handle_version, sizeof(struct vfio_user_version), true, 0 },
	[VFIO_USER_DMA_MAP] = { handle_dma_map, sizeof(struct vfio_user_dma_map), false, 1 },
	[VFIO_USER_DMA_UNMAP] = {
		handle_dma_unmap, sizeof(struct vfio_user_dma_unmap), false, 0
	},
	[VFIO_USER_DEVICE_GET_INFO] = {
		handle_get_info, sizeof(struct vfio_user_device_info), false, 0
	},
	[VFIO_USER_DEVICE_GET_REGION_INFO] = {
		handle_get_region_info, sizeof(struct vfio_user_region_info), false, 0
	},
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = {
		handle_get_irq_info, sizeof(struct vfio_user_irq_info), false, 0
	},
	[VFIO_USER_DEVICE_SET_IRQS] = {
		handle_set_irqs, sizeof(struct vfio_user_irq_set), true, VFIO_USER_MAX_FDS
	},
	[VFIO_USER_REGION_READ] = {
		handle_read, sizeof(struct vfio_user_region_access), false, 0
	},
	[VFIO_USER_REGION_WRITE] = {
		handle_write, sizeof(struct vfio_user_region_access), true, 0
	},
	[VFIO_USER_DEVICE_RESET] = { handle_reset, 0, false, 0 },
};

int
vfio_user_handle(struct vfio_user *server, struct vfio_user_message *message, size_t *length)
{
	const struct vfio_user_header *header = &message->header;
	unsigned int command = header->command;

	if (command >= VFIO_USER_COMMANDS || commands[command].handle == NULL)
		return -ENOTSUP;
	if (!server->negotiated && command != VFIO_USER_VERSION)
		return -EINVAL;
	if ((header->flags & ~VFIO_USER_FLAG_NO_REPLY) != 0)
		return -EINVAL;
	if (message->size < commands[command].size ||
			(message->size > commands[command].size && !commands[command].data))
		return -EINVAL;
	if (message->fd_count > commands[command].fds)
		return -EINVAL;
	return commands[command].handle(server, message, length);
}
