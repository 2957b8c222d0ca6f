/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_REQUEST_H
#define ZIP_REQUEST_H

/**
 * @file
 * What a HiSilicon ZIP takes as a request: an entry of 128 bytes.
 */

#include <stdbool.h>
#include <stdint.h>

/** The type of a queue, which says what its requests ask for. */
enum zip_queue_type {
	ZIP_COMPRESS = 0,
	ZIP_DECOMPRESS = 1,
};

/**
 * What compressed data is wrapped in: the header is left to the program, the trailer to the device.
 */
enum zip_format {
	ZIP_DEFLATE = 1,
	ZIP_ZLIB = 2,
	ZIP_GZIP = 3,
};

struct zip_request {
	uint32_t consumed;	/**< bytes; the device's answer, as produced and status */
	uint32_t produced;
	uint32_t reserved2;
	uint32_t status;	/**< bits 7:0 */
	uint32_t source_bytes;
	uint32_t reserved5[2];
	uint32_t kind;		/**< bits 31:28: 3 */
	uint32_t reserved8;
	uint32_t format;	/**< bits 7:0; the others 0: flat buffers */
	uint32_t reserved10[4];
	uint32_t destination_bytes;
	uint32_t reserved15[3];
	uint64_t source;
	uint64_t destination;
	uint32_t reserved22[10];
};

_Static_assert(sizeof(struct zip_request) == 128, "a request has 128 bytes");

/** A request to copy ("udma"), which a ZIP of version 5 takes. */
struct zip_copy {
	uint32_t kind;		/**< ZIP_COPY */
	uint32_t reserved1[4];
	uint32_t bytes;
	uint32_t reserved6;
	uint32_t flags;
	uint64_t pattern;	/**< of a fill */
	uint32_t reserved10[12];
	uint64_t destination;
	uint32_t reserved24[2];
	uint64_t source;
	uint32_t result;	/**< the device's answer: ZIP_COPY_DONE, or what went wrong */
	uint32_t reserved29[3];
};

_Static_assert(sizeof(struct zip_copy) == 128, "a request has 128 bytes");

#define ZIP_COPY_TYPE 2		/**< of a queue */
#define ZIP_COPY (1 | 3 << 8)
#define ZIP_COPY_PREFETCH 0x8000
#define ZIP_COPY_MAX_BYTES ((1u << 24) - 1)
#define ZIP_COPY_DONE 1

#define ZIP_KIND (3u << 28)
#define ZIP_STATUS(request) ((request)->status & 0xff)

#define ZIP_SUCCESS 0
#define ZIP_LONGER 0x0d		/**< success, but what was compressed became longer */

static inline bool
zip_is_success(const struct zip_request *request)
{
	return ZIP_STATUS(request) == ZIP_SUCCESS || ZIP_STATUS(request) == ZIP_LONGER;
}

#endif /* ZIP_REQUEST_H */
