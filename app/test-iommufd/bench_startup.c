/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * What EAL's start took, and what of it are requests about address spaces: from making one over
 * mapping to putting devices in.
 */

#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_memory.h>

#include "app.h"
#include "bench.h"

#define MIB (UINT64_C(1) << 20)

/* What is summed up over the requests of devices but the first. */
struct further {
	unsigned int devices;
	uint64_t nanoseconds;
	uint64_t requests;
	uint64_t maps;
};

int
startup_eal(struct startup *startup, int argc, char *argv[])
{
	uint64_t start;
	int ret;

	requests_record(&startup->requests);
	start = requests_clock();
	ret = rte_eal_init(argc, argv);
	startup->nanoseconds = requests_clock() - start;
	requests_stop(&startup->requests);
	if (ret >= 0)
		startup->bytes = rte_eal_get_physmem_size();
	return ret;
}

void
startup_forget(struct startup *startup)
{
	requests_clear(&startup->requests);
}

static bool
is_one_of(const struct request *request, const char *const *names, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (strcmp(request->name, names[i]) == 0)
			return true;
	return false;
}

/* A device's first request. */
static bool
is_first(const struct request *request)
{
	static const char *const names[] = { "VFIO_GROUP_GET_STATUS", "VFIO_DEVICE_BIND_IOMMUFD" };

	return is_one_of(request, names, RTE_DIM(names));
}

/*
 * A device is opened: its configuration is read and saved, which has nothing to do with addresses,
 * but a kernel may put off attaching to this.
 */
static bool
is_opening(const struct request *request)
{
	static const char *const names[] = {
		"VFIO_GROUP_GET_DEVICE_FD", "VFIO_DEVICE_BIND_IOMMUFD",
	};

	return is_one_of(request, names, RTE_DIM(names));
}

static bool
is_about_space(const struct request *request)
{
	static const char *const placing[] = {
		"VFIO_DEVICE_ATTACH_IOMMUFD_PT", "VFIO_DEVICE_DETACH_IOMMUFD_PT",
	};

	if (is_one_of(request, placing, RTE_DIM(placing)))
		return true;
	return !is_opening(request) && strncmp(request->name, "VFIO_DEVICE_", 12) != 0;
}

/* What the first opening took longer than the second: it may have had mapping to do. */
static uint64_t
put_off(const struct requests *requests)
{
	uint64_t openings[2] = { 0, 0 };
	unsigned int i, n = 0;

	for (i = 0; i < requests->n; i++) {
		n += is_first(&requests->all[i]);
		if (n > 0 && n <= RTE_DIM(openings) && is_opening(&requests->all[i]))
			openings[n - 1] += requests->all[i].nanoseconds;
	}
	return n >= 2 && openings[0] > openings[1] ? openings[0] - openings[1] : 0;
}

static void
sum_further(const struct requests *requests, struct further *further)
{
	const struct request *request, *const end = requests->all + requests->n;
	unsigned int n = 0;

	*further = (struct further){ 0 };
	for (request = requests->all; request < end; request++) {
		n += is_first(request);
		if (n < 2)
			continue;
		further->maps += request_maps(request);
		if (is_opening(request) || is_about_space(request)) {
			further->nanoseconds += request->nanoseconds;
			further->requests++;
		}
	}
	further->devices = n < 2 ? 0 : n - 1;
}

/* Without devices there is nothing to put memory into. */
static int
add_requests(struct bench *bench, const struct startup *startup)
{
	const struct requests *requests = &startup->requests;
	unsigned int i, n = 0;
	char name[64];
	int ret;

	if (requests->n == 0)
		return 0;
	for (i = 0; i < requests->n; i++)
		n += is_about_space(&requests->all[i]);
	snprintf(name, sizeof(name), "start-up, %" PRIu64 " MiB", startup->bytes / MIB);
	ret = bench_requests(bench, name, "ns",
		requests_nanoseconds(requests, is_about_space) + put_off(requests), n);
	n = 0;
	for (i = 0; i < requests->n; i++)
		n += request_maps(&requests->all[i]);
	if (ret == 0)
		ret = bench_requests(bench, "start-up: mapped", "MiB",
			(double)requests_length(requests, request_maps) / MIB, n);
	return ret;
}

static int
add_further(struct bench *bench, const struct startup *startup)
{
	struct further further;
	int ret;

	sum_further(&startup->requests, &further);
	if (further.devices == 0)
		return 0;
	ret = bench_requests(bench, "a further device", "ns",
		(double)further.nanoseconds / further.devices,
		further.requests / further.devices);
	if (ret == 0)
		ret = bench_value(bench, "a further device: maps", "requests", further.maps);
	return ret;
}

int
bench_startup(struct app *app, struct bench *bench, const char *const arg[] __rte_unused)
{
	const struct startup *startup = &app->startup;
	int ret = bench_value(bench, "eal_init", "ns", startup->nanoseconds);

	if (ret == 0)
		ret = add_requests(bench, startup);
	return ret == 0 ? add_further(bench, startup) : ret;
}
