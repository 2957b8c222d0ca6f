/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver.h"

#define DEADLINE_MS 10000
#define BUSY (1u << 13)
#define STATUS 0x1e00u
#define READ (1u << 14)

static void
raise_interrupt(void *argument, unsigned int vector)
{
	struct driver *driver = argument;
	uint64_t one = 1;

	assert_int_equal(write(driver->interrupts[vector], &one, sizeof(one)), sizeof(one));
}

uint64_t
driver_wait_for_interrupt(struct driver *driver, unsigned int vector)
{
	struct pollfd file = { .fd = driver->interrupts[vector], .events = POLLIN };
	uint64_t count;

	assert_int_equal(poll(&file, 1, DEADLINE_MS), 1);
	assert_int_equal(read(file.fd, &count, sizeof(count)), sizeof(count));
	return count;
}

bool
driver_has_interrupt(struct driver *driver, unsigned int vector)
{
	struct pollfd file = { .fd = driver->interrupts[vector], .events = POLLIN };

	return poll(&file, 1, 0) == 1;
}

static bool
is_late(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 +
		(now.tv_nsec - since->tv_nsec) / 1000000 > DEADLINE_MS;
}

void
driver_write(struct driver *driver, unsigned int offset, uint32_t value)
{
	registers_write(&driver->registers, offset, &value, sizeof(value));
}

uint32_t
driver_read(struct driver *driver, unsigned int offset)
{
	uint32_t value;

	registers_read(&driver->registers, offset, &value, sizeof(value));
	return value;
}

int
driver_mailbox(struct driver *driver, unsigned int command, unsigned int queue, bool read)
{
	struct timespec start;
	uint32_t w0;

	driver_write(driver, 0x300, command | BUSY | (read ? READ : 0) | queue << 16);
	driver_write(driver, 0x304, DRIVER_CONTEXT);
	driver_write(driver, 0x308, 0);
	driver_write(driver, 0x30c, 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while ((w0 = driver_read(driver, 0x300)) & BUSY)
		assert_false(is_late(&start));
	return w0 & STATUS ? -EIO : 0;
}

int
driver_start_queue(struct driver *driver, unsigned int queue, enum queue_type type,
		uint32_t pasid)
{
	struct sq_context sq = {
		.base_low = DRIVER_SQ(queue),
		.dw3 = (DRIVER_DEPTH - 1) | 7 << 12,
		.cq_number = queue,
		.pasid = pasid == VTD_NO_PASID ? 0 : pasid,
		.w11 = pasid == VTD_NO_PASID ? 0 : SQ_CONTEXT_PASID_ENABLED,
		.w13 = type << 8,
	};
	struct cq_context cq = {
		.base_low = DRIVER_CQ(queue),
		.dw3 = (DRIVER_DEPTH - 1) | 4 << 12,
		.dw6 = CQ_CONTEXT_PHASE | CQ_CONTEXT_INTERRUPT,
	};
	struct cq_entry none[DRIVER_DEPTH] = { 0 };
	int ret;

	guest_write(&driver->own, DRIVER_CQ(queue), none, sizeof(none));
	driver->queues[queue].tail = 0;
	driver->queues[queue].head = 0;
	driver->queues[queue].phase = true;
	guest_write(&driver->own, DRIVER_CONTEXT, &cq, sizeof(cq));
	ret = driver_mailbox(driver, DRIVER_CQC, queue, false);
	if (ret < 0)
		return ret;
	guest_write(&driver->own, DRIVER_CONTEXT, &sq, sizeof(sq));
	return driver_mailbox(driver, DRIVER_SQC, queue, false);
}

void
driver_doorbell(struct driver *driver, unsigned int queue, unsigned int command,
		uint32_t index, unsigned int priority)
{
	qm_queue_doorbell(&driver->qm, queue, queue | command << 12 | (uint64_t)index << 32 |
			(uint64_t)priority << 48);
}

void
driver_put_copy(struct driver *driver, unsigned int queue, uint64_t to, uint64_t from,
		uint32_t length)
{
	uint32_t sqe[SQE_SIZE / 4] = { [0] = 1 | 3 << 8, [5] = length };
	uint32_t *tail = &driver->queues[queue].tail;

	memcpy(&sqe[22], &to, sizeof(to));
	memcpy(&sqe[26], &from, sizeof(from));
	guest_write(&driver->own, DRIVER_SQ(queue) + *tail * SQE_SIZE, sqe, sizeof(sqe));
	*tail = (*tail + 1) % DRIVER_DEPTH;
}

void
driver_submit(struct driver *driver, unsigned int queue)
{
	driver_doorbell(driver, queue, 0, driver->queues[queue].tail, 0);
}

bool
driver_next_completion(struct driver *driver, unsigned int queue, struct cq_entry *entry)
{
	guest_read(&driver->own, DRIVER_CQ(queue) + driver->queues[queue].head * sizeof(*entry), entry,
			sizeof(*entry));
	return (entry->phase & 1) == driver->queues[queue].phase;
}

unsigned int
driver_completed(struct driver *driver, unsigned int queue)
{
	struct cq_entry entry;
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!driver_next_completion(driver, queue, &entry))
		assert_false(is_late(&start));
	assert_int_equal(entry.sq_number, queue);
	if (++driver->queues[queue].head == DRIVER_DEPTH) {
		driver->queues[queue].head = 0;
		driver->queues[queue].phase = !driver->queues[queue].phase;
	}
	return entry.sq_head;
}

uint32_t
driver_result_of(struct driver *driver, unsigned int queue, unsigned int index)
{
	uint32_t word;

	guest_read(&driver->own, DRIVER_SQ(queue) + index * SQE_SIZE + 112, &word, sizeof(word));
	return word & 7;	/* 1: done, 2: error */
}

static void
prepare_guest(struct driver *driver)
{
	unsigned int queue;

	guest_open(&driver->guest, 64 << 20);
	driver->own = guest_process(&driver->guest, GUEST_RID_PASID);
	driver->process = guest_process(&driver->guest, DRIVER_PASID);
	guest_allocate(&driver->own, DRIVER_CONTEXT, 0x1000, GUEST_ALL);
	guest_allocate(&driver->own, DRIVER_EQ, 0x1000, GUEST_ALL);
	guest_allocate(&driver->own, DRIVER_AEQ, 0x1000, GUEST_ALL);
	guest_allocate(&driver->own, DRIVER_OWN_DATA, 0x4000, GUEST_ALL);
	guest_allocate(&driver->process, DRIVER_PASID_DATA, 0x4000, GUEST_ALL);
	for (queue = 0; queue < DRIVER_QUEUES; queue++) {
		guest_allocate(&driver->own, DRIVER_SQ(queue), 0x1000, GUEST_ALL);
		guest_allocate(&driver->own, DRIVER_CQ(queue), 0x1000, GUEST_ALL);
	}
}

void
driver_start_events(struct driver *driver)
{
	struct eq_context context = {
		.base_low = DRIVER_EQ,
		.dw6 = (DRIVER_DEPTH - 1) | EQ_CONTEXT_PHASE,
	};

	guest_write(&driver->own, DRIVER_CONTEXT, &context, sizeof(context));
	assert_int_equal(driver_mailbox(driver, DRIVER_EQC, 0, false), 0);
	context.base_low = DRIVER_AEQ;
	guest_write(&driver->own, DRIVER_CONTEXT, &context, sizeof(context));
	assert_int_equal(driver_mailbox(driver, DRIVER_AEQC, 0, false), 0);
	driver_write(driver, 0x4, 0);
	driver_write(driver, 0xc, 0);
}

int
driver_setup(void **state)
{
	struct driver *driver = calloc(1, sizeof(*driver));
	unsigned int vector;

	assert_non_null(driver);
	driver->options = (struct options){
		.version = 5,
		.queues = DRIVER_QUEUES,
		.workers = 2,
		.inline_bytes = 65536,
		.id = "none",
	};
	for (vector = 0; vector < 2; vector++) {
		driver->interrupts[vector] = eventfd(0, EFD_CLOEXEC);
		assert_true(driver->interrupts[vector] >= 0);
	}
	prepare_guest(driver);
	/* No QEMU there: where the tables are is known */
	driver->monitor = monitor_open("/nonexistent");
	assert_non_null(driver->monitor);
	assert_int_equal(qm_open(&driver->qm, &driver->options, &driver->options.misbehaviour,
			&driver->guest.dma, driver->monitor, raise_interrupt, driver), 0);
	registers_init(&driver->registers, &driver->options, &driver->qm);
	driver_start_events(driver);
	*state = driver;
	return 0;
}

int
driver_teardown(void **state)
{
	struct driver *driver = *state;
	unsigned int vector;

	qm_close(&driver->qm);
	monitor_close(driver->monitor);
	guest_close(&driver->guest);
	for (vector = 0; vector < 2; vector++)
		close(driver->interrupts[vector]);
	free(driver);
	return 0;
}
