/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISTOGRAM_H
#define HISTOGRAM_H

/**
 * @file
 * How many values there were of each size. Buckets are as wide as a 64th of what they hold at most:
 * values below 128 are kept as they are, others to 1/64.
 */

#include <stdint.h>

#include <rte_common.h>

#define HISTOGRAM_BITS 6
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

struct histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t least; /**< Of one value or more. */
	uint64_t most;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/** The bucket of a value: the number of shifts that leave its 7 uppermost bits, and these. */
static __rte_always_inline unsigned int
histogram_bucket(uint64_t value)
{
	unsigned int shifts = 63 - HISTOGRAM_BITS - __builtin_clzll(value | 1 << HISTOGRAM_BITS);

	return (shifts << HISTOGRAM_BITS) + (value >> shifts);
}

static __rte_always_inline void
histogram_add(struct histogram *histogram, uint64_t value)
{
	if (value < histogram->least || histogram->count == 0)
		histogram->least = value;
	if (value > histogram->most)
		histogram->most = value;
	histogram->count++;
	histogram->sum += value;
	histogram->buckets[histogram_bucket(value)]++;
}

/** Add all values of another one. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/**
 * Get the value that so many thousandths of all are not above, to 1/64 and never too small.
 *
 * @return
 *   It; 0 where there is none.
 */
uint64_t histogram_percentile(const struct histogram *histogram, unsigned int thousandths);

#endif /* HISTOGRAM_H */
