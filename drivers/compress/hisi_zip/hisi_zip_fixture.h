/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISI_ZIP_FIXTURE_H
#define HISI_ZIP_FIXTURE_H

/**
 * @file
 * For unit tests, which run where EAL doesn't start: memory, chains of mbufs, and a type of log.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#define FIXTURE_SEGMENT 1024

/** Which the driver registers. */
int hisi_zip_logtype;

/** Those of the process instead of EAL's. */
void *
rte_zmalloc_socket(const char *type __rte_unused, size_t size, unsigned int align,
		int socket __rte_unused)
{
	void *memory = aligned_alloc(RTE_MAX(align, 64u), RTE_ALIGN_CEIL(size,
			RTE_MAX(align, 64u)));

	return memory == NULL ? NULL : memset(memory, 0, size);
}

void
rte_free(void *memory)
{
	free(memory);
}

static inline struct rte_mbuf *
fixture_segment(void)
{
	struct rte_mbuf *segment;

	segment = rte_zmalloc_socket("", sizeof(*segment) + FIXTURE_SEGMENT, 64, 0);
	assert_non_null(segment);
	segment->buf_addr = segment + 1;
	segment->buf_len = FIXTURE_SEGMENT;
	segment->nb_segs = 1;
	segment->data_len = FIXTURE_SEGMENT;
	segment->pkt_len = FIXTURE_SEGMENT;
	rte_mbuf_iova_set(segment, (uintptr_t)segment->buf_addr);
	return segment;
}

/** A chain of so many segments, each full. */
static inline struct rte_mbuf *
fixture_chain(unsigned int segments)
{
	struct rte_mbuf *chain = fixture_segment();

	while (--segments > 0)
		assert_int_equal(rte_pktmbuf_chain(chain, fixture_segment()), 0);
	return chain;
}

static inline void
fixture_free(struct rte_mbuf *chain)
{
	struct rte_mbuf *next;

	for (; chain != NULL; chain = next) {
		next = chain->next;
		rte_free(chain);
	}
}

#endif /* HISI_ZIP_FIXTURE_H */
