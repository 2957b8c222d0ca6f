/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_interrupts.h>

#include "iommufd_log.h"
#include "iommufd_watch.h"

static void
on_event(void *arg)
{
	struct iommufd_watch *watch = arg;

	watch->ended(watch->arg);
	/* The descriptor stays readable. */
	rte_intr_callback_unregister_pending(watch->handle, on_event, watch, NULL);
}

int
iommufd_watch_start(struct iommufd_watch *watch, int pidfd, void (*ended)(void *arg), void *arg)
{
	int ret = -ENOMEM;

	*watch = (struct iommufd_watch){ .pidfd = pidfd, .ended = ended, .arg = arg };
	watch->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (watch->handle == NULL)
		goto fail;
	rte_intr_fd_set(watch->handle, pidfd);
	rte_intr_type_set(watch->handle, RTE_INTR_HANDLE_EXT);
	ret = rte_intr_callback_register(watch->handle, on_event, watch);
	if (ret < 0)
		goto fail;
	return 0;

fail:
	IOMMUFD_LOG(ERR, "cannot watch another process: %s", strerror(-ret));
	rte_intr_instance_free(watch->handle);
	close(pidfd);
	*watch = (struct iommufd_watch){ .handle = NULL };
	return ret;
}

void
iommufd_watch_stop(struct iommufd_watch *watch)
{
	if (watch->handle == NULL)
		return;
	rte_intr_callback_unregister_sync(watch->handle, on_event, watch);
	rte_intr_instance_free(watch->handle);
	close(watch->pidfd);
	*watch = (struct iommufd_watch){ .handle = NULL };
}
