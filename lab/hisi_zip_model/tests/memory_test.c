/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "memory.h"

#define PAGE UINT64_C(4096)
#define HIGH UINT64_C(0x100000000)

/* Two files of a guest with two NUMA nodes. */
struct fixture {
	struct memory memory;
	int fds[2];
};

static int
setup(void **state)
{
	static struct fixture fixture;
	unsigned int i;

	fixture = (struct fixture) { 0 };
	for (i = 0; i < 2; i++) {
		fixture.fds[i] = memfd_create("node", MFD_CLOEXEC);
		if (fixture.fds[i] < 0 || ftruncate(fixture.fds[i], 16 * PAGE) != 0)
			return -1;
	}
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	memory_close(&fixture->memory);
	close(fixture->fds[1]);
	close(fixture->fds[0]);
	return 0;
}

static char
byte_in_file(int fd, uint64_t offset)
{
	char byte = 0;

	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	return byte;
}

static void
bytes_are_those_of_the_file_at_its_offset(void **state)
{
	struct fixture *fixture = *state;
	char *bytes;

	assert_int_equal(memory_add(&fixture->memory, 0, 8 * PAGE, fixture->fds[0], 0), 0);
	assert_int_equal(memory_add(&fixture->memory, HIGH, 4 * PAGE, fixture->fds[0], 8 * PAGE),
			0);
	bytes = memory_at(&fixture->memory, HIGH + 5, 1);
	assert_non_null(bytes);
	*bytes = 'x';
	assert_int_equal(byte_in_file(fixture->fds[0], 8 * PAGE + 5), 'x');
	assert_int_equal(pwrite(fixture->fds[0], "y", 1, 6), 1);
	bytes = memory_at(&fixture->memory, 6, 1);
	assert_int_equal(*bytes, 'y');
}

static void
files_of_two_nodes_are_side_by_side(void **state)
{
	struct fixture *fixture = *state;
	char *first, *second;

	assert_int_equal(memory_add(&fixture->memory, 0, 16 * PAGE, fixture->fds[0], 0), 0);
	assert_int_equal(memory_add(&fixture->memory, 16 * PAGE, 16 * PAGE, fixture->fds[1], 0), 0);
	first = memory_at(&fixture->memory, 16 * PAGE - 1, 1);
	second = memory_at(&fixture->memory, 16 * PAGE, 1);
	assert_non_null(first);
	assert_non_null(second);
	*first = '1';
	*second = '2';
	assert_int_equal(byte_in_file(fixture->fds[0], 16 * PAGE - 1), '1');
	assert_int_equal(byte_in_file(fixture->fds[1], 0), '2');
	assert_null(memory_at(&fixture->memory, 16 * PAGE - 1, 2));
}

static void
only_what_is_all_memory_has_bytes(void **state)
{
	struct fixture *fixture = *state;
	uint64_t end = HIGH + 16 * PAGE;

	assert_null(memory_at(&fixture->memory, HIGH, 1));
	assert_int_equal(memory_add(&fixture->memory, HIGH, 16 * PAGE, fixture->fds[0], 0), 0);
	assert_non_null(memory_at(&fixture->memory, HIGH, 16 * PAGE));
	assert_non_null(memory_at(&fixture->memory, end - 1, 1));
	assert_null(memory_at(&fixture->memory, HIGH, 16 * PAGE + 1));
	assert_null(memory_at(&fixture->memory, end - 1, 2));
	assert_null(memory_at(&fixture->memory, end, 1));
	assert_null(memory_at(&fixture->memory, HIGH - 1, 1));
	assert_null(memory_at(&fixture->memory, HIGH - 1, 2));
	assert_null(memory_at(&fixture->memory, HIGH, SIZE_MAX));
	assert_null(memory_at(&fixture->memory, UINT64_MAX, 1));
	assert_null(memory_at(&fixture->memory, UINT64_MAX, SIZE_MAX));
	assert_null(memory_at(&fixture->memory, end - 1, SIZE_MAX));
}

/* QEMU splits the lowest MiB up when the guest's firmware programs the chipset. */
static void
part_of_what_is_there_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	char *before, *after;

	assert_int_equal(memory_add(&fixture->memory, 0, 16 * PAGE, fixture->fds[0], 0), 0);
	before = memory_at(&fixture->memory, 4 * PAGE, 1);
	assert_int_equal(memory_add(&fixture->memory, 0, 4 * PAGE, fixture->fds[0], 0), 0);
	assert_int_equal(memory_add(&fixture->memory, 4 * PAGE, 12 * PAGE, fixture->fds[0],
			4 * PAGE), 0);
	assert_int_equal(memory_add(&fixture->memory, 0, 16 * PAGE, fixture->fds[0], 0), 0);
	after = memory_at(&fixture->memory, 4 * PAGE, 1);
	assert_ptr_equal(before, after);
	assert_int_equal(fixture->memory.count, 1);
}

static void
what_is_not_in_pages_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct memory *memory = &fixture->memory;
	int fd = fixture->fds[0];

	assert_int_equal(memory_add(memory, 1, PAGE, fd, 0), -EINVAL);
	assert_int_equal(memory_add(memory, 0, PAGE + 1, fd, 0), -EINVAL);
	assert_int_equal(memory_add(memory, 0, PAGE, fd, 1), -EINVAL);
	assert_int_equal(memory_add(memory, 0, 0, fd, 0), -EINVAL);
	assert_int_equal(memory_add(memory, -PAGE, 2 * PAGE, fd, 0), -EINVAL);
	assert_int_equal(memory->count, 0);
}

static void
the_last_page_of_all_addresses_can_be_memory(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(memory_add(&fixture->memory, -PAGE, PAGE, fixture->fds[0], 0), 0);
	assert_non_null(memory_at(&fixture->memory, UINT64_MAX, 1));
	assert_null(memory_at(&fixture->memory, UINT64_MAX, 2));
	assert_null(memory_at(&fixture->memory, 0, 1));
}

static void
what_the_file_does_not_hold_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct memory *memory = &fixture->memory;
	int fd = fixture->fds[0];

	assert_int_equal(memory_add(memory, 0, 17 * PAGE, fd, 0), -EINVAL);
	assert_int_equal(memory_add(memory, 0, 16 * PAGE, fd, PAGE), -EINVAL);
	assert_int_equal(memory_add(memory, 0, PAGE, fd, -PAGE), -EINVAL);
	assert_int_equal(memory_add(memory, 0, PAGE, -1, 0), -EINVAL);
	assert_int_equal(memory->count, 0);
}

static void
file_that_may_not_be_written_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(memory_add(&fixture->memory, 0, PAGE, fd, 0), -EACCES);
	close(fd);
}

static void
more_regions_than_there_is_room_for_are_refused(void **state)
{
	struct fixture *fixture = *state;
	uint64_t i;

	for (i = 0; i < MEMORY_MAX_REGIONS; i++)
		assert_int_equal(memory_add(&fixture->memory, 2 * i * PAGE, PAGE, fixture->fds[0],
				i % 16 * PAGE), 0);
	assert_int_equal(memory_add(&fixture->memory, 2 * i * PAGE, PAGE, fixture->fds[0], 0),
			-ENOSPC);
	assert_non_null(memory_at(&fixture->memory, 2 * (i - 1) * PAGE, PAGE));
}

static void
nothing_is_left_after_close(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(memory_add(&fixture->memory, 0, PAGE, fixture->fds[0], 0), 0);
	memory_close(&fixture->memory);
	assert_null(memory_at(&fixture->memory, 0, 1));
	memory_close(&fixture->memory);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(bytes_are_those_of_the_file_at_its_offset),
		TEST(files_of_two_nodes_are_side_by_side),
		TEST(only_what_is_all_memory_has_bytes),
		TEST(part_of_what_is_there_changes_nothing),
		TEST(what_is_not_in_pages_is_refused),
		TEST(the_last_page_of_all_addresses_can_be_memory),
		TEST(what_the_file_does_not_hold_is_refused),
		TEST(file_that_may_not_be_written_is_refused),
		TEST(more_regions_than_there_is_room_for_are_refused),
		TEST(nothing_is_left_after_close),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
