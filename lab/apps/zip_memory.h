/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_MEMORY_H
#define ZIP_MEMORY_H

/**
 * @file
 * Memory of all kinds, and text in it.
 *
 * The device has no way to ask for a page that isn't there, so memory is written to before it is
 * used: not only read, which would make all of it one page of zeroes.
 */

#include <stddef.h>
#include <stdint.h>

/**
 * Take memory, until the process ends.
 *
 * @param kind
 *   "malloc", "file" (a shared mapping), "readonly" (it has text), "untouched".
 * @return
 *   NULL with errno: EINVAL, there is no such kind.
 */
uint8_t *zip_memory(const char *kind, size_t size);

/** Write text, which compresses well; the same seed gives the same text. */
void zip_memory_text(uint8_t *to, size_t size, unsigned int seed);

#endif /* ZIP_MEMORY_H */
