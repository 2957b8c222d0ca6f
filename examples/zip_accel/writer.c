/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "writer.h"

static bool
is_same_file(const struct reader *reader, const char *name)
{
	struct stat in, out;

	return fstat(reader->fd, &in) == 0 && stat(name, &out) == 0 &&
		in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

int
writer_open(struct writer *writer, const struct options *options, const struct reader *reader)
{
	const int how = options->force ? O_TRUNC : O_EXCL;

	writer->name = options->output;
	if (is_same_file(reader, options->output)) {
		LOG(ERR, "--output %s: it is --input", writer->name);
		return -EINVAL;
	}
	writer->fd = open(writer->name, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
	if (writer->fd >= 0)
		return 0;
	LOG(ERR, "--output %s: %s%s", writer->name, strerror(errno),
		errno == EEXIST ? " (--force overwrites it)" : "");
	return -errno;
}

/* What is left after so many bytes. */
static void
skip(struct iovec **pieces, int *n, size_t done)
{
	while (*n > 0 && done >= (*pieces)->iov_len) {
		done -= (*pieces)->iov_len;
		(*pieces)++;
		(*n)--;
	}
	if (*n > 0) {
		(*pieces)->iov_base = (char *)(*pieces)->iov_base + done;
		(*pieces)->iov_len -= done;
	}
}

int
writer_put(struct writer *writer, struct iovec *pieces, int n)
{
	ssize_t done;

	while (n > 0) {
		done = writev(writer->fd, pieces, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			LOG(ERR, "%s: it can't be written: %s", writer->name, strerror(errno));
			return -errno;
		}
		skip(&pieces, &n, done);
	}
	return 0;
}

/* Only a file that is one: nobody wants /dev/null removed. */
static void
remove_file(const struct writer *writer)
{
	struct stat found;

	if (fstat(writer->fd, &found) == 0 && S_ISREG(found.st_mode))
		unlink(writer->name);
}

int
writer_close(struct writer *writer, int status)
{
	if (status < 0)
		remove_file(writer);
	if (close(writer->fd) < 0 && status == 0) {
		LOG(ERR, "%s: it can't be written: %s", writer->name, strerror(errno));
		status = -errno;
		unlink(writer->name);
	}
	return status;
}
