/* SPDX-License-Identifier: BSD-3-Clause */

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <numa.h>
#include <numaif.h>

#include "iommufd_numa.h"

static bool
has_nodes(void)
{
	return numa_available() >= 0 && numa_num_configured_nodes() > 1;
}

void
iommufd_numa_move(struct iommufd_numa *numa, int node)
{
	struct bitmask *home;

	if (node < 0 || (numa->home != NULL && numa->node == node) || !has_nodes())
		return;
	if (numa->home == NULL && numa_node_of_cpu(sched_getcpu()) == node)
		return;

	home = numa->home;
	if (home == NULL) {
		home = numa_allocate_cpumask();
		if (numa_sched_getaffinity(0, home) < 0)
			goto free_mask;
	}
	if (numa_run_on_node(node) < 0 && numa->home == NULL)
		goto free_mask;
	numa->home = home;
	numa->node = node;
	return;

free_mask:
	numa_free_cpumask(home);
}

void
iommufd_numa_return(struct iommufd_numa *numa)
{
	if (numa->home == NULL)
		return;
	numa_sched_setaffinity(0, numa->home);
	numa_free_cpumask(numa->home);
	numa->home = NULL;
}

int
iommufd_numa_node_of(const void *addr)
{
	int node;

	if (!has_nodes() ||
			get_mempolicy(&node, NULL, 0, (void *)(uintptr_t)addr,
				MPOL_F_NODE | MPOL_F_ADDR) < 0)
		return -1;
	return node;
}
