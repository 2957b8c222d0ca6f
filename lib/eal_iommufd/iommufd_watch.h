/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_WATCH_H
#define IOMMUFD_WATCH_H

struct rte_intr_handle;

/** Another process, whose end EAL's interrupt thread waits for. Zeroed is stopped. */
struct iommufd_watch {
	int pidfd; /**< See pidfd_open(2). */
	struct rte_intr_handle *handle;
	void (*ended)(void *arg);
	void *arg;
};

/**
 * Call a function when a process has ended, once, from EAL's interrupt thread.
 *
 * @param pidfd
 *   The process; the watch's to close, also where it can't be started.
 * @return 0, or -errno, logged.
 */
int iommufd_watch_start(struct iommufd_watch *watch, int pidfd, void (*ended)(void *arg),
		void *arg);

/** Watch no more. Waits for the function to return where it is being called, so not from there. */
void iommufd_watch_stop(struct iommufd_watch *watch);

#endif /* IOMMUFD_WATCH_H */
