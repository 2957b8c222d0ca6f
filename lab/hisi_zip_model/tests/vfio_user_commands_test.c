/* SPDX-License-Identifier: BSD-3-Clause */
/* What each command does, and what of it is refused; interrupts are in vfio_user_irqs_test.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/vfio.h>

#include "vfio_user_fixture.h"

static void
the_device_is_a_pci_device_that_can_be_reset(void **state)
{
	struct vfio_user_device_info info = { .argsz = sizeof(info) };

	assert_int_equal(ask(*state, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), &info,
			sizeof(info)), 0);
	assert_int_equal(info.argsz, 16);
	assert_int_equal(info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info.regions, VFIO_PCI_NUM_REGIONS);
	assert_int_equal(info.irqs, VFIO_PCI_NUM_IRQS);
}

static void
regions_have_their_sizes(void **state)
{
	for (uint32_t index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		uint64_t size = index == 2 ? REGION_SIZE : index == 7 ? CONFIG_SIZE : 0;
		struct vfio_user_region_info info = { .argsz = sizeof(info), .index = index };

		assert_int_equal(ask(*state, VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info),
				&info, sizeof(info)), 0);
		assert_int_equal(info.argsz, 32);
		assert_int_equal(info.index, index);
		assert_int_equal(info.size, size);
		assert_int_equal(info.flags, size == 0 ? 0 :
				VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE);
		assert_int_equal(info.capabilities, 0);
		assert_int_equal(info.offset, 0);
	}
}

static void
a_region_that_isnt_pcis_is_refused(void **state)
{
	static const uint32_t indexes[] = { 9, 0x80000000, UINT32_MAX };

	for (size_t i = 0; i < 3; i++) {
		struct vfio_user_region_info info = { .argsz = sizeof(info), .index = indexes[i] };

		assert_int_equal(ask(*state, VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info),
				NULL, 0), EINVAL);
	}
}

static void
reset_reaches_the_device(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask(fixture, VFIO_USER_DEVICE_RESET, NULL, 0, NO_BODY, 0), 0);
	assert_int_equal(fixture->resets, 1);
}

static void
what_is_written_to_a_region_is_read_back(void **state)
{
	static const uint32_t counts[] = { 1, 2, 3, 4, 7, 8, 9, 4096, 1 << 20 };
	static uint8_t written[1 << 20], read[1 << 20];
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(written); i++)
		written[i] = i * 7 + 1;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		memset(read, 0, sizeof(read));
		assert_int_equal(write_region(fixture, 2, 13 * i, written, counts[i]), 0);
		assert_memory_equal(fixture->region + 13 * i, written, counts[i]);
		assert_int_equal(read_region(fixture, 2, 13 * i, read, counts[i]), 0);
		assert_memory_equal(read, written, counts[i]);
	}
}

static void
regions_are_apart(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(write_region(fixture, 7, 4, "conf", 4), 0);
	assert_memory_equal(fixture->config + 4, "conf", 4);
	assert_int_equal(fixture->region[4], 0);
}

static void
the_last_bytes_of_a_region_are_reached(void **state)
{
	uint32_t value = 0x1234;

	assert_int_equal(write_region(*state, 2, REGION_SIZE - 4, &value, 4), 0);
	assert_int_equal(write_region(*state, 7, CONFIG_SIZE - 4, &value, 4), 0);
	assert_int_equal(read_region(*state, 7, CONFIG_SIZE - 4, &value, 4), 0);
}

static void
accesses_beyond_a_region_are_refused(void **state)
{
	static const struct {
		uint32_t region;
		uint64_t offset;
		uint32_t count;
	} beyond[] = {
		{ 2, REGION_SIZE - 3, 4 },
		{ 2, REGION_SIZE, 1 },
		{ 2, UINT64_MAX, 1 },
		{ 2, UINT64_MAX - 3, 4 },
		{ 2, UINT64_MAX - 3, 8 },
		{ 2, INT64_MAX, 4 },
		{ 7, CONFIG_SIZE - 1, 2 },
		{ 7, CONFIG_SIZE, 1 },
		{ 0, 0, 4 },
		{ 8, 0, 1 },
		{ 9, 0, 1 },
		{ UINT32_MAX, 0, 1 },
		{ 2, 0, (1 << 20) + 1 },
		{ 2, 0, UINT32_MAX },
		{ 2, 0, 0 },
	};
	struct fixture *fixture = *state;
	uint64_t data = UINT64_MAX;

	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		struct vfio_user_region_access access = {
			.offset = beyond[i].offset, .region = beyond[i].region,
			.count = beyond[i].count,
		};

		assert_int_equal(ask(fixture, VFIO_USER_REGION_READ, &access, sizeof(access), NULL,
				0), EINVAL);
		if (beyond[i].count <= sizeof(data))
			assert_int_equal(write_region(fixture, beyond[i].region, beyond[i].offset,
					&data, beyond[i].count), EINVAL);
	}
	for (size_t i = 0; i < REGION_SIZE; i++)
		assert_int_equal(fixture->region[i], 0);
}

static void
a_write_with_more_or_less_data_than_it_says_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct {
		struct vfio_user_region_access access;
		uint8_t data[8];
	} write = { .access = { .region = 2, .count = 4 }, .data = { 1, 2, 3, 4, 5, 6, 7, 8 } };

	for (size_t data = 0; data <= 8; data++)
		if (data != 4)
			assert_int_equal(ask(fixture, VFIO_USER_REGION_WRITE, &write,
					sizeof(write.access) + data, NULL, 0), EINVAL);
	assert_int_equal(fixture->region[0], 0);
}

static void
a_posted_write_is_done_before_the_next_read_and_has_no_reply(void **state)
{
	const struct {
		struct vfio_user_region_access access;
		uint64_t data;
	} write = { .access = { .region = 2, .count = 8 }, .data = 0x0123456789abcdef };
	uint64_t read = 0;

	for (int i = 0; i < 100; i++)
		fixture_send(*state, VFIO_USER_REGION_WRITE, VFIO_USER_FLAG_NO_REPLY, &write,
				sizeof(write), NULL, 0);
	assert_int_equal(read_region(*state, 2, 0, &read, 8), 0);
	assert_int_equal(read, write.data);
}

static void
a_posted_write_that_is_bad_has_no_reply_either(void **state)
{
	const struct vfio_user_region_access write = { .region = 3, .count = 8 };
	uint64_t read;

	fixture_send(*state, VFIO_USER_REGION_WRITE, VFIO_USER_FLAG_NO_REPLY, &write,
			sizeof(write), NULL, 0);
	assert_int_equal(read_region(*state, 2, 0, &read, 8), 0);
}

/* Every command, with its structure's size, and how much may follow that */
static const struct {
	uint16_t command;
	size_t size;
	bool data;
} commands[] = {
	{ VFIO_USER_DMA_MAP, 32, false },
	{ VFIO_USER_DMA_UNMAP, 24, false },
	{ VFIO_USER_DEVICE_GET_INFO, 16, false },
	{ VFIO_USER_DEVICE_GET_REGION_INFO, 32, false },
	{ VFIO_USER_DEVICE_GET_IRQ_INFO, 16, false },
	{ VFIO_USER_DEVICE_SET_IRQS, 20, true },
	{ VFIO_USER_REGION_READ, 16, false },
	{ VFIO_USER_REGION_WRITE, 16, true },
	{ VFIO_USER_DEVICE_RESET, 0, false },
};

static void
every_command_of_a_wrong_length_is_refused(void **state)
{
	struct fixture *fixture = *state;
	const uint8_t body[64] = { 64 };	/* an argsz that is enough for all */

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		for (size_t size = 0; size < sizeof(body); size++)
			if (size < commands[i].size || (size > commands[i].size &&
					!commands[i].data))
				assert_int_equal(ask(fixture, commands[i].command, body, size,
						NULL, 0), EINVAL);
	assert_int_equal(fixture->resets, 0);
	assert_int_equal(fixture->maps, 0);
}

/* Apart from its argsz each of these would be accepted. */
static void
an_argsz_that_is_too_small_is_refused(void **state)
{
	static const struct vfio_user_dma_map map = { .flags = 3, .size = 4096 };
	static const struct vfio_user_dma_unmap unmap = { .size = 4096 };
	static const struct vfio_user_irq_set set = { .flags = 0x21, .index = 1 };
	static const uint8_t zero[32];
	const struct {
		uint16_t command;
		const void *body;
		uint32_t size;
	} small[] = {
		{ VFIO_USER_DMA_MAP, &map, sizeof(map) },
		{ VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap) },
		{ VFIO_USER_DEVICE_GET_INFO, zero, 16 },
		{ VFIO_USER_DEVICE_GET_REGION_INFO, zero, 32 },
		{ VFIO_USER_DEVICE_GET_IRQ_INFO, zero, 16 },
		{ VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set) },
	};

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		uint8_t body[32];
		uint32_t argsz = small[i].size - 1;

		memcpy(body, small[i].body, small[i].size);
		memcpy(body, &argsz, sizeof(argsz));
		assert_int_equal(ask(*state, small[i].command, body, small[i].size, NULL, 0),
				EINVAL);
		memcpy(body, &small[i].size, sizeof(argsz));
		assert_int_equal(ask(*state, small[i].command, body, small[i].size, NULL, 0), 0);
	}
}

static void
descriptors_that_a_command_doesnt_take_are_refused(void **state)
{
	static const int fds[9] = { 2, 2, 2, 2, 2, 2, 2, 2, 2 };
	struct fixture *fixture = *state;
	struct vfio_user_dma_map map = {
		.argsz = sizeof(map), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.size = 4096,
	};
	struct vfio_user_device_info info = { .argsz = sizeof(info) };

	assert_int_equal(ask_with_fds(fixture, VFIO_USER_DMA_MAP, &map, sizeof(map), fds, 2, NULL,
			0), EINVAL);
	assert_int_equal(ask_with_fds(fixture, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), fds,
			1, NULL, 0), EINVAL);
	assert_int_equal(ask_with_fds(fixture, VFIO_USER_DEVICE_RESET, NULL, 0, fds, 9, NULL, 0),
			EINVAL);
	assert_int_equal(fixture->resets, 0);
	assert_int_equal(fixture->maps, 0);
}

/* Guest memory of two pages, filled with a value */
static int
memory_of(uint8_t value)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);
	uint8_t page[4096];

	memset(page, value, sizeof(page));
	assert_true(fd >= 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	return fd;
}

/* The reply's error to a mapping; the descriptor is closed here. -1: without one */
static int
map_memory(struct fixture *fixture, const struct vfio_user_dma_map *map, int fd)
{
	int error = ask_with_fds(fixture, VFIO_USER_DMA_MAP, map, sizeof(*map), &fd, fd >= 0,
			NO_BODY, 0);

	if (fd >= 0)
		close(fd);
	return error;
}

static const struct vfio_user_dma_map good_map = {
	.argsz = sizeof(good_map),
	.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	.address = 0x100000000,
	.size = 0x2000,
};

static void
a_file_becomes_guest_memory_and_stays_it_when_unmapped(void **state)
{
	struct fixture *fixture = *state;
	struct vfio_user_dma_unmap unmap = {
		.argsz = sizeof(unmap), .address = good_map.address, .size = good_map.size,
	};
	struct vfio_user_dma_unmap reply;
	uint8_t *bytes;

	assert_int_equal(map_memory(fixture, &good_map, memory_of(0x5a)), 0);
	bytes = memory_at(&fixture->memory, good_map.address, good_map.size);
	assert_non_null(bytes);
	assert_int_equal(bytes[0x1fff], 0x5a);

	assert_int_equal(ask(fixture, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), &reply,
			sizeof(reply)), 0);
	assert_memory_equal(&reply, &unmap, sizeof(unmap));
	assert_ptr_equal(memory_at(&fixture->memory, good_map.address, good_map.size), bytes);
}

static void
a_file_is_mapped_from_its_offset(void **state)
{
	struct fixture *fixture = *state;
	struct vfio_user_dma_map map = good_map;
	int fd = memory_of(1);

	assert_int_equal(pwrite(fd, "second page", 11, 0x1000), 11);
	map.offset = 0x1000;
	map.size = 0x1000;
	assert_int_equal(map_memory(fixture, &map, fd), 0);
	assert_memory_equal(memory_at(&fixture->memory, map.address, 0x1000), "second page", 11);
}

static void
memory_without_a_file_is_accepted_but_not_reached(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(map_memory(fixture, &good_map, -1), 0);
	assert_int_equal(fixture->maps, 0);
}

static void
rom_is_accepted_but_not_reached(void **state)
{
	struct fixture *fixture = *state;
	struct vfio_user_dma_map map = good_map;

	map.flags = VFIO_DMA_MAP_FLAG_READ;
	assert_int_equal(map_memory(fixture, &map, memory_of(1)), 0);
	assert_int_equal(fixture->maps, 0);
}

static void
maps_that_make_no_sense_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct vfio_user_dma_map bad[] = { good_map, good_map, good_map, good_map, good_map };

	bad[0].size = 0;
	bad[1].address = UINT64_MAX - 0xfff;	/* the second page would be beyond the end */
	bad[2].flags |= 4;
	bad[3].offset = UINT64_MAX - 0xfff;
	bad[4].size = UINT64_MAX;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(map_memory(fixture, &bad[i], memory_of(1)), EINVAL);
	assert_int_equal(fixture->maps, 0);
}

static void
what_the_device_says_to_a_map_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct vfio_user_dma_map map = good_map;
	int read_only = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	map.address = 0x800;
	assert_int_equal(map_memory(fixture, &map, memory_of(1)), EINVAL);
	assert_int_equal(map_memory(fixture, &good_map, read_only), EACCES);
	assert_int_equal(fixture->maps, 2);
	assert_null(memory_at(&fixture->memory, good_map.address, 1));
}

static void
unmapping_takes_any_range_and_all(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t address, size;
		int error;
	} cases[] = {
		{ 0, 0, 0x80000000, 0 },
		{ 0, 0xffff000, 1, 0 },
		{ 0, 1, UINT64_MAX, 0 },
		{ 0, 0, UINT64_MAX, 0 },
		{ VFIO_DMA_UNMAP_FLAG_ALL, 0, 0, 0 },
		{ 0, 0, 0, EINVAL },
		{ 0, 2, UINT64_MAX, EINVAL },
		{ VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, 0, 4096, EINVAL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vfio_user_dma_unmap unmap = {
			.argsz = sizeof(unmap), .flags = cases[i].flags,
			.address = cases[i].address, .size = cases[i].size,
		};

		assert_int_equal(ask(*state, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0),
				cases[i].error);
	}
}

static void
no_descriptor_is_left_open_whatever_becomes_of_its_message(void **state)
{
	struct fixture *fixture = *state;
	struct vfio_user_dma_map rom = good_map, bad = good_map;
	unsigned int before = open_descriptors();
	int fds[8];

	rom.flags = VFIO_DMA_MAP_FLAG_READ;
	bad.size = 0;
	assert_int_equal(map_memory(fixture, &good_map, memory_of(1)), 0);
	assert_int_equal(map_memory(fixture, &rom, memory_of(1)), 0);
	assert_int_equal(map_memory(fixture, &bad, memory_of(1)), EINVAL);
	for (int i = 0; i < 8; i++)
		fds[i] = memory_of(i);
	assert_int_equal(ask_with_fds(fixture, VFIO_USER_DEVICE_RESET, NULL, 0, fds, 8, NULL, 0),
			EINVAL);
	assert_int_equal(ask_with_fds(fixture, 0xffff, NULL, 0, fds, 8, NULL, 0), ENOTSUP);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	assert_int_equal(open_descriptors(), before);
}

#define CONNECTED(test) cmocka_unit_test_setup_teardown(test, fixture_open_connected, fixture_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONNECTED(the_device_is_a_pci_device_that_can_be_reset),
		CONNECTED(regions_have_their_sizes),
		CONNECTED(a_region_that_isnt_pcis_is_refused),
		CONNECTED(reset_reaches_the_device),
		CONNECTED(what_is_written_to_a_region_is_read_back),
		CONNECTED(regions_are_apart),
		CONNECTED(the_last_bytes_of_a_region_are_reached),
		CONNECTED(accesses_beyond_a_region_are_refused),
		CONNECTED(a_write_with_more_or_less_data_than_it_says_is_refused),
		CONNECTED(a_posted_write_is_done_before_the_next_read_and_has_no_reply),
		CONNECTED(a_posted_write_that_is_bad_has_no_reply_either),
		CONNECTED(every_command_of_a_wrong_length_is_refused),
		CONNECTED(an_argsz_that_is_too_small_is_refused),
		CONNECTED(descriptors_that_a_command_doesnt_take_are_refused),
		CONNECTED(a_file_becomes_guest_memory_and_stays_it_when_unmapped),
		CONNECTED(a_file_is_mapped_from_its_offset),
		CONNECTED(memory_without_a_file_is_accepted_but_not_reached),
		CONNECTED(rom_is_accepted_but_not_reached),
		CONNECTED(maps_that_make_no_sense_are_refused),
		CONNECTED(what_the_device_says_to_a_map_is_told),
		CONNECTED(unmapping_takes_any_range_and_all),
		CONNECTED(no_descriptor_is_left_open_whatever_becomes_of_its_message),
	};

	return cmocka_run_group_tests_name("vfio_user_commands", tests, NULL, NULL);
}
