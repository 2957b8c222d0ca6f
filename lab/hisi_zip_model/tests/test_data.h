/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_DATA_H
#define TEST_DATA_H

#include <stddef.h>
#include <stdint.h>

/* Data to compress, and zlib to compare with. */

/* The same bytes for the same seed */
void random_bytes(uint8_t *bytes, size_t length, uint32_t seed);
/* Words, some of them again and again */
void text_bytes(uint8_t *bytes, size_t length, uint32_t seed);

/* As the hardware has it: without the header that a format has (engine_guest.h has the formats). */
size_t cpu_compress(unsigned int format, int level, const uint8_t *data, size_t length,
		uint8_t *compressed, size_t room);
/* Returns the length, or -1 when zlib doesn't take all of it for that format and window. */
long cpu_decompress(unsigned int format, unsigned int window_bits, const uint8_t *compressed,
		size_t length, uint8_t *data, size_t room);

#endif
