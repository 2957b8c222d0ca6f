/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ZIP_H
#define ZIP_H

#include "engine.h"

/*
 * The compression engine: submission queue entries of type 3 in block (stateless) mode.
 *
 * In the formats zlib and gzip, what is compressed or decompressed is the deflate stream and the
 * trailer: the hardware neither writes nor reads the header. UADK puts one before the hardware's
 * output itself and passes over 2 or 10 bytes before decompression, by the address or by the offset
 * into the scatter-gather list (drv/hisi_comp.c), as Linux did while it had these formats (until
 * 6.16).
 */

/* The longest input; UADK refuses more, and clips the output's room to the same. */
#define ZIP_MAX_LENGTH (8u << 20)

/*
 * Bits 7:0 of word 3. What is known of the hardware's numbers:
 *
 *  0x00, 0x0d, 0x13  accepted by UADK; Linux accepts the first two (zip_crypto.c)
 *  0x0d              "negative compression": complete, but longer than what went in
 *  0x0e              room for the output insufficient: an error for both (UADK's ERR_DSTLEN_OUT)
 *  0x0f, 0x12        data integrity fields, which are not modelled
 *  0x10              checksum of the data wrong (UADK's HZ_CRC_ERR)
 *  0x13              end of a stream, in stateful mode only: Linux takes it for a failure
 *
 * For other failures both look only at the status not being one of these.
 */
enum zip_status {
	ZIP_OK = 0,
	ZIP_BAD_DATA = 0x01,		/* our own number: not deflate, or it ends too early */
	ZIP_BAD_DESCRIPTOR = 0x02,	/* our own number */
	ZIP_FAULT = 0x0a,		/* our own number: an address that may not be accessed */
	ZIP_LONGER = 0x0d,
	ZIP_NO_ROOM = 0x0e,
	ZIP_WRONG_CHECKSUM = 0x10,
};

/* As engine_run(); -EAGAIN at once when the channel isn't patient. */
int zip_run(struct request *request);

/* The entry of a queue that does nothing this engine knows: bad descriptor. */
void zip_refuse(struct request *request);

#endif
