/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "guest_tables.h"

#define MEMORY (UINT64_C(64) << 20)
#define PASID 5
#define BUFFER UINT64_C(0x7f0012345000)
#define PAGE VTD_PAGE_SIZE

/* A process with a buffer of some pages. */
struct fixture {
	struct guest guest;
	struct guest_space process;
	struct dma_channel channel;
};

static int
setup(void **state)
{
	static struct fixture fixture;

	guest_open(&fixture.guest, MEMORY);
	fixture.process = guest_process(&fixture.guest, PASID);
	guest_allocate(&fixture.process, BUFFER, 4 * PAGE, GUEST_ALL);
	fixture.channel = guest_channel(&fixture.guest, PASID);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	guest_close(&fixture->guest);
	return 0;
}

static void
fill_pattern(uint8_t *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i * 131 + i / 251);
}

static void
data_crosses_pages_that_are_not_neighbours(void **state)
{
	struct fixture *fixture = *state;
	uint8_t out[3 * PAGE], in[3 * PAGE];

	fill_pattern(out, sizeof(out));
	assert_int_equal(dma_write(&fixture->channel, BUFFER + 77, out, sizeof(out)), 0);
	guest_read(&fixture->process, BUFFER + 77, in, sizeof(in));
	assert_memory_equal(in, out, sizeof(out));

	memset(in, 0, sizeof(in));
	assert_int_equal(dma_read(&fixture->channel, BUFFER + 77, in, sizeof(in)), 0);
	assert_memory_equal(in, out, sizeof(out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(data_crosses_pages_that_are_not_neighbours, setup,
				teardown),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
