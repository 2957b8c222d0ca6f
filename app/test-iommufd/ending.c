/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <sys/signalfd.h>

#include "ending.h"

int
ending_open(struct ending *ending)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0)
		return -EINVAL;
	ending->asked = false;
	ending->fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return ending->fd < 0 ? -errno : 0;
}

void
ending_close(struct ending *ending)
{
	close(ending->fd);
	ending->fd = -1;
}

int
ending_wait(struct ending *ending, int fd, int milliseconds)
{
	struct pollfd polled[] = {
		{ .fd = ending->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	int n;

	if (ending->asked)
		return -EINTR;
	do
		n = poll(polled, 2, milliseconds);
	while (n < 0 && errno == EINTR);
	if (polled[0].revents != 0)
		ending->asked = true;
	if (ending->asked)
		return -EINTR;
	return n > 0;
}
