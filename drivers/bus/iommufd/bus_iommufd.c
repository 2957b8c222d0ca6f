/* SPDX-License-Identifier: BSD-3-Clause */

#include "bus_iommufd_driver.h"

static TAILQ_HEAD(, rte_bus_iommufd_driver) drivers = TAILQ_HEAD_INITIALIZER(drivers);

void
rte_bus_iommufd_register(struct rte_bus_iommufd_driver *driver)
{
	TAILQ_INSERT_TAIL(&drivers, driver, next);
}

void
rte_bus_iommufd_unregister(struct rte_bus_iommufd_driver *driver)
{
	TAILQ_REMOVE(&drivers, driver, next);
}
