/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_iommufd_private.h"

/** sysfs gives no more of an attribute than a page. */
#define ATTRIBUTE_MAX 4096

char *
iommufd_bus_read(const char *directory, const char *name, const char *attribute)
{
	char path[PATH_MAX], *text;
	FILE *file;
	size_t len;

	if (snprintf(path, sizeof(path), "%s/%s/%s", directory, name, attribute) >=
			(int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	file = fopen(path, "re");
	if (file == NULL)
		return NULL;
	text = malloc(ATTRIBUTE_MAX + 1);
	if (text != NULL) {
		len = fread(text, 1, ATTRIBUTE_MAX, file);
		if (len > 0 && text[len - 1] == '\n')
			len--;
		text[len] = '\0';
		if (ferror(file)) {
			free(text);
			text = NULL;
			errno = EIO;
		}
	}
	fclose(file);
	return text;
}

int
iommufd_bus_read_number(const char *directory, const char *name, const char *attribute,
		long long *number)
{
	char *text = iommufd_bus_read(directory, name, attribute);
	char *end;
	int ret = 0;

	if (text == NULL)
		return -errno;
	errno = 0;
	*number = strtoll(text, &end, 0);
	if (end == text || *end != '\0' || errno != 0)
		ret = -EINVAL;
	free(text);
	return ret;
}
