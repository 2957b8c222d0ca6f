/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_tables.h"

static void
need(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	abort();
}

void
guest_open(struct guest *guest, uint64_t size)
{
	unsigned int function = GUEST_REQUESTER & 0xff;
	_Atomic uint64_t *root, *context;

	*guest = (struct guest) { .size = size };
	guest->fd = memfd_create("guest", MFD_CLOEXEC);
	need(guest->fd >= 0 && ftruncate(guest->fd, (off_t)size) == 0, "memfd");
	guest->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, guest->fd, 0);
	need(guest->bytes != MAP_FAILED, "mmap");
	need(memory_add(&guest->memory, GUEST_MEMORY_AT, size, guest->fd, 0) == 0, "memory_add");
	guest->record = record_open();
	need(guest->record != NULL, "record_open");

	guest->root = guest_pages(guest, VTD_PAGE_SIZE);
	guest->contexts = guest_pages(guest, VTD_PAGE_SIZE);
	guest->directory = guest_pages(guest,
			(UINT64_C(1) << GUEST_PASID_BITS) / VTD_PASIDS * VTD_DIRECTORY_ENTRY_SIZE);
	root = guest_qwords(guest, guest->root + (GUEST_REQUESTER >> 8) * VTD_ROOT_ENTRY_SIZE);
	root[function / VTD_CONTEXTS] = guest->contexts | VTD_ROOT_PRESENT;
	context = guest_qwords(guest, guest->contexts + function % VTD_CONTEXTS * VTD_CONTEXT_SIZE);
	context[0] = guest->directory | VTD_CONTEXT_PRESENT | VTD_CONTEXT_DEVICE_TLB |
			VTD_CONTEXT_PASID_ENABLE | VTD_CONTEXT_PAGE_REQUESTS |
			(GUEST_PASID_BITS - 13) << VTD_CONTEXT_PDTS_SHIFT;
	context[1] = GUEST_RID_PASID;

	guest->vtd.memory = &guest->memory;
	guest->vtd.root = guest->root | VTD_ROOT_SCALABLE;
	guest->vtd.requester = GUEST_REQUESTER;
	guest->dma.memory = &guest->memory;
	guest->dma.vtd = &guest->vtd;
	guest->dma.record = guest->record;
	guest->dma.bus_master = true;
}

void
guest_close(struct guest *guest)
{
	record_close(guest->record);
	memory_close(&guest->memory);
	munmap(guest->bytes, guest->size);
	close(guest->fd);
}

uint64_t
guest_pages(struct guest *guest, uint64_t size)
{
	/* The addresses are to be aligned, not the offsets; both are, as memory starts at 4 GiB. */
	uint64_t start = (guest->used + size - 1) & ~(size - 1);

	need(start + size <= guest->size, "guest memory");
	guest->used = start + size;
	return GUEST_MEMORY_AT + start;
}

uint8_t *
guest_bytes(const struct guest *guest, uint64_t physical)
{
	need(physical >= GUEST_MEMORY_AT && physical < GUEST_MEMORY_AT + guest->size,
			"guest-physical address");
	return guest->bytes + (physical - GUEST_MEMORY_AT);
}

_Atomic uint64_t *
guest_qwords(const struct guest *guest, uint64_t physical)
{
	return (_Atomic uint64_t *)guest_bytes(guest, physical);
}

_Atomic uint64_t *
guest_pasid_entry(struct guest *guest, uint32_t pasid)
{
	_Atomic uint64_t *directory = guest_qwords(guest, guest->directory);

	need(pasid < UINT32_C(1) << GUEST_PASID_BITS, "PASID in the directory");
	directory += pasid / VTD_PASIDS;
	if (*directory == 0)
		*directory = guest_pages(guest, VTD_PAGE_SIZE) | VTD_DIRECTORY_PRESENT;
	return guest_qwords(guest, (*directory & VTD_TABLE) + pasid % VTD_PASIDS * VTD_PASID_SIZE);
}

struct guest_space
guest_space(struct guest *guest, uint32_t pasid, enum vtd_pasid_type type, unsigned int levels)
{
	struct guest_space space = {
		.guest = guest,
		.pasid = pasid,
		.type = type,
		.levels = levels,
		.top = guest_pages(guest, VTD_PAGE_SIZE),
	};
	_Atomic uint64_t *entry = guest_pasid_entry(guest, pasid);
	uint64_t first = VTD_PASID_PRESENT | (uint64_t)type << VTD_PASID_TYPE_SHIFT;

	if (type == VTD_TYPE_SECOND) {
		first |= space.top | (uint64_t)(levels - 2) << VTD_PASID_WIDTH_SHIFT;
	} else {
		first |= UINT64_C(2) << VTD_PASID_WIDTH_SHIFT;
		entry[2] = space.top | (uint64_t)(levels - 4) << VTD_PASID_2_LEVELS_SHIFT;
	}
	entry[0] = first;
	return space;
}

struct guest_space
guest_process(struct guest *guest, uint32_t pasid)
{
	return guest_space(guest, pasid, VTD_TYPE_FIRST, 4);
}

/* The bits that an entry needs to permit something. */
static uint64_t
permission_bits(const struct guest_space *space, unsigned int may)
{
	if (space->type == VTD_TYPE_SECOND)
		return ((may & GUEST_READ) != 0 ? VTD_SECOND_READ : 0) |
				((may & GUEST_WRITE) != 0 ? VTD_SECOND_WRITE : 0);
	return ((may & GUEST_READ) != 0 ? VTD_FIRST_PRESENT : 0) |
			((may & GUEST_WRITE) != 0 ? VTD_FIRST_WRITE : 0) |
			((may & GUEST_USER) != 0 ? VTD_FIRST_USER : 0);
}

_Atomic uint64_t *
guest_entry(struct guest_space *space, uint64_t address, unsigned int level)
{
	_Atomic uint64_t *entry = NULL;
	uint64_t table = space->top;
	unsigned int at;

	for (at = space->levels; at >= level; at--) {
		entry = guest_qwords(space->guest, table);
		entry += (address >> (12 + VTD_STAGE_BITS * (at - 1))) % 512;
		if (at == level)
			break;
		if (*entry == 0)
			*entry = guest_pages(space->guest, VTD_PAGE_SIZE) |
					permission_bits(space, GUEST_ALL);
		table = *entry & VTD_STAGE_ADDRESS;
	}
	return entry;
}

void
guest_map(struct guest_space *space, uint64_t address, uint64_t physical, unsigned int level,
		unsigned int may)
{
	*guest_entry(space, address, level) = physical | permission_bits(space, may) |
			(level > 1 ? VTD_STAGE_LARGE : 0);
}

_Atomic uint64_t *
guest_qword(struct guest_space *space, uint64_t address, enum guest_place place)
{
	struct guest *guest = space->guest;
	unsigned int function = GUEST_REQUESTER & 0xff;
	_Atomic uint64_t *root, *context;

	root = guest_qwords(guest, guest->root + (GUEST_REQUESTER >> 8) * VTD_ROOT_ENTRY_SIZE);
	context = guest_qwords(guest, guest->contexts + function % VTD_CONTEXTS * VTD_CONTEXT_SIZE);
	switch (place) {
	case GUEST_REGISTER:
		return &guest->vtd.root;
	case GUEST_ROOT:
		return &root[function / VTD_CONTEXTS];
	case GUEST_CONTEXT:
		return &context[0];
	case GUEST_CONTEXT_1:
		return &context[1];
	case GUEST_DIRECTORY:
		return guest_qwords(guest, guest->directory) + space->pasid / VTD_PASIDS;
	case GUEST_PASID:
		return guest_pasid_entry(guest, space->pasid);
	case GUEST_PASID_2:
		return guest_pasid_entry(guest, space->pasid) + 2;
	default:
		return guest_entry(space, address, place - GUEST_LEVEL_1 + 1);
	}
}

void
guest_allocate(struct guest_space *space, uint64_t address, uint64_t length, unsigned int may)
{
	uint64_t first = address / VTD_PAGE_SIZE, last = (address + length - 1) / VTD_PAGE_SIZE;
	uint64_t page;

	for (page = first; page <= last; page++) {
		guest_map(space, page * VTD_PAGE_SIZE, guest_pages(space->guest, VTD_PAGE_SIZE), 1,
				may);
		guest_pages(space->guest, VTD_PAGE_SIZE);
	}
}

/* Where the processor finds an address, and how much is in the same 4 KiB. */
static uint8_t *
processor_at(struct guest_space *space, uint64_t address, uint64_t *left)
{
	uint64_t within = VTD_PAGE_SIZE - 1, entry = 0;
	unsigned int level;

	for (level = space->levels; level >= 1; level--) {
		entry = *guest_entry(space, address, level);
		need(entry != 0, "page in the address space");
		if (level == 1 || (entry & VTD_STAGE_LARGE) != 0)
			break;
	}
	*left = VTD_PAGE_SIZE - (address & within);
	within = (UINT64_C(1) << (12 + VTD_STAGE_BITS * (level - 1))) - 1;
	return guest_bytes(space->guest, (entry & VTD_STAGE_ADDRESS & ~within) |
			(address & within));
}

void
guest_write(struct guest_space *space, uint64_t address, const void *from, uint64_t length)
{
	const uint8_t *bytes = from;
	uint64_t left;

	for (; length > 0; length -= left, address += left, bytes += left) {
		uint8_t *at = processor_at(space, address, &left);

		left = left < length ? left : length;
		memcpy(at, bytes, left);
	}
}

void
guest_read(struct guest_space *space, uint64_t address, void *to, uint64_t length)
{
	uint8_t *bytes = to;
	uint64_t left;

	for (; length > 0; length -= left, address += left, bytes += left) {
		const uint8_t *at = processor_at(space, address, &left);

		left = left < length ? left : length;
		memcpy(bytes, at, left);
	}
}

struct dma_channel
guest_channel(struct guest *guest, uint32_t pasid)
{
	return (struct dma_channel) {
		.dma = &guest->dma,
		.pasid = pasid,
		.patient = true,
		.epoch = &guest->epoch,
		.started = guest->epoch,
	};
}

uint64_t
guest_events(struct guest *guest, const char *event)
{
	json_t *counters = record_counters(guest->record);
	json_t *count = json_object_get(counters, event);
	uint64_t value;

	need(json_is_integer(count), event);
	value = (uint64_t)json_integer_value(count);
	json_decref(counters);
	return value;
}

uint64_t
guest_faults(struct guest *guest, uint32_t pasid)
{
	json_t *counters = record_counters(guest->record), *of_pasid;
	char key[16] = "none";
	uint64_t value;

	if (pasid != VTD_NO_PASID)
		snprintf(key, sizeof(key), "%" PRIu32, pasid);
	of_pasid = json_object_get(json_object_get(counters, "pasids"), key);
	value = (uint64_t)json_integer_value(json_object_get(of_pasid, "faults"));
	json_decref(counters);
	return value;
}
