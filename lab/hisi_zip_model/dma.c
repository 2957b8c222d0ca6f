/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "dma.h"
#include "log.h"
#include "memory.h"

#define LOOK_AGAIN_NS (200 * 1000)

/* What is left of an access. */
struct access {
	uint64_t address;
	uint8_t *to;		/* reads */
	const uint8_t *from;	/* writes */
	size_t length;
};

/* How long an access to one page has had trouble. */
struct patience {
	unsigned int looks;
	uint64_t deadline;	/* ns */
};

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool
is_over(const struct dma_channel *channel)
{
	return atomic_load_explicit(channel->epoch, memory_order_acquire) != channel->started;
}

/* Whether to try again; time runs from the first time this is asked. */
static bool
is_patient(struct patience *patience)
{
	uint64_t now = now_ns();

	if (patience->looks == 0)
		patience->deadline = now + DMA_PATIENCE_MS * UINT64_C(1000000);
	return patience->looks++ < DMA_PATIENCE_LOOKS || now < patience->deadline;
}

static int
refuse(const struct dma_channel *channel, const struct access *access, enum vtd_fault fault)
{
	bool write = access->from != NULL;

	log_detail("fault: queue %u, PASID %d, %s 0x%llx: %s", channel->queue,
			(int32_t)channel->pasid, write ? "write" : "read",
			(unsigned long long)access->address, vtd_fault_name(fault));
	record_add_fault(channel->dma->record, channel->queue, channel->pasid, access->address,
			write, fault);
	return -EFAULT;
}

/* After a translation failed: 0 when it is worth another try now. */
static int
wait_for_page(const struct dma_channel *channel, const struct access *access,
		enum vtd_fault fault, struct patience *patience)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };

	if (fault != VTD_NOT_PRESENT || channel->pasid == VTD_NO_PASID)
		return refuse(channel, access, fault);
	if (!channel->patient)
		return -EAGAIN;
	if (!is_patient(patience))
		return refuse(channel, access, fault);
	record_count(channel->dma->record, RECORD_RETRIES);
	nanosleep(&pause, NULL);
	return 0;
}

#ifdef __SANITIZE_THREAD__
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
#else
#define AnnotateIgnoreReadsBegin(file, line)
#define AnnotateIgnoreReadsEnd(file, line)
#define AnnotateIgnoreWritesBegin(file, line)
#define AnnotateIgnoreWritesEnd(file, line)
#endif

/* Whole words, the last one after all others. */
static void
store_words(uint8_t *guest, const uint8_t *from, size_t length)
{
	size_t before = length - sizeof(uint32_t);
	uint32_t last;

	memcpy(guest, from, before);
	memcpy(&last, from + before, sizeof(last));
	atomic_store_explicit((_Atomic uint32_t *)(guest + before), last, memory_order_release);
}

/*
 * The guest may change the memory at the same time: what is read then is anybody's guess, as with a
 * real device. It is read or written once here, and never looked at in place.
 */
static void
copy(const struct access *access, uint8_t *guest, size_t length)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
	if (access->from == NULL)
		memcpy(access->to, guest, length);
	else if (((uintptr_t)guest | length) % sizeof(uint32_t) == 0)
		store_words(guest, access->from, length);
	else
		memcpy(guest, access->from, length);
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

/*
 * Copies to or from the page that the access starts in: 0 and the length that was copied.
 *
 * The guest may move the page between translation and copy, and only a copy to or from where the
 * page still is afterwards counts. The barrier makes the copy visible before the second look: a
 * kernel that moves the page clears its entry before it reads the page, so either its copy has ours
 * or the second look sees the entry gone.
 */
static int
access_page(const struct dma_channel *channel, const struct access *access, size_t *done)
{
	struct patience patience = { 0 };
	struct dma *dma = channel->dma;
	bool write = access->from != NULL;
	uint64_t physical, again;
	enum vtd_fault fault;
	uint32_t left;
	int ret;

	for (;;) {
		if (is_over(channel))
			return -ECANCELED;
		if (!atomic_load_explicit(&dma->bus_master, memory_order_acquire))
			return refuse(channel, access, VTD_BUS_MASTER_OFF);
		fault = vtd_translate(dma->vtd, channel->pasid, access->address, write, &physical,
				&left);
		if (fault != VTD_OK) {
			ret = wait_for_page(channel, access, fault, &patience);
			if (ret != 0)
				return ret;
			continue;
		}
		*done = left < access->length ? left : access->length;
		copy(access, memory_at(dma->memory, physical, *done), *done);
		atomic_thread_fence(memory_order_seq_cst);
		fault = vtd_translate(dma->vtd, channel->pasid, access->address, write, &again,
				&left);
		if (fault == VTD_OK && again == physical)
			return 0;
		record_count(dma->record, RECORD_REDONE);
		if (!is_patient(&patience))
			return refuse(channel, access, VTD_UNSTABLE);
	}
}

static int
access_pages(const struct dma_channel *channel, struct access access)
{
	size_t done;
	int ret;

	if (access.length > 0 && access.address + (access.length - 1) < access.address)
		return refuse(channel, &access, VTD_NOT_CANONICAL);
	while (access.length > 0) {
		ret = access_page(channel, &access, &done);
		if (ret != 0)
			return ret;
		access.address += done;
		access.length -= done;
		if (access.from != NULL)
			access.from += done;
		else
			access.to += done;
	}
	return 0;
}

int
dma_read(const struct dma_channel *channel, uint64_t address, void *to, size_t length)
{
	return access_pages(channel, (struct access) {
		.address = address,
		.to = to,
		.length = length,
	});
}

int
dma_write(const struct dma_channel *channel, uint64_t address, const void *from, size_t length)
{
	return access_pages(channel, (struct access) {
		.address = address,
		.from = from,
		.length = length,
	});
}
