/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ENDING_H
#define ENDING_H

/**
 * @file
 * SIGHUP, SIGINT and SIGTERM end the application in good order, wherever it waits. There is also
 * seen to what can't wait for that.
 */

#include <stdbool.h>

struct ending {
	int fd; /**< Readable when a signal came. */
	bool asked; /**< To end: a signal came, or somebody said so. */
	int watched; /**< What else is seen to wherever the application waits; -1: nothing. */
	void (*see_to)(void *arg);
	void *arg;
};

/**
 * Take the signals. Threads that begin after this don't get them.
 *
 * @return
 *   0 or a negative errno.
 */
int ending_open(struct ending *ending);

void ending_close(struct ending *ending);

/** While the application waits, call a function when a descriptor is readable; -1: no more. */
void ending_watch(struct ending *ending, int fd, void (*see_to)(void *arg), void *arg);

/**
 * Wait for input, a while, or the end.
 *
 * @param fd
 *   Where input is expected, or -1.
 * @param milliseconds
 *   At most so long; negative: without a limit.
 * @return
 *   1 with input (or the end of it), 0 when the time is over or what is watched was seen to, -EINTR
 *   when the application is to end.
 */
int ending_wait(struct ending *ending, int fd, int milliseconds);

#endif /* ENDING_H */
