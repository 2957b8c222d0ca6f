/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UNIX_SOCKET_H
#define UNIX_SOCKET_H

/*
 * Stream sockets at a path. Flags are those of socket(2): SOCK_NONBLOCK. Return a descriptor that
 * isn't inherited, or -errno.
 */

/* The path must not exist; whoever closes the socket removes it. */
int unix_socket_listen(const char *path, int backlog, int flags);
int unix_socket_connect(const char *path, int flags);

#endif
