/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes and descriptors of a client become messages here, and replies go back.
 *
 * Whatever has arrived is taken with one call, be it less or more than a message. The kernel ends
 * such a call after the bytes that descriptors were sent with, and a client sends a message's
 * descriptors with bytes of this message: so they belong to the last message that has begun.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "unix_socket.h"
#include "vfio_user_private.h"

#define RECEIVED_SIZE (VFIO_USER_MAX_MESSAGE + (64 << 10))

/* More than this is no message of anybody who has been told VFIO_USER_MAX_FDS. */
#define FDS_AT_ONCE (2 * VFIO_USER_MAX_FDS)

struct client {
	int socket;
	uint8_t *bytes;		/* RECEIVED_SIZE of them; start to end aren't handled yet */
	size_t start, end;
	/* Descriptors in the order of their arrival, and where `end` was then */
	int fds[2 * FDS_AT_ONCE];
	size_t fd_ends[2 * FDS_AT_ONCE];
	unsigned int fd_count;
};

static void
close_fds(struct client *client, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (client->fds[i] >= 0)
			close(client->fds[i]);
	client->fd_count -= count;
	memmove(client->fds, client->fds + count, client->fd_count * sizeof(client->fds[0]));
	memmove(client->fd_ends, client->fd_ends + count,
			client->fd_count * sizeof(client->fd_ends[0]));
}

/* Room for a whole message behind `start` */
static void
make_room(struct client *client)
{
	if (client->start == 0 || (client->start != client->end &&
			RECEIVED_SIZE - client->start >= VFIO_USER_MAX_MESSAGE))
		return;
	for (unsigned int i = 0; i < client->fd_count; i++)
		client->fd_ends[i] -= client->start;
	client->end -= client->start;
	memmove(client->bytes, client->bytes + client->start, client->end);
	client->start = 0;
}

static void
take_fds(struct client *client, struct msghdr *arrived)
{
	struct cmsghdr *control;

	for (control = CMSG_FIRSTHDR(arrived); control != NULL;
			control = CMSG_NXTHDR(arrived, control)) {
		size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(client->fds + client->fd_count, CMSG_DATA(control), count * sizeof(int));
		while (count-- > 0)
			client->fd_ends[client->fd_count++] = client->end;
	}
}

/* Waits for some bytes: 1, 0 when the client has gone, or -errno. */
static int
receive(struct client *client)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(FDS_AT_ONCE * sizeof(int))];
	} control;
	struct iovec room;
	struct msghdr arrived = {
		.msg_iov = &room,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length;

	make_room(client);
	room.iov_base = client->bytes + client->end;
	room.iov_len = RECEIVED_SIZE - client->end;
	length = recvmsg(client->socket, &arrived, MSG_CMSG_CLOEXEC);
	if (length < 0)
		return -errno;
	client->end += length;
	take_fds(client, &arrived);
	if (arrived.msg_flags & MSG_CTRUNC || client->fd_count > FDS_AT_ONCE) {
		log_line("vfio-user: more descriptors than a message may have");
		return -EPROTO;
	}
	if (length == 0 && client->start != client->end) {
		log_line("vfio-user: the client left in the middle of a message");
		return -EPROTO;
	}
	return length > 0;
}

/* The next message, if all of it is there: 1, 0, or -EPROTO where it can't be one. */
static int
next_message(struct client *client, struct vfio_user_message *message)
{
	struct vfio_user_header *header = &message->header;
	size_t there = client->end - client->start;

	if (there < sizeof(*header))
		return 0;
	memcpy(header, client->bytes + client->start, sizeof(*header));
	if (header->size < sizeof(*header) || header->size > VFIO_USER_MAX_MESSAGE ||
			(header->flags & VFIO_USER_FLAG_TYPE) != VFIO_USER_FLAG_TYPE_COMMAND) {
		log_line("vfio-user: that isn't a message: command %u, size %u, flags %#x",
				header->command, header->size, header->flags);
		return -EPROTO;
	}
	if (there < header->size)
		return 0;

	message->body = client->bytes + client->start + sizeof(*header);
	message->size = header->size - sizeof(*header);
	client->start += header->size;
	message->fds = client->fds;
	message->fd_count = 0;
	while (message->fd_count < client->fd_count &&
			client->fd_ends[message->fd_count] <= client->start)
		message->fd_count++;
	return 1;
}

/* The header's 16 bytes must arrive together: QEMU doesn't wait for the rest of it. */
static int
send_reply(const struct client *client, const struct vfio_user_reply *reply)
{
	const uint8_t *bytes = (const uint8_t *)reply;
	size_t sent = 0;

	while (sent < reply->header.size) {
		ssize_t length = send(client->socket, bytes + sent, reply->header.size - sent,
				MSG_NOSIGNAL);

		if (length < 0 && errno != EINTR)
			return -errno;
		if (length > 0)
			sent += length;
	}
	return 0;
}

/* Handles a message and replies: 0, or -errno when the connection can't go on. */
static int
answer(struct vfio_user *server, struct client *client, struct vfio_user_message *message)
{
	struct vfio_user_header *header = &server->reply.header;
	size_t length = 0;
	int error;

	error = vfio_user_handle(server, message, &length);
	if (error != 0)
		log_detail("vfio-user: command %u refused: %s", message->header.command,
				strerror(-error));
	close_fds(client, message->fd_count);

	*header = (struct vfio_user_header){
		.id = message->header.id,
		.command = message->header.command,
		.size = sizeof(*header) + (error == 0 ? length : 0),
		.flags = VFIO_USER_FLAG_TYPE_REPLY | (error == 0 ? 0 : VFIO_USER_FLAG_ERROR),
		.error = -error,
	};
	if (!(message->header.flags & VFIO_USER_FLAG_NO_REPLY)) {
		int failed = send_reply(client, &server->reply);

		if (failed != 0)
			return failed;
	}
	if (!server->negotiated) {
		log_line("vfio-user: no version agreed upon");
		return -EPROTO;
	}
	return 0;
}

int
vfio_user_serve_client(struct vfio_user *server, int socket)
{
	struct client client = { .socket = socket, .bytes = server->received };
	int result;

	server->negotiated = false;
	do {
		struct vfio_user_message message;

		while ((result = next_message(&client, &message)) > 0) {
			result = answer(server, &client, &message);
			if (result != 0)
				break;
		}
		if (result == 0)
			result = receive(&client);
	} while (result > 0);

	close_fds(&client, client.fd_count);
	for (unsigned int i = 0; i < server->device.vectors; i++)
		vfio_user_irqs_set(&server->irqs, i, -1);
	close(socket);
	return result;
}

int
vfio_user_serve(struct vfio_user *server)
{
	int socket = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	int result;

	if (socket < 0)
		return -errno;
	log_detail("vfio-user: a client has come");
	result = vfio_user_serve_client(server, socket);
	if (result == 0)
		log_detail("vfio-user: the client has gone");
	else
		log_line("vfio-user: the connection has ended: %s", strerror(-result));
	return result;
}

void
vfio_user_interrupt(struct vfio_user *server, unsigned int vector)
{
	if (vector < server->device.vectors)
		vfio_user_irqs_raise(&server->irqs, vector);
}

struct vfio_user *
vfio_user_open(const char *path, const struct vfio_user_device *device)
{
	struct vfio_user *server;
	int error = -ENOMEM;

	if (device->vectors > VFIO_USER_MAX_VECTORS) {
		error = -EINVAL;
		goto failed;
	}
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		goto failed;
	server->device = *device;
	server->path = strdup(path);
	server->received = malloc(RECEIVED_SIZE);
	if (server->path == NULL || server->received == NULL)
		goto free_server;
	server->listener = unix_socket_listen(path, 1, 0);
	if (server->listener < 0) {
		error = server->listener;
		goto free_server;
	}
	vfio_user_irqs_init(&server->irqs);
	return server;

free_server:
	free(server->received);
	free(server->path);
	free(server);
failed:
	log_line("vfio-user: %s: %s", path, strerror(-error));
	errno = -error;
	return NULL;
}

void
vfio_user_close(struct vfio_user *server)
{
	if (server == NULL)
		return;
	vfio_user_irqs_destroy(&server->irqs);
	unlink(server->path);
	close(server->listener);
	free(server->received);
	free(server->path);
	free(server);
}
