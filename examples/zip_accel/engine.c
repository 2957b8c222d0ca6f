/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>

#include <rte_bus_iommufd.h>
#include <rte_compressdev.h>
#include <rte_errno.h>
#include <rte_iommufd.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "engine.h"
#include "flow.h"
#include "log.h"

#define PAGE UINT64_C(4096)
#define WINDOW 15	/* log2: what DEFLATE has at most */

/* Operations under way in a flow: many, where they need nothing but their place in a ring */
#define DEPTH 256
#define DEPTH_WITH_XFORMS 64

static bool
shares_xforms(const struct engine *engine)
{
	return engine->features & RTE_COMP_FF_SHAREABLE_PRIV_XFORM;
}

static int
find_device(struct engine *engine, const char *name)
{
	int id = 0;

	if (name != NULL)
		id = rte_compressdev_get_dev_id(name);
	if (id < 0 || rte_compressdev_name_get(id) == NULL || rte_compressdev_count() == 0) {
		LOG(ERR, "there is no compression device%s%s: EAL takes an accelerator as "
			"-a iommufd:0000:03:00.0 or -a iommufd:hisi_zip-0,as=sva, and software as "
			"--vdev compress_zlib", name != NULL ? " " : "", name != NULL ? name : "");
		return -ENODEV;
	}
	engine->id = id;
	engine->name = rte_compressdev_name_get(id);
	return 0;
}

/* What this application can't do without. */
static int
check_capabilities(struct engine *engine, uint16_t n_pairs)
{
	const struct rte_compressdev_capabilities *deflate;
	struct rte_compressdev_info info;

	rte_compressdev_info_get(engine->id, &info);
	deflate = rte_compressdev_capability_get(engine->id, RTE_COMP_ALGO_DEFLATE);
	if (deflate == NULL) {
		LOG(ERR, "%s: it has no DEFLATE", engine->name);
		return -ENOTSUP;
	}
	if (deflate->window_size.max < WINDOW) {
		LOG(ERR, "%s: its window is of 2^%u bytes: it can't decompress what others have "
			"compressed with 2^%u", engine->name, deflate->window_size.max, WINDOW);
		return -ENOTSUP;
	}
	if (!(deflate->comp_feature_flags &
			(RTE_COMP_FF_HUFFMAN_DYNAMIC | RTE_COMP_FF_HUFFMAN_FIXED))) {
		LOG(ERR, "%s: it has no Huffman codes, so it compresses nothing", engine->name);
		return -ENOTSUP;
	}
	if (info.max_nb_queue_pairs != 0 && n_pairs > info.max_nb_queue_pairs) {
		LOG(ERR, "%s: %u queue pairs are wanted (--queues for each lcore), it has %u",
			engine->name, n_pairs, info.max_nb_queue_pairs);
		return -ENOSPC;
	}
	engine->features = deflate->comp_feature_flags;
	engine->depth = shares_xforms(engine) ? DEPTH : DEPTH_WITH_XFORMS;
	return 0;
}

static unsigned int
count_xforms(const struct engine *engine, unsigned int n_flows)
{
	return shares_xforms(engine) ? XFORM_TYPES : n_flows * engine->depth;
}

static int
configure(struct engine *engine, unsigned int n_flows)
{
	struct rte_compressdev_config config = {
		.socket_id = rte_socket_id(),
		.nb_queue_pairs = engine->n_pairs,
		.max_nb_priv_xforms = count_xforms(engine, n_flows),
	};
	uint16_t i;
	int ret;

	ret = rte_compressdev_configure(engine->id, &config);
	for (i = 0; ret == 0 && i < engine->n_pairs; i++)
		/* Two flows, one each way, may both use the same one */
		ret = rte_compressdev_queue_pair_setup(engine->id, i, 2 * engine->depth,
			config.socket_id);
	if (ret == 0)
		ret = rte_compressdev_start(engine->id);
	engine->started = ret == 0;
	if (ret < 0) {
		LOG(ERR, "%s: %u queue pairs can't be set up: %s", engine->name, engine->n_pairs,
			rte_strerror(-ret));
		rte_compressdev_close(engine->id);
	}
	return ret;
}

static int
take_memory(struct engine *engine, unsigned int n_flows)
{
	const unsigned int n_ops = n_flows * engine->depth;

	engine->ops = rte_comp_op_pool_create("zip_accel ops", n_ops, 0, sizeof(struct job *),
		rte_socket_id());
	engine->xforms = rte_calloc("xforms", count_xforms(engine, n_flows),
		sizeof(engine->xforms[0]), 0);
	if (engine->ops != NULL && engine->xforms != NULL)
		return 0;
	LOG(ERR, "no memory for %u operations: %s", n_ops, rte_strerror(rte_errno));
	return -ENOMEM;
}

int
engine_open(struct engine *engine, const struct options *options, uint16_t n_pairs,
		unsigned int n_flows)
{
	int ret;

	*engine = (struct engine){ .level = options->level, .n_pairs = n_pairs };
	ret = find_device(engine, options->device);
	if (ret == 0)
		ret = check_capabilities(engine, n_pairs);
	if (ret == 0)
		ret = take_memory(engine, n_flows);
	if (ret == 0)
		ret = configure(engine, n_flows);
	if (ret < 0)
		engine_close(engine);
	return ret;
}

void
engine_stop(struct engine *engine)
{
	if (!engine->started)
		return;
	while (engine->n_xforms > 0)
		rte_compressdev_private_xform_free(engine->id,
			engine->xforms[--engine->n_xforms]);
	rte_compressdev_stop(engine->id);
	rte_compressdev_close(engine->id);
	engine->started = false;
}

void
engine_close(struct engine *engine)
{
	engine_stop(engine);
	rte_free(engine->xforms);
	rte_mempool_free(engine->ops);
}

/* The pages of a pool that an address space gets. */
struct sharing {
	const char *device;
	uint16_t queue;
	struct rte_iommufd_as *as;
	uint64_t done;	/* up to which address, as pieces of memory may share a page */
	int ret;
};

static void
share_memory(struct rte_mempool *pool __rte_unused, void *opaque, struct rte_mempool_memhdr *memory,
		unsigned int index __rte_unused)
{
	struct sharing *sharing = opaque;
	uint64_t begin = RTE_ALIGN_FLOOR(memory->iova, PAGE);
	const uint64_t end = RTE_ALIGN_CEIL(memory->iova + memory->len, PAGE);

	if (begin < sharing->done && sharing->done <= begin + PAGE)
		begin = sharing->done;
	if (sharing->ret < 0 || begin == end)
		return;
	sharing->ret = rte_iommufd_as_copy(sharing->as, begin, rte_iommufd_as_shared(), begin,
		end - begin, 0);
	sharing->done = end;
	if (sharing->ret < 0)
		LOG(ERR, "%s: queue %u: mbufs can't be put into its address space: %s",
			sharing->device, sharing->queue, rte_strerror(-sharing->ret));
}

/* Which address spaces the queues have; those that are their own get the pool's memory. */
static int
share_with_queues(struct engine *engine, struct rte_mempool *pool)
{
	struct sharing sharing = { .device = engine->name };

	for (;; sharing.queue++) {
		sharing.as = rte_bus_iommufd_queue_as(engine->name, sharing.queue);
		if (sharing.as == NULL)
			break;
		engine->as = sharing.as == rte_iommufd_as_shared() ? AS_SHARED : AS_PRIVATE;
		sharing.done = 0;
		if (engine->as == AS_PRIVATE)
			rte_mempool_mem_iter(pool, share_memory, &sharing);
		if (sharing.ret < 0)
			return sharing.ret;
	}
	if (rte_errno == ENOTSUP)
		engine->as = AS_SVA;
	return 0;
}

int
engine_share(struct engine *engine, struct rte_mempool *pool, const struct options *options)
{
	int ret;

	ret = share_with_queues(engine, pool);
	if (ret < 0)
		return ret;
	if (options->as != AS_ANY && options->as != engine->as) {
		LOG(ERR, "%s: --as %s is wanted, %s%s: EAL takes it as -a %s,as=%s", engine->name,
			as_names[options->as], engine->as == AS_ANY ?
			"this device isn't on the bus iommufd" : "its queues are as=",
			engine->as == AS_ANY ? "" : as_names[engine->as],
			options->as == AS_SVA ? "iommufd:hisi_zip-0" : "iommufd:0000:03:00.0",
			as_names[options->as]);
		return -EINVAL;
	}
	return 0;
}

bool
engine_takes_chains(const struct engine *engine)
{
	const uint64_t needed = RTE_COMP_FF_OOP_SGL_IN_LB_OUT | RTE_COMP_FF_OOP_LB_IN_SGL_OUT;

	return (engine->features & needed) == needed;
}

static void *
create_xform(struct engine *engine, enum rte_comp_xform_type type)
{
	const enum rte_comp_checksum_type checksum = engine_has_crc(engine) ?
		RTE_COMP_CHECKSUM_CRC32 : RTE_COMP_CHECKSUM_NONE;
	struct rte_comp_xform wanted = { .type = type };
	void *xform;
	int ret;

	if (type == RTE_COMP_COMPRESS)
		wanted.compress = (struct rte_comp_compress_xform){
			.algo = RTE_COMP_ALGO_DEFLATE,
			.deflate.huffman = RTE_COMP_HUFFMAN_DEFAULT,
			.level = engine->level,
			.window_size = WINDOW,
			.chksum = checksum,
		};
	else
		wanted.decompress = (struct rte_comp_decompress_xform){
			.algo = RTE_COMP_ALGO_DEFLATE,
			.window_size = WINDOW,
			.chksum = checksum,
		};
	ret = rte_compressdev_private_xform_create(engine->id, &wanted, &xform);
	if (ret == 0)
		return xform;
	LOG(ERR, "%s: it can't be told to %s: %s", engine->name,
		type == RTE_COMP_COMPRESS ? "compress" : "decompress", rte_strerror(-ret));
	return NULL;
}

void *
engine_xform(struct engine *engine, enum rte_comp_xform_type type)
{
	const bool shared = shares_xforms(engine);
	void *xform = shared ? engine->shared_xforms[type] : NULL;

	if (xform != NULL)
		return xform;
	xform = create_xform(engine, type);
	if (xform == NULL)
		return NULL;
	engine->xforms[engine->n_xforms++] = xform;
	if (shared)
		engine->shared_xforms[type] = xform;
	return xform;
}
