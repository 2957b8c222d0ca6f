/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FUNCTION_H
#define FUNCTION_H

#include "control.h"
#include "dma.h"
#include "memory.h"
#include "monitor.h"
#include "options.h"
#include "pci_config.h"
#include "qm.h"
#include "record.h"
#include "registers.h"
#include "vfio_user.h"
#include "vtd.h"

/*
 * The PCI function, all of it:
 *
 *   QEMU (guest's CPUs) <-> vfio_user -> pci_config, registers, doorbells -> qm -> queues
 *                                                                            |
 *   guest's memory      <- memory <- vtd (the guest's IOMMU tables) <- dma <- engine (workers)
 */
struct function {
	struct options options;
	struct memory memory;
	struct vtd vtd;
	struct dma dma;
	struct record *record;
	struct monitor *monitor;
	struct pci_config config;
	struct registers registers;
	struct qm qm;
	struct vfio_user *server;
	struct control *control;
};

/* Makes the function from its options and listens for QEMU: 0 or -errno, with a line in the log. */
int function_open(struct function *function);
void function_close(struct function *function);

/* Serves QEMU until it goes: 0 or -errno. */
int function_serve(struct function *function);

#endif
