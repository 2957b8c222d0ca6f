/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Memory gets into an address space and out of it, and PASIDs are bound to one: the requests.
 *
 * The shared space has the memory all the time, and devices reach it there: it is pinned already.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <linux/memfd.h>
#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "app.h"
#include "argument.h"
#include "bench.h"

#define MIB (UINT64_C(1) << 20)
#define HUGE_PAGE (2 * MIB)
#define SMALL_PAGE 4096
#define MAX_MIB (UINT32_C(1) << 18) /* So that it ends before any other memory begins. */
#define ROUNDS 3
#define SMALL_ROUNDS 15
#define TABLES 3
#define STEPS 7 /* Of the whole, for progress. */

/* In all spaces. Its gigabyte has no border at which a mapping would be cut. */
#define IOVA (UINT64_C(1) << 38)

struct measured {
	struct bench *bench;
	struct rte_iommufd_dev *dev;
	struct rte_iommufd_as *shared;
	struct rte_iommufd_as *as; /* one beside it, which a PASID is bound to */
	uint32_t own_pasid;
	uint32_t pasid; /* of the shared one */
	int fd; /* the memory's file */
	uint8_t *memory;
	uint64_t length;
	bool by_file; /* The kernel can map files. */
	uint32_t pt; /* of a binding with a page table of its own */
	uint32_t bound; /* the PASID of a binding that is measured */
	struct rte_iommufd_as *to; /* where a PASID is to move */
};

typedef int (*operation)(struct measured *measured, uint64_t offset, uint64_t length);

static int
map_copy(struct measured *measured, uint64_t offset, uint64_t length)
{
	return rte_iommufd_as_copy(measured->as, IOVA + offset, measured->shared, IOVA + offset,
		length, 0);
}

static int
map_file(struct measured *measured, uint64_t offset, uint64_t length)
{
	return rte_iommufd_as_map_file(measured->as, measured->fd, offset, length, IOVA + offset,
		0);
}

static int
map_address(struct measured *measured, uint64_t offset, uint64_t length)
{
	return rte_iommufd_as_map(measured->as, measured->memory + offset, length, IOVA + offset,
		0);
}

static int
unmap(struct measured *measured, uint64_t offset, uint64_t length)
{
	return rte_iommufd_as_unmap(measured->as, IOVA + offset, length);
}

/* All of it by as many copies as it has hugepages. */
static int
map_pieces(struct measured *measured, uint64_t offset, uint64_t length)
{
	uint64_t at;
	int ret = 0;

	for (at = offset; ret == 0 && at < offset + length; at += HUGE_PAGE)
		ret = map_copy(measured, at, HUGE_PAGE);
	return ret;
}

static int
bind_pasid(struct measured *measured, uint64_t offset __rte_unused, uint64_t length __rte_unused)
{
	measured->bound = RTE_IOMMUFD_PASID_ANY;
	return rte_iommufd_pasid_bind(measured->dev, measured->shared, RTE_IOMMUFD_PT_AUTO,
		&measured->bound);
}

static int
unbind_pasid(struct measured *measured, uint64_t offset __rte_unused, uint64_t length __rte_unused)
{
	return rte_iommufd_pasid_unbind(measured->dev, measured->bound);
}

static int
bind_own_table(struct measured *measured, uint64_t offset __rte_unused,
		uint64_t length __rte_unused)
{
	int ret = rte_iommufd_pt_create(measured->shared, measured->dev, &measured->pt);

	if (ret != 0)
		return ret;
	measured->bound = RTE_IOMMUFD_PASID_ANY;
	ret = rte_iommufd_pasid_bind(measured->dev, measured->shared, measured->pt,
		&measured->bound);
	if (ret != 0)
		rte_iommufd_pt_destroy(measured->shared, measured->pt);
	return ret;
}

static int
unbind_own_table(struct measured *measured, uint64_t offset __rte_unused,
		uint64_t length __rte_unused)
{
	int ret = rte_iommufd_pasid_unbind(measured->dev, measured->bound);

	return ret == 0 ? rte_iommufd_pt_destroy(measured->shared, measured->pt) : ret;
}

static int
move(struct measured *measured, uint64_t offset __rte_unused, uint64_t length __rte_unused)
{
	return rte_iommufd_pasid_rebind(measured->dev, measured->to, RTE_IOMMUFD_PT_AUTO,
		measured->pasid);
}

static int
move_anew(struct measured *measured, uint64_t offset __rte_unused, uint64_t length __rte_unused)
{
	int ret = rte_iommufd_pasid_unbind(measured->dev, measured->pasid);

	return ret != 0 ? ret : rte_iommufd_pasid_bind(measured->dev, measured->to,
		RTE_IOMMUFD_PT_AUTO, &measured->pasid);
}

/* Two operations, of which the second undoes the first, several times. */
struct pair {
	const char *names[2]; /* behind "as " */
	const char *way; /* behind these; "" for ours */
	operation forth;
	operation back;
	unsigned int rounds;
};

static int
measure(struct measured *measured, operation what, uint64_t length, struct figure *figure,
		uint64_t *took, uint64_t *n_requests)
{
	struct requests requests = { 0 };
	int ret, stopped;

	requests_record(&requests);
	ret = what(measured, 0, length);
	stopped = requests_stop(&requests);
	if (ret != 0)
		fprintf(stderr, "bench as: %s: %s\n", figure->name, rte_strerror(-ret));
	else
		ret = stopped;
	*took = requests_nanoseconds(&requests, NULL);
	*n_requests += requests.n;
	requests_clear(&requests);
	if (ret == 0)
		figure_add(figure, *took);
	return ret;
}

static struct figure *
new_figure(struct measured *measured, const char *name, const char *way, unsigned int n)
{
	char whole[64];

	snprintf(whole, sizeof(whole), "as %s%s", name, way);
	return bench_samples(measured->bench, whole, "ns", n);
}

/* @param both Gets the sums of the two; NULL: nobody asks for them. */
static int
measure_pair(struct measured *measured, const struct pair *pair, uint64_t length,
		const char *both_name)
{
	struct figure *forth = new_figure(measured, pair->names[0], pair->way, pair->rounds);
	struct figure *back = new_figure(measured, pair->names[1], pair->way, pair->rounds);
	struct figure *both = NULL;
	uint64_t took[2], n_forth = 0, n_back = 0;
	unsigned int round;
	int ret;

	if (both_name != NULL)
		both = new_figure(measured, both_name, pair->way, pair->rounds);
	if (forth == NULL || back == NULL || (both_name != NULL && both == NULL))
		return -ENOMEM;
	for (round = 0; round < pair->rounds; round++) {
		ret = measure(measured, pair->forth, length, forth, &took[0], &n_forth);
		if (ret == 0)
			ret = measure(measured, pair->back, length, back, &took[1], &n_back);
		if (ret != 0)
			return ret;
		if (both != NULL)
			figure_add(both, took[0] + took[1]);
	}
	figure_set_requests(forth, n_forth);
	figure_set_requests(back, n_back);
	if (both != NULL)
		figure_set_requests(both, n_forth + n_back);
	return 0;
}

static int
measure_mapping(struct measured *measured, uint64_t length, const char *size, unsigned int rounds)
{
	static const struct {
		const char *name;
		operation map;
	} ways[] = {
		{ "", map_copy },
		{ ", by file", map_file },
		{ ", by address", map_address },
	};
	char map[48], unmapping[48], both[48];
	unsigned int i;
	int ret = 0;

	snprintf(map, sizeof(map), "%s: map", size);
	snprintf(unmapping, sizeof(unmapping), "%s: unmap", size);
	snprintf(both, sizeof(both), "%s: both", size);
	for (i = 0; ret == 0 && i < RTE_DIM(ways); i++) {
		const struct pair pair = {
			{ map, unmapping }, ways[i].name, ways[i].map, unmap, rounds,
		};

		if (ways[i].map != map_file || measured->by_file)
			ret = measure_pair(measured, &pair, length, both);
	}
	return ret;
}

static int
measure_pieces(struct measured *measured)
{
	struct figure *figure;
	uint64_t took, n = 0;
	char name[48];
	int ret;

	snprintf(name, sizeof(name), "%" PRIu64 " MiB in %" PRIu64 " pieces: map",
		measured->length / MIB, measured->length / HUGE_PAGE);
	figure = new_figure(measured, name, "", 1);
	if (figure == NULL)
		return -ENOMEM;
	ret = measure(measured, map_pieces, measured->length, figure, &took, &n);
	figure_set_requests(figure, n);
	return ret == 0 ? unmap(measured, 0, measured->length) : ret;
}

static int
measure_moving(struct measured *measured, const char *way, operation what)
{
	struct figure *figure = new_figure(measured, "rebind", way, 2 * SMALL_ROUNDS);
	uint64_t took, n = 0;
	unsigned int i;
	int ret = 0;

	if (figure == NULL)
		return -ENOMEM;
	for (i = 0; ret == 0 && i < 2 * SMALL_ROUNDS; i++) {
		measured->to = i % 2 == 0 ? measured->as : measured->shared;
		ret = measure(measured, what, 0, figure, &took, &n);
	}
	figure_set_requests(figure, n);
	return ret;
}

static int
step(struct measured *measured, unsigned int number)
{
	static const struct pair bindings[] = {
		{ { "bind", "unbind" }, "", bind_pasid, unbind_pasid, SMALL_ROUNDS },
		{ { "bind", "unbind" }, ", own table", bind_own_table, unbind_own_table, TABLES },
	};
	char size[32];

	snprintf(size, sizeof(size), "%" PRIu64 " MiB", measured->length / MIB);
	switch (number) {
	case 0:
		return measure_mapping(measured, measured->length, size, ROUNDS);
	case 1:
		return measure_mapping(measured, SMALL_PAGE, "4 KiB", SMALL_ROUNDS);
	case 2:
		return measure_pieces(measured);
	case 3:
	case 4:
		return measure_pair(measured, &bindings[number - 3], 0, NULL);
	case 5:
		return measure_moving(measured, "", move);
	default:
		return measure_moving(measured, ", anew", move_anew);
	}
}

static int
measure_all(struct measured *measured)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < STEPS; i++)
		ret = bench_progress(measured->bench, i, STEPS) ? step(measured, i) : -EINTR;
	return ret;
}

static int
failed(const char *what, int error)
{
	fprintf(stderr, "bench as: %s: %s\n", what, rte_strerror(-error));
	return error;
}

/* Hugepages of a file, which the shared space has. */
static int
open_memory(struct measured *measured)
{
	int ret;

	measured->fd = memfd_create("bench as", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	if (measured->fd < 0)
		return failed("a file of hugepages can't be made", -errno);
	if (ftruncate(measured->fd, measured->length) != 0) {
		ret = -errno;
		goto close_file;
	}
	measured->memory = mmap(NULL, measured->length, PROT_READ | PROT_WRITE, MAP_SHARED,
		measured->fd, 0);
	if (measured->memory == MAP_FAILED) {
		ret = -errno;
		goto close_file;
	}
	if (madvise(measured->memory, measured->length, MADV_POPULATE_WRITE) != 0) {
		ret = -errno;
		goto unmap_memory;
	}
	ret = rte_iommufd_as_map_file(measured->shared, measured->fd, 0, measured->length, IOVA, 0);
	measured->by_file = ret == 0;
	if (ret == -ENOTSUP)
		ret = rte_iommufd_as_map(measured->shared, measured->memory, measured->length, IOVA,
			0);
	if (ret == 0)
		return 0;

unmap_memory:
	munmap(measured->memory, measured->length);
close_file:
	close(measured->fd);
	return failed("there are not so many hugepages of 2 MiB for it (/proc/meminfo), or they "
		"can't be mapped", ret);
}

static void
close_memory(struct measured *measured)
{
	rte_iommufd_as_unmap(measured->shared, IOVA, measured->length);
	munmap(measured->memory, measured->length);
	close(measured->fd);
}

/* A space beside the shared one, and a PASID of each. */
static int
open_spaces(struct measured *measured)
{
	int ret;

	measured->as = rte_iommufd_as_create();
	if (measured->as == NULL)
		return failed("an address space can't be created", -rte_errno);
	measured->own_pasid = RTE_IOMMUFD_PASID_ANY;
	ret = rte_iommufd_pasid_bind(measured->dev, measured->as, RTE_IOMMUFD_PT_AUTO,
		&measured->own_pasid);
	if (ret != 0)
		goto destroy;
	measured->pasid = RTE_IOMMUFD_PASID_ANY;
	ret = rte_iommufd_pasid_bind(measured->dev, measured->shared, RTE_IOMMUFD_PT_AUTO,
		&measured->pasid);
	if (ret == 0)
		return 0;

	rte_iommufd_pasid_unbind(measured->dev, measured->own_pasid);
destroy:
	rte_iommufd_as_destroy(measured->as);
	return failed("a PASID can't be bound", ret);
}

static void
close_spaces(struct measured *measured)
{
	rte_iommufd_pasid_unbind(measured->dev, measured->pasid);
	rte_iommufd_pasid_unbind(measured->dev, measured->own_pasid);
	rte_iommufd_as_destroy(measured->as);
}

int
bench_as(struct app *app, struct bench *bench, const char *const arg[])
{
	struct measured measured = { .bench = bench, .shared = rte_iommufd_as_shared() };
	uint32_t mib;
	int ret = argument_number(arg[1], 2, MAX_MIB, &mib);

	if (ret != 0)
		return ret;
	if (mib % 2 != 0) {
		fprintf(stderr, "%u: not a number of hugepages of 2 MiB\n", mib);
		return -EINVAL;
	}
	if (measured.shared == NULL) {
		fprintf(stderr, "bench as: address spaces are iommufd's: start with "
			"--iova-mode=iommufd, and a device that has PASIDs\n");
		return -ENOTSUP;
	}
	measured.length = mib * MIB;
	measured.dev = spaces_device(&app->spaces, arg[0]);
	if (measured.dev == NULL)
		return failed(arg[0], -rte_errno);
	ret = open_memory(&measured);
	if (ret != 0)
		return ret;
	ret = open_spaces(&measured);
	if (ret == 0) {
		ret = measure_all(&measured);
		close_spaces(&measured);
	}
	close_memory(&measured);
	return ret;
}
