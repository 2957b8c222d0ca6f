/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vfio_user_private.h"

void
vfio_user_irqs_init(struct vfio_user_irqs *irqs)
{
	pthread_mutex_init(&irqs->lock, NULL);
	for (unsigned int i = 0; i < VFIO_USER_MAX_VECTORS; i++)
		irqs->fds[i] = -1;
}

void
vfio_user_irqs_destroy(struct vfio_user_irqs *irqs)
{
	for (unsigned int i = 0; i < VFIO_USER_MAX_VECTORS; i++)
		vfio_user_irqs_set(irqs, i, -1);
	pthread_mutex_destroy(&irqs->lock);
}

static bool
is_eventfd(int fd)
{
	static const char expected[] = "anon_inode:[eventfd]";
	char path[32], kind[sizeof(expected)];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, kind, sizeof(kind));
	return length == sizeof(expected) - 1 && memcmp(kind, expected, length) == 0;
}

int
vfio_user_irqs_prepare(int fd)
{
	int flags;

	if (!is_eventfd(fd))
		return -EINVAL;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

void
vfio_user_irqs_set(struct vfio_user_irqs *irqs, unsigned int vector, int fd)
{
	int old;

	pthread_mutex_lock(&irqs->lock);
	old = irqs->fds[vector];
	irqs->fds[vector] = fd;
	pthread_mutex_unlock(&irqs->lock);
	if (old >= 0)
		close(old);
}

void
vfio_user_irqs_raise(struct vfio_user_irqs *irqs, unsigned int vector)
{
	const uint64_t once = 1;

	/* With the lock held, as the descriptor may be closed otherwise, and be another's. */
	pthread_mutex_lock(&irqs->lock);
	if (irqs->fds[vector] >= 0) {
		/* A full counter has an interrupt pending anyway. */
		ssize_t written = write(irqs->fds[vector], &once, sizeof(once));

		(void)written;
	}
	pthread_mutex_unlock(&irqs->lock);
}
