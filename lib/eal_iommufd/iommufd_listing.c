/* SPDX-License-Identifier: BSD-3-Clause */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_telemetry.h>

#include "iommufd_listing.h"

/** Objects in an answer: it has 16 KiB, and an object never more than 500 bytes of it. */
#define PER_ANSWER 32

/** An object, or its ordinal, as text. */
#define NUMBER_TEXT 24

struct rte_tel_data *
iommufd_listing_add(struct iommufd_listing *listing)
{
	const uint32_t ordinal = listing->total++;
	struct rte_tel_data *object;
	char name[NUMBER_TEXT];

	if (ordinal != listing->next || ordinal - listing->first == PER_ANSWER)
		return NULL;
	object = rte_tel_data_alloc();
	if (object == NULL)
		return NULL;
	rte_tel_data_start_dict(object);
	snprintf(name, sizeof(name), "%u", ordinal);
	if (rte_tel_data_add_dict_container(listing->objects, name, object, 0) < 0) {
		rte_tel_data_free(object);
		return NULL;
	}
	listing->next++;
	return object;
}

void
iommufd_listing_address(struct rte_tel_data *object, const char *name, uint64_t address)
{
	char text[NUMBER_TEXT];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	rte_tel_data_add_dict_string(object, name, text);
}

int
iommufd_listing_parse(const char *params, uint32_t *numbers, int max)
{
	unsigned long number;
	char *end;
	int n = 0;

	if (params == NULL || *params == '\0')
		return 0;
	for (;;) {
		errno = 0;
		number = strtoul(params, &end, 10);
		if (!isdigit((unsigned char)*params) || errno != 0 || number > UINT32_MAX ||
				n == max)
			return -EINVAL;
		numbers[n++] = number;
		if (*end == '\0')
			return n;
		if (*end != ',')
			return -EINVAL;
		params = end + 1;
	}
}

int
iommufd_listing_start(struct iommufd_listing *listing, uint32_t first)
{
	*listing = (struct iommufd_listing){ .first = first, .next = first };
	listing->objects = rte_tel_data_alloc();
	if (listing->objects == NULL)
		return -ENOMEM;
	return rte_tel_data_start_dict(listing->objects);
}

void
iommufd_listing_drop(struct iommufd_listing *listing)
{
	rte_tel_data_free(listing->objects);
}

int
iommufd_listing_finish(struct iommufd_listing *listing, struct rte_tel_data *answer,
		const char *name)
{
	rte_tel_data_start_dict(answer);
	rte_tel_data_add_dict_uint(answer, "total", listing->total);
	if (listing->next < listing->total)
		rte_tel_data_add_dict_uint(answer, "next", listing->next);
	return rte_tel_data_add_dict_container(answer, name, listing->objects, 0);
}
