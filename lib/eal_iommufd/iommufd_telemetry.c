/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * What dpdk-telemetry.py shows of the backend. Each command answers with a dictionary; those that
 * list objects, as iommufd_listing.h has it. What can't be answered is null, as everywhere in
 * DPDK's telemetry, and the log says why.
 *
 * Telemetry calls these functions in threads of its own.
 */

#include <errno.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "iommufd_backend.h"
#include "iommufd_container.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_ioctl.h"
#include "iommufd_listing.h"
#include "iommufd_log.h"
#include "iommufd_mp.h"
#include "iommufd_pasid.h"
#include "iommufd_telemetry.h"
#include "rte_iommufd.h"

/** What the functions that add objects of a kind to an answer know. */
struct query {
	struct iommufd_listing listing;
	struct iommufd_totals of_secondaries; /**< In the shared address space. */
	const struct iommufd_context *ctx;
};

/** What can't be answered is null there, and in the log is why. */
static int
refuse(const char *cmd, const char *params)
{
	IOMMUFD_LOG(ERR, "telemetry: %s can't be answered for \"%s\": see /help,%s", cmd,
		params == NULL ? "" : params, cmd);
	return -EINVAL;
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
	struct query query = { .of_secondaries = totals_of_secondaries() };
	uint32_t first = 0;
	int ret;

	if (iommufd_listing_parse(params, &first, 1) < 0)
		return refuse(cmd, params);
	ret = iommufd_listing_start(&query.listing, first);
	if (ret < 0)
		return ret;
	ret = iommufd_backend_visit(visitor, &query);
	if (ret == 0)
		return iommufd_listing_finish(&query.listing, answer, name);
	iommufd_listing_drop(&query.listing);
	return ret;
}

/** How much there is of what. */
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
	struct query *query = arg;
	struct rte_tel_data *object = iommufd_listing_add(&query->listing);
	struct iommufd_totals totals = { 0 };

	if (object == NULL)
		return 0;
	if (is_shared(container))
		totals = query->of_secondaries;
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
	struct rte_tel_data *object = iommufd_listing_add(&((struct query *)arg)->listing);

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
	struct query *query = arg;

	query->ctx = ctx;
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
	struct query *query = arg;
	struct rte_tel_data *object = iommufd_listing_add(&query->listing);
	struct rte_iommufd_dev_info info;

	if (object == NULL)
		return 0;
	rte_tel_data_add_dict_string(object, "name", dev->name);
	rte_tel_data_add_dict_string(object, "cdev", dev->cdev);
	rte_tel_data_add_dict_int(object, "fd", dev->fd);
	rte_tel_data_add_dict_string(object, "iommu", dev->iommu);
	if (iommufd_device_describe(dev, query->ctx, &info) < 0)
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
	struct rte_tel_data *object = iommufd_listing_add(&((struct query *)arg)->listing);

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
add_range(struct iommufd_listing *listing, const struct iommufd_mapping *mapping, const char *owner)
{
	struct rte_tel_data *object = iommufd_listing_add(listing);

	if (object == NULL)
		return NULL;
	iommufd_listing_address(object, "iova", mapping->iova);
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
		iommufd_listing_address(object, "vaddr", backing->start);
		break;
	case IOMMUFD_BACKING_FILE:
		rte_tel_data_add_dict_string(object, "from", "file");
		iommufd_listing_address(object, "offset", backing->start);
		if (eals)
			iommufd_listing_address(object, "vaddr", mapping->va);
		break;
	case IOMMUFD_BACKING_IOAS:
		rte_tel_data_add_dict_string(object, "from", "as");
		rte_tel_data_add_dict_uint(object, "from_as_id", backing->ioas_id);
		iommufd_listing_address(object, "from_iova", backing->start);
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
	struct iommufd_listing listing;
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

	if (iommufd_listing_parse(params, numbers, RTE_DIM(numbers)) < 1)
		return refuse(cmd, params);
	search.as_id = numbers[0];
	ret = iommufd_listing_start(&search.listing, numbers[1]);
	if (ret < 0)
		return ret;
	ret = iommufd_backend_visit(&visitor, &search);
	if (ret <= 0) {
		iommufd_listing_drop(&search.listing);
		return ret < 0 ? ret : refuse(cmd, params);
	}
	if (search.found_shared)
		iommufd_mp_primary_walk(iommufd_backend_mp_primary(), add_mapping_of_secondary,
			&search.listing);
	return iommufd_listing_finish(&search.listing, answer, "mappings");
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
