/* SPDX-License-Identifier: BSD-3-Clause */

#include <stddef.h>

#include "vtd.h"
#include "vtd_tables.h"

/* Walks that an entry's change may spoil, one after the other; then it is VTD_UNSTABLE. */
#define MAX_WALKS 64

/* Requests without PASID to these addresses are interrupts, never memory. */
#define INTERRUPTS VTD_BITS(31, 20)
#define INTERRUPTS_AT UINT64_C(0xfee00000)

typedef _Atomic uint64_t table_entry;

/* What is asked for. */
struct lookup {
	uint64_t address;
	bool write;
};

/* One stage's tables: what its bits mean, and where they start. */
struct stage {
	uint64_t present;	/* without any of these an entry isn't */
	uint64_t read, write;	/* permissions, needed at all levels */
	uint64_t user;		/* also: the function makes no supervisor requests */
	uint64_t accessed, dirty;
	uint64_t not_address;	/* address bits of a large page's entry that mean something else */
	unsigned int levels;
	uint64_t top;
};

/* Entries that a walk came through, from the top table's on. */
struct path {
	table_entry *entries[VTD_STAGE_MAX_LEVELS];
	uint64_t values[VTD_STAGE_MAX_LEVELS];
	unsigned int length;
};

static table_entry *
entry_at(const struct vtd *vtd, uint64_t address)
{
	return memory_at(vtd->memory, address, sizeof(table_entry));
}

/*
 * Loads an entry of several qwords. The guest may be changing it: only what reads the same twice
 * belongs together.
 */
static enum vtd_fault
load_qwords(const struct vtd *vtd, uint64_t address, uint64_t *values, unsigned int count)
{
	table_entry *entry = memory_at(vtd->memory, address, count * sizeof(*entry));
	unsigned int i;

	if (entry == NULL)
		return VTD_NOT_MEMORY;
	for (i = 0; i < count; i++)
		values[i] = atomic_load_explicit(&entry[i], memory_order_acquire);
	for (i = 0; i < count; i++) {
		if (atomic_load_explicit(&entry[i], memory_order_acquire) != values[i])
			return VTD_UNSTABLE;
	}
	return VTD_OK;
}

/* Finds the first two qwords of the function's context entry. */
static enum vtd_fault
find_context(struct vtd *vtd, uint64_t *context)
{
	uint64_t root = atomic_load_explicit(&vtd->root, memory_order_acquire);
	uint16_t requester = atomic_load_explicit(&vtd->requester, memory_order_acquire);
	unsigned int function = requester & 0xff;
	enum vtd_fault fault;
	table_entry *half;
	uint64_t value;

	if ((root & VTD_ROOT_MODE) != VTD_ROOT_SCALABLE)
		return VTD_NO_ROOT_TABLE;
	half = entry_at(vtd, (root & VTD_TABLE) + (requester >> 8) * VTD_ROOT_ENTRY_SIZE +
			function / VTD_CONTEXTS * VTD_ROOT_HALF_SIZE);
	if (half == NULL)
		return VTD_NOT_MEMORY;
	value = atomic_load_explicit(half, memory_order_acquire);
	if ((value & VTD_ROOT_PRESENT) == 0)
		return VTD_ROOT_NOT_PRESENT;
	if ((value & VTD_ROOT_RESERVED) != 0)
		return VTD_UNSUPPORTED;

	fault = load_qwords(vtd, (value & VTD_TABLE) + function % VTD_CONTEXTS * VTD_CONTEXT_SIZE,
			context, 2);
	if (fault != VTD_OK)
		return fault;
	if ((context[0] & VTD_CONTEXT_PRESENT) == 0)
		return VTD_CONTEXT_NOT_PRESENT;
	if ((context[0] & VTD_CONTEXT_RESERVED) != 0 ||
			(context[1] & (VTD_CONTEXT_1_RID_PRIVILEGED | VTD_CONTEXT_1_RESERVED)) != 0)
		return VTD_UNSUPPORTED;
	return VTD_OK;
}

/* Finds the first three qwords of a PASID's entry. */
static enum vtd_fault
find_pasid(struct vtd *vtd, uint32_t pasid, uint64_t *entry)
{
	uint64_t context[2], value;
	table_entry *directory;
	enum vtd_fault fault;
	unsigned int pdts;

	fault = find_context(vtd, context);
	if (fault != VTD_OK)
		return fault;
	if (pasid == VTD_NO_PASID)
		pasid = context[1] & VTD_CONTEXT_1_RID_PASID;
	else if ((context[0] & VTD_CONTEXT_PASID_ENABLE) == 0)
		return VTD_PASID_NOT_ENABLED;
	pdts = (context[0] >> VTD_CONTEXT_PDTS_SHIFT) & VTD_CONTEXT_PDTS_MASK;
	if (pasid >> VTD_PASID_MAX_BITS != 0 || (pasid / VTD_PASIDS) >> (pdts + 7) != 0)
		return VTD_PASID_TOO_WIDE;

	directory = entry_at(vtd, (context[0] & VTD_TABLE) +
			pasid / VTD_PASIDS * VTD_DIRECTORY_ENTRY_SIZE);
	if (directory == NULL)
		return VTD_NOT_MEMORY;
	value = atomic_load_explicit(directory, memory_order_acquire);
	if ((value & VTD_DIRECTORY_PRESENT) == 0)
		return VTD_PASID_NOT_PRESENT;
	if ((value & VTD_DIRECTORY_RESERVED) != 0)
		return VTD_UNSUPPORTED;

	fault = load_qwords(vtd, (value & VTD_TABLE) + pasid % VTD_PASIDS * VTD_PASID_SIZE,
			entry, 3);
	if (fault != VTD_OK)
		return fault;
	if ((entry[0] & VTD_PASID_PRESENT) == 0)
		return VTD_PASID_NOT_PRESENT;
	if ((entry[0] & VTD_PASID_RESERVED) != 0)
		return VTD_UNSUPPORTED;
	return VTD_OK;
}

static enum vtd_fault
check_entry(const struct stage *stage, const struct lookup *lookup, uint64_t value,
		unsigned int level)
{
	if ((value & stage->present) == 0)
		return VTD_NOT_PRESENT;
	if ((value & VTD_STAGE_LARGE) != 0 && level > 3)
		return VTD_UNSUPPORTED;
	if ((value & stage->user) != stage->user)
		return VTD_NOT_USER;
	if (lookup->write && (value & stage->write) == 0)
		return VTD_NOT_WRITABLE;
	if (!lookup->write && (value & stage->read) == 0)
		return VTD_NOT_READABLE;
	return VTD_OK;
}

/*
 * Sets accessed and dirty bits along the path. The guest changes entries at the same time: one that
 * isn't what it was when it was read is left alone, and the walk is void.
 */
static enum vtd_fault
mark_path(const struct stage *stage, const struct lookup *lookup, const struct path *path)
{
	unsigned int i;

	for (i = 0; i < path->length; i++) {
		uint64_t value = path->values[i];
		uint64_t marked = value | stage->accessed;

		if (lookup->write && i == path->length - 1)
			marked |= stage->dirty;
		if (marked != value &&
				!atomic_compare_exchange_strong(path->entries[i], &value, marked))
			return VTD_UNSTABLE;
	}
	return VTD_OK;
}

static enum vtd_fault
walk_stage(const struct vtd *vtd, const struct stage *stage, const struct lookup *lookup,
		uint64_t *physical)
{
	uint64_t table = stage->top, value, within;
	struct path path = { .length = 0 };
	unsigned int level, shift;
	enum vtd_fault fault;
	table_entry *entry;

	for (level = stage->levels;; level--) {
		shift = 12 + VTD_STAGE_BITS * (level - 1);
		entry = entry_at(vtd, table + (lookup->address >> shift) % 512 * sizeof(*entry));
		if (entry == NULL)
			return VTD_NOT_MEMORY;
		value = atomic_load_explicit(entry, memory_order_acquire);
		fault = check_entry(stage, lookup, value, level);
		if (fault != VTD_OK)
			return fault;
		path.entries[path.length] = entry;
		path.values[path.length++] = value;
		table = value & VTD_STAGE_ADDRESS;
		if (level == 1)
			break;
		if ((value & VTD_STAGE_LARGE) != 0) {
			table &= ~stage->not_address;
			break;
		}
	}
	within = (UINT64_C(1) << shift) - 1;
	if ((table & within) != 0)
		return VTD_UNSUPPORTED;
	*physical = table | (lookup->address & within);
	if (memory_at(vtd->memory, *physical & ~(VTD_PAGE_SIZE - 1), VTD_PAGE_SIZE) == NULL)
		return VTD_NOT_MEMORY;
	return mark_path(stage, lookup, &path);
}

static enum vtd_fault
walk_first_stage(const struct vtd *vtd, const uint64_t *entry, const struct lookup *lookup,
		uint64_t *physical)
{
	uint64_t more = (entry[2] >> VTD_PASID_2_LEVELS_SHIFT) & VTD_PASID_2_LEVELS_MASK;
	struct stage stage = {
		.present = VTD_FIRST_PRESENT,
		.read = VTD_FIRST_PRESENT,
		.write = VTD_FIRST_WRITE,
		.user = VTD_FIRST_USER,
		.accessed = VTD_FIRST_ACCESSED,
		.dirty = VTD_FIRST_DIRTY,
		.not_address = VTD_FIRST_LARGE_PAT,
		.levels = 4 + more,
		.top = entry[2] & VTD_TABLE,
	};
	unsigned int unused;

	if (more > 1 || (entry[2] & VTD_PASID_2_RESERVED) != 0)
		return VTD_UNSUPPORTED;
	if ((entry[2] & VTD_PASID_2_EXTENDED_ACCESSED) != 0)
		stage.accessed |= VTD_FIRST_EXTENDED_ACCESSED;
	unused = 64 - (12 + VTD_STAGE_BITS * stage.levels);
	if ((uint64_t)((int64_t)(lookup->address << unused) >> unused) != lookup->address)
		return VTD_NOT_CANONICAL;
	return walk_stage(vtd, &stage, lookup, physical);
}

static enum vtd_fault
walk_second_stage(const struct vtd *vtd, const uint64_t *entry, const struct lookup *lookup,
		uint64_t *physical)
{
	uint64_t width = (entry[0] >> VTD_PASID_WIDTH_SHIFT) & VTD_PASID_WIDTH_MASK;
	struct stage stage = {
		.present = VTD_SECOND_READ | VTD_SECOND_WRITE,
		.read = VTD_SECOND_READ,
		.write = VTD_SECOND_WRITE,
		.levels = 2 + width,
		.top = entry[0] & VTD_TABLE,
	};

	if (width < 1 || width > 3)
		return VTD_UNSUPPORTED;
	if ((entry[0] & VTD_PASID_SECOND_ACCESSED_DIRTY) != 0) {
		stage.accessed = VTD_SECOND_ACCESSED;
		stage.dirty = VTD_SECOND_DIRTY;
	}
	if (lookup->address >> (12 + VTD_STAGE_BITS * stage.levels) != 0)
		return VTD_NOT_CANONICAL;
	return walk_stage(vtd, &stage, lookup, physical);
}

static enum vtd_fault
pass_through(const struct vtd *vtd, const struct lookup *lookup, uint64_t *physical)
{
	*physical = lookup->address;
	if (memory_at(vtd->memory, *physical & ~(VTD_PAGE_SIZE - 1), VTD_PAGE_SIZE) == NULL)
		return VTD_NOT_MEMORY;
	return VTD_OK;
}

static enum vtd_fault
walk(struct vtd *vtd, uint32_t pasid, const struct lookup *lookup, uint64_t *physical)
{
	enum vtd_fault fault;
	uint64_t entry[3];

	if (pasid == VTD_NO_PASID && (lookup->address & (INTERRUPTS | ~VTD_BITS(31, 0))) ==
			INTERRUPTS_AT)
		return VTD_NOT_MEMORY;
	fault = find_pasid(vtd, pasid, entry);
	if (fault != VTD_OK)
		return fault;
	switch ((entry[0] >> VTD_PASID_TYPE_SHIFT) & VTD_PASID_TYPE_MASK) {
	case VTD_TYPE_FIRST:
		return walk_first_stage(vtd, entry, lookup, physical);
	case VTD_TYPE_SECOND:
		return walk_second_stage(vtd, entry, lookup, physical);
	case VTD_TYPE_PASS_THROUGH:
		return pass_through(vtd, lookup, physical);
	default:
		return VTD_UNSUPPORTED;
	}
}

enum vtd_fault
vtd_translate(struct vtd *vtd, uint32_t pasid, uint64_t address, bool write,
		uint64_t *physical, uint32_t *left)
{
	const struct lookup lookup = { .address = address, .write = write };
	enum vtd_fault fault = VTD_UNSTABLE;
	unsigned int walks;

	for (walks = 0; walks < MAX_WALKS && fault == VTD_UNSTABLE; walks++)
		fault = walk(vtd, pasid, &lookup, physical);
	*left = VTD_PAGE_SIZE - address % VTD_PAGE_SIZE;
	return fault;
}

const char *
vtd_fault_name(enum vtd_fault fault)
{
	static const char *const names[] = {
		[VTD_OK] = "none",
		[VTD_NO_ROOT_TABLE] = "no root table",
		[VTD_ROOT_NOT_PRESENT] = "root entry not present",
		[VTD_CONTEXT_NOT_PRESENT] = "context entry not present",
		[VTD_PASID_NOT_ENABLED] = "PASID not enabled",
		[VTD_PASID_TOO_WIDE] = "PASID too wide",
		[VTD_PASID_NOT_PRESENT] = "PASID not present",
		[VTD_NOT_CANONICAL] = "not canonical",
		[VTD_NOT_PRESENT] = "not present",
		[VTD_NOT_READABLE] = "not readable",
		[VTD_NOT_WRITABLE] = "not writable",
		[VTD_NOT_USER] = "not user",
		[VTD_NOT_MEMORY] = "not memory",
		[VTD_UNSUPPORTED] = "unsupported",
		[VTD_UNSTABLE] = "unstable",
		[VTD_BUS_MASTER_OFF] = "bus master off",
	};

	return (size_t)fault < sizeof(names) / sizeof(names[0]) ? names[fault] : "unknown";
}
