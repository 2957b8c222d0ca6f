/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_MBUFS_H
#define ZIP_ACCEL_MBUFS_H

#include <stdint.h>

#include <rte_mbuf.h>

/** An mbuf with room for so many bytes, or a chain where one hasn't; without headroom. */
struct rte_mbuf *mbufs_take(struct rte_mempool *pool, uint32_t length);

#endif /* ZIP_ACCEL_MBUFS_H */
