/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VT-d walk through tables that are right but for one qword: each row of the table is a test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guest_tables.h"

#define MEMORY (UINT64_C(3) << 30)
#define PASID 1234
#define ADDRESS UINT64_C(0x7f5512345678)
#define NOWHERE UINT64_C(0x8000000000)	/* no memory there */
#define TABLE_BITS VTD_BITS(51, 12)

#define TYPE(type) ((uint64_t)(type) << VTD_PASID_TYPE_SHIFT)
#define WIDTH(width) ((uint64_t)(width) << VTD_PASID_WIDTH_SHIFT)
#define LEVELS(more) ((uint64_t)(more) << VTD_PASID_2_LEVELS_SHIFT)
#define FIRST VTD_TYPE_FIRST, 4
#define FIRST_5 VTD_TYPE_FIRST, 5
#define SECOND VTD_TYPE_SECOND, 4

enum { READS = 1 << 0, WRITES = 1 << 1, BOTH = READS | WRITES };

struct refusal {
	const char *name;
	enum vtd_pasid_type type;
	unsigned int levels;
	enum guest_place place;
	uint64_t clear, set;		/* bits of the qword */
	unsigned int refused;		/* the others of READS and WRITES still work */
	enum vtd_fault fault;
};

static struct refusal refusals[] = {
	{ "register: off", FIRST, GUEST_REGISTER, ~UINT64_C(0), 0, BOTH, VTD_NO_ROOT_TABLE },
	{ "register: legacy mode", FIRST, GUEST_REGISTER,
			VTD_ROOT_MODE, 0, BOTH, VTD_NO_ROOT_TABLE },
	{ "register: abort mode", FIRST, GUEST_REGISTER,
			0, VTD_ROOT_MODE, BOTH, VTD_NO_ROOT_TABLE },
	{ "register: not memory", FIRST, GUEST_REGISTER,
			TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "root: not present", FIRST, GUEST_ROOT, 1, 0, BOTH, VTD_ROOT_NOT_PRESENT },
	{ "root: reserved bit", FIRST, GUEST_ROOT, 0, VTD_BIT(1), BOTH, VTD_UNSUPPORTED },
	{ "root: not memory", FIRST, GUEST_ROOT, TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "context: not present", FIRST, GUEST_CONTEXT, 1, 0, BOTH, VTD_CONTEXT_NOT_PRESENT },
	{ "context: no PASID", FIRST, GUEST_CONTEXT, VTD_BIT(3), 0, BOTH, VTD_PASID_NOT_ENABLED },
	{ "context: reserved bit", FIRST, GUEST_CONTEXT, 0, VTD_BIT(8), BOTH, VTD_UNSUPPORTED },
	{ "context: reserved bit 2", FIRST, GUEST_CONTEXT_1,
			0, VTD_BIT(21), BOTH, VTD_UNSUPPORTED },
	{ "context: privileged", FIRST, GUEST_CONTEXT_1, 0, VTD_BIT(20), BOTH, VTD_UNSUPPORTED },
	{ "context: not memory", FIRST, GUEST_CONTEXT, TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "directory: not present", FIRST, GUEST_DIRECTORY, 1, 0, BOTH, VTD_PASID_NOT_PRESENT },
	{ "directory: reserved bit", FIRST, GUEST_DIRECTORY, 0, VTD_BIT(2), BOTH, VTD_UNSUPPORTED },
	{ "directory: not memory", FIRST, GUEST_DIRECTORY,
			TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "PASID: not present", FIRST, GUEST_PASID, 1, 0, BOTH, VTD_PASID_NOT_PRESENT },
	{ "PASID: reserved bit", FIRST, GUEST_PASID, 0, VTD_BIT(10), BOTH, VTD_UNSUPPORTED },
	{ "PASID: reserved bit 2", FIRST, GUEST_PASID_2, 0, VTD_BIT(8), BOTH, VTD_UNSUPPORTED },
	{ "PASID: type 0", FIRST, GUEST_PASID, TYPE(7), TYPE(0), BOTH, VTD_UNSUPPORTED },
	{ "PASID: nested", FIRST, GUEST_PASID, TYPE(7), TYPE(3), BOTH, VTD_UNSUPPORTED },
	{ "PASID: type 5", FIRST, GUEST_PASID, TYPE(7), TYPE(5), BOTH, VTD_UNSUPPORTED },
	{ "PASID: 6 levels", FIRST, GUEST_PASID_2, LEVELS(3), LEVELS(2), BOTH, VTD_UNSUPPORTED },
	{ "PASID: 7 levels", FIRST, GUEST_PASID_2, LEVELS(3), LEVELS(3), BOTH, VTD_UNSUPPORTED },
	{ "PASID: not memory", FIRST, GUEST_PASID_2, TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },

	{ "level 1: not present", FIRST, GUEST_LEVEL_1, 1, 0, BOTH, VTD_NOT_PRESENT },
	{ "level 2: not present", FIRST, GUEST_LEVEL_2, 1, 0, BOTH, VTD_NOT_PRESENT },
	{ "level 3: not present", FIRST, GUEST_LEVEL_3, 1, 0, BOTH, VTD_NOT_PRESENT },
	{ "level 4: not present", FIRST, GUEST_LEVEL_4, 1, 0, BOTH, VTD_NOT_PRESENT },
	{ "level 5: not present", FIRST_5, GUEST_LEVEL_5, 1, 0, BOTH, VTD_NOT_PRESENT },
	{ "level 1: not writable", FIRST, GUEST_LEVEL_1, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "level 2: not writable", FIRST, GUEST_LEVEL_2, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "level 3: not writable", FIRST, GUEST_LEVEL_3, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "level 4: not writable", FIRST, GUEST_LEVEL_4, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "level 5: not writable", FIRST_5, GUEST_LEVEL_5, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "level 1: not user", FIRST, GUEST_LEVEL_1, 4, 0, BOTH, VTD_NOT_USER },
	{ "level 2: not user", FIRST, GUEST_LEVEL_2, 4, 0, BOTH, VTD_NOT_USER },
	{ "level 3: not user", FIRST, GUEST_LEVEL_3, 4, 0, BOTH, VTD_NOT_USER },
	{ "level 4: not user", FIRST, GUEST_LEVEL_4, 4, 0, BOTH, VTD_NOT_USER },
	{ "level 5: not user", FIRST_5, GUEST_LEVEL_5, 4, 0, BOTH, VTD_NOT_USER },
	{ "level 1: not memory", FIRST, GUEST_LEVEL_1, TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "level 2: not memory", FIRST, GUEST_LEVEL_2, TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "level 3: not memory", FIRST, GUEST_LEVEL_3, TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "level 4: not memory", FIRST, GUEST_LEVEL_4, TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "level 5: not memory", FIRST_5, GUEST_LEVEL_5,
			TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "level 2: crooked 2 MiB", FIRST, GUEST_LEVEL_2, TABLE_BITS,
			GUEST_MEMORY_AT | VTD_BIT(7) | VTD_BIT(13), BOTH, VTD_UNSUPPORTED },
	{ "level 3: crooked 1 GiB", FIRST, GUEST_LEVEL_3, TABLE_BITS,
			GUEST_MEMORY_AT | VTD_BIT(7) | VTD_BIT(29), BOTH, VTD_UNSUPPORTED },
	{ "level 4: large", FIRST, GUEST_LEVEL_4, 0, VTD_BIT(7), BOTH, VTD_UNSUPPORTED },
	{ "level 5: large", FIRST_5, GUEST_LEVEL_5, 0, VTD_BIT(7), BOTH, VTD_UNSUPPORTED },

	{ "second PASID: 2 levels", SECOND, GUEST_PASID,
			WIDTH(7), WIDTH(0), BOTH, VTD_UNSUPPORTED },
	{ "second PASID: 6 levels", SECOND, GUEST_PASID,
			WIDTH(7), WIDTH(4), BOTH, VTD_UNSUPPORTED },
	{ "second PASID: not memory", SECOND, GUEST_PASID,
			TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "second level 1: nothing", SECOND, GUEST_LEVEL_1, 3, 0, BOTH, VTD_NOT_PRESENT },
	{ "second level 2: nothing", SECOND, GUEST_LEVEL_2, 3, 0, BOTH, VTD_NOT_PRESENT },
	{ "second level 3: nothing", SECOND, GUEST_LEVEL_3, 3, 0, BOTH, VTD_NOT_PRESENT },
	{ "second level 4: nothing", SECOND, GUEST_LEVEL_4, 3, 0, BOTH, VTD_NOT_PRESENT },
	{ "second level 1: not readable", SECOND, GUEST_LEVEL_1, 1, 0, READS, VTD_NOT_READABLE },
	{ "second level 2: not readable", SECOND, GUEST_LEVEL_2, 1, 0, READS, VTD_NOT_READABLE },
	{ "second level 3: not readable", SECOND, GUEST_LEVEL_3, 1, 0, READS, VTD_NOT_READABLE },
	{ "second level 4: not readable", SECOND, GUEST_LEVEL_4, 1, 0, READS, VTD_NOT_READABLE },
	{ "second level 1: not writable", SECOND, GUEST_LEVEL_1, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "second level 2: not writable", SECOND, GUEST_LEVEL_2, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "second level 3: not writable", SECOND, GUEST_LEVEL_3, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "second level 4: not writable", SECOND, GUEST_LEVEL_4, 2, 0, WRITES, VTD_NOT_WRITABLE },
	{ "second level 1: not memory", SECOND, GUEST_LEVEL_1,
			TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "second level 4: not memory", SECOND, GUEST_LEVEL_4,
			TABLE_BITS, NOWHERE, BOTH, VTD_NOT_MEMORY },
	{ "second level 2: crooked 2 MiB", SECOND, GUEST_LEVEL_2, TABLE_BITS,
			GUEST_MEMORY_AT | VTD_BIT(7) | VTD_BIT(12), BOTH, VTD_UNSUPPORTED },
	{ "second level 4: large", SECOND, GUEST_LEVEL_4, 0, VTD_BIT(7), BOTH, VTD_UNSUPPORTED },
};

/* The stage's entries on the way to ADDRESS, as they are now. */
static void
read_path(struct guest_space *space, uint64_t *path)
{
	unsigned int level;

	for (level = space->levels; level >= 1; level--)
		path[level - 1] = *guest_entry(space, ADDRESS, level);
}

static enum vtd_fault
translate(struct guest *guest, bool write)
{
	uint64_t physical;
	uint32_t left;

	return vtd_translate(&guest->vtd, PASID, ADDRESS, write, &physical, &left);
}

/* A function that may do what is asked for isn't hindered; one that may not leaves no trace. */
static void
one_spoilt_entry_refuses(void **state)
{
	const struct refusal *refusal = *state;
	uint64_t before[5] = { 0 }, after[5] = { 0 };
	struct guest_space space;
	struct guest guest;
	int write;

	for (write = 0; write <= 1; write++) {
		_Atomic uint64_t *qword;
		uint64_t value;

		guest_open(&guest, MEMORY);
		space = guest_space(&guest, PASID, refusal->type, refusal->levels);
		guest_allocate(&space, ADDRESS, 1, GUEST_ALL);
		qword = guest_qword(&space, ADDRESS, refusal->place);
		value = *qword;
		read_path(&space, before);
		*qword = (value & ~refusal->clear) | refusal->set;
		if ((refusal->refused & (write ? WRITES : READS)) == 0) {
			assert_int_equal(translate(&guest, write), VTD_OK);
		} else {
			assert_string_equal(vtd_fault_name(translate(&guest, write)),
					vtd_fault_name(refusal->fault));
			*qword = value;
			read_path(&space, after);
			assert_memory_equal(before, after, sizeof(before));
			assert_int_equal(translate(&guest, write), VTD_OK);
		}
		guest_close(&guest);
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int
main(void)
{
	struct CMUnitTest tests[COUNT(refusals)] = { 0 };
	size_t i;

	for (i = 0; i < COUNT(refusals); i++) {
		tests[i].name = refusals[i].name;
		tests[i].test_func = one_spoilt_entry_refuses;
		tests[i].initial_state = &refusals[i];
	}
	return cmocka_run_group_tests_name("vtd_refusals", tests, NULL, NULL);
}
