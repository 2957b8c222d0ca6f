/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>

#include "bgzf.h"

enum { ID1 = 0x1f, ID2 = 0x8b, DEFLATE = 8, FLAG_EXTRA = 4, UNKNOWN_SYSTEM = 255 };

static void
put16(uint8_t *to, uint32_t value)
{
	to[0] = value & 0xff;
	to[1] = value >> 8 & 0xff;
}

static uint32_t
get16(const uint8_t *from)
{
	return from[0] | from[1] << 8;
}

static uint32_t
get32(const uint8_t *from)
{
	return get16(from) | get16(from + 2) << 16;
}

const uint8_t bgzf_end[28] = {
	ID1, ID2, DEFLATE, FLAG_EXTRA, 0, 0, 0, 0, 0, UNKNOWN_SYSTEM, 6, 0,
	'B', 'C', 2, 0, sizeof(bgzf_end) - 1, 0,
	/* A block of nothing, by fixed codes; its CRC and size */
	3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

void
bgzf_put_header(uint8_t header[BGZF_HEADER], size_t length)
{
	memcpy(header, bgzf_end, BGZF_HEADER);
	put16(header + 16, BGZF_HEADER + length + BGZF_TRAILER - 1);
}

void
bgzf_put_trailer(uint8_t trailer[BGZF_TRAILER], uint32_t crc, uint32_t size)
{
	put16(trailer, crc);
	put16(trailer + 2, crc >> 16);
	put16(trailer + 4, size);
	put16(trailer + 6, size >> 16);
}

void
bgzf_get_trailer(const uint8_t trailer[BGZF_TRAILER], uint32_t *crc, uint32_t *size)
{
	*crc = get32(trailer);
	*size = get32(trailer + 4);
}

void
bgzf_put_stored(uint8_t header[BGZF_STORED], uint16_t length)
{
	header[0] = 1;	/* the last block, stored */
	put16(header + 1, length);
	put16(header + 3, ~(uint32_t)length);
}

int
bgzf_extra_length(const uint8_t fixed[GZIP_FIXED])
{
	if (fixed[0] != ID1 || fixed[1] != ID2 || fixed[2] != DEFLATE)
		return -EINVAL;
	/* BGZF has no name, comment or header checksum */
	if (fixed[3] != FLAG_EXTRA)
		return -ENOMSG;
	return get16(fixed + 10);
}

int
bgzf_data_length(const uint8_t *extra, size_t length)
{
	size_t at, field;
	int data;

	for (at = 0; at + 4 <= length; at += field) {
		field = 4 + get16(extra + at + 2);
		if (at + field > length)
			return -EBADMSG;
		if (extra[at] != 'B' || extra[at + 1] != 'C' || field != 6)
			continue;
		data = (int)get16(extra + at + 4) + 1 - GZIP_FIXED - (int)length - BGZF_TRAILER;
		return data > 0 ? data : -EBADMSG;
	}
	return -ENOMSG;
}
