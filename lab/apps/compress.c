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
 *	asked MILLISECONDS	wait until EAL tells that a device is to be given back: which
 *	buffer KIND BYTES SEGMENTS
 *				take memory, as a chain of mbufs: of EAL ("eal"), of the process
 *				("malloc", "stack", "file", "readonly", "untouched"), or addresses
 *				where no memory is ("nowhere"); prints its number and address
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
 *
 * and the commands of compress.h and ealmem.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
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

#include "compress.h"
#include "compress_features.h"
#include "ealmem.h"
#include "prompt.h"
#include "prompt_result.h"
#include "zip_memory.h"

#define PATIENCE_MS 60000
#define STACK_BYTES (256 << 10)

struct compress_app compress_app;

/** For functions that return -errno. */
void
compress_status(int ret)
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
			.chksum = compress_app.checksum,
		},
	};
	struct rte_comp_xform decompress = {
		.type = RTE_COMP_DECOMPRESS,
		.decompress = {
			.algo = RTE_COMP_ALGO_DEFLATE,
			.window_size = 15,
			.chksum = compress_app.checksum,
		},
	};
	int ret;

	ret = rte_compressdev_private_xform_create(compress_app.device, &compress,
		&compress_app.xforms[RTE_COMP_COMPRESS]);
	if (ret == 0)
		ret = rte_compressdev_private_xform_create(compress_app.device, &decompress,
			&compress_app.xforms[RTE_COMP_DECOMPRESS]);
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
		compress_app.checksum = known[i].type;
	compress_status(i < RTE_DIM(known) ? 0 : -EINVAL);
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

	compress_app.pair = 0;
	ret = rte_compressdev_configure(compress_app.device, &config);
	for (i = 0; ret == 0 && i < pairs; i++)
		ret = rte_compressdev_queue_pair_setup(compress_app.device, i, COMPRESS_PENDING, 0);
	if (ret == 0)
		ret = create_xforms();
	if (ret == 0)
		ret = rte_compressdev_start(compress_app.device);
	compress_status(ret);
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
	unsigned int i;

	(void)arg;
	for (i = 0; i < RTE_DIM(compress_app.xforms); i++)
		rte_compressdev_private_xform_free(compress_app.device, compress_app.xforms[i]);
	rte_compressdev_stop(compress_app.device);
	compress_status(rte_compressdev_close(compress_app.device));
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
		compress_app.device = ret;
	}
	compress_status(ret);
}

static void
unplug(char *const arg[])
{
	compress_status(rte_eal_hotplug_remove("iommufd", arg[0]));
}

/** Called by EAL's interrupt thread. */
static void
on_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	(void)arg;
	if (type != RTE_DEV_EVENT_REMOVE)
		return;
	snprintf(compress_app.asked_for, sizeof(compress_app.asked_for), "%s", name);
	atomic_store(&compress_app.is_asked, true);
}

static void
asked(char *const arg[])
{
	unsigned int left = prompt_number(arg[0]);

	for (; !atomic_load(&compress_app.is_asked) && left > 0; left--)
		rte_delay_us_sleep(1000);
	printf("asked for %s\n", atomic_exchange(&compress_app.is_asked, false) ?
		compress_app.asked_for : "nothing");
}

static void
keep(void *address, void *opaque)
{
	(void)address;
	(void)opaque;
}

static uint8_t *
take_stack(size_t size)
{
	if (size > compress_app.stack_left)
		return NULL;
	compress_app.stack_left -= size;
	return compress_app.stack + compress_app.stack_left;
}

static uint8_t *
take_memory(const char *kind, size_t size)
{
	uint8_t *memory;

	if (strcmp(kind, "stack") == 0)
		return take_stack(size);
	if (strcmp(kind, "eal") == 0)
		return rte_zmalloc("buffer", RTE_ALIGN_CEIL(size, COMPRESS_PAGE),
			COMPRESS_PAGE);
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
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(compress_app.mbufs);

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
make_chain(struct compress_buffer *buffer, unsigned int segments)
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
	struct compress_buffer *buffer = &compress_app.buffers[compress_app.n_buffers];
	int ret;

	if (compress_app.n_buffers == COMPRESS_BUFFERS) {
		compress_status(-ENOSPC);
		return;
	}
	buffer->size = prompt_number(arg[1]);
	buffer->memory = take_memory(arg[0], buffer->size);
	ret = buffer->memory == NULL ? -ENOMEM : make_chain(buffer, prompt_number(arg[2]));
	if (ret < 0)
		compress_status(ret);
	else
		printf("buffer %u at %p\n", compress_app.n_buffers++, (void *)buffer->memory);
}

struct compress_buffer *
compress_buffer(const char *word)
{
	return &compress_app.buffers[prompt_number(word) % COMPRESS_BUFFERS];
}

static void
text(char *const arg[])
{
	const struct compress_buffer *buffer = compress_buffer(arg[0]);

	zip_memory_text(buffer->memory, buffer->size, prompt_number(arg[1]));
	compress_status(0);
}

static void
same(char *const arg[])
{
	printf(memcmp(compress_buffer(arg[0])->memory, compress_buffer(arg[1])->memory,
		prompt_number(arg[2])) == 0 ? "same\n" : "different\n");
}

static void
change(char *const arg[])
{
	compress_buffer(arg[0])->memory[prompt_number(arg[1])] ^= 0xff;
	compress_status(0);
}

static void
save(char *const arg[])
{
	FILE *file = fopen(arg[2], "w");
	size_t written = 0;

	if (file != NULL) {
		written = fwrite(compress_buffer(arg[0])->memory, 1, prompt_number(arg[1]), file);
		if (fclose(file) != 0)
			written = 0;
	}
	compress_status(written == prompt_number(arg[1]) ? 0 : -EIO);
}

const char *
compress_status_name(uint8_t status)
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

bool
compress_hand_in(char *const arg[])
{
	const bool compress = strcmp(arg[0], "compress") == 0;
	struct rte_comp_op *op = rte_comp_op_alloc(compress_app.ops);

	if (op == NULL) {
		compress_status(-ENOMEM);
		return false;
	}
	op->op_type = RTE_COMP_OP_STATELESS;
	op->private_xform = compress_app.xforms[compress ? RTE_COMP_COMPRESS : RTE_COMP_DECOMPRESS];
	op->m_src = compress_buffer(arg[1])->chain;
	op->m_dst = compress_buffer(arg[3])->chain;
	op->src.offset = 0;
	op->src.length = prompt_number(arg[2]);
	op->dst.offset = 0;
	op->flush_flag = RTE_COMP_FLUSH_FINAL;
	op->status = RTE_COMP_OP_STATUS_NOT_PROCESSED;
	op->output_chksum = 0;
	if (rte_compressdev_enqueue_burst(compress_app.device, compress_app.pair, &op, 1) == 1)
		return true;
	printf("refused: %s\n", compress_status_name(op->status));
	rte_comp_op_free(op);
	return false;
}

static void
enqueue(char *const arg[])
{
	if (compress_hand_in(arg))
		compress_status(0);
}

struct rte_comp_op *
compress_finished(unsigned int milliseconds)
{
	const uint64_t deadline = rte_get_timer_cycles() +
		rte_get_timer_hz() / 1000 * milliseconds;
	struct rte_comp_op *op;

	while (rte_compressdev_dequeue_burst(compress_app.device, compress_app.pair, &op, 1) == 0)
		if (rte_get_timer_cycles() > deadline) {
			printf("nothing\n");
			return NULL;
		}
	return op;
}

static void
wait_for(unsigned int milliseconds)
{
	struct rte_comp_op *op = compress_finished(milliseconds);

	if (op == NULL)
		return;
	printf("%s: consumed %u produced %u\n", compress_status_name(op->status), op->consumed,
		op->produced);
	compress_app.last_sum = op->output_chksum;
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
	if (compress_hand_in(arg))
		wait_for(PATIENCE_MS);
}

static void
print_sum(char *const arg[])
{
	(void)arg;
	printf("sum %#" PRIx64 "\n", compress_app.last_sum);
}

static void
stats(char *const arg[])
{
	struct rte_compressdev_stats counted;

	(void)arg;
	if (rte_compressdev_stats_get(compress_app.device, &counted) < 0) {
		compress_status(-ENODEV);
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
	compress_features_print(compress_app.device);
}

static const struct prompt_command commands[] = {
	{ "checksum WHICH", choose_checksum },
	{ "open", open_device },
	{ "open PAIRS", open_pairs },
	{ "close", close_device },
	{ "plug DEVARGS", plug },
	{ "unplug NAME", unplug },
	{ "asked MILLISECONDS", asked },
	COMPRESS_SPACES_COMMANDS,
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
	COMPRESS_LOAD_COMMANDS,
	EALMEM_COMMANDS,
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	uint8_t stack[STACK_BYTES] = { 0 };

	compress_app.stack = stack;
	compress_app.stack_left = sizeof(stack);
	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");
	compress_app.mbufs = rte_pktmbuf_pool_create("mbufs", 4095, 0, 0, 0, SOCKET_ID_ANY);
	compress_app.ops = rte_comp_op_pool_create("ops", 255, 0, 0, SOCKET_ID_ANY);
	if (compress_app.mbufs == NULL || compress_app.ops == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_dev_event_callback_register(NULL, on_event, NULL);

	prompt_loop("compress", commands);
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
