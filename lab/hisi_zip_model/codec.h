/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CODEC_H
#define CODEC_H

#include <stdint.h>

#include "sgl.h"

/*
 * Compression and decompression from one end of a request to the other, by zlib, piece by piece.
 * Each thread keeps its zlib streams and buffers: to set them up costs more than a small request.
 */

/* As in bits 7:0 of word 9 of the entry */
enum codec_format {
	CODEC_RAW = 1,
	CODEC_ZLIB = 2,		/* without its header, with its trailer (zip.h) */
	CODEC_GZIP = 3,		/* the same */
};

/*
 * The fastest: the hardware was made for speed, nothing compares how small its output is, and all
 * the lab's machines wait for one host's CPU.
 */
#define CODEC_LEVEL 1

struct codec_result {
	uint64_t consumed, produced;
	uint32_t checksum;	/* of the data not compressed: Adler-32 or CRC-32; raw: 0 */
};

/*
 * Read `length` bytes and write at most `room`; the result tells how far they came in any case.
 * Return 0, -ENOSPC (room, or the destination's list, is too small; what fits has been written),
 * -ENOMEM, -EIO (zlib failed otherwise), what sgl_read() and sgl_write() return, and decompression:
 *  -EBADMSG: not what deflate makes, or it ends too early.
 *  -EILSEQ: the trailer isn't that of the data, all of which has been written.
 */
int codec_compress(enum codec_format format, unsigned int window_bits, struct sgl *source,
		uint64_t length, struct sgl *destination, uint64_t room,
		struct codec_result *result);
int codec_decompress(enum codec_format format, struct sgl *source, uint64_t length,
		struct sgl *destination, uint64_t room, struct codec_result *result);

#endif
