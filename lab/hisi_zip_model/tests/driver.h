/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_tables.h"
#include "qm.h"
#include "registers.h"

/*
 * A driver of the function for tests: it has its rings and contexts in the function's own address
 * space, and the data of PASID 5 in another one. A failure fails the cmocka test.
 */

#define DRIVER_QUEUES 4
#define DRIVER_DEPTH 8		/* of all rings */
#define DRIVER_PASID 5

/* In the function's own address space */
#define DRIVER_CONTEXT 0x10000
#define DRIVER_EQ 0x20000
#define DRIVER_AEQ 0x30000
#define DRIVER_SQ(queue) (0x100000 + (queue) * 0x40000ull)
#define DRIVER_CQ(queue) (0x100000 + (queue) * 0x40000ull + 0x20000)
#define DRIVER_OWN_DATA 0x80000		/* 16 KiB */
/* In that of the PASID */
#define DRIVER_PASID_DATA 0x7f0000000000ull	/* 16 KiB */

enum driver_command {
	DRIVER_SQC,
	DRIVER_CQC,
	DRIVER_EQC,
	DRIVER_AEQC,
	DRIVER_QUEUES_OF_FUNCTION = 6,
	DRIVER_STOP_QUEUE = 8,
};

struct driver {
	struct guest guest;
	struct guest_space own, process;
	struct options options;
	struct registers registers;
	struct monitor *monitor;
	struct qm qm;
	int interrupts[2];		/* eventfds */
	struct {
		uint32_t tail, head;
		bool phase;
	} queues[DRIVER_QUEUES];
};

/* cmocka's: a function of version 5 whose event queues are started. */
int driver_setup(void **state);
int driver_teardown(void **state);

void driver_write(struct driver *driver, unsigned int offset, uint32_t value);
uint32_t driver_read(struct driver *driver, unsigned int offset);

/* A mailbox command, with what is at DRIVER_CONTEXT: 0, or -EIO when the function says no. */
int driver_mailbox(struct driver *driver, unsigned int command, unsigned int queue, bool read);

void driver_start_events(struct driver *driver);

/* Both contexts of a queue and its completion queue: 0 or -EIO. */
int driver_start_queue(struct driver *driver, unsigned int queue, enum queue_type type,
		uint32_t pasid);

void driver_doorbell(struct driver *driver, unsigned int queue, unsigned int command,
		uint32_t index, unsigned int priority);

/* Puts a copy into the ring, without a doorbell; rings it. */
void driver_put_copy(struct driver *driver, unsigned int queue, uint64_t to, uint64_t from,
		uint32_t length);
void driver_submit(struct driver *driver, unsigned int queue);

/* Whether there is a completion now. */
bool driver_next_completion(struct driver *driver, unsigned int queue, struct cq_entry *entry);

/* Waits for one and consumes it, without a doorbell: the request's index. */
unsigned int driver_completed(struct driver *driver, unsigned int queue);

/* What a copy's entry says: 1 done, 2 error. */
uint32_t driver_result_of(struct driver *driver, unsigned int queue, unsigned int index);

/* Whether an interrupt has come; how many have, at least one within the deadline. */
bool driver_has_interrupt(struct driver *driver, unsigned int vector);
uint64_t driver_wait_for_interrupt(struct driver *driver, unsigned int vector);

#endif
