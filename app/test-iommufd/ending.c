/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <sys/signalfd.h>

#include <rte_common.h>

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
	ending->watched = -1;
	ending->fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return ending->fd < 0 ? -errno : 0;
}

void
ending_close(struct ending *ending)
{
	close(ending->fd);
	ending->fd = -1;
}

void
ending_watch(struct ending *ending, int fd, void (*see_to)(void *arg), void *arg)
{
	ending->watched = fd;
	ending->see_to = see_to;
	ending->arg = arg;
}

int
ending_wait(struct ending *ending, int fd, int milliseconds)
{
	struct pollfd polled[] = {
		{ .fd = ending->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		{ .fd = ending->watched, .events = POLLIN },
	};
	int n;

	if (ending->asked)
		return -EINTR;
	do
		n = poll(polled, RTE_DIM(polled), milliseconds);
	while (n < 0 && errno == EINTR);
	if (polled[0].revents != 0)
		ending->asked = true;
	if (ending->asked)
		return -EINTR;
	if (polled[2].revents != 0) {
		ending->see_to(ending->arg);
		return 0;
	}
	return n > 0;
}
