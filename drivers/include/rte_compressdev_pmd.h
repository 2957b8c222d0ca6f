/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef RTE_COMPRESSDEV_PMD_H
#define RTE_COMPRESSDEV_PMD_H

/**
 * @file
 * What a driver of a compression device is to rte_compressdev, for installations of DPDK without
 * driver headers; see dev_driver.h, also for the ABI versions (25 and 26).
 */

#include <stddef.h>
#include <stdint.h>

#include <dev_driver.h>
#include <rte_comp.h>
#include <rte_compressdev.h>

#ifndef RTE_COMPRESSDEV_NAME_MAX_LEN
#define RTE_COMPRESSDEV_NAME_MAX_LEN 64
#endif

struct rte_compressdev;

/** How many of the operations were taken, or given back. */
typedef uint16_t (*compressdev_dequeue_pkt_burst_t)(void *qp, struct rte_comp_op **ops,
		uint16_t nb_ops);
typedef uint16_t (*compressdev_enqueue_pkt_burst_t)(void *qp, struct rte_comp_op **ops,
		uint16_t nb_ops);

/** Shared between processes: no pointers to functions. */
struct __rte_cache_aligned rte_compressdev_data {
	uint8_t dev_id;
	int socket_id;
	char name[RTE_COMPRESSDEV_NAME_MAX_LEN];
	__extension__ uint8_t dev_started : 1;
	void **queue_pairs;
	uint16_t nb_queue_pairs;
	void *dev_private;
};

struct __rte_cache_aligned rte_compressdev {
	compressdev_dequeue_pkt_burst_t dequeue_burst;
	compressdev_enqueue_pkt_burst_t enqueue_burst;
	struct rte_compressdev_data *data;
	struct rte_compressdev_ops *dev_ops;
	uint64_t feature_flags;
	struct rte_device *device;
	__extension__ uint8_t attached : 1;
};

typedef int (*compressdev_configure_t)(struct rte_compressdev *dev,
		struct rte_compressdev_config *config);
typedef int (*compressdev_start_t)(struct rte_compressdev *dev);
typedef void (*compressdev_stop_t)(struct rte_compressdev *dev);
typedef int (*compressdev_close_t)(struct rte_compressdev *dev);
typedef void (*compressdev_stats_get_t)(struct rte_compressdev *dev,
		struct rte_compressdev_stats *stats);
typedef void (*compressdev_stats_reset_t)(struct rte_compressdev *dev);
typedef void (*compressdev_info_get_t)(struct rte_compressdev *dev,
		struct rte_compressdev_info *info);
typedef int (*compressdev_queue_pair_setup_t)(struct rte_compressdev *dev, uint16_t qp_id,
		uint32_t max_inflight_ops, int socket_id);
typedef int (*compressdev_queue_pair_release_t)(struct rte_compressdev *dev, uint16_t qp_id);
typedef int (*compressdev_stream_create_t)(struct rte_compressdev *dev,
		const struct rte_comp_xform *xform, void **stream);
typedef int (*compressdev_stream_free_t)(struct rte_compressdev *dev, void *stream);
typedef int (*compressdev_private_xform_create_t)(struct rte_compressdev *dev,
		const struct rte_comp_xform *xform, void **private_xform);
typedef int (*compressdev_private_xform_free_t)(struct rte_compressdev *dev, void *private_xform);

struct rte_compressdev_ops {
	compressdev_configure_t dev_configure;
	compressdev_start_t dev_start;
	compressdev_stop_t dev_stop;
	compressdev_close_t dev_close;
	compressdev_info_get_t dev_infos_get;
	compressdev_stats_get_t stats_get;
	compressdev_stats_reset_t stats_reset;
	compressdev_queue_pair_setup_t queue_pair_setup;
	compressdev_queue_pair_release_t queue_pair_release;
	compressdev_stream_create_t stream_create;
	compressdev_stream_free_t stream_free;
	compressdev_private_xform_create_t private_xform_create;
	compressdev_private_xform_free_t private_xform_free;
};

struct rte_compressdev_pmd_init_params {
	char name[RTE_COMPRESSDEV_NAME_MAX_LEN];
	int socket_id;
};

/** NULL: there is none. */
struct rte_compressdev *rte_compressdev_pmd_get_named_dev(const char *name);

/** Makes a device with private data of its own; NULL where there is no room. */
struct rte_compressdev *rte_compressdev_pmd_create(const char *name, struct rte_device *device,
		size_t private_data_size, struct rte_compressdev_pmd_init_params *params);

/** Closes it and gives its memory back. 0 or a negative errno. */
int rte_compressdev_pmd_destroy(struct rte_compressdev *dev);

#endif /* RTE_COMPRESSDEV_PMD_H */
