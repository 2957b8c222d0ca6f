/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VFIO_USER_PRIVATE_H
#define VFIO_USER_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio_user.h"
#include "vfio_user_protocol.h"

/* What the parts of the vfio-user server have in common. */

#define VFIO_USER_MAX_FDS 8		/* of one message */
#define VFIO_USER_MAX_TRANSFER (1 << 20)	/* bytes of one region access */
#define VFIO_USER_MAX_BODY (sizeof(struct vfio_user_region_access) + VFIO_USER_MAX_TRANSFER)
#define VFIO_USER_MAX_MESSAGE (sizeof(struct vfio_user_header) + VFIO_USER_MAX_BODY)

/* A command. Descriptors that a handler keeps are replaced by -1; the others are closed. */
struct vfio_user_message {
	struct vfio_user_header header;
	const uint8_t *body;		/* not aligned */
	size_t size;			/* of the body */
	int *fds;
	unsigned int fd_count;
};

/* On the wire the two are one behind the other. */
struct vfio_user_reply {
	struct vfio_user_header header;
	uint8_t body[VFIO_USER_MAX_BODY];
};
_Static_assert(offsetof(struct vfio_user_reply, body) == sizeof(struct vfio_user_header), "no gap");

/* The eventfds of the MSI vectors; -1: none. Thread-safe. */
struct vfio_user_irqs {
	pthread_mutex_t lock;
	int fds[VFIO_USER_MAX_VECTORS];
};

void vfio_user_irqs_init(struct vfio_user_irqs *irqs);
void vfio_user_irqs_destroy(struct vfio_user_irqs *irqs);
/*
 * Looks whether it is an eventfd (a pipe without a reader would end the program), and makes it fit:
 * whoever raises an interrupt must not be stopped by a counter that nobody reads. 0 or -errno.
 */
int vfio_user_irqs_prepare(int fd);
/* Takes a descriptor, or -1; the one that was there is closed. */
void vfio_user_irqs_set(struct vfio_user_irqs *irqs, unsigned int vector, int fd);
void vfio_user_irqs_raise(struct vfio_user_irqs *irqs, unsigned int vector);

struct vfio_user {
	struct vfio_user_device device;
	struct vfio_user_irqs irqs;
	char *path;
	int listener;
	/* For the client that is served */
	bool negotiated;
	uint8_t *received;
	struct vfio_user_reply reply;
};

/* Serves a client that is connected already; takes the socket. As vfio_user_serve(). */
int vfio_user_serve_client(struct vfio_user *server, int client);

/*
 * Checks a command whole, then does what it says. The reply's body, of *length bytes, is put into
 * server->reply. 0 or -errno for the client.
 */
int vfio_user_handle(struct vfio_user *server, struct vfio_user_message *message, size_t *length);

/* The body of a VERSION command is answered in `reply`, of so many bytes: its length, or -errno. */
int vfio_user_negotiate(const uint8_t *body, size_t size, uint8_t *reply, size_t room);

#endif
