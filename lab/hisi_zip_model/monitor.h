/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdint.h>

/*
 * What only QEMU knows, asked by QMP (a monitor of our own): where the guest's IOMMU has its root
 * table, and the PCI address that the guest has given to the function.
 *
 * Not to be called by the thread that serves the function's regions: QEMU answers only when no
 * CPU of the guest waits for that thread. One thread at a time.
 */
struct monitor;

/* Connects on first use. */
struct monitor *monitor_open(const char *path);
void monitor_close(struct monitor *monitor);

/* The value of RTADDR of the VT-d at 0xfed90000. 0 or -errno, with a line in the log. */
int monitor_root_table(struct monitor *monitor, uint64_t *root);

/* Bus, device and function number of the device with that id: 0 or -errno (-ENODEV: none). */
int monitor_requester(struct monitor *monitor, const char *id, uint16_t *requester);

#endif
