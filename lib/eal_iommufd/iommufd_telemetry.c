/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * What dpdk-telemetry.py shows of the backend. Each command answers with a dictionary. One that
 * lists objects has how many there are ("total"), some of them by their ordinals, and where there
 * are more, the ordinal to go on with ("next"). What can't be answered is null, as everywhere in
 * DPDK's telemetry, and the log says why.
 *
 * Telemetry calls these functions in threads of its own.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "iommufd_backend.h"
#include "iommufd_container.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_ioctl.h"
#include "iommufd_log.h"
#include "iommufd_mp.h"
#include "iommufd_pasid.h"
#include "iommufd_telemetry.h"
#include "rte_iommufd.h"

/** Objects in an answer: it has 16 KiB, and an object never more than 500 bytes of it. */
#define PER_ANSWER 32

/** An object, or its ordinal, as text. */
#define NUMBER_TEXT 24

/** Objects of a kind, of which an answer shows some. */
struct listing {
	struct rte_tel_data *objects;
	uint32_t first, next; /**< The first that is shown, and the first that isn't. */
	uint32_t total;       /**< How many were seen. */
	struct iommufd_totals of_secondaries; /**< In the shared address space. */
	const struct iommufd_context *ctx;
};

/** One more object. @return What to fill with it, or NULL where this answer doesn't show it. */
static struct rte_tel_data *
add_object(struct listing *listing)
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

static void
add_address(struct rte_tel_data *object, const char *name, uint64_t address)
{
	char text[NUMBER_TEXT];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	rte_tel_data_add_dict_string(object, name, text);
}

/** @return How many numbers the parameters are, or -EINVAL. */
static int
parse_numbers(const char *params, uint32_t *numbers, int max)
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

static int
refuse(const char *cmd, const char *params)
{
	IOMMUFD_LOG(ERR, "telemetry: %s can't be answered for \"%s\": see /help,%s", cmd,
		params == NULL ? "" : params, cmd);
	return -EINVAL;
}

/** @return 0, or -errno with nothing left to free. */
static int
start_listing(struct listing *listing)
{
	listing->next = listing->first;
	listing->objects = rte_tel_data_alloc();
	if (listing->objects == NULL)
		return -ENOMEM;
	return rte_tel_data_start_dict(listing->objects);
}

static int
finish_listing(const struct listing *listing, struct rte_tel_data *answer, const char *name)
{
	rte_tel_data_start_dict(answer);
	rte_tel_data_add_dict_uint(answer, "total", listing->total);
	if (listing->next < listing->total)
		rte_tel_data_add_dict_uint(answer, "next", listing->next);
	return rte_tel_data_add_dict_container(answer, name, listing->objects, 0);
}

/** What secondary processes have mapped themselves in the shared address space. */
static struct iommufd_totals
totals_of_secondaries(void)
{
	struct iommufd_totals totals = { 0 };

	iommufd_mp_primary_walk(iommufd_backend_mp_primary(), iommufd_mapping_add_up, &totals);
	return totals;
}

/** Answer with all objects of a kind from an ordinal on, which may be given. */
static int
list(const char *cmd, const char *params, struct rte_tel_data *answer, const char *name,
		const struct iommufd_visitor *visitor)
{
	struct listing listing = { .of_secondaries = totals_of_secondaries() };
	int ret;

	if (parse_numbers(params, &listing.first, 1) < 0)
		return refuse(cmd, params);
	ret = start_listing(&listing);
	if (ret < 0)
		return ret;
	ret = iommufd_backend_visit(visitor, &listing);
	if (ret == 0)
		return finish_listing(&listing, answer, name);
	rte_tel_data_free(listing.objects);
	return ret;
}

struct overview {
	struct rte_tel_data *answer;
	struct iommufd_totals totals;
	unsigned int address_spaces, page_tables, devices, pasids;
};

static int
show_context(const struct iommufd_context *ctx, void *arg)
{
	struct overview *overview = arg;

	rte_tel_data_start_dict(overview->answer);
	rte_tel_data_add_dict_string(overview->answer, "path", IOMMUFD_PATH);
	rte_tel_data_add_dict_int(overview->answer, "fd", ctx->fd);
	rte_tel_data_add_dict_uint(overview->answer, "maps_files", ctx->maps_files);
	return 0;
}

static int
count_container(struct iommufd_container *container, void *arg)
{
	struct overview *overview = arg;

	overview->address_spaces++;
	iommufd_container_walk(container, iommufd_mapping_add_up, &overview->totals);
	return 0;
}

static int
count_hwpt(const struct iommufd_hwpt *hwpt __rte_unused, void *arg)
{
	((struct overview *)arg)->page_tables++;
	return 0;
}

static int
count_device(const struct iommufd_device *dev __rte_unused, void *arg)
{
	((struct overview *)arg)->devices++;
	return 0;
}

static int
count_pasid(const struct iommufd_device *dev __rte_unused,
		const struct iommufd_pasid *pasid __rte_unused, void *arg)
{
	((struct overview *)arg)->pasids++;
	return 0;
}

static int
answer_context(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	static const struct iommufd_visitor visitor = {
		.context = show_context,
		.container = count_container,
		.hwpt = count_hwpt,
		.device = count_device,
		.pasid = count_pasid,
	};
	struct overview overview = { .answer = answer, .totals = totals_of_secondaries() };
	struct iommufd_backend_tally tally;
	int ret;

	if (params != NULL)
		return refuse(cmd, params);
	ret = iommufd_backend_visit(&visitor, &overview);
	if (ret < 0)
		return ret;
	iommufd_backend_tally(&tally);
	rte_tel_data_add_dict_uint(answer, "address_spaces", overview.address_spaces);
	rte_tel_data_add_dict_uint(answer, "page_tables", overview.page_tables);
	rte_tel_data_add_dict_uint(answer, "devices", overview.devices);
	rte_tel_data_add_dict_uint(answer, "devices_refused", tally.refused);
	rte_tel_data_add_dict_uint(answer, "pasids", overview.pasids);
	rte_tel_data_add_dict_uint(answer, "mappings", overview.totals.n_mappings);
	rte_tel_data_add_dict_uint(answer, "bytes", overview.totals.bytes);
	return 0;
}

/** The default container: all devices are in it unless the application says otherwise. */
static bool
is_shared(const struct iommufd_container *container)
{
	return container->memory != NULL;
}

static const char *
kind_of_space(const struct iommufd_container *container)
{
	if (is_shared(container))
		return "shared";
	return container->is_space ? "created" : "container";
}

static unsigned int
count_devices(const struct iommufd_container *container)
{
	const struct iommufd_device *dev;
	unsigned int n = 0;

	TAILQ_FOREACH(dev, &container->devices, next)
		n++;
	return n;
}

static unsigned int
count_hwpts(const struct iommufd_container *container)
{
	const struct iommufd_hwpt *hwpt;
	unsigned int n = 0;

	TAILQ_FOREACH(hwpt, &container->hwpts, next)
		n++;
	return n;
}

static int
add_address_space(struct iommufd_container *container, void *arg)
{
	struct listing *listing = arg;
	struct rte_tel_data *object = add_object(listing);
	struct iommufd_totals totals = { 0 };

	if (object == NULL)
		return 0;
	if (is_shared(container))
		totals = listing->of_secondaries;
	iommufd_container_walk(container, iommufd_mapping_add_up, &totals);
	rte_tel_data_add_dict_uint(object, "as_id", container->ioas.id);
	rte_tel_data_add_dict_string(object, "kind", kind_of_space(container));
	rte_tel_data_add_dict_int(object, "fd", container->fd);
	rte_tel_data_add_dict_uint(object, "mappings", totals.n_mappings);
	rte_tel_data_add_dict_uint(object, "bytes", totals.bytes);
	rte_tel_data_add_dict_uint(object, "page_tables", count_hwpts(container));
	rte_tel_data_add_dict_uint(object, "devices", count_devices(container));
	rte_tel_data_add_dict_uint(object, "pasids", iommufd_container_n_pasids(container));
	return 0;
}

static int
answer_address_spaces(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	static const struct iommufd_visitor visitor = { .container = add_address_space };

	return list(cmd, params, answer, "address_spaces", &visitor);
}

static int
add_page_table(const struct iommufd_hwpt *hwpt, void *arg)
{
	struct rte_tel_data *object = add_object(arg);

	if (object == NULL)
		return 0;
	rte_tel_data_add_dict_uint(object, "page_table", hwpt->id);
	rte_tel_data_add_dict_uint(object, "as_id", hwpt->ioas->id);
	rte_tel_data_add_dict_string(object, "iommu", hwpt->iommu);
	rte_tel_data_add_dict_uint(object, "takes_pasids", hwpt->takes_pasids);
	rte_tel_data_add_dict_uint(object, "devices", hwpt->n_devices);
	rte_tel_data_add_dict_uint(object, "pasids", hwpt->n_pasids);
	return 0;
}

static int
answer_page_tables(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	static const struct iommufd_visitor visitor = { .hwpt = add_page_table };

	return list(cmd, params, answer, "page_tables", &visitor);
}

static int
note_context(const struct iommufd_context *ctx, void *arg)
{
	struct listing *listing = arg;

	listing->ctx = ctx;
	return 0;
}

static int
add_device(const struct iommufd_device *dev, void *arg)
{
	static const char *const types[] = {
		[RTE_IOMMUFD_IOMMU_OTHER] = "other",
		[RTE_IOMMUFD_IOMMU_INTEL_VTD] = "intel_vtd",
		[RTE_IOMMUFD_IOMMU_ARM_SMMUV3] = "arm_smmuv3",
		[RTE_IOMMUFD_IOMMU_AMD] = "amd",
	};
	struct listing *listing = arg;
	struct rte_tel_data *object = add_object(listing);
	struct rte_iommufd_dev_info info;

	if (object == NULL)
		return 0;
	rte_tel_data_add_dict_string(object, "name", dev->name);
	rte_tel_data_add_dict_string(object, "cdev", dev->cdev);
	rte_tel_data_add_dict_int(object, "fd", dev->fd);
	rte_tel_data_add_dict_string(object, "iommu", dev->iommu);
	if (iommufd_device_describe(dev, listing->ctx, &info) < 0)
		return 0;
	rte_tel_data_add_dict_string(object, "iommu_type", types[info.iommu]);
	rte_tel_data_add_dict_uint(object, "pasid_bits", info.pasid_bits);
	rte_tel_data_add_dict_uint(object, "as_id", info.as_id);
	rte_tel_data_add_dict_uint(object, "page_table", info.pt);
	rte_tel_data_add_dict_uint(object, "pasids", info.n_pasids);
	return 0;
}

static int
answer_devices(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	static const struct iommufd_visitor visitor = {
		.context = note_context,
		.device = add_device,
	};

	return list(cmd, params, answer, "devices", &visitor);
}

static int
add_pasid(const struct iommufd_device *dev, const struct iommufd_pasid *pasid, void *arg)
{
	struct rte_tel_data *object = add_object(arg);

	if (object == NULL)
		return 0;
	rte_tel_data_add_dict_string(object, "device", dev->name);
	rte_tel_data_add_dict_uint(object, "pasid", pasid->number);
	rte_tel_data_add_dict_uint(object, "as_id", pasid->container->ioas.id);
	rte_tel_data_add_dict_uint(object, "page_table", pasid->hwpt->id);
	return 0;
}

static int
answer_pasids(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	static const struct iommufd_visitor visitor = { .pasid = add_pasid };

	return list(cmd, params, answer, "pasids", &visitor);
}

static struct rte_tel_data *
add_range(struct listing *listing, const struct iommufd_mapping *mapping, const char *owner)
{
	struct rte_tel_data *object = add_object(listing);

	if (object == NULL)
		return NULL;
	add_address(object, "iova", mapping->iova);
	rte_tel_data_add_dict_uint(object, "bytes", mapping->len);
	rte_tel_data_add_dict_string(object, "owner", owner);
	return object;
}

static int
add_mapping(const struct iommufd_mapping *mapping, void *arg)
{
	const struct iommufd_backing *backing = &mapping->backing;
	const bool eals = mapping->n_users == 0;
	struct rte_tel_data *object;

	object = add_range(arg, mapping, eals ? "eal" : "application");
	if (object == NULL)
		return 0;
	switch (backing->kind) {
	case IOMMUFD_BACKING_VA:
		rte_tel_data_add_dict_string(object, "from", "memory");
		add_address(object, "vaddr", backing->start);
		break;
	case IOMMUFD_BACKING_FILE:
		rte_tel_data_add_dict_string(object, "from", "file");
		add_address(object, "offset", backing->start);
		if (eals)
			add_address(object, "vaddr", mapping->va);
		break;
	case IOMMUFD_BACKING_IOAS:
		rte_tel_data_add_dict_string(object, "from", "as");
		rte_tel_data_add_dict_uint(object, "from_as_id", backing->ioas_id);
		add_address(object, "from_iova", backing->start);
		break;
	}
	rte_tel_data_add_dict_uint(object, "read_only", backing->read_only);
	if (!eals)
		rte_tel_data_add_dict_uint(object, "users", mapping->n_users);
	return 0;
}

/** All that is known of it here is where it is. */
static int
add_mapping_of_secondary(const struct iommufd_mapping *mapping, void *arg)
{
	add_range(arg, mapping, "secondary");
	return 0;
}

/** The mappings of an address space. */
struct search {
	uint32_t as_id;
	bool found_shared; /**< Secondary processes have mapped in it, too. */
	struct listing listing;
};

/** @return 1 where it is the one. */
static int
find_mappings(struct iommufd_container *container, void *arg)
{
	struct search *search = arg;

	if (container->ioas.id != search->as_id)
		return 0;
	search->found_shared = is_shared(container);
	iommufd_container_walk(container, add_mapping, &search->listing);
	return 1;
}

static int
answer_mappings(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	static const struct iommufd_visitor visitor = { .container = find_mappings };
	uint32_t numbers[2] = { 0 };
	struct search search = { .as_id = 0 };
	int ret;

	if (parse_numbers(params, numbers, RTE_DIM(numbers)) < 1)
		return refuse(cmd, params);
	search.as_id = numbers[0];
	search.listing.first = numbers[1];
	ret = start_listing(&search.listing);
	if (ret < 0)
		return ret;
	ret = iommufd_backend_visit(&visitor, &search);
	if (ret <= 0) {
		rte_tel_data_free(search.listing.objects);
		return ret < 0 ? ret : refuse(cmd, params);
	}
	if (search.found_shared)
		iommufd_mp_primary_walk(iommufd_backend_mp_primary(), add_mapping_of_secondary,
			&search.listing);
	return finish_listing(&search.listing, answer, "mappings");
}

/** The counts of requests, by their names. */
struct requests {
	struct rte_tel_data *made, *failed;
};

static int
add_count(const struct iommufd_ioctl_count *count, void *arg)
{
	const struct requests *requests = arg;

	rte_tel_data_add_dict_uint(requests->made, count->name, count->made);
	rte_tel_data_add_dict_uint(requests->failed, count->name, count->failed);
	return 0;
}

static int
answer_requests(const char *cmd, const char *params, struct rte_tel_data *answer)
{
	struct requests requests;

	if (params != NULL)
		return refuse(cmd, params);
	requests.made = rte_tel_data_alloc();
	requests.failed = rte_tel_data_alloc();
	if (requests.made == NULL || requests.failed == NULL) {
		rte_tel_data_free(requests.made);
		rte_tel_data_free(requests.failed);
		return -ENOMEM;
	}
	rte_tel_data_start_dict(requests.made);
	rte_tel_data_start_dict(requests.failed);
	iommufd_ioctl_walk(add_count, &requests);
	rte_tel_data_start_dict(answer);
	rte_tel_data_add_dict_container(answer, "made", requests.made, 0);
	return rte_tel_data_add_dict_container(answer, "failed", requests.failed, 0);
}

void
iommufd_telemetry_register(void)
{
	static const struct {
		const char *name;
		telemetry_cb answer;
		const char *help;
	} commands[] = {
		{ "/iommufd/context", answer_context,
			"The open /dev/iommu, and how much of what there is. No parameters" },
		{ "/iommufd/address_spaces", answer_address_spaces,
			"Address spaces (IOAS). Parameters: ordinal of the first, if not 0" },
		{ "/iommufd/page_tables", answer_page_tables,
			"Hardware page tables. Parameters: ordinal of the first, if not 0" },
		{ "/iommufd/devices", answer_devices,
			"Devices. Parameters: ordinal of the first, if not 0" },
		{ "/iommufd/pasids", answer_pasids,
			"PASIDs that are bound. Parameters: ordinal of the first, if not 0" },
		{ "/iommufd/mappings", answer_mappings,
			"What is mapped. Parameters: number of the address space, and ordinal of the "
			"first, if not 0" },
		{ "/iommufd/requests", answer_requests,
			"How often the kernel was asked for what, and refused. No parameters" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(commands); i++)
		if (rte_telemetry_register_cmd(commands[i].name, commands[i].answer,
				commands[i].help) < 0)
			IOMMUFD_LOG(WARNING, "telemetry has no %s", commands[i].name);
}
