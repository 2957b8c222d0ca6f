/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_EXERCISE_H
#define ZIP_EXERCISE_H

/**
 * @file
 * Everything a ZIP can do, from and to everywhere a process has memory; zlib has the last word.
 */

#include <stdbool.h>

/**
 * Compress text with the device and decompress it with zlib, and with the device too; then
 * decompress with the device what zlib has compressed. Formats, sizes (up to 64 KiB) and memory (heap, stack,
 * file) change from time to time. All results must be the text, and nothing else be written.
 *
 * @param goes_on
 *   Asked before each round, with the number of those that were done, and with count.
 * @return
 *   0; -errno of the device's queue, or after a line that says what differs -EBADMSG.
 */
int zip_exercise(const char *device, unsigned int seed,
		bool (*goes_on)(unsigned int done, unsigned int count), unsigned int count);

#endif /* ZIP_EXERCISE_H */
