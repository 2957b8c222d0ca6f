/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VFIO_USER_FIXTURE_H
#define VFIO_USER_FIXTURE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "vfio_user.h"
#include "vfio_user_protocol.h"

/*
 * A vfio-user server at a UNIX socket, with a thread that serves, and a client of it. The device
 * behind it has memory for regions, and the model's own guest memory.
 */

#define REGION_SIZE (2 << 20)	/* of region 2, more than a message can move */
#define CONFIG_SIZE 256		/* of region 7 */
#define VECTORS 4

struct fixture {
	char directory[64], path[96];
	struct vfio_user *server;
	pthread_t thread;
	int served;		/* what vfio_user_serve() has returned */
	int client;		/* the connected socket; -1: none */
	/* The device */
	struct memory memory;
	uint8_t region[REGION_SIZE];
	uint8_t config[CONFIG_SIZE];
	unsigned int resets, maps;
};

/* cmocka's setup and teardown: a server that waits for its client */
int fixture_open(void **state);
int fixture_close(void **state);
/* The same with a client that has agreed upon the version */
int fixture_open_connected(void **state);

/* A client and a thread that serves it */
void fixture_serve(struct fixture *fixture);
void fixture_connect(struct fixture *fixture);
void fixture_disconnect(struct fixture *fixture);
/* What the server has made of the client; it must be over by itself, or after a disconnect. */
int fixture_served(struct fixture *fixture);

/* What has a client say the right things at the beginning */
void fixture_negotiate(struct fixture *fixture);

struct message {
	struct vfio_user_header header;
	uint8_t body[(1 << 20) + 64];
	size_t size;	/* of the body */
};

/* Sends a message; the flags are the header's. */
void fixture_send(struct fixture *fixture, uint16_t command, uint32_t flags, const void *body,
		size_t size, const int *fds, unsigned int fd_count);
/* Sends bytes as they are */
void fixture_send_bytes(struct fixture *fixture, const void *bytes, size_t size, const int *fds,
		unsigned int fd_count);
void fixture_receive(struct fixture *fixture, struct message *message);
/* The connection has been ended by the server, and nothing is left to read */
void fixture_assert_ended(struct fixture *fixture);

/*
 * A command and its reply, which is checked for being its reply: the error (a positive errno) or 0.
 * The reply's body must be of the given size, and is copied to `reply`; NULL: it isn't looked at.
 */
#define NO_BODY ((void *)(uintptr_t)"")
int ask_with_fds(struct fixture *fixture, uint16_t command, const void *body, size_t size,
		const int *fds, unsigned int fd_count, void *reply, size_t reply_size);
int ask(struct fixture *fixture, uint16_t command, const void *body, size_t size, void *reply,
		size_t reply_size);

int write_region(struct fixture *fixture, uint32_t region, uint64_t offset, const void *data,
		uint32_t count);
int read_region(struct fixture *fixture, uint32_t region, uint64_t offset, void *data,
		uint32_t count);

/* How many descriptors the process has, the server's and the client's */
unsigned int open_descriptors(void);

#endif
