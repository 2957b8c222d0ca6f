/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef PACER_H
#define PACER_H

/**
 * @file
 * Bounds how many packets are sent in a second: at any time no more than rate x time + a burst, and
 * what wasn't sent for a while isn't made up for but by that burst.
 *
 * Credit is counted in packets times cycles, so that no rate is rounded.
 */

#include <stdint.h>

#include <rte_common.h>

struct pacer {
	uint64_t rate;   /**< Packets; 0: there is no bound. */
	uint64_t cycles; /**< In which so many are sent. */
	uint64_t last;   /**< When credit was given. */
	uint64_t credit;
	uint64_t most;   /**< Of credit: that of a burst. */
};

/** Begin with the credit of a burst. */
static inline void
pacer_begin(struct pacer *pacer, uint64_t rate, uint64_t cycles, uint16_t burst, uint64_t now)
{
	*pacer = (struct pacer){
		.rate = rate,
		.cycles = cycles,
		.last = now,
		.credit = burst * cycles,
		.most = burst * cycles,
	};
}

/** How many of n packets may be sent now. */
static inline uint16_t
pacer_allows(struct pacer *pacer, uint64_t now, uint16_t n)
{
	uint64_t passed = now - pacer->last;

	if (pacer->rate == 0)
		return n;
	pacer->last = now;
	/* Beyond this the product would be cut off anyhow, or not fit. */
	if (passed > pacer->most / pacer->rate)
		pacer->credit = pacer->most;
	else
		pacer->credit = RTE_MIN(pacer->credit + passed * pacer->rate, pacer->most);
	return RTE_MIN(pacer->credit / pacer->cycles, n);
}

/** They were sent. */
static inline void
pacer_spend(struct pacer *pacer, uint16_t n)
{
	if (pacer->rate != 0)
		pacer->credit -= n * pacer->cycles;
}

#endif /* PACER_H */
