/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: a submission queue entry, and what is in the memory that it names.
 *
 * The input is the queue's type (a byte), the entry, and what is at CONTENTS: compressed data,
 * scatter-gather lists. After the request nothing else has been written than what the entry names
 * and the tables allow, only words of results have changed in the entry, and what a compression
 * calls a success can be decompressed.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine_fixture.h"
#include "test_data.h"

#define PASID 5
#define OTHER_PASID 6

/* What a process has; all else is there, but not for it */
#define CONTENTS 0x10000	/* may only be read */
#define CONTENTS_SIZE 0x2000
#define WRITABLE 0x20000
#define WRITABLE_SIZE 0x20000
#define PRECIOUS 0x50000	/* may only be read; in OTHER_PASID written as well */
#define PRECIOUS_SIZE 0x1000

#define MEMORY (UINT64_C(8) << 20)
#define MAX_ROOM (8u << 20)

static struct {
	struct guest guest;
	struct guest_space process, other;
	uint8_t before[WRITABLE_SIZE], after[WRITABLE_SIZE];
	uint8_t contents[CONTENTS_SIZE];
	uint8_t precious[PRECIOUS_SIZE];
} world;

/*
 * Lets all of the address space be the kernel's: an access faults at once there, while a page that
 * isn't present would be waited for.
 */
static void
map_kernel(struct guest_space *space)
{
	unsigned int may = GUEST_READ | GUEST_WRITE;
	uint64_t i;

	for (i = 0; i < 512; i++) {
		guest_map(space, i << 12, GUEST_MEMORY_AT, 1, may);
		if (i > 0) {
			guest_map(space, i << 21, GUEST_MEMORY_AT, 2, may);
			guest_map(space, i << 30, GUEST_MEMORY_AT, 3, may);
			guest_map(space, 1ull << 39 | i << 30, GUEST_MEMORY_AT, 3, may);
		}
	}
	guest_map(space, 1ull << 39, GUEST_MEMORY_AT, 3, may);
	for (i = 2; i < 512; i++)
		*guest_entry(space, i << 39, 4) = *guest_entry(space, 1ull << 39, 4);
}

static void
make_world(void)
{
	guest_open(&world.guest, MEMORY);
	world.process = guest_process(&world.guest, PASID);
	map_kernel(&world.process);
	guest_allocate(&world.process, CONTENTS, CONTENTS_SIZE, GUEST_READ | GUEST_USER);
	guest_allocate(&world.process, WRITABLE, WRITABLE_SIZE, GUEST_ALL);
	guest_allocate(&world.process, PRECIOUS, PRECIOUS_SIZE, GUEST_READ | GUEST_USER);
	world.other = guest_process(&world.guest, OTHER_PASID);
	guest_allocate(&world.other, PRECIOUS, PRECIOUS_SIZE, GUEST_ALL);
	random_bytes(world.precious, PRECIOUS_SIZE, 1);
}

static void
fill_world(const uint8_t *data, size_t size)
{
	memset(world.contents, 0, sizeof(world.contents));
	memcpy(world.contents, data, size < CONTENTS_SIZE ? size : CONTENTS_SIZE);
	guest_write(&world.process, CONTENTS, world.contents, CONTENTS_SIZE);
	/* Lists and data may be where is written, too. */
	memset(world.before, 0xee, WRITABLE_SIZE);
	memcpy(world.before, world.contents, CONTENTS_SIZE);
	guest_write(&world.process, WRITABLE, world.before, WRITABLE_SIZE);
	guest_write(&world.process, PRECIOUS, world.precious, PRECIOUS_SIZE);
	guest_write(&world.other, PRECIOUS, world.precious, PRECIOUS_SIZE);
}

static void
assert_unchanged(struct guest_space *space, uint64_t address, const uint8_t *bytes, size_t length)
{
	uint8_t now[CONTENTS_SIZE];

	assert(length <= sizeof(now));
	guest_read(space, address, now, length);
	assert(memcmp(now, bytes, length) == 0);
}

/*
 * Of WRITABLE only a flat buffer may be written. One around the end of the address space has
 * nothing there: it begins in what is the kernel's.
 */
static void
assert_only_written(uint64_t address, uint64_t length)
{
	uint64_t end = address + length < address ? address : address + length;
	uint64_t first = address < WRITABLE ? WRITABLE : address;
	uint64_t last = end > WRITABLE + WRITABLE_SIZE ? WRITABLE + WRITABLE_SIZE : end;
	size_t before = WRITABLE_SIZE, after = WRITABLE_SIZE;

	if (first < last) {
		before = first - WRITABLE;
		after = last - WRITABLE;
	}
	assert(memcmp(world.after, world.before, before) == 0);
	assert(memcmp(world.after + after, world.before + after, WRITABLE_SIZE - after) == 0);
}

/* Bytes of WRITABLE that a stretch has */
static void
mark(uint8_t *marked, uint64_t address, uint64_t length)
{
	uint64_t i;

	for (i = 0; i < WRITABLE_SIZE; i++) {
		if (WRITABLE + i - address < length)
			marked[i] = 1;
	}
}

/* Those that a list has. False: it isn't all in CONTENTS, and may have been written over. */
static bool
mark_list(uint8_t *marked, uint64_t address)
{
	unsigned int blocks, i;
	uint64_t entry;
	uint32_t length;
	uint16_t used;

	for (blocks = 0; address != 0 && blocks < 256; blocks++) {
		const uint8_t *block;

		if (address < CONTENTS || address > CONTENTS + CONTENTS_SIZE - 64)
			return false;
		block = world.contents + (address - CONTENTS);
		memcpy(&used, block + 10, sizeof(used));
		if (address + 64 + 32 * used > CONTENTS + CONTENTS_SIZE)
			return false;
		for (i = 0; i < used; i++) {
			memcpy(&entry, block + 64 + 32 * i, sizeof(entry));
			memcpy(&length, block + 64 + 32 * i + 16, sizeof(length));
			mark(marked, entry, length);
		}
		memcpy(&address, block, sizeof(address));
	}
	return true;
}

static void
assert_only_list_written(uint64_t address)
{
	static uint8_t marked[WRITABLE_SIZE];
	uint64_t i;

	if (memcmp(world.after, world.before, WRITABLE_SIZE) == 0)
		return;
	memset(marked, 0, sizeof(marked));
	if (!mark_list(marked, address))
		return;
	for (i = 0; i < WRITABLE_SIZE; i++)
		assert(marked[i] || world.after[i] == world.before[i]);
}

static void
check_words(const struct request *before, const struct request *after, uint32_t may_change)
{
	unsigned int i;

	for (i = 0; i < SQE_SIZE / 4; i++) {
		if ((may_change & 1u << i) == 0)
			assert(sqe_word(before, i) == sqe_word(after, i));
	}
}

static void
check_compressed(const struct request *request, uint64_t source, uint64_t destination)
{
	unsigned int format = sqe_word(request, 9) & 0xff;
	uint32_t length = sqe_word(request, 4), produced = zip_produced(request);
	uint8_t *data;

	if (source < CONTENTS || source + length > CONTENTS + CONTENTS_SIZE)
		return;
	data = malloc(length);
	assert(data != NULL);
	assert(destination >= WRITABLE && destination + produced <= WRITABLE + WRITABLE_SIZE);
	assert(cpu_decompress(format, 15, world.after + (destination - WRITABLE), produced, data,
			length) == (long)length);
	assert(memcmp(data, world.contents + (source - CONTENTS), length) == 0);
	free(data);
}

static void
check_zip(const struct request *before, const struct request *after)
{
	uint64_t source = sqe_word(before, 18) | (uint64_t)sqe_word(before, 19) << 32;
	uint64_t destination = sqe_word(before, 20) | (uint64_t)sqe_word(before, 21) << 32;
	bool flat = (sqe_word(before, 9) >> 8 & 0xf) == 0;
	uint32_t room = sqe_word(before, 14);
	uint8_t status = zip_status(after);
	bool good = status == 0 || status == 0x0d;

	check_words(before, after, 1u << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1u << 30 | 1u << 31);
	assert(sqe_word(before, 3) >> 8 == sqe_word(after, 3) >> 8);
	assert(zip_consumed(after) <= sqe_word(before, 4));
	assert(zip_produced(after) <= room && zip_produced(after) <= MAX_ROOM);
	assert(status == after->summary.status);
	if (status == 0x02)
		assert(zip_produced(after) == 0);
	if (flat)
		assert_only_written(destination, room);
	else
		assert_only_list_written(destination);
	if (flat && good && before->type == QUEUE_COMPRESS)
		check_compressed(after, source, destination);
}

static void
check_udma(const struct request *before, const struct request *after)
{
	uint64_t destination = sqe_word(before, 22) | (uint64_t)sqe_word(before, 23) << 32;

	check_words(before, after, 1u << 28);
	assert((sqe_word(after, 28) & 7) == 1 || (sqe_word(after, 28) & 7) == 2);
	assert_only_written(destination, sqe_word(before, 5));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request = { 0 }, before;

	if (size < 1 + SQE_SIZE)
		return 0;
	if (world.guest.bytes == NULL)
		make_world();
	fill_world(data + 1 + SQE_SIZE, size - 1 - SQE_SIZE);
	request.data = guest_channel(&world.guest, PASID);
	request.type = data[0] % 4;
	memcpy(request.sqe, data + 1, SQE_SIZE);
	before = request;

	assert(engine_run(&request) == 0);

	guest_read(&world.process, WRITABLE, world.after, WRITABLE_SIZE);
	assert_unchanged(&world.process, CONTENTS, world.contents, CONTENTS_SIZE);
	assert_unchanged(&world.process, PRECIOUS, world.precious, PRECIOUS_SIZE);
	assert_unchanged(&world.other, PRECIOUS, world.precious, PRECIOUS_SIZE);
	if (request.type == QUEUE_UDMA)
		check_udma(&before, &request);
	else
		check_zip(&before, &request);
	return 0;
}
