/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_READER_H
#define ZIP_ACCEL_READER_H

/**
 * @file
 * A file in blocks: pieces of any file, or the members of a BGZF file.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "options.h"

struct reader {
	const char *name;
	int fd;
	bool members;		/**< Of BGZF. */
	bool ended;		/**< By BGZF's last member, which has nothing in it. */
	uint32_t block_size;
	struct rte_mempool *mbufs;
	uint64_t position;	/**< Bytes read. */
};

struct block {
	struct rte_mbuf *data;
	uint32_t room;		/**< For what becomes of it. */
	/* Of a member, what it says of its contents: */
	uint32_t crc;
	uint32_t size;
};

/** 0 or a negative errno, which has been logged. */
int reader_open(struct reader *reader, const struct options *options, struct rte_mempool *mbufs);
void reader_close(struct reader *reader);

/** The next block: 1; 0 at the end; or a negative errno, which has been logged. */
int reader_next(struct reader *reader, struct block *block);

#endif /* ZIP_ACCEL_READER_H */
