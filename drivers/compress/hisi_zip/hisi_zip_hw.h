/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef HISI_ZIP_HW_H
#define HISI_ZIP_HW_H

/**
 * @file
 * What the HiSilicon ZIP reads and writes, hardware version 3 and later. All fields are
 * little-endian, and so is every machine that has one.
 */

#include <assert.h>
#include <stdint.h>

/** The type of a hardware queue: its requests are all of one direction. */
enum hisi_zip_direction {
	HISI_ZIP_COMPRESS = 0,
	HISI_ZIP_DECOMPRESS = 1,
	HISI_ZIP_DIRECTIONS,
};

/** The longest input; of the room for output no more than this is used. */
#define HISI_ZIP_MAX_LENGTH (UINT32_C(8) << 20)

/** An entry of a submission queue, into which the device also puts the results. */
struct hisi_zip_sqe {
	uint32_t consumed;
	uint32_t produced;
	uint32_t compressed_length;
	uint32_t status;		/**< 7:0 */
	uint32_t input_length;
	uint32_t reserved5[2];
	uint32_t mode;			/**< 31:28 HISI_ZIP_SQE_TYPE */
	uint32_t reserved8;
	uint32_t kind;			/**< 7:0 format, 11:8 buffers, 15:12 window */
	uint32_t reserved10[4];
	uint32_t room;
	uint32_t reserved15[3];
	uint64_t source;
	uint64_t destination;
	uint32_t reserved22[9];
	uint32_t checksum;		/**< Not of raw DEFLATE. */
};
static_assert(sizeof(struct hisi_zip_sqe) == 128, "the hardware's layout");

#define HISI_ZIP_SQE_SHIFT 7
#define HISI_ZIP_SQE_TYPE (UINT32_C(3) << 28)
#define HISI_ZIP_SQE_STATUS(status) ((status) & 0xff)
/** What follows a DEFLATE stream, which the hardware writes and checks: 7:0 of "kind". */
enum hisi_zip_format {
	HISI_ZIP_FORMAT_RAW = 1,	/**< Nothing. */
	HISI_ZIP_FORMAT_ZLIB = 2,	/**< The trailer of RFC 1950. */
	HISI_ZIP_FORMAT_GZIP = 3,	/**< The trailer of RFC 1952. */
};

/** Both addresses are those of scatter-gather lists; else of flat buffers. */
#define HISI_ZIP_KIND_LISTS (UINT32_C(1) << 8)
/** 0 to 4 for 4, 8, 16, 24 and 32 KiB. */
#define HISI_ZIP_KIND_WINDOW(window) ((uint32_t)(window) << 12)

/** The format in an entry's "kind". */
static inline enum hisi_zip_format
hisi_zip_format(uint32_t kind)
{
	return (enum hisi_zip_format)(kind & 0xff);
}

/**
 * Adler-32 or CRC-32 of what isn't compressed, from an entry's word. Of the CRC the hardware shows
 * the register before its last step, with its bits the other way round.
 */
static inline uint32_t
hisi_zip_checksum(enum hisi_zip_format format, uint32_t word)
{
	if (format != HISI_ZIP_FORMAT_GZIP)
		return word;
	word = __builtin_bswap32(~word);
	word = (word >> 4 & 0x0f0f0f0f) | (word & 0x0f0f0f0f) << 4;
	word = (word >> 2 & 0x33333333) | (word & 0x33333333) << 2;
	return (word >> 1 & 0x55555555) | (word & 0x55555555) << 1;
}

/** What is known of an entry's status; every other one is an error. */
enum hisi_zip_status {
	HISI_ZIP_STATUS_SUCCESS = 0x00,
	HISI_ZIP_STATUS_LONGER = 0x0d,	/**< Success: compressing made it longer. */
	HISI_ZIP_STATUS_NO_ROOM = 0x0e,
};

#define HISI_ZIP_CQE_SHIFT 4

/** How many entries a block of ours has; the hardware takes up to 255. */
#define HISI_ZIP_SGL_ENTRIES 16
#define HISI_ZIP_SGL_ALIGNMENT 64

struct hisi_zip_sge {
	uint64_t address;
	uint64_t reserved;
	uint32_t length;
	uint32_t reserved5[3];
};
static_assert(sizeof(struct hisi_zip_sge) == 32, "the hardware's layout");

/** A block of a scatter-gather list. */
struct hisi_zip_sgl_block {
	uint64_t next;			/**< Address of the next block; 0: this is the last one. */
	uint16_t entries_in_list;
	uint16_t entries_used;
	uint16_t entries_room;
	uint16_t reserved[25];
	struct hisi_zip_sge entries[HISI_ZIP_SGL_ENTRIES];
};
static_assert(sizeof(struct hisi_zip_sgl_block) ==
	64 + HISI_ZIP_SGL_ENTRIES * sizeof(struct hisi_zip_sge), "the hardware's layout");
static_assert(sizeof(struct hisi_zip_sgl_block) % HISI_ZIP_SGL_ALIGNMENT == 0,
	"blocks that follow one another are aligned");

#endif /* HISI_ZIP_HW_H */
