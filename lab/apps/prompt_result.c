/* SPDX-License-Identifier: BSD-3-Clause */

#define _GNU_SOURCE /* strerrorname_np() */
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>

#include "prompt_result.h"

void
prompt_result(int ret)
{
	const char *symbol = strerrorname_np(rte_errno);

	if (ret >= 0)
		printf("ok\n");
	else if (symbol != NULL)
		printf("error: %s (%s)\n", rte_strerror(rte_errno), symbol);
	else
		printf("error: %s (%d)\n", rte_strerror(rte_errno), rte_errno);
	rte_errno = 0;
}
