/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: what a vfio-user client sends.
 *
 * The first byte's lowest bit says whether the version has been agreed upon already. Then come
 * pieces, each sent by a call of its own: how many descriptors go with it (a byte), its length (a
 * byte), its bytes. After the last one the client says that nothing more will come.
 *
 * However it goes on, the device is only asked for what it has, all that comes back are replies,
 * and no descriptor is left open.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "vfio_user_private.h"

#define PIECES 128	/* so many and their replies fit into the sockets */
#define PIECE_FDS 20	/* more than a message may have */
#define ALL_FDS 200
#define REGION_SIZE 256
#define VECTORS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct vfio_user *server;
	char path[64];
	uint8_t regions[VFIO_USER_REGIONS][REGION_SIZE];
	int event;	/* what is sent as a descriptor */
} world;

static const uint64_t region_sizes[VFIO_USER_REGIONS] = {
	[2] = REGION_SIZE, [4] = 1, [7] = REGION_SIZE,
};

static uint8_t *
bytes_of(unsigned int region, uint64_t offset, size_t length)
{
	assert(region < VFIO_USER_REGIONS);
	assert(length > 0 && length <= region_sizes[region]);
	assert(offset <= region_sizes[region] - length);
	return world.regions[region] + offset;
}

static void
read_region(void *device, unsigned int region, uint64_t offset, void *to, size_t length)
{
	(void)device;
	memcpy(to, bytes_of(region, offset, length), length);
}

/* A device raises interrupts when it is written to. */
static void
write_region(void *device, unsigned int region, uint64_t offset, const void *from, size_t length)
{
	(void)device;
	memcpy(bytes_of(region, offset, length), from, length);
	vfio_user_interrupt(world.server, offset);
}

static int
map_memory(void *device, uint64_t address, uint64_t size, int fd, uint64_t offset)
{
	(void)device;
	assert(size > 0 && address + (size - 1) >= address && offset + (size - 1) >= offset);
	assert(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	return size > 1 << 20 ? -ENOSPC : 0;
}

static void
reset(void *device)
{
	(void)device;
	memset(world.regions, 0, sizeof(world.regions));
}

static const struct vfio_user_ops ops = {
	.read = read_region,
	.write = write_region,
	.dma_map = map_memory,
	.reset = reset,
};

static void
close_world(void)
{
	vfio_user_close(world.server);
	close(world.event);
}

static void
open_world(void)
{
	struct vfio_user_device device = { .ops = &ops, .vectors = VECTORS };

	memcpy(device.region_size, region_sizes, sizeof(region_sizes));
	snprintf(world.path, sizeof(world.path), "/tmp/fuzz-vfio-user-%ld", (long)getpid());
	world.server = vfio_user_open(world.path, &device);
	assert(world.server != NULL);
	world.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert(world.event >= 0);
	atexit(close_world);
}

/* The number that the next descriptor would get: a higher one afterwards means that one is open */
static int
next_fd(void)
{
	int fd = dup(world.event);

	assert(fd >= 0);
	close(fd);
	return fd;
}

static bool
send_piece(int client, const uint8_t *bytes, size_t size, unsigned int fd_count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(PIECE_FDS * sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count > 0) {
		struct cmsghdr *rights = (struct cmsghdr *)control;
		int fds[PIECE_FDS];

		for (unsigned int i = 0; i < fd_count; i++)
			fds[i] = world.event;
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, fd_count * sizeof(int));
	}
	return sendmsg(client, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

static void
send_version(int client)
{
	const struct {
		struct vfio_user_header header;
		struct vfio_user_version version;
	} message = {
		.header = {
			.command = VFIO_USER_VERSION, .size = sizeof(message),
			.flags = VFIO_USER_FLAG_NO_REPLY,
		},
	};

	send_piece(client, (const uint8_t *)&message, sizeof(message), 0);
}

static void
send_all(int client, const uint8_t *data, size_t size)
{
	unsigned int all_fds = 0;

	if (size > 0 && (*data & 1) != 0)
		send_version(client);
	for (size_t at = 1, piece = 0; at + 2 < size && piece < PIECES; piece++) {
		unsigned int fd_count = data[at] % (PIECE_FDS + 1);
		size_t length = data[at + 1];

		at += 2;
		if (length > size - at)
			length = size - at;
		if (length == 0)
			continue;
		all_fds += fd_count;
		if (!send_piece(client, data + at, length, all_fds <= ALL_FDS ? fd_count : 0))
			break;
		at += length;
	}
	shutdown(client, SHUT_WR);
}

static void
check_replies(int client)
{
	struct vfio_user_header header;
	ssize_t count;

	while ((count = recv(client, &header, sizeof(header), MSG_WAITALL)) > 0) {
		uint8_t body[VFIO_USER_MAX_BODY];
		size_t size = header.size - sizeof(header);

		assert(count == sizeof(header));
		assert(header.size >= sizeof(header) && size <= sizeof(body));
		if (header.flags == (VFIO_USER_FLAG_TYPE_REPLY | VFIO_USER_FLAG_ERROR))
			assert(size == 0 && header.error > 0 && header.error < 4096);
		else
			assert(header.flags == VFIO_USER_FLAG_TYPE_REPLY && header.error == 0);
		if (size > 0)
			assert(recv(client, body, size, MSG_WAITALL) == (ssize_t)size);
	}
	assert(count == 0 || errno == ECONNRESET);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Should the server wait for its client to read, it wouldn't wait for ever. */
	const struct timeval patience = { .tv_sec = 5 };
	int ends[2], before, result;

	if (world.server == NULL)
		open_world();
	before = next_fd();
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	assert(setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0);
	send_all(ends[0], data, size);
	result = vfio_user_serve_client(world.server, ends[1]);
	assert(result == 0 || result == -EPROTO);
	check_replies(ends[0]);
	close(ends[0]);
	assert(next_fd() == before);
	return 0;
}
