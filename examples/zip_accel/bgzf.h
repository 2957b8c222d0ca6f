/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_BGZF_H
#define ZIP_ACCEL_BGZF_H

/**
 * @file
 * BGZF: gzip (RFC 1952) in members whose headers tell how long they are, so that each can be found
 * and decompressed alone. Any gunzip reads it. At its end is a member of nothing.
 */

#include <stddef.h>
#include <stdint.h>

#define BGZF_MAX_INPUT 65280	/* bytes: compressed they fit into a member for sure */
#define BGZF_MAX_MEMBER 65536
#define BGZF_MAX_OUTPUT 65536	/* others put so many into a member */
#define BGZF_HEADER 18
#define BGZF_TRAILER 8
#define BGZF_STORED 5		/* what a stored block has in front of the data */

/* Of a header whose extra field isn't known to be BGZF's: */
#define GZIP_FIXED 12		/* bytes up to the extra field, whose length they end with */

extern const uint8_t bgzf_end[28];

/** The header of a member with so many bytes of DEFLATE data. */
void bgzf_put_header(uint8_t header[BGZF_HEADER], size_t length);

/** The trailer of a member. */
void bgzf_put_trailer(uint8_t trailer[BGZF_TRAILER], uint32_t crc, uint32_t size);
void bgzf_get_trailer(const uint8_t trailer[BGZF_TRAILER], uint32_t *crc, uint32_t *size);

/** In front of data, up to 65535 bytes, that is stored as it is in a DEFLATE stream of its own. */
void bgzf_put_stored(uint8_t header[BGZF_STORED], uint16_t length);

/** How long the extra field is; -EINVAL: it isn't gzip, -ENOMSG: it is, but without one. */
int bgzf_extra_length(const uint8_t fixed[GZIP_FIXED]);

/**
 * How much DEFLATE data follows the extra field.
 *
 * @return
 *   Bytes; -ENOMSG: it isn't BGZF's, -EBADMSG: that can't be.
 */
int bgzf_data_length(const uint8_t *extra, size_t length);

#endif /* ZIP_ACCEL_BGZF_H */
