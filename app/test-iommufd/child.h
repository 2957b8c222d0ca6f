/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef CHILD_H
#define CHILD_H

/**
 * @file
 * A process that this one starts, and what it says on its standard output and error.
 */

#include <stddef.h>

#include <sys/types.h>

struct ending;

struct child {
	pid_t pid;
	int output; /**< What it says comes from here. */
	char *said; /**< All of it so far, as a string. */
	size_t length;
};

/**
 * Start this program once more, without standard input.
 *
 * @return
 *   0 or a negative errno.
 */
int child_start(struct child *child, char *const argv[]);

/**
 * Wait until it has said something, or all that it had to say. Where this process is to end, the
 * child is told so, too, and waited for.
 *
 * @return
 *   0; -EPIPE when it has closed its output before it said so; -EINTR when this process is to end.
 */
int child_await(struct child *child, struct ending *ending, const char *text);

/** Wait for its end: its status as of waitpid(). Gives everything back but what it said. */
int child_end(struct child *child);

void child_forget(struct child *child);

#endif /* CHILD_H */
