/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_LISTING_H
#define IOMMUFD_LISTING_H

#include <stdint.h>

struct rte_tel_data;

/**
 * @file
 * Answers of telemetry that list objects, in parts, as an answer has 16 KiB and what is beyond
 * would be dropped in silence: how many there are ("total"), some of them by their ordinals, and
 * where there are more, the ordinal to go on with ("next").
 */

/** Objects of a kind, of which an answer shows some. */
struct iommufd_listing {
	struct rte_tel_data *objects;
	uint32_t first, next; /**< The first that is shown, and the first that isn't. */
	uint32_t total;       /**< How many were seen. */
};

/**
 * Take the parameters of a command: decimal numbers with commas between them.
 *
 * @return How many there are, or -EINVAL where one is none, or there are more than max.
 */
int iommufd_listing_parse(const char *params, uint32_t *numbers, int max);

/** Begin an answer that shows objects from an ordinal on. @return 0, or -ENOMEM. */
int iommufd_listing_start(struct iommufd_listing *listing, uint32_t first);

/** Give it up, with no object in it. */
void iommufd_listing_drop(struct iommufd_listing *listing);

/** Count one more object. @return What to fill with it, or NULL where this answer hasn't got it. */
struct rte_tel_data *iommufd_listing_add(struct iommufd_listing *listing);

/** Add an address to an object. */
void iommufd_listing_address(struct rte_tel_data *object, const char *name, uint64_t address);

/** Put the objects, by a name for all of them, into the answer. @return 0. */
int iommufd_listing_finish(struct iommufd_listing *listing, struct rte_tel_data *answer,
		const char *name);

#endif /* IOMMUFD_LISTING_H */
