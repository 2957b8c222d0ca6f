/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unix_socket.h"

static int
make(const char *path, int flags, struct sockaddr_un *address)
{
	int fd;

	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(address->sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	return fd >= 0 ? fd : -errno;
}

int
unix_socket_listen(const char *path, int backlog, int flags)
{
	struct sockaddr_un address;
	int fd = make(path, flags, &address);
	int error;

	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		error = -errno;
		goto close;
	}
	if (listen(fd, backlog) != 0) {
		error = -errno;
		goto unlink;
	}
	return fd;

unlink:
	unlink(path);
close:
	close(fd);
	return error;
}

int
unix_socket_connect(const char *path, int flags)
{
	struct sockaddr_un address;
	int fd = make(path, flags, &address);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}
