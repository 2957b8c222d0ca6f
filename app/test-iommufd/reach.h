/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef REACH_H
#define REACH_H

/**
 * @file
 * What queues reach whose address spaces are their own: the packet buffers, and nothing else.
 * Functions return 0 or a negative errno, and then they said why.
 */

struct ports;
struct rte_iommufd_as;

/** Put the packet buffers into an address space; NULL, or the shared one: it needs nothing. */
int reach_buffers(struct rte_iommufd_as *as, const struct ports *ports, const char *device);

/** The same for all open queues of a device, which need not be on the iommufd bus. */
int reach_buffers_of_device(const char *device, const struct ports *ports);

#endif /* REACH_H */
