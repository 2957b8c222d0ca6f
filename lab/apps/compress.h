/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef COMPRESS_H
#define COMPRESS_H

/**
 * @file
 * The parts of lab/apps/compress.c: address spaces (compress_spaces.c), and doing things often
 * (compress_load.c).
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_comp.h>
#include <rte_dev.h>
#include <rte_mbuf.h>

#define COMPRESS_BUFFERS 128
#define COMPRESS_PENDING 128
#define COMPRESS_PAGE 4096

struct compress_buffer {
	uint8_t *memory;
	size_t size;
	struct rte_mbuf *chain;
};

/** What the application has. */
struct compress_app {
	uint8_t device;
	uint16_t pair;
	void *xforms[2];	/* by enum rte_comp_xform_type */
	enum rte_comp_checksum_type checksum;
	uint64_t last_sum;
	struct rte_mempool *mbufs;
	struct rte_mempool *ops;
	struct compress_buffer buffers[COMPRESS_BUFFERS];
	unsigned int n_buffers;
	uint8_t *stack;		/* of main(): what isn't taken yet */
	size_t stack_left;
	atomic_bool is_asked;	/* to give a device back */
	char asked_for[RTE_DEV_NAME_MAX_LEN];
};

extern struct compress_app compress_app;

/** For functions that return -errno. */
void compress_status(int ret);

/** The buffer of which a word is the number. */
struct compress_buffer *compress_buffer(const char *word);

/** Hand in an operation, by the words of the command; says so where it isn't taken. */
bool compress_hand_in(char *const arg[]);

/** Wait for the next operation's end; NULL: there was none. */
struct rte_comp_op *compress_finished(unsigned int milliseconds);

const char *compress_status_name(uint8_t status);

/**
 * Commands:
 *	pair NUMBER		the queue pair that is meant from now on; at first the first
 *	share NUMBER ACCESS	put a buffer of EAL's memory into the address spaces of the pair's
 *				queues: "ro", "rw"
 *	unshare NUMBER		take it out
 *	bind WHOSE		bind the pair's queues to the space of another pair's first one, or
 *				to those they had at first ("own"), or to the shared one ("shared")
 */
void compress_choose_pair(char *const arg[]);
void compress_share(char *const arg[]);
void compress_unshare(char *const arg[]);
void compress_bind(char *const arg[]);

#define COMPRESS_SPACES_COMMANDS \
	{ "pair NUMBER", compress_choose_pair }, \
	{ "share NUMBER ACCESS", compress_share }, \
	{ "unshare NUMBER", compress_unshare }, \
	{ "bind WHOSE", compress_bind }

/**
 * Commands:
 *	cycle TIMES		set the first queue pair up, again and again
 *	repeat WHAT NUMBER BYTES NUMBER
 *				"request" until there is another line: prints how many there were
 */
void compress_cycle(char *const arg[]);
void compress_repeat(char *const arg[]);

#define COMPRESS_LOAD_COMMANDS \
	{ "cycle TIMES", compress_cycle }, \
	{ "repeat WHAT NUMBER BYTES NUMBER", compress_repeat }

#endif /* COMPRESS_H */
