/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "iommufd_backend.h"
#include "iommufd_container.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_memseg.h"
#include "iommufd_pasid.h"
#include "rte_iommufd.h"

static int
dump_container(struct iommufd_container *container, void *out)
{
	struct iommufd_totals totals = { 0 };

	iommufd_container_walk(container, iommufd_mapping_add_up, &totals);
	fprintf(out, "ioas %u: container %d, %u mappings, %" PRIu64 " bytes", container->ioas.id,
		container->fd, totals.n_mappings, totals.bytes);
	if (container->memory != NULL)
		fprintf(out, ", EAL memory %smapped", container->memory->mapped ? "" : "not ");
	fprintf(out, "\n");
	return 0;
}

static int
dump_hwpt(const struct iommufd_hwpt *hwpt, void *out)
{
	fprintf(out, "page table %u: ioas %u, %u devices, %u PASIDs\n", hwpt->id, hwpt->ioas->id,
		hwpt->n_devices, hwpt->n_pasids);
	return 0;
}

static int
dump_device(const struct iommufd_device *dev, void *out)
{
	if (dev->hwpt == NULL)
		fprintf(out, "device %s: the primary process's, ioas %u\n", dev->name,
			dev->container->ioas.id);
	else
		fprintf(out, "device %s: %s/%s, page table %u\n", dev->name, IOMMUFD_CDEV_DIR,
			dev->cdev, dev->hwpt->id);
	return 0;
}

static int
dump_pasid(const struct iommufd_device *dev, const struct iommufd_pasid *pasid, void *out)
{
	fprintf(out, "pasid %u: device %s, ioas %u, page table %u\n", pasid->number, dev->name,
		pasid->container->ioas.id, pasid->hwpt->id);
	return 0;
}

int
rte_iommufd_dump(FILE *out)
{
	static const struct iommufd_visitor visitor = {
		.container = dump_container,
		.hwpt = dump_hwpt,
		.device = dump_device,
		.pasid = dump_pasid,
	};

	if (out == NULL)
		return -EINVAL;
	fprintf(out, "iommufd: %s\n", iommufd_backend_is_enabled() ? "on" : "off");
	iommufd_backend_visit(&visitor, out);
	return 0;
}
