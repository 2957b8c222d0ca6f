/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * EAL's memory in an IOAS.
 *
 * EAL keeps hugepages in memseg lists. What it has at start it never frees; what it adds at run
 * time it frees in its own unit, the page, and an area of an IOAS can't be split. So memory that
 * stays is mapped in runs as long as they come, and memory that may go is mapped page by page.
 *
 * Memory is mapped from its file where it has one: the kernel then takes a folio at a time rather
 * than looking up each 4 KiB in the process's page table.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "iommufd_compat.h"
#include "iommufd_context.h"
#include "iommufd_ioas.h"
#include "iommufd_log.h"
#include "iommufd_memseg.h"
#include "iommufd_numa.h"
#include "iommufd_ranges.h"

#define EVENT_CALLBACK_NAME "iommufd"

bool
iommufd_run_join(struct iommufd_run *run, const struct iommufd_run *next)
{
	if (!run->joinable || !next->joinable || run->fd != next->fd || run->node != next->node)
		return false;
	if (run->va + run->len != next->va || run->iova + run->len != next->iova)
		return false;
	if (run->fd >= 0 && run->offset + run->len != next->offset)
		return false;

	run->len += next->len;
	return true;
}

/* Called with EAL's memory lock held, by us or by EAL. */
static struct iommufd_run
run_of_memseg(const struct iommufd_memory *memory, const struct rte_memseg_list *msl,
		const struct rte_memseg *ms)
{
	struct iommufd_run run = {
		.va = ms->addr_64,
		.iova = ms->iova,
		.len = ms->len,
		.fd = -1,
		.node = ms->socket_id,
		.joinable = msl->external || memory->is_fixed ||
			(ms->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE) != 0,
	};
	size_t offset;

	if (msl->external || !memory->ioas->ctx->maps_files)
		return run;

	run.fd = rte_memseg_get_fd_thread_unsafe(ms);
	if (run.fd >= 0 && rte_memseg_get_fd_offset_thread_unsafe(ms, &offset) == 0)
		run.offset = offset;
	else
		run.fd = -1;
	return run;
}

void
iommufd_memseg_log_map_error(const struct iommufd_ioas *ioas, uint64_t iova, uint64_t len,
		int err)
{
	struct rlimit limit = { 0 };
	const char *remedy = "see the kernel log (dmesg)";

	if (err == ENOMEM) {
		getrlimit(RLIMIT_MEMLOCK, &limit);
		IOMMUFD_LOG(ERR, "cannot map 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: %s: "
			"memory that devices reach counts against the locked memory limit, which "
			"is %" PRIu64 " KiB for this process unless it has CAP_IPC_LOCK: raise it "
			"above what EAL is given (ulimit -l, LimitMEMLOCK= of systemd, memlock in "
			"limits.conf)",
			len, iova, ioas->id, strerror(err),
			(uint64_t)limit.rlim_cur / 1024);
		return;
	}
	if (err == EEXIST)
		remedy = "something else is mapped there already";
	else if (err == EINVAL || err == EADDRINUSE)
		remedy = "the IOMMU can't take that address: see --base-virtaddr";
	IOMMUFD_LOG(ERR, "cannot map 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: %s: %s",
		len, iova, ioas->id, strerror(err), remedy);
}

struct run_walk;

/** What is done with each run that a walk over segments finds; -errno ends the walk. */
typedef int (*run_op)(struct run_walk *walk, const struct iommufd_run *run);

/** A run that grows as segments come, and is done with when the next one can't join it. */
struct run_walk {
	struct iommufd_memory *memory;
	run_op op;
	struct iommufd_numa numa; /**< The thread is where the last run was. */
	const struct rte_memseg_list *msl; /**< What the run is in. */
	struct iommufd_run run;
	unsigned int n_done; /**< Runs that op has succeeded with. */
	unsigned int limit;  /**< How many runs to do, 0 for all. */
};

static struct iommufd_backing
backing_of(const struct iommufd_run *run)
{
	if (run->fd < 0)
		return (struct iommufd_backing){ .kind = IOMMUFD_BACKING_VA, .start = run->va };
	return (struct iommufd_backing){
		.kind = IOMMUFD_BACKING_FILE,
		.fd = run->fd,
		.start = run->offset,
	};
}

static int
map_run(struct run_walk *walk, const struct iommufd_run *run)
{
	const struct iommufd_backing backing = backing_of(run);
	struct iommufd_ioas *ioas = walk->memory->ioas;
	int ret;

	iommufd_numa_move(&walk->numa, run->node);
	ret = iommufd_ioas_map(ioas, &backing, run->len, run->iova);
	if (ret < 0) {
		iommufd_memseg_log_map_error(ioas, run->iova, run->len, -ret);
		return ret;
	}

	IOMMUFD_LOG(DEBUG, "IOAS %u: mapped 0x%" PRIx64 "-0x%" PRIx64 ", 0x%" PRIx64 " bytes %s",
		ioas->id, run->iova, run->iova + run->len - 1, run->len,
		run->fd >= 0 ? "of a file" : "by address");
	return 0;
}

static int
run_walk_flush(struct run_walk *walk)
{
	struct iommufd_run run = walk->run;
	int ret;

	walk->run.len = 0;
	if (run.len == 0 || (walk->limit != 0 && walk->n_done == walk->limit))
		return 0;
	ret = walk->op(walk, &run);
	if (ret == 0)
		walk->n_done++;
	return ret;
}

static int
run_walk_add(struct run_walk *walk, const struct rte_memseg_list *msl, const struct rte_memseg *ms)
{
	struct iommufd_run next;
	int ret;

	/* Neighbouring lists may be taken away one by one, when they are external. */
	next = run_of_memseg(walk->memory, msl, ms);
	if (walk->run.len != 0 && walk->msl == msl && iommufd_run_join(&walk->run, &next))
		return 0;

	ret = run_walk_flush(walk);
	walk->run = next;
	walk->msl = msl;
	return ret;
}

static int
walk_memseg(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *walk)
{
	return iommufd_memseg_is_mapped(msl, ms) ? run_walk_add(walk, msl, ms) : 0;
}

static int
walk_memory(struct run_walk *walk)
{
	int ret = rte_memseg_walk_thread_unsafe(walk_memseg, walk);

	if (ret == 0)
		ret = run_walk_flush(walk);
	iommufd_numa_return(&walk->numa);
	return ret;
}

static const struct iommufd_hole *
find_hole(const struct iommufd_memory *memory, uint64_t va)
{
	const struct iommufd_hole *hole;

	TAILQ_FOREACH(hole, &memory->holes, next)
		if (va >= hole->va && va < hole->va + hole->len)
			break;
	return hole;
}

static void
add_hole(struct iommufd_memory *memory, const struct iommufd_run *run)
{
	struct iommufd_hole *hole = malloc(sizeof(*hole));

	if (hole == NULL) {
		IOMMUFD_LOG(ERR, "no memory to note that 0x%" PRIx64 " is not mapped", run->iova);
		return;
	}
	hole->va = run->va;
	hole->len = run->len;
	TAILQ_INSERT_TAIL(&memory->holes, hole, next);
}

static void
remove_holes(struct iommufd_memory *memory, uint64_t va, uint64_t len)
{
	struct iommufd_hole *hole, *next;

	for (hole = TAILQ_FIRST(&memory->holes); hole != NULL; hole = next) {
		next = TAILQ_NEXT(hole, next);
		if (hole->va < va || hole->va >= va + len)
			continue;
		TAILQ_REMOVE(&memory->holes, hole, next);
		free(hole);
	}
}

/*
 * EAL has added memory. The event has no way to refuse it: what can't be mapped is logged and
 * noted, and a device that is given it will fault.
 */
static int
map_run_or_note(struct run_walk *walk, const struct iommufd_run *run)
{
	if (map_run(walk, run) < 0)
		add_hole(walk->memory, run);
	return 0;
}

static void
map_added(struct iommufd_memory *memory, const void *addr, size_t len)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	struct run_walk walk = { .memory = memory, .op = map_run_or_note };
	const struct rte_memseg *ms;
	size_t done;

	for (done = 0; done < len; done += msl->page_sz) {
		ms = rte_mem_virt2memseg(RTE_PTR_ADD(addr, done), msl);
		/* External memory is announced before EAL has made it a heap's. */
		if (ms->iova != RTE_BAD_IOVA)
			run_walk_add(&walk, msl, ms);
	}
	run_walk_flush(&walk);
	iommufd_numa_return(&walk.numa);
}

static void
unmap_range(struct iommufd_ioas *ioas, uint64_t iova, uint64_t len)
{
	int ret = iommufd_ioas_unmap(ioas, iova, len);

	if (ret < 0)
		IOMMUFD_LOG(ERR, "cannot unmap 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: %s",
			len, iova, ioas->id, strerror(-ret));
	else
		IOMMUFD_LOG(DEBUG, "IOAS %u: unmapped 0x%" PRIx64 "-0x%" PRIx64,
			ioas->id, iova, iova + len - 1);
}

/*
 * EAL is about to free memory. External memory has IOVAs of its own, which may have gaps; and what
 * could not be mapped must not be unmapped, as something else is there.
 */
static void
unmap_freed(struct iommufd_memory *memory, const void *addr, size_t len)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	const struct rte_memseg *ms;
	uint64_t iova = 0, run = 0;
	size_t done;

	for (done = 0; done < len; done += msl->page_sz) {
		ms = rte_mem_virt2memseg(RTE_PTR_ADD(addr, done), msl);
		if (run != 0 && ms->iova != iova + run) {
			unmap_range(memory->ioas, iova, run);
			run = 0;
		}
		if (ms->iova == RTE_BAD_IOVA || find_hole(memory, ms->addr_64) != NULL)
			continue;
		if (run == 0)
			iova = ms->iova;
		run += msl->page_sz;
	}
	if (run != 0)
		unmap_range(memory->ioas, iova, run);
	remove_holes(memory, (uintptr_t)addr, len);
}

static void
on_memory_event(enum rte_mem_event event, const void *addr, size_t len, void *memory)
{
	if (event == RTE_MEM_EVENT_ALLOC)
		map_added(memory, addr, len);
	else
		unmap_freed(memory, addr, len);
}

static int
follow_memory(struct iommufd_memory *memory)
{
	memory->is_fixed = false;
	if (rte_mem_event_callback_register(EVENT_CALLBACK_NAME, on_memory_event, memory) == 0)
		return 0;

	/* With --legacy-mem and --no-huge memory neither comes nor goes. */
	memory->is_fixed = rte_errno == ENOTSUP;
	if (memory->is_fixed)
		return 0;
	IOMMUFD_LOG(ERR, "cannot follow EAL's memory: %s", rte_strerror(rte_errno));
	return -rte_errno;
}

static int
unmap_run(struct run_walk *walk, const struct iommufd_run *run)
{
	unmap_range(walk->memory->ioas, run->iova, run->len);
	return 0;
}

/* The runs come in the same order again: the first of them are the ones that were mapped. */
static void
unmap_first_runs(struct iommufd_memory *memory, unsigned int n_runs)
{
	struct run_walk walk = { .memory = memory, .op = unmap_run, .limit = n_runs };

	if (n_runs != 0)
		walk_memory(&walk);
}

int
iommufd_memseg_map_all(struct iommufd_memory *memory, struct iommufd_ioas *ioas)
{
	struct run_walk walk = { .memory = memory, .op = map_run };
	int ret;

	memory->ioas = ioas;
	TAILQ_INIT(&memory->holes);

	rte_mcfg_mem_read_lock();
	ret = follow_memory(memory);
	if (ret < 0)
		goto unlock;
	ret = walk_memory(&walk);
	memory->mapped = ret == 0;
	if (ret < 0) {
		unmap_first_runs(memory, walk.n_done);
		rte_mem_event_callback_unregister(EVENT_CALLBACK_NAME, memory);
	}
unlock:
	rte_mcfg_mem_read_unlock();
	return ret;
}

void
iommufd_memseg_stop(struct iommufd_memory *memory)
{
	if (!memory->mapped)
		return;
	memory->mapped = false;
	/* After this no event can come, so the holes need no lock. */
	rte_mem_event_callback_unregister(EVENT_CALLBACK_NAME, memory);
	remove_holes(memory, 0, UINT64_MAX);
}

/** A walk for somebody else, who sees mappings. */
struct view {
	struct run_walk walk;
	iommufd_mappings_fn fn;
	void *arg;
};

static int
show_run(struct run_walk *walk, const struct iommufd_run *run)
{
	const struct view *view = container_of(walk, struct view, walk);
	const struct iommufd_mapping mapping = {
		.iova = run->iova,
		.len = run->len,
		.va = run->va,
		.backing = backing_of(run),
	};

	if (find_hole(walk->memory, run->va) != NULL)
		return 0;
	return view->fn(&mapping, view->arg);
}

int
iommufd_memseg_walk(struct iommufd_memory *memory, iommufd_mappings_fn fn, void *arg)
{
	struct view view = {
		.walk = { .memory = memory, .op = show_run },
		.fn = fn,
		.arg = arg,
	};
	int ret;

	/* Where it isn't, EAL's memory map may not be there either. */
	if (!memory->mapped)
		return 0;
	rte_mcfg_mem_read_lock();
	ret = walk_memory(&view.walk);
	rte_mcfg_mem_read_unlock();
	return ret;
}

bool
iommufd_memseg_is_mapped(const struct rte_memseg_list *msl, const struct rte_memseg *ms)
{
	/*
	 * External memory may come without IOVAs: then it isn't for devices. What was registered
	 * with EAL but belongs to no heap is mapped when its owner asks.
	 */
	return ms->iova != RTE_BAD_IOVA && (!msl->external || msl->heap);
}

/** The IOVA ranges of an IOAS, and the first segment found that lies outside. */
struct range_check {
	const struct iommufd_ranges *ranges;
	const struct rte_memseg *outside;
};

static int
check_memseg(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	struct range_check *check = arg;

	if (!iommufd_memseg_is_mapped(msl, ms) ||
			iommufd_ranges_hold(check->ranges, ms->iova, ms->len))
		return 0;
	check->outside = ms;
	return 1;
}

int
iommufd_memseg_check_ranges(const struct iommufd_ranges *ranges, const char *dev)
{
	struct range_check check = { .ranges = ranges };
	char text[IOMMUFD_RANGES_TEXT];

	if (rte_memseg_walk(check_memseg, &check) <= 0)
		return 0;

	iommufd_ranges_format(ranges, text, sizeof(text));
	IOMMUFD_LOG(ERR, "%s: its IOMMU takes only the addresses%s, but EAL has memory at 0x%"
		PRIx64 "-0x%" PRIx64 ": move it with --base-virtaddr (for instance "
		"--base-virtaddr=0x100000000)", dev, text, (uint64_t)check.outside->iova,
		(uint64_t)(check.outside->iova + check.outside->len - 1));
	return -ERANGE;
}
