/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_RANGES_H
#define IOMMUFD_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/iommufd.h>

struct iommufd_ioas;

/** Enough for the text of the ranges of any machine that was seen. */
#define IOMMUFD_RANGES_TEXT 256

/** The IOVAs that may be mapped in an IOAS: what all its page tables and devices can reach. */
struct iommufd_ranges {
	struct iommu_iova_range *ranges; /**< Ascending. */
	uint32_t n_ranges;
};

/**
 * Read them anew. What was read before is freed; zeroed ranges are fine too.
 *
 * @return 0, or -errno with the ranges as they were.
 */
int iommufd_ranges_read(struct iommufd_ranges *ranges, struct iommufd_ioas *ioas);

/** Free what was read. */
void iommufd_ranges_free(struct iommufd_ranges *ranges);

/** @return Whether one of them holds all of [iova, iova + len). */
bool iommufd_ranges_hold(const struct iommufd_ranges *ranges, uint64_t iova, uint64_t len);

/** @return The same, but true too where there are none: nothing is known to be out of reach. */
bool iommufd_ranges_permit(const struct iommufd_ranges *ranges, uint64_t iova, uint64_t len);

/**
 * Leave of them only what is in others too. None at all are taken for all addresses.
 *
 * @return
 *   0, or with the ranges as they were -EADDRINUSE where nothing would be left, or -ENOMEM.
 */
int iommufd_ranges_intersect(struct iommufd_ranges *ranges, const struct iommufd_ranges *others);

/** Write them as text: " 0x0-0xfedfffff 0xfef00000-0xffffffff". */
void iommufd_ranges_format(const struct iommufd_ranges *ranges, char *text, size_t size);

#endif /* IOMMUFD_RANGES_H */
