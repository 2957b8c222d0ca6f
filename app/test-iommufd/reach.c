/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdio.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_iommufd.h>
#include <rte_mempool.h>
#ifdef HAVE_IOMMUFD_BUS
#include <rte_bus_iommufd.h>
#endif

#include "ports.h"
#include "reach.h"

#define PAGE UINT64_C(4096)

struct filling {
	struct rte_iommufd_as *as;
	uint64_t done; /* up to which address, as neighbours may share a page */
	int ret;
};

static void
put_memory(struct rte_mempool *pool __rte_unused, void *opaque, struct rte_mempool_memhdr *memory,
		unsigned int index __rte_unused)
{
	struct filling *filling = opaque;
	uint64_t begin = RTE_ALIGN_FLOOR(memory->iova, PAGE);
	const uint64_t end = RTE_ALIGN_CEIL(memory->iova + memory->len, PAGE);

	if (begin < filling->done && filling->done <= begin + PAGE)
		begin = filling->done;
	if (filling->ret != 0 || begin >= end)
		return;
	filling->ret = rte_iommufd_as_copy(filling->as, begin, rte_iommufd_as_shared(), begin,
		end - begin, 0);
	filling->done = end;
}

int
reach_buffers(struct rte_iommufd_as *as, const struct ports *ports, const char *device)
{
	struct filling filling;
	unsigned int node;

	if (as == NULL || as == rte_iommufd_as_shared())
		return 0;
	for (node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		filling = (struct filling){ .as = as };
		if (ports->pools[node] != NULL)
			rte_mempool_mem_iter(ports->pools[node], put_memory, &filling);
		if (filling.ret != 0) {
			fprintf(stderr, "%s: packet buffers can't be put into a queue's address space: "
				"%s\n", device, rte_strerror(-filling.ret));
			return filling.ret;
		}
	}
	return 0;
}

int
reach_buffers_of_device(const char *device, const struct ports *ports)
{
#ifdef HAVE_IOMMUFD_BUS
	struct rte_iommufd_as *as;
	uint16_t queue;
	int ret;

	for (queue = 0; (as = rte_bus_iommufd_queue_as(device, queue)) != NULL; queue++) {
		ret = reach_buffers(as, ports, device);
		if (ret != 0)
			return ret;
	}
#else
	RTE_SET_USED(device);
	RTE_SET_USED(ports);
#endif
	return 0;
}
