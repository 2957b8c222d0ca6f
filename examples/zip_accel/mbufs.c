/* SPDX-License-Identifier: BSD-3-Clause */

#include "mbufs.h"

static struct rte_mbuf *
take_one(struct rte_mempool *pool, uint32_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	if (mbuf == NULL)
		return NULL;
	mbuf->data_off = 0;
	mbuf->data_len = RTE_MIN(length, mbuf->buf_len);
	mbuf->pkt_len = mbuf->data_len;
	return mbuf;
}

struct rte_mbuf *
mbufs_take(struct rte_mempool *pool, uint32_t length)
{
	struct rte_mbuf *chain = take_one(pool, length), *more;

	while (chain != NULL && chain->pkt_len < length) {
		more = take_one(pool, length - chain->pkt_len);
		if (more == NULL || rte_pktmbuf_chain(chain, more) < 0) {
			rte_pktmbuf_free(more);
			rte_pktmbuf_free(chain);
			return NULL;
		}
	}
	return chain;
}
