/* SPDX-License-Identifier: BSD-3-Clause */

#include <stddef.h>
#include <string.h>

#include <rte_common.h>

#include "engine.h"

static const struct engine *const engines[] = {
	&engine_io,
	&engine_mac,
	&engine_macswap,
	&engine_rxonly,
	&engine_txonly,
	&engine_flowgen,
	&engine_icmpecho,
	&engine_zip,
	&engine_dma,
};

const struct engine *
engine_at(unsigned int place)
{
	return place < RTE_DIM(engines) ? engines[place] : NULL;
}

const struct engine *
engine_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(engines); i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	return NULL;
}
