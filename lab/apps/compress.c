/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * A DPDK application that does with a compressdev, whichever EAL has, what it is told on standard
 * input:
 *
 *	open			set up a queue pair of the device, the first one or the one that was
 *				plugged, and start it
 *	open PAIRS		the same with several
 *	checksum WHICH		of what isn't compressed, to be asked for by the next "open": "none",
 *				"adler32", "crc32"
 *	close			stop the device and give it back
 *	plug DEVARGS		have a device probed, as "iommufd:hisi_zip-0,as=sva"
 *	unplug NAME		have a device removed
 *	pair NUMBER		the queue pair that is meant from now on; at first the first
 *	share NUMBER ACCESS	put a buffer of EAL's memory into the address spaces of the pair's
 *				queues: "ro", "rw"
 *	unshare NUMBER		take it out
 *	bind WHOSE		bind the pair's queues to the space of another pair's first one, or
 *				to those they had at first ("own"), or to the shared one ("shared")
 *	buffer KIND BYTES SEGMENTS
 *				take memory, as a chain of mbufs: of EAL ("eal"), of the process
 *				("malloc", "file", "readonly", "untouched"), or addresses where no
 *				memory is ("nowhere"); prints its number and address
 *	text NUMBER SEED	write text there; the same SEED gives the same text
 *	same NUMBER NUMBER BYTES
 *				whether two begin with the same bytes
 *	change NUMBER OFFSET	turn a byte's bits over
 *	save NUMBER BYTES FILE	write a buffer's beginning to a file
 *	enqueue WHAT NUMBER BYTES NUMBER
 *				hand in an operation ("compress", "decompress"), of so many bytes of
 *				one buffer into another one
 *	dequeue MILLISECONDS	wait for the next operation's end
 *	request WHAT NUMBER BYTES NUMBER
 *				both
 *	sum			the checksum that came with the last operation
 *	stats
 *	features		that compressdev knows, and that the device has
 *	quit
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_compressdev.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <rte_bus_iommufd.h>
#include <rte_iommufd.h>

#include "compress_features.h"
#include "prompt.h"
#include "prompt_result.h"
#include "zip_memory.h"

#define MAX_BUFFERS 128
#define MAX_PENDING 128
#define PATIENCE_MS 60000
#define PAGE 4096
#define DIRECTIONS 2	/* each pair has a queue for each */

struct buffer {
	uint8_t *memory;
	size_t size;
	struct rte_mbuf *chain;
};

/** What the application has. */
static struct {
	uint8_t device;
	uint16_t pair;
	void *xforms[2];	/* by enum rte_comp_xform_type */
	enum rte_comp_checksum_type checksum;
	uint64_t last_sum;
	struct rte_mempool *mbufs;
	struct rte_mempool *ops;
	struct buffer buffers[MAX_BUFFERS];
	unsigned int n_buffers;
} app;

/** For functions that return -errno. */
static void
print_status(int ret)
{
	if (ret < 0)
		rte_errno = -ret;
	prompt_result(ret);
}

static int
create_xforms(void)
{
	struct rte_comp_xform compress = {
		.type = RTE_COMP_COMPRESS,
		.compress = {
			.algo = RTE_COMP_ALGO_DEFLATE,
			.level = RTE_COMP_LEVEL_PMD_DEFAULT,
			.window_size = 15,
			.chksum = app.checksum,
		},
	};
	struct rte_comp_xform decompress = {
		.type = RTE_COMP_DECOMPRESS,
		.decompress = {
			.algo = RTE_COMP_ALGO_DEFLATE,
			.window_size = 15,
			.chksum = app.checksum,
		},
	};
	int ret;

	ret = rte_compressdev_private_xform_create(app.device, &compress,
		&app.xforms[RTE_COMP_COMPRESS]);
	if (ret == 0)
		ret = rte_compressdev_private_xform_create(app.device, &decompress,
			&app.xforms[RTE_COMP_DECOMPRESS]);
	return ret;
}

static void
choose_checksum(char *const arg[])
{
	static const struct {
		const char *name;
		enum rte_comp_checksum_type type;
	} known[] = {
		{ "none", RTE_COMP_CHECKSUM_NONE },
		{ "adler32", RTE_COMP_CHECKSUM_ADLER32 },
		{ "crc32", RTE_COMP_CHECKSUM_CRC32 },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(known) && strcmp(arg[0], known[i].name) != 0; i++)
		;
	if (i < RTE_DIM(known))
		app.checksum = known[i].type;
	print_status(i < RTE_DIM(known) ? 0 : -EINVAL);
}

static void
set_up(uint16_t pairs)
{
	struct rte_compressdev_config config = {
		.nb_queue_pairs = pairs,
		.max_nb_priv_xforms = 2,
	};
	uint16_t i;
	int ret;

	app.pair = 0;
	ret = rte_compressdev_configure(app.device, &config);
	for (i = 0; ret == 0 && i < pairs; i++)
		ret = rte_compressdev_queue_pair_setup(app.device, i, MAX_PENDING, 0);
	if (ret == 0)
		ret = create_xforms();
	if (ret == 0)
		ret = rte_compressdev_start(app.device);
	print_status(ret);
}

static void
open_device(char *const arg[])
{
	(void)arg;
	set_up(1);
}

static void
open_pairs(char *const arg[])
{
	set_up(prompt_number(arg[0]));
}

static void
close_device(char *const arg[])
{
	(void)arg;
	rte_compressdev_private_xform_free(app.device, app.xforms[RTE_COMP_COMPRESS]);
	rte_compressdev_private_xform_free(app.device, app.xforms[RTE_COMP_DECOMPRESS]);
	rte_compressdev_stop(app.device);
	print_status(rte_compressdev_close(app.device));
}

static void
plug(char *const arg[])
{
	char name[RTE_DEV_NAME_MAX_LEN];
	int ret;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg[0], ","), arg[0]);
	ret = rte_dev_probe(arg[0]);
	if (ret == 0) {
		ret = rte_compressdev_get_dev_id(name);
		app.device = ret;
	}
	print_status(ret);
}

static void
unplug(char *const arg[])
{
	print_status(rte_eal_hotplug_remove("iommufd", arg[0]));
}

static void
keep(void *address, void *opaque)
{
	(void)address;
	(void)opaque;
}

static uint8_t *
take_memory(const char *kind, size_t size)
{
	uint8_t *memory;

	if (strcmp(kind, "eal") == 0)
		return rte_zmalloc("buffer", RTE_ALIGN_CEIL(size, PAGE), PAGE);
	if (strcmp(kind, "nowhere") != 0)
		return zip_memory(kind, size);
	memory = zip_memory("untouched", size);
	if (memory != NULL)
		munmap(memory, size);
	return memory;
}

static struct rte_mbuf *
attach(uint8_t *memory, size_t size)
{
	struct rte_mbuf_ext_shared_info *info = rte_zmalloc("info", sizeof(*info), 0);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(app.mbufs);

	if (info == NULL || mbuf == NULL)
		return NULL;
	info->free_cb = keep;
	rte_mbuf_ext_refcnt_set(info, 1);
	rte_pktmbuf_attach_extbuf(mbuf, memory, (uintptr_t)memory, size, info);
	mbuf->data_off = 0;
	mbuf->data_len = size;
	mbuf->pkt_len = size;
	return mbuf;
}

static int
make_chain(struct buffer *buffer, unsigned int segments)
{
	const size_t size = buffer->size / segments;
	struct rte_mbuf *segment;
	unsigned int i;

	for (i = 0; i < segments; i++) {
		segment = attach(buffer->memory + i * size, size);
		if (segment == NULL)
			return -ENOMEM;
		if (i == 0)
			buffer->chain = segment;
		else if (rte_pktmbuf_chain(buffer->chain, segment) < 0)
			return -EOVERFLOW;
	}
	return 0;
}

static void
take_buffer(char *const arg[])
{
	struct buffer *buffer = &app.buffers[app.n_buffers];
	int ret;

	if (app.n_buffers == MAX_BUFFERS) {
		print_status(-ENOSPC);
		return;
	}
	buffer->size = prompt_number(arg[1]);
	buffer->memory = take_memory(arg[0], buffer->size);
	ret = buffer->memory == NULL ? -ENOMEM : make_chain(buffer, prompt_number(arg[2]));
	if (ret < 0)
		print_status(ret);
	else
		printf("buffer %u at %p\n", app.n_buffers++, (void *)buffer->memory);
}

static struct buffer *
buffer_of(const char *word)
{
	return &app.buffers[prompt_number(word) % MAX_BUFFERS];
}

static void
choose_pair(char *const arg[])
{
	app.pair = prompt_number(arg[0]);
	print_status(0);
}

/** The space of one of the pair's queues. */
static struct rte_iommufd_as *
space_of(uint16_t pair, unsigned int direction)
{
	return rte_bus_iommufd_queue_as(rte_compressdev_name_get(app.device),
		pair * DIRECTIONS + direction);
}

static void
share(char *const arg[])
{
	const struct buffer *buffer = buffer_of(arg[0]);
	const uint64_t address = (uintptr_t)buffer->memory;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < DIRECTIONS; i++)
		ret = rte_iommufd_as_copy(space_of(app.pair, i), address, rte_iommufd_as_shared(),
			address, RTE_ALIGN_CEIL(buffer->size, PAGE),
			strcmp(arg[1], "ro") == 0 ? RTE_IOMMUFD_READ_ONLY : 0);
	print_status(ret);
}

static void
unshare(char *const arg[])
{
	const struct buffer *buffer = buffer_of(arg[0]);
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < DIRECTIONS; i++)
		ret = rte_iommufd_as_unmap(space_of(app.pair, i), (uintptr_t)buffer->memory,
			RTE_ALIGN_CEIL(buffer->size, PAGE));
	print_status(ret);
}

static void
bind_pair(char *const arg[])
{
	struct rte_iommufd_as *as = NULL;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < DIRECTIONS; i++) {
		if (strcmp(arg[0], "shared") == 0)
			as = rte_iommufd_as_shared();
		else if (strcmp(arg[0], "own") != 0)
			as = space_of(prompt_number(arg[0]), 0);
		ret = rte_bus_iommufd_queue_bind(rte_compressdev_name_get(app.device),
			app.pair * DIRECTIONS + i, as);
	}
	print_status(ret);
}

static void
text(char *const arg[])
{
	const struct buffer *buffer = buffer_of(arg[0]);

	zip_memory_text(buffer->memory, buffer->size, prompt_number(arg[1]));
	print_status(0);
}

static void
same(char *const arg[])
{
	printf(memcmp(buffer_of(arg[0])->memory, buffer_of(arg[1])->memory,
		prompt_number(arg[2])) == 0 ? "same\n" : "different\n");
}

static void
change(char *const arg[])
{
	buffer_of(arg[0])->memory[prompt_number(arg[1])] ^= 0xff;
	print_status(0);
}

static void
save(char *const arg[])
{
	FILE *file = fopen(arg[2], "w");
	size_t written = 0;

	if (file != NULL) {
		written = fwrite(buffer_of(arg[0])->memory, 1, prompt_number(arg[1]), file);
		if (fclose(file) != 0)
			written = 0;
	}
	print_status(written == prompt_number(arg[1]) ? 0 : -EIO);
}

static const char *
status_name(uint8_t status)
{
	static const char *const names[] = {
		[RTE_COMP_OP_STATUS_SUCCESS] = "SUCCESS",
		[RTE_COMP_OP_STATUS_NOT_PROCESSED] = "NOT_PROCESSED",
		[RTE_COMP_OP_STATUS_INVALID_ARGS] = "INVALID_ARGS",
		[RTE_COMP_OP_STATUS_ERROR] = "ERROR",
		[RTE_COMP_OP_STATUS_OUT_OF_SPACE_TERMINATED] = "OUT_OF_SPACE_TERMINATED",
	};
	const char *name = status < RTE_DIM(names) ? names[status] : NULL;

	return name != NULL ? name : "unknown";
}

static bool
hand_in(char *const arg[])
{
	const bool compress = strcmp(arg[0], "compress") == 0;
	struct rte_comp_op *op = rte_comp_op_alloc(app.ops);

	if (op == NULL) {
		print_status(-ENOMEM);
		return false;
	}
	op->op_type = RTE_COMP_OP_STATELESS;
	op->private_xform = app.xforms[compress ? RTE_COMP_COMPRESS : RTE_COMP_DECOMPRESS];
	op->m_src = buffer_of(arg[1])->chain;
	op->m_dst = buffer_of(arg[3])->chain;
	op->src.offset = 0;
	op->src.length = prompt_number(arg[2]);
	op->dst.offset = 0;
	op->flush_flag = RTE_COMP_FLUSH_FINAL;
	op->status = RTE_COMP_OP_STATUS_NOT_PROCESSED;
	op->output_chksum = 0;
	if (rte_compressdev_enqueue_burst(app.device, app.pair, &op, 1) == 1)
		return true;
	printf("refused: %s\n", status_name(op->status));
	rte_comp_op_free(op);
	return false;
}

static void
enqueue(char *const arg[])
{
	if (hand_in(arg))
		print_status(0);
}

static void
wait_for(unsigned int milliseconds)
{
	const uint64_t deadline = rte_get_timer_cycles() +
		rte_get_timer_hz() / 1000 * milliseconds;
	struct rte_comp_op *op;

	while (rte_compressdev_dequeue_burst(app.device, app.pair, &op, 1) == 0)
		if (rte_get_timer_cycles() > deadline) {
			printf("nothing\n");
			return;
		}
	printf("%s: consumed %u produced %u\n", status_name(op->status), op->consumed,
		op->produced);
	app.last_sum = op->output_chksum;
	rte_comp_op_free(op);
}

static void
dequeue(char *const arg[])
{
	wait_for(prompt_number(arg[0]));
}

static void
request(char *const arg[])
{
	if (hand_in(arg))
		wait_for(PATIENCE_MS);
}

static void
print_sum(char *const arg[])
{
	(void)arg;
	printf("sum %#" PRIx64 "\n", app.last_sum);
}

static void
stats(char *const arg[])
{
	struct rte_compressdev_stats counted;

	(void)arg;
	if (rte_compressdev_stats_get(app.device, &counted) < 0) {
		print_status(-ENODEV);
		return;
	}
	printf("enqueued %" PRIu64 " dequeued %" PRIu64 " refused %" PRIu64 " errors %" PRIu64 "\n",
		counted.enqueued_count, counted.dequeued_count, counted.enqueue_err_count,
		counted.dequeue_err_count);
}

static void
features(char *const arg[])
{
	(void)arg;
	compress_features_print(app.device);
}

static const struct prompt_command commands[] = {
	{ "checksum WHICH", choose_checksum },
	{ "open", open_device },
	{ "open PAIRS", open_pairs },
	{ "close", close_device },
	{ "plug DEVARGS", plug },
	{ "unplug NAME", unplug },
	{ "pair NUMBER", choose_pair },
	{ "share NUMBER ACCESS", share },
	{ "unshare NUMBER", unshare },
	{ "bind WHOSE", bind_pair },
	{ "buffer KIND BYTES SEGMENTS", take_buffer },
	{ "text NUMBER SEED", text },
	{ "same NUMBER NUMBER BYTES", same },
	{ "change NUMBER OFFSET", change },
	{ "save NUMBER BYTES FILE", save },
	{ "enqueue WHAT NUMBER BYTES NUMBER", enqueue },
	{ "dequeue MILLISECONDS", dequeue },
	{ "request WHAT NUMBER BYTES NUMBER", request },
	{ "sum", print_sum },
	{ "stats", stats },
	{ "features", features },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");
	app.mbufs = rte_pktmbuf_pool_create("mbufs", 4095, 0, 0, 0, SOCKET_ID_ANY);
	app.ops = rte_comp_op_pool_create("ops", 255, 0, 0, SOCKET_ID_ANY);
	if (app.mbufs == NULL || app.ops == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");

	prompt_loop("compress", commands);
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
