/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VFIO_USER_H
#define VFIO_USER_H

#include <stddef.h>
#include <stdint.h>

/*
 * The server's side of the vfio-user protocol, version 0.1 (QEMU's docs/interop/vfio-user.rst), for
 * one client at a UNIX socket: messages are checked whole before anything is done, and a bad one is
 * answered with an errno, or, where its frame makes no sense, ends the connection.
 */

#define VFIO_USER_REGIONS 9	/* VFIO_PCI_NUM_REGIONS */
#define VFIO_USER_MAX_VECTORS 32

/* The device behind the protocol. All are called by the thread that is in vfio_user_serve(). */
struct vfio_user_ops {
	/*
	 * offset + length is within the region's size, length isn't 0. Up to 8 bytes are aligned as
	 * a uint64_t is.
	 */
	void (*read)(void *device, unsigned int region, uint64_t offset, void *to, size_t length);
	void (*write)(void *device, unsigned int region, uint64_t offset, const void *from,
			size_t length);
	/* 0 or -errno; the descriptor stays the caller's */
	int (*dma_map)(void *device, uint64_t address, uint64_t size, int fd, uint64_t offset);
	void (*reset)(void *device);
};

struct vfio_user_device {
	const struct vfio_user_ops *ops;
	void *device;
	uint64_t region_size[VFIO_USER_REGIONS];	/* 0: no such region */
	unsigned int vectors;		/* MSI, up to VFIO_USER_MAX_VECTORS */
};

struct vfio_user;

/* Listens at a path, which must not exist. NULL and errno (with a line in the log). */
struct vfio_user *vfio_user_open(const char *path, const struct vfio_user_device *device);
void vfio_user_close(struct vfio_user *server);

/* Waits for the client and serves it until it goes: 0, or -errno of what ended it. */
int vfio_user_serve(struct vfio_user *server);

/* Raises an MSI, if the guest has it enabled. Any thread. */
void vfio_user_interrupt(struct vfio_user *server, unsigned int vector);

#endif
