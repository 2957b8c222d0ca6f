/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PCI_CONFIG_H
#define PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/*
 * The configuration space of the function: a HiSilicon ZIP virtual function with PCI Express, MSI,
 * ATS, and, unless options say otherwise, PRI and PASID capabilities. Used by one thread.
 */

#define PCI_CONFIG_SIZE 4096

#define PCI_CONFIG_BARS 6
#define PCI_CONFIG_REGISTERS_BAR 2
#define PCI_CONFIG_DOORBELLS_BAR 4
#define PCI_CONFIG_DOORBELL_PAGE 0x10000u	/* of each queue */
#define PCI_CONFIG_VECTORS 4		/* MSI */

/* What a write means to the rest of the function. */
struct pci_config_ops {
	void (*bus_master)(void *function, bool on);
	void (*function_reset)(void *function);		/* Initiate Function Level Reset */
};

struct pci_config {
	uint8_t bytes[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE];	/* bits that a guest's write changes */
	uint8_t initial[PCI_CONFIG_SIZE];
	const struct pci_config_ops *ops;
	void *function;
};

/* All as after power on. bus_master() isn't called: it is off. */
void pci_config_init(struct pci_config *config, const struct options *options,
		const struct pci_config_ops *ops, void *function);

/* A power of two; 0: no such BAR. */
uint64_t pci_config_bar_size(const struct options *options, unsigned int bar);

/* Offset and length are checked by the caller (vfio_user.h). */
void pci_config_read(const struct pci_config *config, size_t offset, void *to, size_t length);
void pci_config_write(struct pci_config *config, size_t offset, const void *from, size_t length);

#endif
