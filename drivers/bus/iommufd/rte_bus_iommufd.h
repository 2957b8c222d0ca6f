/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef RTE_BUS_IOMMUFD_H
#define RTE_BUS_IOMMUFD_H

/**
 * @file
 * The iommufd bus, for applications: the address spaces of accelerator queues.
 *
 * Devices are given to EAL as
 *
 *	-a iommufd:0000:03:00.0,as=shared|private,queues=N   a function on vfio-pci
 *	-a iommufd:hisi_zip-0,as=sva,queues=N                a device of the kernel's uacce
 *
 * with the arguments of their driver behind these. `queues` limits how many are used.
 *   - as=shared: a queue of the function reaches what all devices of the application reach, EAL's
 *     memory first of all. The default.
 *   - as=private: each queue has an address space of its own. It is empty until the application
 *     fills it by the functions of rte_iommufd.h.
 *   - as=sva: a queue uses the process's own page tables.
 *
 * When the kernel wants a function back (it is unplugged, or unbound from vfio-pci), callbacks of
 * rte_dev_event_callback_register() are told RTE_DEV_EVENT_REMOVE with its name. It works until the
 * application has closed it and called rte_dev_remove(), for which the kernel waits.
 *
 * A function needs --iova-mode=iommufd. Telemetry has /iommufd_bus/devices and /iommufd_bus/queues.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_iommufd_as;

/**
 * Get the address space of a queue, to put memory into it. One that is private lives as long as the
 * queue is open, typically from setting up a queue pair to releasing it, and then as long as other
 * queues are bound to it.
 *
 * Thread-safe.
 *
 * @param device
 *   Its name, with "iommufd:" or without.
 * @param queue
 *   Its number, from 0.
 * @return
 *   NULL with rte_errno:
 *   - ENODEV: there is no such device on the bus.
 *   - ENOENT: the queue isn't open.
 *   - ENOTSUP: a uacce queue uses the process's page tables.
 */
struct rte_iommufd_as *rte_bus_iommufd_queue_as(const char *device, uint16_t queue);

/**
 * Bind a queue to another address space, without a gap: several queues can share one so. It must
 * not be destroyed before the queue is closed or bound to another one. What the queue's driver has
 * there for the device, as lists of buffers, comes along, in pages of its own.
 *
 * Thread-safe.
 *
 * @param device, queue
 *   As of rte_bus_iommufd_queue_as().
 * @param as
 *   An address space; NULL: the one that the queue had in the beginning.
 * @return
 *   0 or a negative errno, with the queue bound as before: those of rte_bus_iommufd_queue_as(),
 *   rte_iommufd_pasid_rebind() and rte_iommufd_as_copy(), and
 *   - ENOTSUP: the function has no PASIDs.
 */
int rte_bus_iommufd_queue_bind(const char *device, uint16_t queue, struct rte_iommufd_as *as);

#ifdef __cplusplus
}
#endif

#endif /* RTE_BUS_IOMMUFD_H */
