/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdio.h>

#include <rte_bitops.h>
#include <rte_compressdev.h>

#include "compress_features.h"

/** compressdev has no names for these. */
static const char *const algorithms[] = {
	[RTE_COMP_ALGO_NULL] = "NULL",
	[RTE_COMP_ALGO_DEFLATE] = "DEFLATE",
	[RTE_COMP_ALGO_LZS] = "LZS",
	[RTE_COMP_ALGO_LZ4] = "LZ4",
};

typedef const char *(*name_of_t)(uint64_t flag);

static void
print_flags(name_of_t name_of, uint64_t flags)
{
	const char *name;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		name = flags & RTE_BIT64(bit) ? name_of(RTE_BIT64(bit)) : NULL;
		if (name != NULL)
			printf(" %s", name);
	}
}

static void
print_known(void)
{
	unsigned int i;

	printf("known");
	for (i = RTE_COMP_ALGO_NULL; i < RTE_DIM(algorithms); i++)
		printf(" %s", algorithms[i]);
	print_flags(rte_compressdev_get_feature_name, UINT64_MAX);
	print_flags(rte_comp_get_feature_name, UINT64_MAX);
	printf("\n");
}

static void
print_device(const struct rte_compressdev_info *info)
{
	const struct rte_compressdev_capabilities *capability;

	printf("has");
	print_flags(rte_compressdev_get_feature_name, info->feature_flags);
	for (capability = info->capabilities; capability->algo != RTE_COMP_ALGO_UNSPECIFIED;
			capability++) {
		printf(" %s", algorithms[capability->algo]);
		print_flags(rte_comp_get_feature_name, capability->comp_feature_flags);
	}
	printf("\n");
}

void
compress_features_print(uint8_t device)
{
	struct rte_compressdev_info info;

	print_known();
	rte_compressdev_info_get(device, &info);
	print_device(&info);
}
