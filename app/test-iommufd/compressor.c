/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "compressor.h"
#include "reach.h"

#define WINDOW 15 /* log2: what DEFLATE has at most */

static int
refuse(const struct compressor *compressor, const char *what, int error)
{
	fprintf(stderr, "zip: %s: %s: %s\n", compressor->name, what, rte_strerror(-error));
	return error;
}

int
compressor_find(const char *name)
{
	char full[RTE_DEV_NAME_MAX_LEN];
	int id = rte_compressdev_get_dev_id(name);

	if (id >= 0)
		return id;
	snprintf(full, sizeof(full), "iommufd:%s", name);
	return rte_compressdev_get_dev_id(full);
}

int
compressor_look(struct compressor *compressor, uint8_t id)
{
	const struct rte_compressdev_capabilities *deflate;
	struct rte_compressdev_info info = { 0 };

	*compressor = (struct compressor){ .id = id, .name = rte_compressdev_name_get(id) };
	rte_compressdev_info_get(id, &info);
	deflate = rte_compressdev_capability_get(id, RTE_COMP_ALGO_DEFLATE);
	if (deflate == NULL)
		return refuse(compressor, "it has no DEFLATE", -ENOTSUP);
	compressor->features = deflate->comp_feature_flags;
	compressor->shares_xforms = compressor->features & RTE_COMP_FF_SHAREABLE_PRIV_XFORM;
	/* 0: as many as there is memory for. */
	compressor->max_pairs = info.max_nb_queue_pairs == 0 ? UINT16_MAX : info.max_nb_queue_pairs;
	return 0;
}

static int
start(struct compressor *compressor, uint16_t n_pairs, uint16_t depth)
{
	struct rte_compressdev_config config = {
		.socket_id = rte_socket_id(),
		.nb_queue_pairs = n_pairs,
		.max_nb_priv_xforms = compressor->max_xforms,
	};
	uint16_t pair;
	int ret;

	ret = rte_compressdev_configure(compressor->id, &config);
	for (pair = 0; ret == 0 && pair < n_pairs; pair++)
		ret = rte_compressdev_queue_pair_setup(compressor->id, pair, depth,
			config.socket_id);
	if (ret == 0)
		ret = rte_compressdev_start(compressor->id);
	if (ret == 0)
		return 0;
	rte_compressdev_close(compressor->id);
	return refuse(compressor, "its queue pairs can't be started", ret);
}

int
compressor_open(struct compressor *compressor, uint16_t n_pairs, uint16_t depth,
		const struct ports *ports)
{
	int ret;

	compressor->n_pairs = n_pairs;
	compressor->max_xforms = XFORM_TYPES * (compressor->shares_xforms ? 1 : n_pairs * depth);
	compressor->xforms = rte_calloc("xforms", compressor->max_xforms, sizeof(void *), 0);
	if (compressor->xforms == NULL)
		return refuse(compressor, "xforms", -ENOMEM);
	ret = start(compressor, n_pairs, depth);
	if (ret != 0) {
		rte_free(compressor->xforms);
		return ret;
	}
	compressor->started = true;
	ret = ports == NULL ? 0 : reach_buffers_of_device(compressor->name, ports);
	if (ret != 0)
		compressor_close(compressor);
	return ret;
}

void
compressor_close(struct compressor *compressor)
{
	if (!compressor->started)
		return;
	while (compressor->n_xforms > 0)
		rte_compressdev_private_xform_free(compressor->id,
			compressor->xforms[--compressor->n_xforms]);
	rte_compressdev_stop(compressor->id);
	rte_compressdev_close(compressor->id);
	rte_free(compressor->xforms);
	compressor->started = false;
}

static void *
create_xform(struct compressor *compressor, enum rte_comp_xform_type type)
{
	struct rte_comp_xform wanted = { .type = type };
	void *xform;
	int ret;

	if (type == RTE_COMP_COMPRESS)
		wanted.compress = (struct rte_comp_compress_xform){
			.algo = RTE_COMP_ALGO_DEFLATE,
			.deflate.huffman = RTE_COMP_HUFFMAN_DEFAULT,
			.level = RTE_COMP_LEVEL_PMD_DEFAULT,
			.window_size = WINDOW,
		};
	else
		wanted.decompress = (struct rte_comp_decompress_xform){
			.algo = RTE_COMP_ALGO_DEFLATE,
			.window_size = WINDOW,
		};
	ret = rte_compressdev_private_xform_create(compressor->id, &wanted, &xform);
	if (ret == 0)
		return xform;
	refuse(compressor, type == RTE_COMP_COMPRESS ? "it can't be told to compress" :
		"it can't be told to decompress", ret);
	return NULL;
}

void *
compressor_xform(struct compressor *compressor, enum rte_comp_xform_type type)
{
	void *xform = compressor->shared[type];

	if (xform != NULL)
		return xform;
	xform = create_xform(compressor, type);
	if (xform == NULL)
		return NULL;
	compressor->xforms[compressor->n_xforms++] = xform;
	if (compressor->shares_xforms)
		compressor->shared[type] = xform;
	return xform;
}

bool
compressor_takes(const struct compressor *compressor, bool from_chain, bool to_chain)
{
	if (!from_chain && !to_chain)
		return true;
	return compressor->features & (!to_chain ? RTE_COMP_FF_OOP_SGL_IN_LB_OUT :
		from_chain ? RTE_COMP_FF_OOP_SGL_IN_SGL_OUT : RTE_COMP_FF_OOP_LB_IN_SGL_OUT);
}

static int
look_at_all(struct compressors *compressors, const char *device)
{
	uint8_t ids[RTE_COMPRESS_MAX_DEVS], i, n;
	int ret;

	/* All drivers' names begin so. */
	n = rte_compressdev_devices_get("", ids, RTE_DIM(ids));
	for (i = 0; i < n; i++) {
		if (device != NULL && compressor_find(device) != ids[i])
			continue;
		ret = compressor_look(&compressors->table[compressors->n], ids[i]);
		if (ret != 0)
			return ret;
		compressors->n++;
	}
	if (compressors->n > 0)
		return 0;
	if (device != NULL)
		fprintf(stderr, "--accelerator=%s: there is no such compressdev\n", device);
	else
		fprintf(stderr, "zip: no compressdev: give EAL one (-a iommufd:0000:03:00.0, -a "
			"iommufd:hisi_zip-0,as=sva, or software: --vdev compress_zlib)\n");
	return -ENODEV;
}

/* First a queue pair of each device, then a second one, ... */
static int
share_out(struct compressors *compressors, unsigned int n_streams)
{
	unsigned int i, total = 0, left = n_streams;
	struct compressor *compressor;

	for (i = 0; i < compressors->n; i++)
		total += compressors->table[i].max_pairs;
	if (total < n_streams) {
		fprintf(stderr, "zip: %u streams want a queue pair each, there are %u: start fewer "
			"(--rxq, ports) or give EAL more\n", n_streams, total);
		return -ENOSPC;
	}
	for (i = 0; left > 0; i = (i + 1) % compressors->n) {
		compressor = &compressors->table[i];
		if (compressor->n_pairs < compressor->max_pairs) {
			compressor->n_pairs++;
			left--;
		}
	}
	return 0;
}

struct compressors *
compressors_open(const char *device, unsigned int n_streams, uint16_t depth,
		const struct ports *ports)
{
	struct compressors *compressors = rte_zmalloc("compressors", sizeof(*compressors), 0);
	unsigned int i;
	int ret;

	if (compressors == NULL)
		return NULL;
	ret = look_at_all(compressors, device);
	if (ret == 0)
		ret = share_out(compressors, n_streams);
	for (i = 0; ret == 0 && i < compressors->n; i++)
		if (compressors->table[i].n_pairs > 0)
			ret = compressor_open(&compressors->table[i],
				compressors->table[i].n_pairs, depth, ports);
	if (ret == 0)
		return compressors;
	compressors_close(compressors);
	rte_errno = -ret;
	return NULL;
}

void
compressors_close(struct compressors *compressors)
{
	unsigned int i;

	for (i = compressors->n; i-- > 0; )
		compressor_close(&compressors->table[i]);
	rte_free(compressors);
}

struct compressor *
compressors_of_stream(struct compressors *compressors, unsigned int stream, uint16_t *pair)
{
	struct compressor *compressor;
	unsigned int i;

	for (*pair = 0; ; ++*pair) {
		for (i = 0; i < compressors->n; i++) {
			compressor = &compressors->table[i];
			if (*pair < compressor->n_pairs && stream-- == 0)
				return compressor;
		}
	}
}
