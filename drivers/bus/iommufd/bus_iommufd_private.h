/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef BUS_IOMMUFD_PRIVATE_H
#define BUS_IOMMUFD_PRIVATE_H

/**
 * @file
 * The parts of the bus. bus_iommufd.c is what EAL calls, and holds all state: devices are found in
 * sysfs (_scan.c) where a driver's table has them (_match.c), their names and arguments are checked
 * (_devargs.c), and those of the two kinds are opened (_function.c, _uacce.c) for their queues
 * (_queue.c), which have address spaces (_space.c). The kernel may want a function back
 * (_request.c).
 */

#include <pthread.h>
#include <stdbool.h>

#include <bus_driver.h>
#include <rte_devargs.h>
#include <rte_log.h>

#include "bus_iommufd_driver.h"

/** bus.iommufd */
extern int iommufd_bus_logtype;

#define IOMMUFD_BUS_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, iommufd_bus_logtype, "IOMMUFD_BUS: " fmt "\n", ## __VA_ARGS__)

/** What the names of devices begin with: other buses have PCI addresses and uacce devices, too. */
#define IOMMUFD_BUS_PREFIX "iommufd:"

/** Where sysfs has uacce devices. */
#define IOMMUFD_BUS_UACCE "/sys/class/uacce"

/** An address space whose queue is closed, but to which another one is bound. */
struct iommufd_bus_space {
	LIST_ENTRY(iommufd_bus_space) next;
	struct rte_iommufd_as *as;
};

struct iommufd_bus {
	struct rte_bus bus;
	/** Of the lists, and queues and vfio of devices; not held while a device is opened. */
	pthread_mutex_t lock;
	TAILQ_HEAD(, rte_bus_iommufd_device) devices;
	TAILQ_HEAD(, rte_bus_iommufd_driver) drivers;
	LIST_HEAD(, iommufd_bus_space) spaces;
};

extern struct iommufd_bus iommufd_bus;

/** Find a device by its name, with "iommufd:" or without; NULL. Call it with the lock held. */
struct rte_bus_iommufd_device *iommufd_bus_find(const char *name);

/** Where sysfs has devices. */
struct iommufd_bus_places {
	const char *pci;   /**< "/sys/bus/pci/devices" */
	const char *uacce; /**< IOMMUFD_BUS_UACCE */
};

/**
 * Bring the list of devices up to date with sysfs. What was asked for by name and can't be used is
 * logged with the reason.
 */
void iommufd_bus_scan(const struct iommufd_bus_places *places);

/** Free a device that isn't on the list. */
void iommufd_bus_device_free(struct rte_bus_iommufd_device *dev);

/** The line of a driver's table that a device is, or NULL. */
const struct rte_bus_iommufd_id *iommufd_bus_match(const struct rte_bus_iommufd_driver *driver,
		const struct rte_bus_iommufd_device *dev);

/** 0 where a string can be the name of a device of this bus; for rte_bus. */
int iommufd_bus_parse_name(const char *name, void *addr);

/** Set the name of "bus=iommufd,name=0000:03:00.0"; for rte_bus. */
int iommufd_bus_parse_devargs(struct rte_devargs *devargs);

/** What was said of a device by its name: NULL, nothing. */
struct rte_devargs *iommufd_bus_devargs(const char *name);

/** Check the arguments of a device and take those of the bus. */
int iommufd_bus_take_params(struct rte_bus_iommufd_device *dev,
		const struct rte_bus_iommufd_driver *driver);

/** Open a function, with bus mastering on; close it with all that was mapped. */
int iommufd_bus_function_open(struct rte_bus_iommufd_device *dev);
void iommufd_bus_function_close(struct rte_bus_iommufd_device *dev);

/**
 * Have EAL tell the application (rte_dev_event_callback_register(), RTE_DEV_EVENT_REMOVE) when the
 * kernel wants a function back.
 */
int iommufd_bus_request_watch(struct rte_bus_iommufd_device *dev);
void iommufd_bus_request_unwatch(struct rte_bus_iommufd_device *dev);

/** Stop the function from making requests. */
void iommufd_bus_function_quiesce(struct rte_bus_iommufd_device *dev);

int iommufd_bus_function_queue_open(struct rte_bus_iommufd_queue *queue);
void iommufd_bus_function_queue_close(struct rte_bus_iommufd_queue *queue);

/** As rte_bus_iommufd_queue_show() and _bind(). Call these with the lock held. */
int iommufd_bus_function_queue_show(struct rte_bus_iommufd_queue *queue, void *addr, size_t len);
int iommufd_bus_function_queue_bind(struct rte_bus_iommufd_queue *queue, struct rte_iommufd_as *as);

int iommufd_bus_uacce_queue_open(struct rte_bus_iommufd_queue *queue);
int iommufd_bus_uacce_queue_start(struct rte_bus_iommufd_queue *queue);
void iommufd_bus_uacce_queue_close(struct rte_bus_iommufd_queue *queue);

/** How many the kernel has left, or a negative errno. */
int iommufd_bus_uacce_queues_left(const struct rte_bus_iommufd_device *dev);

/** Close all queues that a driver has left. */
void iommufd_bus_queues_close(struct rte_bus_iommufd_device *dev);

/** Read a file of sysfs, without the newline at its end. @return malloc()ed, or NULL and errno. */
char *iommufd_bus_read(const char *directory, const char *name, const char *attribute);

/** Read a number of sysfs. @return 0 or a negative errno. */
int iommufd_bus_read_number(const char *directory, const char *name, const char *attribute,
		long long *number);

/** What a name has behind "iommufd:". */
const char *iommufd_bus_short_name(const char *name);

/** What enum rte_bus_iommufd_as is for users. */
const char *iommufd_bus_as_name(enum rte_bus_iommufd_as as);

#endif /* BUS_IOMMUFD_PRIVATE_H */
