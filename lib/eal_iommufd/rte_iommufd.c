/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include "iommufd_backend.h"
#include "rte_iommufd.h"

bool
rte_iommufd_is_enabled(void)
{
	return iommufd_backend_is_enabled();
}

int
rte_iommufd_dump(FILE *out)
{
	if (out == NULL)
		return -EINVAL;
	iommufd_backend_dump(out);
	return 0;
}
