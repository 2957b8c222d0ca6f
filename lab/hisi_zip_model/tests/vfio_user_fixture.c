/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "unix_socket.h"
#include "vfio_user_fixture.h"

#define PATIENCE_S 20	/* for whatever the server should send */

static uint8_t *
bytes_of(struct fixture *fixture, unsigned int region)
{
	return region == 7 ? fixture->config : fixture->region;
}

static void
device_read(void *device, unsigned int region, uint64_t offset, void *to, size_t length)
{
	memcpy(to, bytes_of(device, region) + offset, length);
}

static void
device_write(void *device, unsigned int region, uint64_t offset, const void *from, size_t length)
{
	if (length <= sizeof(uint64_t))
		assert_int_equal((uintptr_t)from % _Alignof(uint64_t), 0);
	memcpy(bytes_of(device, region) + offset, from, length);
}

static int
device_dma_map(void *device, uint64_t address, uint64_t size, int fd, uint64_t offset)
{
	struct fixture *fixture = device;

	fixture->maps++;
	return memory_add(&fixture->memory, address, size, fd, offset);
}

static void
device_reset(void *device)
{
	struct fixture *fixture = device;

	fixture->resets++;
}

static const struct vfio_user_ops device_ops = {
	.read = device_read,
	.write = device_write,
	.dma_map = device_dma_map,
	.reset = device_reset,
};

int
fixture_open(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct vfio_user_device device = {
		.ops = &device_ops,
		.device = fixture,
		.region_size = { [2] = REGION_SIZE, [7] = CONFIG_SIZE },
		.vectors = VECTORS,
	};

	assert_non_null(fixture);
	fixture->client = -1;
	strcpy(fixture->directory, "/tmp/vfio-user-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/socket", fixture->directory);
	fixture->server = vfio_user_open(fixture->path, &device);
	assert_non_null(fixture->server);
	*state = fixture;
	return 0;
}

int
fixture_open_connected(void **state)
{
	struct fixture *fixture;

	fixture_open(state);
	fixture = *state;
	fixture_connect(fixture);
	fixture_serve(fixture);
	fixture_negotiate(fixture);
	return 0;
}

int
fixture_close(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->client >= 0) {
		fixture_disconnect(fixture);
		assert_int_equal(fixture_served(fixture), 0);
	}
	vfio_user_close(fixture->server);
	memory_close(&fixture->memory);
	assert_int_equal(rmdir(fixture->directory), 0);
	free(fixture);
	return 0;
}

static void *
serve(void *argument)
{
	struct fixture *fixture = argument;

	fixture->served = vfio_user_serve(fixture->server);
	return NULL;
}

void
fixture_serve(struct fixture *fixture)
{
	assert_int_equal(pthread_create(&fixture->thread, NULL, serve, fixture), 0);
}

void
fixture_connect(struct fixture *fixture)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	fixture->client = unix_socket_connect(fixture->path, 0);
	assert_true(fixture->client >= 0);
	assert_int_equal(setsockopt(fixture->client, SOL_SOCKET, SO_RCVTIMEO, &patience,
			sizeof(patience)), 0);
}

void
fixture_disconnect(struct fixture *fixture)
{
	close(fixture->client);
	fixture->client = -1;
}

int
fixture_served(struct fixture *fixture)
{
	assert_int_equal(pthread_join(fixture->thread, NULL), 0);
	return fixture->served;
}

void
fixture_negotiate(struct fixture *fixture)
{
	const struct vfio_user_version version = { .major = 0, .minor = 1 };

	assert_int_equal(ask(fixture, VFIO_USER_VERSION, &version, sizeof(version), NULL, 0), 0);
}

static void
send_parts(struct fixture *fixture, struct iovec *parts, size_t count, const int *fds,
		unsigned int fd_count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(64 * sizeof(int))] = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += parts[i].iov_len;
	if (fd_count > 0) {
		struct cmsghdr *rights = (struct cmsghdr *)control;

		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, fd_count * sizeof(int));
	}
	assert_int_equal(sendmsg(fixture->client, &message, MSG_NOSIGNAL), size);
}

void
fixture_send(struct fixture *fixture, uint16_t command, uint32_t flags, const void *body,
		size_t size, const int *fds, unsigned int fd_count)
{
	struct vfio_user_header header = {
		.id = 0x1234,
		.command = command,
		.size = sizeof(header) + size,
		.flags = flags,
	};
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)(uintptr_t)body, .iov_len = size },
	};

	send_parts(fixture, parts, 2, fds, fd_count);
}

void
fixture_send_bytes(struct fixture *fixture, const void *bytes, size_t size, const int *fds,
		unsigned int fd_count)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };

	send_parts(fixture, &part, 1, fds, fd_count);
}

static void
receive_bytes(struct fixture *fixture, void *bytes, size_t size)
{
	if (size > 0)
		assert_int_equal(recv(fixture->client, bytes, size, MSG_WAITALL), size);
}

void
fixture_receive(struct fixture *fixture, struct message *message)
{
	receive_bytes(fixture, &message->header, sizeof(message->header));
	assert_uint_in_range(message->header.size, sizeof(message->header),
			sizeof(message->header) + sizeof(message->body));
	message->size = message->header.size - sizeof(message->header);
	receive_bytes(fixture, message->body, message->size);
}

void
fixture_assert_ended(struct fixture *fixture)
{
	char byte;
	ssize_t received = recv(fixture->client, &byte, 1, 0);

	/* What the server hasn't read is known to its client as a reset. */
	assert_true(received == 0 || (received < 0 && errno == ECONNRESET));
}

int
ask_with_fds(struct fixture *fixture, uint16_t command, const void *body, size_t size,
		const int *fds, unsigned int fd_count, void *reply, size_t reply_size)
{
	static struct message message;

	fixture_send(fixture, command, 0, body, size, fds, fd_count);
	fixture_receive(fixture, &message);
	assert_int_equal(message.header.id, 0x1234);
	assert_int_equal(message.header.command, command);
	if (message.header.flags == (VFIO_USER_FLAG_TYPE_REPLY | VFIO_USER_FLAG_ERROR)) {
		assert_int_equal(message.size, 0);
		assert_int_not_equal(message.header.error, 0);
		return message.header.error;
	}
	assert_int_equal(message.header.flags, VFIO_USER_FLAG_TYPE_REPLY);
	assert_int_equal(message.header.error, 0);
	if (reply != NULL) {
		assert_int_equal(message.size, reply_size);
		memcpy(reply, message.body, reply_size);
	}
	return 0;
}

int
ask(struct fixture *fixture, uint16_t command, const void *body, size_t size, void *reply,
		size_t reply_size)
{
	return ask_with_fds(fixture, command, body, size, NULL, 0, reply, reply_size);
}

int
write_region(struct fixture *fixture, uint32_t region, uint64_t offset, const void *data,
		uint32_t count)
{
	static uint8_t body[sizeof(struct vfio_user_region_access) + REGION_SIZE];
	struct vfio_user_region_access access = {
		.offset = offset, .region = region, .count = count,
	};
	struct vfio_user_region_access reply;
	int error;

	memcpy(body, &access, sizeof(access));
	memcpy(body + sizeof(access), data, count);
	error = ask(fixture, VFIO_USER_REGION_WRITE, body, sizeof(access) + count, &reply,
			sizeof(reply));
	if (error == 0)
		assert_memory_equal(&reply, &access, sizeof(access));
	return error;
}

int
read_region(struct fixture *fixture, uint32_t region, uint64_t offset, void *data, uint32_t count)
{
	static uint8_t reply[sizeof(struct vfio_user_region_access) + REGION_SIZE];
	struct vfio_user_region_access access = {
		.offset = offset, .region = region, .count = count,
	};
	int error = ask(fixture, VFIO_USER_REGION_READ, &access, sizeof(access), reply,
			sizeof(access) + count);

	if (error == 0) {
		assert_memory_equal(reply, &access, sizeof(access));
		memcpy(data, reply + sizeof(access), count);
	}
	return error;
}

unsigned int
open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}
