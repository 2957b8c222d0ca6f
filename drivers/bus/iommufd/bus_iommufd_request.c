/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * The kernel's request to give a function back: it is unplugged, or unbound from vfio-pci. The
 * kernel waits until the application has closed the device, which works until then.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_dev.h>
#include <rte_interrupts.h>
#include <rte_iommufd.h>
#include <rte_string_fns.h>

#include "bus_iommufd_private.h"

/* Of whose request this thread is telling the application, which may close the device meanwhile. */
static __thread const struct rte_bus_iommufd_device *told;

/* The kernel asks again and again; once is enough. The device may be gone when this returns. */
static void
on_request(void *arg)
{
	struct rte_bus_iommufd_device *dev = arg;
	char name[RTE_DEV_NAME_MAX_LEN];

	rte_strscpy(name, dev->name, sizeof(name));
	rte_intr_callback_unregister_pending(dev->request, on_request, dev, NULL);
	IOMMUFD_BUS_LOG(WARNING, "%s: the kernel asks for it, as it is unplugged or unbound from "
		"vfio-pci, and waits until the application removes it", name);
	told = dev;
	rte_dev_event_callback_process(name, RTE_DEV_EVENT_REMOVE);
	told = NULL;
}

static int
make_instance(struct rte_bus_iommufd_device *dev)
{
	struct rte_intr_handle *handle;
	int fd;

	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (handle == NULL) {
		close(fd);
		return -ENOMEM;
	}
	rte_intr_fd_set(handle, fd);
	rte_intr_dev_fd_set(handle, rte_iommufd_dev_fd(dev->vfio));
	rte_intr_type_set(handle, RTE_INTR_HANDLE_VFIO_REQ);
	dev->request = handle;
	return 0;
}

static void
unregister(struct rte_bus_iommufd_device *dev)
{
	/* From inside the callback there is nobody to wait for */
	if (told != dev)
		rte_intr_callback_unregister_sync(dev->request, on_request, dev);
}

static void
free_instance(struct rte_bus_iommufd_device *dev)
{
	close(rte_intr_fd_get(dev->request));
	rte_intr_instance_free(dev->request);
	dev->request = NULL;
}

int
iommufd_bus_request_watch(struct rte_bus_iommufd_device *dev)
{
	int ret;

	ret = make_instance(dev);
	if (ret < 0)
		return ret;
	ret = rte_intr_callback_register(dev->request, on_request, dev);
	if (ret < 0)
		goto free_instance;
	if (rte_intr_enable(dev->request) < 0) {
		ret = -ENOTSUP;
		goto unregister;
	}
	return 0;

unregister:
	unregister(dev);
free_instance:
	free_instance(dev);
	return ret;
}

void
iommufd_bus_request_unwatch(struct rte_bus_iommufd_device *dev)
{
	if (dev->request == NULL)
		return;
	rte_intr_disable(dev->request);
	unregister(dev);
	free_instance(dev);
}
