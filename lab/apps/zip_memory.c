/* SPDX-License-Identifier: BSD-3-Clause */

#define _GNU_SOURCE /* memfd_create() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "zip_memory.h"

static uint8_t *
map(size_t size, int flags, int fd)
{
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static uint8_t *
map_file(size_t size)
{
	uint8_t *memory = NULL;
	int fd = memfd_create("zip", MFD_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, size) == 0)
		memory = map(size, MAP_SHARED, fd);
	close(fd);
	return memory;
}

static uint8_t *
map_readonly(size_t size)
{
	uint8_t *memory = map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (memory == NULL)
		return NULL;
	zip_memory_text(memory, size, 0);
	return mprotect(memory, size, PROT_READ) == 0 ? memory : NULL;
}

uint8_t *
zip_memory(const char *kind, size_t size)
{
	uint8_t *memory;

	if (strcmp(kind, "untouched") == 0)
		return map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (strcmp(kind, "readonly") == 0)
		return map_readonly(size);

	errno = EINVAL;
	if (strcmp(kind, "malloc") == 0)
		memory = malloc(size);
	else
		memory = strcmp(kind, "file") == 0 ? map_file(size) : NULL;
	if (memory != NULL)
		explicit_bzero(memory, size);
	return memory;
}

void
zip_memory_text(uint8_t *to, size_t size, unsigned int seed)
{
	static const char *const words[] = {
		"the ", "device ", "reads ", "and ", "writes ", "what ", "a ", "queue ", "names, ",
		"nothing ", "else. ", "Each ", "process ", "has ", "an ", "address ", "space. ",
	};
	const char *word = "";
	size_t i;

	for (i = 0; i < size; i++) {
		if (*word == '\0')
			word = words[rand_r(&seed) % (sizeof(words) / sizeof(words[0]))];
		to[i] = *word++;
	}
}
