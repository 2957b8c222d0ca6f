/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef QM_H
#define QM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "completion_queue.h"
#include "dma.h"
#include "event_queue.h"
#include "monitor.h"
#include "options.h"
#include "queue.h"
#include "workers.h"

/*
 * The queue manager: the function's queues, and the mailbox by which the driver sets them up.
 *
 * Mailbox commands are carried out by a thread of their own, one at a time, as one may have to ask
 * QEMU something (monitor.h); the driver polls the busy bit meanwhile. All other functions are
 * called by the thread that serves the function's registers, and don't wait for the mailbox.
 */

#define MAILBOX_WORDS 4

struct qm {
	const struct options *options;
	struct dma *dma;
	struct vtd *vtd;
	struct record *record;
	struct monitor *monitor;
	struct queue_surroundings around;
	struct workers workers;
	struct event_queue events, errors;
	struct queue queues[MAX_QUEUES];
	struct completion_queue completion_queues[MAX_QUEUES];
	bool drop_doorbells;		/* register FUN_DB_DROP */

	pthread_t thread;
	pthread_mutex_t lock;		/* of the mailbox */
	pthread_cond_t posted;
	bool ending;
	uint32_t mailbox[MAILBOX_WORDS];
	/* Held while a command takes effect, and while all is reset: with the latter a new epoch begins */
	pthread_mutex_t effect;
	atomic_uint epoch;
};

/* 0 or -errno. */
int qm_open(struct qm *qm, const struct options *options, struct misbehaviour *misbehaviour,
		struct dma *dma, struct monitor *monitor, event_interrupt interrupt,
		void *function);
void qm_close(struct qm *qm);

/* As after power-on; no access to memory any more when it returns. */
void qm_reset(struct qm *qm);

/* The mailbox registers; the last one's being written makes it a command. */
uint32_t qm_mailbox_read(struct qm *qm, unsigned int word);
void qm_mailbox_write(struct qm *qm, unsigned int word, uint32_t value);

/* A doorbell of a queue's own page (submission and completion queue), or of the event queues. */
void qm_queue_doorbell(struct qm *qm, unsigned int page, uint64_t doorbell);
void qm_event_doorbell(struct qm *qm, uint64_t doorbell);

#endif
