/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "log.h"
#include "qm.h"

/* Word 0 of the mailbox: 7:0 command, 12:9 status, 13 busy, 14 read (else write), 31:16 queue */
#define MAILBOX_COMMAND(w0) ((w0) & 0xffu)
#define MAILBOX_STATUS_MASK (0xfu << 9)
#define MAILBOX_STATUS_ERROR (1u << 9)
#define MAILBOX_BUSY (1u << 13)
#define MAILBOX_READ (1u << 14)
#define MAILBOX_QUEUE(w0) ((w0) >> 16)

enum mailbox_command {
	MAILBOX_SQC = 0,
	MAILBOX_CQC = 1,
	MAILBOX_EQC = 2,
	MAILBOX_AEQC = 3,
	MAILBOX_SQC_TABLE = 4,
	MAILBOX_CQC_TABLE = 5,
	MAILBOX_QUEUES_OF_FUNCTION = 6,
	MAILBOX_STOP_QUEUE = 8,
};

/* The function's first queue, by the device's numbering; the driver uses its own, from 0 on */
#define FIRST_QUEUE 64ull
#define FIRST_QUEUE_SHIFT 28
#define QUEUES_VALID (1ull << 44)
#define QUEUES_SHIFT 45

#define DRAIN_MS 3000	/* the driver waits for 5 s */

/* Doorbells: 9:0 queue, 15:12 command, 47:32 index, 63:48 priority */
#define DOORBELL_QUEUE(value) ((value) & 0x3ffu)
#define DOORBELL_COMMAND(value) ((value) >> 12 & 0xfu)
#define DOORBELL_INDEX(value) ((uint32_t)((value) >> 32 & 0xffffu))
#define DOORBELL_PRIORITY(value) ((value) >> 48)

enum doorbell_command {
	DOORBELL_SQ = 0,
	DOORBELL_CQ = 1,
	DOORBELL_EQ = 2,
	DOORBELL_AEQ = 3,
};

/* A command, taken out of the mailbox. */
struct command {
	unsigned int code;
	bool read;
	unsigned int queue;
	uint64_t address;
	uint64_t answer;	/* what the mailbox' address words say afterwards */
};

static struct dma_channel
context_channel(struct qm *qm, unsigned int epoch)
{
	return (struct dma_channel){
		.dma = qm->dma,
		.queue = RECORD_NO_QUEUE,
		.pasid = VTD_NO_PASID,
		.patient = true,
		.epoch = &qm->epoch,
		.started = epoch,
	};
}

/* Asks QEMU where the guest's tables are. */
static int
locate_tables(struct qm *qm)
{
	uint16_t requester;
	uint64_t root;
	int ret;

	ret = monitor_root_table(qm->monitor, &root);
	if (ret == 0)
		ret = monitor_requester(qm->monitor, qm->options->id, &requester);
	if (ret < 0)
		return ret;
	if (root != atomic_load(&qm->vtd->root) || requester != atomic_load(&qm->vtd->requester))
		log_line("RTADDR is %#llx, the function is %02x:%02x.%x", (unsigned long long)root,
			requester >> 8, requester >> 3 & 0x1f, requester & 7);
	atomic_store(&qm->vtd->requester, requester);
	atomic_store(&qm->vtd->root, root);
	return 0;
}

static int
set_sq_context(struct qm *qm, const struct command *command, const struct dma_channel *channel)
{
	struct sq_context context;
	int ret;

	ret = dma_read(channel, command->address, &context, sizeof(context));
	if (ret == 0)
		ret = queue_start(&qm->queues[command->queue], &context);
	if (ret == 0)
		log_detail("queue %u: started, type %u, %u entries at %#llx, PASID %u%s",
			command->queue, SQ_CONTEXT_TYPE(context.w13), CONTEXT_DEPTH(context.dw3),
			(unsigned long long)context_base(context.base_low, context.base_high),
			context.pasid,
			context.w11 & SQ_CONTEXT_PASID_ENABLED ? "" : " (not enabled)");
	return ret;
}

static int
set_cq_context(struct qm *qm, const struct command *command, const struct dma_channel *channel)
{
	struct cq_context context;
	int ret;

	ret = dma_read(channel, command->address, &context, sizeof(context));
	if (ret == 0)
		ret = completion_queue_start(&qm->completion_queues[command->queue], &context);
	return ret;
}

static int
set_event_context(struct event_queue *queue, const struct command *command,
		const struct dma_channel *channel)
{
	struct eq_context context;
	int ret;

	ret = dma_read(channel, command->address, &context, sizeof(context));
	if (ret == 0)
		event_queue_start(queue, context_base(context.base_low, context.base_high),
				EQ_CONTEXT_DEPTH(context.dw6), context.dw6 & EQ_CONTEXT_PHASE);
	return ret;
}

static int
dump_sq_context(struct qm *qm, const struct command *command, const struct dma_channel *channel)
{
	struct sq_context context;
	int ret;

	ret = queue_dump(&qm->queues[command->queue], &context);
	if (ret == 0)
		ret = dma_write(channel, command->address, &context, sizeof(context));
	return ret;
}

static int
dump_cq_context(struct qm *qm, const struct command *command, const struct dma_channel *channel)
{
	struct cq_context context;
	int ret;

	ret = completion_queue_dump(&qm->completion_queues[command->queue], &context);
	if (ret == 0)
		ret = dma_write(channel, command->address, &context, sizeof(context));
	return ret;
}

static int
write_command(struct qm *qm, const struct command *command, const struct dma_channel *channel)
{
	switch (command->code) {
	case MAILBOX_SQC:
		return set_sq_context(qm, command, channel);
	case MAILBOX_CQC:
		return set_cq_context(qm, command, channel);
	case MAILBOX_EQC:
		return set_event_context(&qm->events, command, channel);
	case MAILBOX_AEQC:
		return set_event_context(&qm->errors, command, channel);
	case MAILBOX_SQC_TABLE:
	case MAILBOX_CQC_TABLE:
		/* Memory for contexts that hardware has no room for; they are all kept here */
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int
read_command(struct qm *qm, struct command *command, const struct dma_channel *channel)
{
	switch (command->code) {
	case MAILBOX_SQC:
		return dump_sq_context(qm, command, channel);
	case MAILBOX_CQC:
		return dump_cq_context(qm, command, channel);
	case MAILBOX_QUEUES_OF_FUNCTION:
		command->answer = FIRST_QUEUE << FIRST_QUEUE_SHIFT | QUEUES_VALID |
			(uint64_t)(qm->options->queues - 1) << QUEUES_SHIFT;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static bool
has_queue(const struct command *command)
{
	return command->code == MAILBOX_SQC || command->code == MAILBOX_CQC ||
		command->code == MAILBOX_STOP_QUEUE;
}

/* Lets a command take effect, unless the function has been reset since. */
static int
take_effect(struct qm *qm, struct command *command, unsigned int epoch)
{
	const struct dma_channel channel = context_channel(qm, epoch);
	int ret = -ECANCELED;

	pthread_mutex_lock(&qm->effect);
	if (atomic_load(&qm->epoch) == epoch)
		ret = command->read ? read_command(qm, command, &channel) :
			write_command(qm, command, &channel);
	pthread_mutex_unlock(&qm->effect);
	return ret;
}

static int
execute(struct qm *qm, struct command *command, unsigned int epoch)
{
	int ret;

	if (has_queue(command) && command->queue >= qm->options->queues)
		return -EINVAL;
	if (command->code == MAILBOX_STOP_QUEUE && !command->read) {
		queue_drain(&qm->queues[command->queue], DRAIN_MS);
		return 0;
	}
	if (atomic_load(&qm->vtd->root) == 0)
		locate_tables(qm);
	ret = take_effect(qm, command, epoch);
	/* The guest may have moved its tables, or given the function another address */
	if (ret == -EFAULT && locate_tables(qm) == 0)
		ret = take_effect(qm, command, epoch);
	return ret;
}

static void *
serve_mailbox(void *argument)
{
	struct qm *qm = argument;
	struct command command;
	unsigned int epoch;
	uint32_t w0;
	int ret;

	pthread_mutex_lock(&qm->lock);
	while (!qm->ending) {
		w0 = qm->mailbox[0];
		if (!(w0 & MAILBOX_BUSY)) {
			pthread_cond_wait(&qm->posted, &qm->lock);
			continue;
		}
		epoch = atomic_load(&qm->epoch);
		command = (struct command){
			.code = MAILBOX_COMMAND(w0),
			.read = w0 & MAILBOX_READ,
			.queue = MAILBOX_QUEUE(w0),
			.address = context_base(qm->mailbox[1], qm->mailbox[2]),
		};
		command.answer = command.address;
		pthread_mutex_unlock(&qm->lock);
		ret = execute(qm, &command, epoch);
		record_count(qm->record, RECORD_MAILBOXES);
		if (ret < 0)
			log_line("mailbox: %s command %u, queue %u, address %#llx: errno %d",
				command.read ? "read" : "write", command.code, command.queue,
				(unsigned long long)command.address, -ret);
		pthread_mutex_lock(&qm->lock);
		if (atomic_load(&qm->epoch) != epoch)
			continue;
		qm->mailbox[1] = (uint32_t)command.answer;
		qm->mailbox[2] = command.answer >> 32;
		qm->mailbox[0] = (w0 & ~(MAILBOX_BUSY | MAILBOX_STATUS_MASK)) |
			(ret < 0 ? MAILBOX_STATUS_ERROR : 0);
	}
	pthread_mutex_unlock(&qm->lock);
	return NULL;
}

uint32_t
qm_mailbox_read(struct qm *qm, unsigned int word)
{
	uint32_t value;

	pthread_mutex_lock(&qm->lock);
	value = qm->mailbox[word];
	pthread_mutex_unlock(&qm->lock);
	return value;
}

void
qm_mailbox_write(struct qm *qm, unsigned int word, uint32_t value)
{
	pthread_mutex_lock(&qm->lock);
	if (qm->mailbox[0] & MAILBOX_BUSY) {
		log_line("mailbox: word %u written while it is busy: ignored", word);
	} else if (word == 0) {
		/* Not busy before the whole command is there */
		qm->mailbox[0] = value & ~MAILBOX_BUSY;
	} else {
		qm->mailbox[word] = value;
		if (word == MAILBOX_WORDS - 1) {
			qm->mailbox[0] |= MAILBOX_BUSY;
			pthread_cond_signal(&qm->posted);
		}
	}
	pthread_mutex_unlock(&qm->lock);
}

void
qm_queue_doorbell(struct qm *qm, unsigned int page, uint64_t doorbell)
{
	uint32_t index = DOORBELL_INDEX(doorbell);

	record_count(qm->record, RECORD_DOORBELLS);
	if (qm->drop_doorbells)
		return;
	if (page >= qm->options->queues || DOORBELL_QUEUE(doorbell) != page) {
		log_line("doorbell %#llx in the page of queue %u: ignored",
			(unsigned long long)doorbell, page);
		return;
	}
	switch (DOORBELL_COMMAND(doorbell)) {
	case DOORBELL_SQ:
		queue_doorbell(&qm->queues[page], index);
		break;
	case DOORBELL_CQ:
		completion_queue_consume(&qm->completion_queues[page], index,
				DOORBELL_PRIORITY(doorbell) & 1);
		break;
	default:
		log_line("doorbell %#llx: unknown: ignored", (unsigned long long)doorbell);
	}
}

void
qm_event_doorbell(struct qm *qm, uint64_t doorbell)
{
	record_count(qm->record, RECORD_DOORBELLS);
	switch (DOORBELL_COMMAND(doorbell)) {
	case DOORBELL_EQ:
		event_queue_consume(&qm->events, DOORBELL_INDEX(doorbell));
		break;
	case DOORBELL_AEQ:
		event_queue_consume(&qm->errors, DOORBELL_INDEX(doorbell));
		break;
	default:
		log_line("doorbell %#llx: unknown: ignored", (unsigned long long)doorbell);
	}
}

void
qm_reset(struct qm *qm)
{
	unsigned int i;

	atomic_fetch_add(&qm->epoch, 1);
	pthread_mutex_lock(&qm->effect);
	for (i = 0; i < qm->options->queues; i++)
		queue_stop(&qm->queues[i]);
	for (i = 0; i < qm->options->queues; i++)
		completion_queue_stop(&qm->completion_queues[i]);
	event_queue_reset(&qm->events);
	event_queue_reset(&qm->errors);
	atomic_store(&qm->vtd->root, 0);
	pthread_mutex_unlock(&qm->effect);
	qm->drop_doorbells = false;
	pthread_mutex_lock(&qm->lock);
	for (i = 0; i < MAILBOX_WORDS; i++)
		qm->mailbox[i] = 0;
	pthread_mutex_unlock(&qm->lock);
}

static void
init_queues(struct qm *qm, event_interrupt interrupt, void *function)
{
	unsigned int i;

	event_queue_init(&qm->events, qm->dma, 0, interrupt, function);
	event_queue_init(&qm->errors, qm->dma, 1, interrupt, function);
	for (i = 0; i < MAX_QUEUES; i++) {
		queue_init(&qm->queues[i], i, &qm->around);
		completion_queue_init(&qm->completion_queues[i], i, qm->dma, &qm->events,
				&qm->errors);
	}
}

int
qm_open(struct qm *qm, const struct options *options, struct misbehaviour *misbehaviour,
		struct dma *dma, struct monitor *monitor, event_interrupt interrupt,
		void *function)
{
	int ret;

	*qm = (struct qm){
		.options = options,
		.dma = dma,
		.vtd = dma->vtd,
		.record = dma->record,
		.monitor = monitor,
	};
	qm->around = (struct queue_surroundings){
		.options = options,
		.dma = dma,
		.record = dma->record,
		.misbehaviour = misbehaviour,
		.workers = &qm->workers,
		.completion_queues = qm->completion_queues,
	};
	pthread_mutex_init(&qm->lock, NULL);
	pthread_cond_init(&qm->posted, NULL);
	pthread_mutex_init(&qm->effect, NULL);
	init_queues(qm, interrupt, function);
	ret = workers_start(&qm->workers, options->workers);
	if (ret < 0)
		return ret;
	ret = -pthread_create(&qm->thread, NULL, serve_mailbox, qm);
	if (ret < 0)
		workers_stop(&qm->workers);
	return ret;
}

void
qm_close(struct qm *qm)
{
	qm_reset(qm);
	pthread_mutex_lock(&qm->lock);
	qm->ending = true;
	pthread_cond_signal(&qm->posted);
	pthread_mutex_unlock(&qm->lock);
	pthread_join(qm->thread, NULL);
	workers_stop(&qm->workers);
}
