/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "bgzf.h"
#include "log.h"
#include "mbufs.h"
#include "reader.h"

int
reader_open(struct reader *reader, const struct options *options, struct rte_mempool *mbufs)
{
	*reader = (struct reader){
		.name = options->input,
		.fd = open(options->input, O_RDONLY | O_CLOEXEC),
		.members = options->operation == OPERATION_DECOMPRESS,
		.block_size = options->block_size,
		.mbufs = mbufs,
	};
	if (reader->fd >= 0)
		return 0;
	LOG(ERR, "--input %s: %s", reader->name, strerror(errno));
	return -errno;
}

void
reader_close(struct reader *reader)
{
	close(reader->fd);
}

/* As many bytes as there are, up to length; or a negative errno, which has been logged. */
static ssize_t
read_up_to(struct reader *reader, void *to, size_t length)
{
	size_t done = 0;
	ssize_t n;

	while (done < length) {
		n = read(reader->fd, RTE_PTR_ADD(to, done), length - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			LOG(ERR, "%s: it can't be read: %s", reader->name, strerror(errno));
			return -errno;
		}
		if (n == 0)
			break;
		done += n;
	}
	reader->position += done;
	return done;
}

static int
bad_member(const struct reader *reader, uint64_t position, const char *why)
{
	LOG(ERR, "%s: member at byte %" PRIu64 ": %s", reader->name, position, why);
	return -EBADMSG;
}

static int
read_exactly(struct reader *reader, uint64_t position, void *to, size_t length)
{
	const ssize_t n = read_up_to(reader, to, length);

	if (n < 0)
		return n;
	return (size_t)n == length ? 0 : bad_member(reader, position, "it is cut off");
}

/* How much data the member has; -ENODATA at the file's end. */
static int
read_header(struct reader *reader, uint64_t position)
{
	uint8_t fixed[GZIP_FIXED], extra[UINT16_MAX];
	ssize_t n = read_up_to(reader, fixed, sizeof(fixed));
	int length, ret;

	if (n == 0)
		return -ENODATA;
	if (n < 0)
		return n;
	if ((size_t)n < sizeof(fixed))
		return bad_member(reader, position, "it is cut off");
	length = bgzf_extra_length(fixed);
	if (length >= 0) {
		ret = read_exactly(reader, position, extra, length);
		if (ret < 0)
			return ret;
		length = bgzf_data_length(extra, length);
	}
	if (length == -EINVAL)
		return bad_member(reader, position, "it isn't gzip data");
	if (length == -ENOMSG)
		return bad_member(reader, position, "it is gzip, but not BGZF, which tells how "
			"long members are: bgzip makes such files, and so does this program");
	if (length < 0)
		return bad_member(reader, position, "its header is wrong");
	return length;
}

static int
read_member(struct reader *reader, struct block *block)
{
	const uint64_t position = reader->position;
	const int length = read_header(reader, position);
	uint8_t trailer[BGZF_TRAILER];
	int ret;

	if (length == -ENODATA) {
		if (reader->ended)
			return 0;
		return bad_member(reader, position, "BGZF's last one, of nothing, is missing: the "
			"file was cut off");
	}
	if (length < 0)
		return length;
	block->data = mbufs_take(reader->mbufs, length);
	if (block->data == NULL)
		return -ENOMEM;
	ret = read_exactly(reader, position, rte_pktmbuf_mtod(block->data, void *), length);
	if (ret == 0)
		ret = read_exactly(reader, position, trailer, sizeof(trailer));
	if (ret == 0) {
		bgzf_get_trailer(trailer, &block->crc, &block->size);
		if (block->size > BGZF_MAX_OUTPUT)
			ret = bad_member(reader, position, "it says that it has more than 64 KiB");
	}
	if (ret < 0) {
		rte_pktmbuf_free(block->data);
		return ret;
	}
	block->room = block->size;
	return 1;
}

static int
read_piece(struct reader *reader, struct block *block)
{
	ssize_t n;

	block->data = mbufs_take(reader->mbufs, reader->block_size);
	if (block->data == NULL)
		return -ENOMEM;
	n = read_up_to(reader, rte_pktmbuf_mtod(block->data, void *), reader->block_size);
	if (n <= 0) {
		rte_pktmbuf_free(block->data);
		return n;
	}
	block->data->data_len = n;
	block->data->pkt_len = n;
	/* What gets longer is rather stored as it is */
	block->room = n;
	return 1;
}

int
reader_next(struct reader *reader, struct block *block)
{
	int ret;

	*block = (struct block){ 0 };
	if (!reader->members)
		return read_piece(reader, block);
	/* Members of nothing are nothing to do */
	do {
		if (block->data != NULL)
			rte_pktmbuf_free(block->data);
		ret = read_member(reader, block);
		if (ret == 1)
			reader->ended = block->size == 0;
	} while (ret == 1 && block->size == 0);
	return ret;
}
