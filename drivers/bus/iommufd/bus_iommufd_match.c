/* SPDX-License-Identifier: BSD-3-Clause */

#include <string.h>

#include "bus_iommufd_private.h"

/** Whether a word is one of the lines of a text. */
static bool
has_line(const char *text, const char *word)
{
	const size_t len = strlen(word);

	while (*text != '\0') {
		if (strcspn(text, "\n") == len && strncmp(text, word, len) == 0)
			return true;
		text += strcspn(text, "\n");
		text += strspn(text, "\n");
	}
	return false;
}

bool
rte_bus_iommufd_has_algorithm(const struct rte_bus_iommufd_device *dev, const char *algorithm)
{
	return has_line(dev->algorithms, algorithm);
}

static bool
is_function(const struct rte_bus_iommufd_id *id, const struct rte_bus_iommufd_device *dev)
{
	return id->vendor_id != 0 && id->vendor_id == dev->vendor_id &&
		id->device_id == dev->device_id;
}

static bool
is_uacce(const struct rte_bus_iommufd_id *id, const struct rte_bus_iommufd_device *dev)
{
	return id->api != NULL && strcmp(id->api, dev->api) == 0 &&
		(id->algorithm == NULL || rte_bus_iommufd_has_algorithm(dev, id->algorithm));
}

const struct rte_bus_iommufd_id *
iommufd_bus_match(const struct rte_bus_iommufd_driver *driver,
		const struct rte_bus_iommufd_device *dev)
{
	const struct rte_bus_iommufd_id *id;

	for (id = driver->id_table; id->vendor_id != 0 || id->api != NULL; id++)
		if (dev->kind == RTE_BUS_IOMMUFD_FUNCTION ? is_function(id, dev) :
				is_uacce(id, dev))
			return id;
	return NULL;
}
