/* SPDX-License-Identifier: BSD-3-Clause */

#include "histogram.h"

void
histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	unsigned int i;

	if (other->count == 0)
		return;
	if (other->least < histogram->least || histogram->count == 0)
		histogram->least = other->least;
	histogram->most = RTE_MAX(histogram->most, other->most);
	histogram->count += other->count;
	histogram->sum += other->sum;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		histogram->buckets[i] += other->buckets[i];
}

/* The largest value that a bucket takes. */
static uint64_t
bucket_end(unsigned int bucket)
{
	unsigned int shifts = bucket >> HISTOGRAM_BITS;
	uint64_t uppermost;

	if (shifts <= 1)
		return bucket;
	shifts--;
	uppermost = bucket - (shifts << HISTOGRAM_BITS);
	return (uppermost << shifts) + ((UINT64_C(1) << shifts) - 1);
}

uint64_t
histogram_percentile(const struct histogram *histogram, unsigned int thousandths)
{
	/* Not in one multiplication, which might overflow. */
	uint64_t rank = histogram->count / 1000 * thousandths +
		(histogram->count % 1000 * thousandths + 999) / 1000;
	uint64_t below = 0;
	unsigned int i;

	if (rank == 0)
		return histogram->least;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		below += histogram->buckets[i];
		if (below >= rank)
			return RTE_MIN(bucket_end(i), histogram->most);
	}
	return histogram->most;
}
