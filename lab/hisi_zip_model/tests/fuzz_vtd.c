/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzing of the VT-d walk and of DMA through it. The input becomes a guest's memory (tables that
 * make sense more or less), the root address and some requests:
 *
 *	u64 root, u16 requester, u16 number of table entries,
 *	as many table entries: u16 where (in qwords of memory), u64 value,
 *	requests until the end: u8 what, u8 length / 32, u32 PASID, u64 address
 *
 * Memory is malloc()ed, so that AddressSanitizer sees each byte beyond.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dma.h"
#include "memory.h"
#include "record.h"
#include "vtd.h"
#include "vtd_tables.h"

#define PAGE VTD_PAGE_SIZE
#define QWORDS_OF_PAGE (PAGE / sizeof(uint64_t))
#define LOW_PAGES 12
#define HIGH_PAGES 4
#define PAGES (LOW_PAGES + HIGH_PAGES)
#define HIGH_AT UINT64_C(0x100000)
#define MAX_REQUESTS 8
#define MAX_LENGTH (255 * 32)
#define MARKS (VTD_FIRST_ACCESSED | VTD_FIRST_DIRTY | VTD_FIRST_EXTENDED_ACCESSED | \
		VTD_SECOND_ACCESSED | VTD_SECOND_DIRTY)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IS_WRITE = 1 << 0, IS_ENTRY = 1 << 1, NO_PASID = 1 << 2 };	/* what */

struct __attribute__((packed)) header {
	uint64_t root;
	uint16_t requester, entries;
};

struct __attribute__((packed)) entry {
	uint16_t at;
	uint64_t value;
};

struct __attribute__((packed)) request {
	uint8_t what, length;
	uint32_t pasid;
	uint64_t address;
};

struct input {
	const uint8_t *data;
	size_t size;
};

struct guest {
	struct memory memory;
	struct vtd vtd;
	struct dma dma;
	atomic_uint epoch;
};

/* Of memory's contents. */
struct snapshot {
	uint64_t qwords[PAGES][QWORDS_OF_PAGE];
};

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static bool
take(struct input *input, void *to, size_t size)
{
	if (input->size < size)
		return false;
	memcpy(to, input->data, size);
	input->data += size;
	input->size -= size;
	return true;
}

static struct record *
the_record(void)
{
	static struct record *record;

	if (record == NULL)
		record = record_open();
	need(record != NULL);
	return record;
}

static struct memory_region
new_region(uint64_t address, size_t pages)
{
	struct memory_region region = { .address = address, .size = pages * PAGE };

	region.bytes = aligned_alloc(PAGE, region.size);
	need(region.bytes != NULL);
	memset(region.bytes, 0, region.size);
	return region;
}

static uint64_t *
page_at(const struct guest *guest, size_t page)
{
	const struct memory_region *regions = guest->memory.regions;

	return (uint64_t *)(page < LOW_PAGES ? regions[0].bytes + page * PAGE :
			regions[1].bytes + (page - LOW_PAGES) * PAGE);
}

static void
guest_open(struct guest *guest, const struct header *header)
{
	guest->memory.regions[0] = new_region(0, LOW_PAGES);
	guest->memory.regions[1] = new_region(HIGH_AT, HIGH_PAGES);
	guest->memory.count = 2;
	guest->vtd.memory = &guest->memory;
	guest->vtd.root = header->root;
	guest->vtd.requester = header->requester;
	guest->dma.memory = &guest->memory;
	guest->dma.vtd = &guest->vtd;
	guest->dma.record = the_record();
	guest->dma.bus_master = true;
}

static void
guest_close(struct guest *guest)
{
	free(guest->memory.regions[1].bytes);
	free(guest->memory.regions[0].bytes);
}

static void
take_snapshot(const struct guest *guest, struct snapshot *snapshot)
{
	size_t page;

	for (page = 0; page < PAGES; page++)
		memcpy(snapshot->qwords[page], page_at(guest, page), PAGE);
}

/* Where a stretch of memory is in a snapshot: not the model's own arithmetic. */
static uint8_t *
in_snapshot(struct snapshot *snapshot, uint64_t physical, size_t length)
{
	uint64_t page = physical / PAGE, high = HIGH_AT / PAGE;

	need(length <= PAGE - physical % PAGE);
	need(page < LOW_PAGES || (page >= high && page < high + HIGH_PAGES));
	page = page < LOW_PAGES ? page : page - high + LOW_PAGES;
	return (uint8_t *)snapshot->qwords[page] + physical % PAGE;
}

static void
restore_snapshot(struct guest *guest, const struct snapshot *snapshot)
{
	size_t page;

	for (page = 0; page < PAGES; page++)
		memcpy(page_at(guest, page), snapshot->qwords[page], PAGE);
}

/* Whether memory is what is expected, but for accessed and dirty bits that were set. */
static bool
is_same(const struct guest *guest, const struct snapshot *expected)
{
	size_t page, i;

	for (page = 0; page < PAGES; page++) {
		const uint64_t *is = page_at(guest, page), *was = expected->qwords[page];

		if (memcmp(is, was, PAGE) == 0)
			continue;
		for (i = 0; i < QWORDS_OF_PAGE; i++) {
			if (((is[i] ^ was[i]) & ~MARKS) != 0 || (was[i] & ~is[i]) != 0)
				return false;
		}
	}
	return true;
}

/*
 * Where an access would go, once all tables on the way are marked: marking may change the tables
 * that it goes through. VTD_UNSTABLE: it does so each time.
 */
static enum vtd_fault
translate(struct guest *guest, const struct request *request, uint64_t *physical)
{
	bool write = (request->what & IS_WRITE) != 0;
	struct snapshot before, after;
	enum vtd_fault fault;
	unsigned int i;
	uint32_t left;

	take_snapshot(guest, &after);
	for (i = 0; i < 4; i++) {
		before = after;
		fault = vtd_translate(&guest->vtd, request->pasid, request->address, write,
				physical, &left);
		need(is_same(guest, &before));
		if (fault == VTD_OK) {
			in_snapshot(&before, *physical, left);
			need(left > 0 && left == PAGE - request->address % PAGE);
		}
		take_snapshot(guest, &after);
		if (memcmp(&before, &after, sizeof(before)) == 0)
			return fault;
	}
	return VTD_UNSTABLE;
}

/* Whether a write to where `physical` was changed the very tables that it went through. */
static bool
has_moved(struct guest *guest, const struct snapshot *written, const struct request *request,
		uint64_t physical)
{
	uint64_t again;

	restore_snapshot(guest, written);
	return translate(guest, request, &again) != VTD_OK || again != physical;
}

static int
expected_return(enum vtd_fault fault, uint32_t pasid)
{
	if (fault == VTD_OK)
		return 0;
	return fault == VTD_NOT_PRESENT && pasid != VTD_NO_PASID ? -EAGAIN : -EFAULT;
}

/* An access within a page: it does what the translation says, or nothing. */
static void
run_in_page(struct guest *guest, const struct dma_channel *channel, const struct request *request,
		size_t length)
{
	bool write = (request->what & IS_WRITE) != 0;
	struct snapshot expected;
	uint64_t physical = 0;
	enum vtd_fault fault;
	uint8_t data[PAGE];
	int ret;

	fault = translate(guest, request, &physical);
	if (fault == VTD_UNSTABLE)
		return;
	take_snapshot(guest, &expected);
	memset(data, 0xa5, length);
	if (fault == VTD_OK && write)
		memcpy(in_snapshot(&expected, physical, length), data, length);
	ret = write ? dma_write(channel, request->address, data, length) :
			dma_read(channel, request->address, data, length);
	if (!is_same(guest, &expected) || ret != expected_return(fault, request->pasid))
		need(fault == VTD_OK && write && has_moved(guest, &expected, request, physical));
	else if (ret == 0)
		need(memcmp(in_snapshot(&expected, physical, length), data, length) == 0);
}

static void
run_request(struct guest *guest, struct request *request)
{
	uint8_t data[MAX_LENGTH] = { 0x67 };
	size_t length = (size_t)request->length * 32;
	struct dma_channel channel;

	if ((request->what & NO_PASID) != 0)
		request->pasid = VTD_NO_PASID;
	channel = (struct dma_channel) {
		.dma = &guest->dma,
		.pasid = request->pasid,
		.epoch = &guest->epoch,
	};
	if ((request->what & IS_ENTRY) != 0)
		dma_write(&channel, request->address, data, 4 + length % 256);
	else if (length > 0 && length <= PAGE - request->address % PAGE)
		run_in_page(guest, &channel, request, length);
	else if ((request->what & IS_WRITE) != 0)
		dma_write(&channel, request->address, data, length);
	else
		dma_read(&channel, request->address, data, length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct guest guest = { 0 };
	struct request request;
	struct header header;
	struct entry entry;
	unsigned int i;

	if (!take(&input, &header, sizeof(header)))
		return 0;
	guest_open(&guest, &header);
	for (i = 0; i < header.entries && take(&input, &entry, sizeof(entry)); i++)
		page_at(&guest, entry.at / QWORDS_OF_PAGE % PAGES)[entry.at % QWORDS_OF_PAGE] =
				entry.value;
	for (i = 0; i < MAX_REQUESTS && take(&input, &request, sizeof(request)); i++)
		run_request(&guest, &request);
	guest_close(&guest);
	return 0;
}
