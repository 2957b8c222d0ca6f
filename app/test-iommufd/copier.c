/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>

#include <rte_common.h>

#include "copier.h"

static const struct copier_kind *const kinds[] = {
#ifdef HAVE_IOMMUFD_BUS
	&copier_ring,
#endif
	&copier_dmadev,
};

#ifndef HAVE_IOMMUFD_BUS
int
copier_ring_register(void)
{
	return -ENOTSUP;
}
#endif

static int
refuse(const char *device, unsigned int n, unsigned int total)
{
	if (total > 0)
		fprintf(stderr, "dma: %u streams want a queue each, %s %u: start fewer (--rxq, ports) "
			"or give EAL more\n", n, device == NULL ? "there are" : "the device has",
			total);
	else if (device != NULL)
		fprintf(stderr, "--accelerator=%s: there is no such dmadev, nor (--udma) a device of the "
			"iommufd bus that copies\n", device);
	else
		fprintf(stderr, "dma: no dmadev: give EAL one (-a uacce:hisi_zip-0, --vdev "
			"dma_skeleton), or a ZIP that copies (--udma with -a iommufd:0000:03:00.0)\n");
	return total > 0 ? -ENOSPC : -ENODEV;
}

int
copier_open(struct copier *copier, const char *device, unsigned int number, unsigned int n,
		const struct ports *ports)
{
	unsigned int i, total = 0, counts[RTE_DIM(kinds)];

	for (i = 0; i < RTE_DIM(kinds); i++)
		total += counts[i] = kinds[i]->count(device);
	if (total < n)
		return refuse(device, n, total);
	for (i = 0; number >= counts[i]; i++)
		number -= counts[i];
	*copier = (struct copier){ .kind = kinds[i] };
	return kinds[i]->open(copier, device, number, ports);
}

void
copier_close(struct copier *copier)
{
	copier->kind->close(copier);
}
