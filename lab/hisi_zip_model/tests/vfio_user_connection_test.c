/* SPDX-License-Identifier: BSD-3-Clause */
/* How a connection begins, goes on and ends, and how bytes become messages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <linux/vfio.h>

#include "vfio_user_fixture.h"

/* What the server answers to a proposal, as text; error: a positive errno */
static int
propose(struct fixture *fixture, uint16_t major, uint16_t minor, const char *text, size_t size,
		struct message *reply)
{
	struct vfio_user_version version = { .major = major, .minor = minor };
	uint8_t body[4096];

	memcpy(body, &version, sizeof(version));
	memcpy(body + sizeof(version), text, size);
	fixture_connect(fixture);
	fixture_serve(fixture);
	fixture_send(fixture, VFIO_USER_VERSION, 0, body, sizeof(version) + size, NULL, 0);
	fixture_receive(fixture, reply);
	return reply->header.error;
}

static void
assert_version(const struct message *reply, uint16_t minor, const char *expected)
{
	const char *text = (const char *)reply->body + sizeof(struct vfio_user_version);
	struct vfio_user_version version;
	json_t *said, *wanted;

	memcpy(&version, reply->body, sizeof(version));
	assert_int_equal(version.major, 0);
	assert_int_equal(version.minor, minor);
	assert_int_equal(reply->body[reply->size - 1], '\0');
	said = json_loads(text, 0, NULL);
	wanted = json_loads(expected, 0, NULL);
	assert_non_null(wanted);
	assert_true(json_equal(said, wanted));
	json_decref(said);
	json_decref(wanted);
}

static struct message reply;

#define PROPOSE(minor, text) propose(*state, 0, minor, text, sizeof(text), &reply)

static void
capabilities_that_qemu_proposes_are_answered(void **state)
{
	assert_int_equal(PROPOSE(0, "{\"capabilities\": {\"migration\": {\"pgsize\": 4096,"
			"\"max_bitmap_size\": 268435456}, \"max_msg_fds\": 16,"
			"\"max_data_xfer_size\": 1048576, \"pgsizes\": 4096,"
			"\"max_dma_maps\": 65535, \"write_multiple\": true}}"), 0);
	assert_version(&reply, 0, "{\"capabilities\": {\"max_msg_fds\": 8,"
			"\"max_data_xfer_size\": 1048576, \"pgsizes\": 4096,"
			"\"max_dma_maps\": 65535}}");
}

static void
capabilities_that_werent_proposed_arent_answered(void **state)
{
	assert_int_equal(PROPOSE(1, "{\"capabilities\": {\"max_msg_fds\": 1}}"), 0);
	assert_version(&reply, 1, "{\"capabilities\": {\"max_msg_fds\": 8}}");
}

static void
a_version_without_data_is_accepted(void **state)
{
	assert_int_equal(propose(*state, 0, 1, "", 0, &reply), 0);
	assert_version(&reply, 1, "{}");
}

static void
the_minor_version_is_the_lesser_one(void **state)
{
	assert_int_equal(PROPOSE(7, "{}"), 0);
	assert_version(&reply, 1, "{}");
}

/* Refused, and that was it */
static void
assert_refused(struct fixture *fixture, int error, int expected)
{
	assert_int_equal(error, expected);
	assert_int_equal(reply.size, 0);
	fixture_assert_ended(fixture);
	assert_int_equal(fixture_served(fixture), -EPROTO);
	fixture_disconnect(fixture);
}

static void
another_major_version_is_refused(void **state)
{
	assert_refused(*state, propose(*state, 1, 0, "{}", 3, &reply), ENOTSUP);
}

static void
data_that_isnt_an_object_is_refused(void **state)
{
	static const char *const texts[] = {
		"[]", "{", "nothing", "{\"capabilities\": 1}", "{\"capabilities\": null}",
		"{\"capabilities\": {\"max_msg_fds\": \"8\"}}",
		"{\"capabilities\": {\"max_msg_fds\": 0}}",
		"{\"capabilities\": {\"pgsizes\": -4096}}",
		"{\"capabilities\": {\"max_dma_maps\": 1e99}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(*state, propose(*state, 0, 1, texts[i], strlen(texts[i]) + 1,
				&reply), EINVAL);
}

static void
data_without_its_zero_is_refused(void **state)
{
	assert_refused(*state, propose(*state, 0, 1, "{} ", 3, &reply), EINVAL);
}

static void
a_command_before_the_version_ends_the_connection(void **state)
{
	struct fixture *fixture = *state;

	fixture_connect(fixture);
	fixture_serve(fixture);
	assert_int_equal(ask(fixture, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), EINVAL);
	fixture_assert_ended(fixture);
	assert_int_equal(fixture_served(fixture), -EPROTO);
	assert_int_equal(fixture->resets, 0);
	fixture_disconnect(fixture);
}

static void
a_second_version_is_refused_and_the_connection_goes_on(void **state)
{
	const struct vfio_user_version version = { .minor = 1 };

	assert_int_equal(ask(*state, VFIO_USER_VERSION, &version, sizeof(version), NULL, 0),
			EINVAL);
	assert_int_equal(ask(*state, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
}

static void
an_unknown_command_is_refused_and_the_connection_goes_on(void **state)
{
	/* DMA_READ and DMA_WRITE are a server's; 14 and up aren't offered */
	static const uint16_t unknown[] = { 0, 6, 11, 12, 14, 15, 16, 0x8000, 0xffff };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(ask(*state, unknown[i], NULL, 0, NULL, 0), ENOTSUP);
	assert_int_equal(ask(*state, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
}

static void
unknown_flags_are_refused_and_the_connection_goes_on(void **state)
{
	static const uint32_t flags[] = { VFIO_USER_FLAG_ERROR, 0x40, 0x80000000 };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		fixture_send(*state, VFIO_USER_DEVICE_RESET, flags[i], NULL, 0, NULL, 0);
		fixture_receive(*state, &reply);
		assert_int_equal(reply.header.error, EINVAL);
	}
	assert_int_equal(ask(*state, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
}

static void
assert_ends(struct fixture *fixture, const struct vfio_user_header *header)
{
	fixture_connect(fixture);
	fixture_serve(fixture);
	fixture_negotiate(fixture);
	fixture_send_bytes(fixture, header, sizeof(*header), NULL, 0);
	fixture_assert_ended(fixture);
	assert_int_equal(fixture_served(fixture), -EPROTO);
	fixture_disconnect(fixture);
}

static void
a_size_that_no_message_has_ends_the_connection(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 15, 16 + 16 + (1 << 20) + 1, 0x80000000,
		UINT32_MAX };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_ends(*state, &(struct vfio_user_header){
			.command = VFIO_USER_DEVICE_RESET, .size = sizes[i],
		});
}

static void
a_reply_without_a_question_ends_the_connection(void **state)
{
	assert_ends(*state, &(struct vfio_user_header){
		.command = VFIO_USER_DEVICE_RESET, .size = 16, .flags = VFIO_USER_FLAG_TYPE_REPLY,
	});
	assert_ends(*state, &(struct vfio_user_header){
		.command = VFIO_USER_DEVICE_RESET, .size = 16, .flags = 0xf,
	});
}

static void
leaving_between_messages_is_an_orderly_end(void **state)
{
	struct fixture *fixture = *state;

	fixture_disconnect(fixture);
	assert_int_equal(fixture_served(fixture), 0);
}

static void
leaving_within_a_message_is_told(void **state)
{
	struct fixture *fixture = *state;
	const struct vfio_user_header header = { .command = VFIO_USER_DEVICE_RESET, .size = 16 };

	fixture_send_bytes(fixture, &header, 15, NULL, 0);
	fixture_disconnect(fixture);
	assert_int_equal(fixture_served(fixture), -EPROTO);
	assert_int_equal(fixture->resets, 0);
}

static void
a_client_is_served_after_another(void **state)
{
	struct fixture *fixture = *state;
	uint32_t value = 0x12345678;

	assert_int_equal(write_region(fixture, 2, 8, &value, 4), 0);
	fixture_disconnect(fixture);
	assert_int_equal(fixture_served(fixture), 0);

	fixture_connect(fixture);
	fixture_serve(fixture);
	fixture_negotiate(fixture);
	value = 0;
	assert_int_equal(read_region(fixture, 2, 8, &value, 4), 0);
	assert_int_equal(value, 0x12345678);
}

static void
a_message_may_come_in_bytes(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		struct vfio_user_header header;
		struct vfio_user_region_access access;
		uint32_t value;
	} __attribute__((packed)) message = {
		.header = { .id = 7, .command = VFIO_USER_REGION_WRITE, .size = sizeof(message) },
		.access = { .offset = 0x100, .region = 2, .count = 4 },
		.value = 0xcafe,
	};

	for (size_t i = 0; i < sizeof(message); i++)
		fixture_send_bytes(fixture, (const uint8_t *)&message + i, 1, NULL, 0);
	fixture_receive(fixture, &reply);
	assert_int_equal(reply.header.id, 7);
	assert_int_equal(reply.header.error, 0);
	assert_memory_equal(fixture->region + 0x100, &message.value, 4);
}

/* A region write of 4 bytes, as bytes at `to`; odd sizes leave what follows unaligned */
static size_t
put_write(uint8_t *to, uint64_t offset, uint8_t value, uint32_t count, uint32_t flags)
{
	struct vfio_user_region_access access = { .offset = offset, .region = 2, .count = count };
	struct vfio_user_header header = {
		.id = offset, .command = VFIO_USER_REGION_WRITE,
		.size = sizeof(header) + sizeof(access) + count, .flags = flags,
	};

	memcpy(to, &header, sizeof(header));
	memcpy(to + sizeof(header), &access, sizeof(access));
	memset(to + sizeof(header) + sizeof(access), value, count);
	return header.size;
}

static void
messages_may_come_at_once_and_are_answered_in_order(void **state)
{
	enum { MESSAGES = 1000 };
	static uint8_t bytes[MESSAGES * 40];
	struct fixture *fixture = *state;
	size_t size = 0;

	for (int i = 0; i < MESSAGES; i++)
		size += put_write(bytes + size, i, i, 1 + i % 8,
				i % 10 == 9 ? 0 : VFIO_USER_FLAG_NO_REPLY);
	fixture_send_bytes(fixture, bytes, size, NULL, 0);
	for (int i = 9; i < MESSAGES; i += 10) {
		fixture_receive(fixture, &reply);
		assert_int_equal(reply.header.id, i);
		assert_int_equal(reply.header.error, 0);
	}
	for (int i = 0; i < MESSAGES; i++)
		assert_int_equal(fixture->region[i], (uint8_t)i);
}

static void
the_largest_messages_may_come_at_once(void **state)
{
	enum { MESSAGES = 5, COUNT = 1 << 20 };
	static uint8_t bytes[MESSAGES * (COUNT + 32)];
	struct fixture *fixture = *state;
	size_t size = 0;

	for (int i = 0; i < MESSAGES; i++)
		size += put_write(bytes + size, i, i + 1, COUNT, VFIO_USER_FLAG_NO_REPLY);
	fixture_send_bytes(fixture, bytes, size, NULL, 0);
	assert_int_equal(ask(fixture, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
	for (int i = 0; i < MESSAGES - 1; i++)
		assert_int_equal(fixture->region[i], i + 1);
	assert_int_equal(fixture->region[MESSAGES - 1], MESSAGES);
	assert_int_equal(fixture->region[MESSAGES - 1 + COUNT - 1], MESSAGES);
	assert_int_equal(fixture->region[MESSAGES - 1 + COUNT], 0);
}

/* A file of a page, filled with a value, that will be guest memory */
static int
page_of(uint8_t value)
{
	int fd = memfd_create("page", MFD_CLOEXEC);
	uint8_t page[4096];

	memset(page, value, sizeof(page));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	return fd;
}

static void
send_map(struct fixture *fixture, uint64_t address, int fd)
{
	const struct vfio_user_dma_map map = {
		.argsz = sizeof(map), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.address = address, .size = 4096,
	};

	fixture_send(fixture, VFIO_USER_DMA_MAP, VFIO_USER_FLAG_NO_REPLY, &map, sizeof(map), &fd,
			fd >= 0);
}

/* All is sent before the server looks at it for the first time. */
static void
descriptors_belong_to_the_message_they_were_sent_with(void **state)
{
	enum { PAGES = 20 };
	const struct vfio_user_version version = { .minor = 1 };
	struct fixture *fixture = *state;
	uint8_t bytes[64];

	fixture_connect(fixture);
	fixture_send(fixture, VFIO_USER_VERSION, VFIO_USER_FLAG_NO_REPLY, &version,
			sizeof(version), NULL, 0);
	for (int i = 0; i < PAGES; i++) {
		int fd = i % 3 == 2 ? -1 : page_of(i + 1);

		for (int writes = 0; writes < i % 4; writes++)
			fixture_send_bytes(fixture, bytes, put_write(bytes, writes, 1, 1 + i % 8,
					VFIO_USER_FLAG_NO_REPLY), NULL, 0);
		send_map(fixture, i * 0x1000, fd);
		if (fd >= 0)
			close(fd);
	}
	fixture_serve(fixture);
	assert_int_equal(ask(fixture, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
	for (int i = 0; i < PAGES; i++) {
		const uint8_t *page = memory_at(&fixture->memory, i * 0x1000, 4096);

		if (i % 3 == 2)
			assert_null(page);
		else
			assert_int_equal(page[4095], i + 1);
	}
}

/*
 * So much comes before the message that its first part has to be moved until the rest fits. What
 * comes before it is answered when the first part has been read.
 */
static void
descriptors_stay_with_a_message_that_isnt_whole_yet(void **state)
{
	enum { WRITES = 16, COUNT = 8 << 10, FIRST = 20 };
	static uint8_t bytes[WRITES * (COUNT + 32)];
	const struct vfio_user_version version = { .minor = 1 };
	const struct {
		struct vfio_user_header header;
		struct vfio_user_dma_map map;
	} message = {
		.header = { .id = 5, .command = VFIO_USER_DMA_MAP, .size = sizeof(message) },
		.map = {
			.argsz = sizeof(message.map),
			.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
			.address = 0x1000, .size = 0x1000,
		},
	};
	struct fixture *fixture = *state;
	int page = page_of(0x77);
	size_t size = 0;

	fixture_connect(fixture);
	fixture_send(fixture, VFIO_USER_VERSION, VFIO_USER_FLAG_NO_REPLY, &version,
			sizeof(version), NULL, 0);
	for (int i = 0; i < WRITES; i++)
		size += put_write(bytes + size, i, 1, COUNT,
				i < WRITES - 1 ? VFIO_USER_FLAG_NO_REPLY : 0);
	fixture_send_bytes(fixture, bytes, size, NULL, 0);
	fixture_send_bytes(fixture, &message, FIRST, &page, 1);
	close(page);
	fixture_serve(fixture);
	fixture_receive(fixture, &reply);
	assert_int_equal(reply.header.id, WRITES - 1);

	fixture_send_bytes(fixture, (const uint8_t *)&message + FIRST, sizeof(message) - FIRST,
			NULL, 0);
	fixture_receive(fixture, &reply);
	assert_int_equal(reply.header.id, 5);
	assert_int_equal(reply.header.error, 0);
	assert_non_null(memory_at(&fixture->memory, 0x1000, 0x1000));
	assert_int_equal(*(uint8_t *)memory_at(&fixture->memory, 0x1000, 1), 0x77);
}

static void
more_descriptors_than_a_message_can_have_end_the_connection(void **state)
{
	struct fixture *fixture = *state;
	int fds[17];

	for (int i = 0; i < 17; i++)
		fds[i] = STDERR_FILENO;
	fixture_send(fixture, VFIO_USER_DEVICE_RESET, 0, NULL, 0, fds, 17);
	fixture_assert_ended(fixture);
	assert_int_equal(fixture_served(fixture), -EPROTO);
	assert_int_equal(fixture->resets, 0);
	fixture_disconnect(fixture);
}

static void
a_path_that_exists_is_refused(void **state)
{
	struct fixture *fixture = *state;
	const struct vfio_user_device device = { .vectors = 0 };

	errno = 0;
	assert_null(vfio_user_open(fixture->path, &device));
	assert_int_equal(errno, EADDRINUSE);
	fixture_connect(fixture);
	fixture_serve(fixture);
	fixture_negotiate(fixture);
}

static void
a_path_that_is_too_long_is_refused(void **state)
{
	const struct vfio_user_device device = { .vectors = 0 };
	char path[200];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	errno = 0;
	assert_null(vfio_user_open(path, &device));
	assert_int_equal(errno, ENAMETOOLONG);
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
#define CONNECTED(test) cmocka_unit_test_setup_teardown(test, fixture_open_connected, fixture_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(capabilities_that_qemu_proposes_are_answered),
		ALONE(capabilities_that_werent_proposed_arent_answered),
		ALONE(a_version_without_data_is_accepted),
		ALONE(the_minor_version_is_the_lesser_one),
		ALONE(another_major_version_is_refused),
		ALONE(data_that_isnt_an_object_is_refused),
		ALONE(data_without_its_zero_is_refused),
		ALONE(a_command_before_the_version_ends_the_connection),
		CONNECTED(a_second_version_is_refused_and_the_connection_goes_on),
		CONNECTED(an_unknown_command_is_refused_and_the_connection_goes_on),
		CONNECTED(unknown_flags_are_refused_and_the_connection_goes_on),
		ALONE(a_size_that_no_message_has_ends_the_connection),
		ALONE(a_reply_without_a_question_ends_the_connection),
		CONNECTED(leaving_between_messages_is_an_orderly_end),
		CONNECTED(leaving_within_a_message_is_told),
		CONNECTED(a_client_is_served_after_another),
		CONNECTED(a_message_may_come_in_bytes),
		CONNECTED(messages_may_come_at_once_and_are_answered_in_order),
		CONNECTED(the_largest_messages_may_come_at_once),
		ALONE(descriptors_belong_to_the_message_they_were_sent_with),
		ALONE(descriptors_stay_with_a_message_that_isnt_whole_yet),
		CONNECTED(more_descriptors_than_a_message_can_have_end_the_connection),
		ALONE(a_path_that_exists_is_refused),
		ALONE(a_path_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests_name("vfio_user_connection", tests, NULL, NULL);
}
