/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"
#include "queue.h"

#define TURN 32	/* requests that a worker does before it looks after other queues */

/* Where a function that goes wild writes to: no guest has anything there */
#define WILD_ADDRESS 0x00005bad5bad5000ull

enum step {
	STEP_DONE,	/* a request is done */
	STEP_IDLE,	/* there is none, and the queue has no owner any more */
	STEP_LATER,	/* takes longer than the owner can wait */
};

void
queue_init(struct queue *queue, uint16_t number, const struct queue_surroundings *around)
{
	*queue = (struct queue){ .around = around, .number = number };
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->idle, NULL);
}

static struct dma_channel
ring_channel(struct queue *queue, unsigned int epoch)
{
	return (struct dma_channel){
		.dma = queue->around->dma,
		.queue = queue->number,
		.pasid = VTD_NO_PASID,
		.patient = true,
		.epoch = &queue->epoch,
		.started = epoch,
	};
}

static void
disown_locked(struct queue *queue)
{
	queue->busy = false;
	pthread_cond_broadcast(&queue->idle);
}

static void
break_down(struct queue *queue, const char *what, int error)
{
	pthread_mutex_lock(&queue->lock);
	if (atomic_load(&queue->epoch) == queue->request.data.started) {
		log_line("queue %u: %s: errno %d: it does nothing until it is started again",
			queue->number, what, -error);
		queue->broken = true;
	}
	pthread_mutex_unlock(&queue->lock);
}

/* Names the next request: false when there is none, and the queue has no owner any more. */
static bool
choose_request(struct queue *queue)
{
	const struct queue_surroundings *around = queue->around;
	bool chosen;

	pthread_mutex_lock(&queue->lock);
	chosen = queue->ready && !queue->broken && queue->head != queue->tail;
	if (chosen) {
		queue->index = queue->head;
		queue->ring_address = queue->base + (uint64_t)queue->head * SQE_SIZE;
		queue->request.type = SQ_CONTEXT_TYPE(queue->context.w13);
		queue->request.done = 0;
		queue->request.summary = (struct record_request){ 0 };
		queue->request.data = (struct dma_channel){
			.dma = around->dma,
			.queue = queue->number,
			.pasid = queue->context.w11 & SQ_CONTEXT_PASID_ENABLED ?
				queue->context.pasid : VTD_NO_PASID,
			.epoch = &queue->epoch,
			.started = atomic_load(&queue->epoch),
		};
	} else {
		disown_locked(queue);
	}
	pthread_mutex_unlock(&queue->lock);
	return chosen;
}

/* Reads the next request, skipping none: false when there is none. */
static bool
fetch(struct queue *queue)
{
	struct dma_channel ring;
	int ret;

	while (choose_request(queue)) {
		ring = ring_channel(queue, queue->request.data.started);
		ret = dma_read(&ring, queue->ring_address, queue->request.sqe, SQE_SIZE);
		if (ret == 0) {
			queue->fetched = true;
			return true;
		}
		if (ret != -ECANCELED)
			break_down(queue, "a request can't be read", ret);
	}
	return false;
}

static void
advance(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	if (atomic_load(&queue->epoch) == queue->request.data.started)
		queue->head = (queue->head + 1) % queue->depth;
	pthread_mutex_unlock(&queue->lock);
}

/* Writes the request back and tells of it. */
static void
complete(struct queue *queue)
{
	struct misbehaviour *misbehaviour = queue->around->misbehaviour;
	const struct dma_channel ring = ring_channel(queue, queue->request.data.started);
	struct completion_queue *completions;
	bool silent = misbehaviour_take(misbehaviour, MISBEHAVE_SILENCE);
	bool wrong_phase = !silent && misbehaviour_take(misbehaviour, MISBEHAVE_PHASE);
	int ret;

	completions = &queue->around->completion_queues[queue->context.cq_number];
	record_add_request(queue->around->record, &queue->request.summary);
	ret = dma_write(&ring, queue->ring_address, queue->request.sqe, SQE_SIZE);
	if (ret == 0 && !silent)
		ret = completion_queue_post(completions, queue->number, queue->index, wrong_phase);
	if (ret == 0 && misbehaviour_take(misbehaviour, MISBEHAVE_SPURIOUS))
		completion_queue_post(completions, queue->number,
				(queue->index + queue->depth / 2) % queue->depth, false);
	if (ret < 0 && ret != -ECANCELED)
		break_down(queue, "a request can't be completed", ret);
	else
		advance(queue);
}

static void
misbehave_before(struct queue *queue)
{
	struct misbehaviour *misbehaviour = queue->around->misbehaviour;
	struct dma_channel channel = queue->request.data;
	const char wild[] = "wild";

	if (misbehaviour_take(misbehaviour, MISBEHAVE_WILD)) {
		channel.patient = true;
		dma_write(&channel, WILD_ADDRESS, wild, sizeof(wild));
	}
	if (misbehaviour_take(misbehaviour, MISBEHAVE_DEATH)) {
		log_line("queue %u: ends the program in the middle of a request, as told",
			queue->number);
		_Exit(EXIT_FAILURE);
	}
}

/* Does a request, by the queue's owner. */
static enum step
do_request(struct queue *queue, bool patient, uint64_t budget)
{
	int ret;

	if (!queue->fetched) {
		if (!fetch(queue))
			return STEP_IDLE;
		misbehave_before(queue);
	}
	if (!patient && !engine_is_short(&queue->request, budget))
		return STEP_LATER;
	queue->request.data.patient = patient;
	ret = engine_run(&queue->request);
	if (ret == -EAGAIN)
		return STEP_LATER;
	queue->fetched = false;
	if (ret == 0)
		complete(queue);
	return STEP_DONE;
}

/* The workers own it from now on, unless it was stopped. */
static void
hand_over(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	if (queue->ready)
		workers_add(queue->around->workers, queue);
	else
		disown_locked(queue);
	pthread_mutex_unlock(&queue->lock);
}

void
queue_work(struct queue *queue)
{
	unsigned int requests;

	for (requests = 0; requests < TURN; requests++) {
		if (do_request(queue, true, UINT64_MAX) == STEP_IDLE)
			return;
	}
	hand_over(queue);
}

/* The doorbell's own thread does what is short; nobody else's doorbell waits for more. */
static void
work_inline(struct queue *queue)
{
	bool synchronous = queue->around->options->synchronous;
	uint64_t budget = synchronous ? UINT64_MAX : queue->around->options->inline_bytes;
	enum step step;

	while ((step = do_request(queue, synchronous, budget)) == STEP_DONE) {
		if (!synchronous)
			budget -= queue->request.summary.destination.length < budget ?
				queue->request.summary.destination.length : budget;
	}
	if (step == STEP_LATER)
		hand_over(queue);
}

/* Whether the driver may have put requests up to there. */
static bool
take_tail_locked(struct queue *queue, uint32_t tail)
{
	uint32_t waiting, added;

	if (!queue->ready || tail >= queue->depth) {
		log_line("queue %u: doorbell %u ignored: %s", queue->number, tail,
			queue->ready ? "beyond the ring" : "not started");
		return false;
	}
	waiting = (queue->tail + queue->depth - queue->head) % queue->depth;
	added = (tail + queue->depth - queue->tail) % queue->depth;
	if (waiting + added >= queue->depth) {
		log_line("queue %u: doorbell %u ignored: it would run over the head %u",
			queue->number, tail, queue->head);
		return false;
	}
	if (tail < queue->tail)
		queue->lap = !queue->lap;
	queue->tail = tail;
	return true;
}

void
queue_doorbell(struct queue *queue, uint32_t tail)
{
	const struct options *options = queue->around->options;
	bool mine = false, inlined = false;

	pthread_mutex_lock(&queue->lock);
	if (take_tail_locked(queue, tail) && !queue->busy && queue->head != queue->tail) {
		mine = true;
		inlined = options->synchronous ||
			(SQ_CONTEXT_TYPE(queue->context.w13) == QUEUE_UDMA &&
			options->inline_bytes > 0);
		queue->busy = true;
		if (!inlined)
			workers_add(queue->around->workers, queue);
	}
	pthread_mutex_unlock(&queue->lock);
	if (mine && inlined)
		work_inline(queue);
}

static void
stop_locked(struct queue *queue)
{
	queue->ready = false;
	atomic_fetch_add(&queue->epoch, 1);
	if (queue->busy && workers_remove(queue->around->workers, queue))
		disown_locked(queue);
	while (queue->busy)
		pthread_cond_wait(&queue->idle, &queue->lock);
	queue->fetched = false;
}

int
queue_start(struct queue *queue, const struct sq_context *context)
{
	if (CONTEXT_ENTRY_SIZE(context->dw3) != SQE_SIZE ||
			context->cq_number >= queue->around->options->queues)
		return -EINVAL;
	pthread_mutex_lock(&queue->lock);
	stop_locked(queue);
	queue->context = *context;
	queue->base = context_base(context->base_low, context->base_high);
	queue->depth = CONTEXT_DEPTH(context->dw3);
	queue->head = 0;
	queue->tail = 0;
	queue->lap = false;
	queue->broken = false;
	queue->ready = true;
	pthread_mutex_unlock(&queue->lock);
	return 0;
}

void
queue_stop(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	stop_locked(queue);
	pthread_mutex_unlock(&queue->lock);
}

void
queue_drain(struct queue *queue, unsigned int milliseconds)
{
	struct timespec deadline;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += milliseconds / 1000;
	deadline.tv_nsec += milliseconds % 1000 * 1000000l;
	if (deadline.tv_nsec >= 1000000000l) {
		deadline.tv_nsec -= 1000000000l;
		deadline.tv_sec++;
	}
	pthread_mutex_lock(&queue->lock);
	while (queue->busy && ret == 0)
		ret = pthread_cond_timedwait(&queue->idle, &queue->lock, &deadline);
	if (ret == ETIMEDOUT)
		log_line("queue %u: not drained in %u ms: its requests are given up", queue->number,
			milliseconds);
	stop_locked(queue);
	pthread_mutex_unlock(&queue->lock);
}

int
queue_dump(struct queue *queue, struct sq_context *context)
{
	int ret = -ENODEV;

	pthread_mutex_lock(&queue->lock);
	if (queue->ready) {
		*context = queue->context;
		context->head = queue->head;
		context->tail = queue->tail;
		context->w11 &= ~CONTEXT_LAP;
		context->w11 |= queue->lap ? CONTEXT_LAP : 0;
		ret = 0;
	}
	pthread_mutex_unlock(&queue->lock);
	return ret;
}
