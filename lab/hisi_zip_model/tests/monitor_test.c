/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the monitor makes of QEMU's answers, whose texts are those of QEMU 11.1. Here they come from
 * a server that has them in a list; the scenarios ask QEMU itself.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor.h"
#include "unix_socket.h"

#define GREETING "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 2, \"minor\": 1," \
	" \"major\": 11}}, \"capabilities\": [\"oob\"]}}\r\n"
#define EVENT "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESET\"," \
	" \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}\r\n"
#define EMPTY "{\"return\": {}, \"id\": ID}\r\n"
#define REGISTER "{\"return\": \"fed90020: 0x000000010000b400\\r\\n\", \"id\": ID}\r\n"

/*
 * One connection after the other: after its greeting, an answer for each line that comes. "ID"
 * stands for the question's number; an answer of NULL ends the connection.
 */
struct fixture {
	char directory[64], path[96];
	int listener;
	pthread_t server;
	const char *const (*connections)[8];
	unsigned int count;
	char asked[4096];	/* all that came */
	struct monitor *monitor;
};

static void
send_answer(int client, const char *text, long id)
{
	const char *number = strstr(text, "ID");
	char line[4096];
	int length;

	if (number == NULL)
		length = snprintf(line, sizeof(line), "%s", text);
	else
		length = snprintf(line, sizeof(line), "%.*s%ld%s", (int)(number - text), text, id,
				number + 2);
	send(client, line, length, MSG_NOSIGNAL);
}

static void
serve_connection(struct fixture *fixture, int client, const char *const *answers)
{
	FILE *questions = fdopen(client, "r");
	char line[1024];

	for (send_answer(client, *answers++, 0); *answers != NULL; answers++) {
		const char *id;

		/* A question has no line end; it is one object, without objects behind its id. */
		size_t length = 0;
		int depth = 0, byte;

		while ((byte = getc(questions)) != EOF && length < sizeof(line) - 1) {
			line[length++] = byte;
			depth += (byte == '{') - (byte == '}');
			if (depth == 0)
				break;
		}
		line[length] = '\0';
		if (byte == EOF)
			break;
		strncat(fixture->asked, line, sizeof(fixture->asked) - strlen(fixture->asked) - 1);
		id = strstr(line, "\"id\":");
		send_answer(client, *answers, id != NULL ? atol(id + 5) : 0);
	}
	fclose(questions);
}

static void *
serve(void *argument)
{
	struct fixture *fixture = argument;

	for (unsigned int i = 0; i < fixture->count; i++) {
		int client = accept(fixture->listener, NULL, NULL);

		if (client < 0)
			break;
		serve_connection(fixture, client, fixture->connections[i]);
	}
	return NULL;
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->directory, "/tmp/monitor-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/socket", fixture->directory);
	fixture->listener = unix_socket_listen(fixture->path, 4, 0);
	assert_true(fixture->listener >= 0);
	fixture->monitor = monitor_open(fixture->path);
	assert_non_null(fixture->monitor);
	*state = fixture;
	return 0;
}

static void
start(struct fixture *fixture, const char *const (*connections)[8], unsigned int count)
{
	fixture->connections = connections;
	fixture->count = count;
	assert_int_equal(pthread_create(&fixture->server, NULL, serve, fixture), 0);
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	monitor_close(fixture->monitor);
	shutdown(fixture->listener, SHUT_RDWR);
	if (fixture->count > 0)
		assert_int_equal(pthread_join(fixture->server, NULL), 0);
	close(fixture->listener);
	unlink(fixture->path);
	assert_int_equal(rmdir(fixture->directory), 0);
	free(fixture);
	return 0;
}

static void
the_root_table_is_read_from_the_register(void **state)
{
	static const char *const talk[][8] = { { GREETING, EMPTY, REGISTER, REGISTER, NULL } };
	struct fixture *fixture = *state;
	uint64_t root = 0;

	start(fixture, talk, 1);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
	assert_int_equal(root, 0x10000b400);
	assert_non_null(strstr(fixture->asked, "\"execute\":\"qmp_capabilities\""));
	assert_non_null(strstr(fixture->asked, "\"execute\":\"human-monitor-command\""));
	assert_non_null(strstr(fixture->asked, "\"command-line\":\"xp /1gx 0xfed90020\""));
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
}

static void
events_in_between_are_passed_over(void **state)
{
	static const char *const talk[][8] = {
		{ GREETING EVENT, EVENT EMPTY EVENT, EVENT EVENT REGISTER, NULL },
	};
	struct fixture *fixture = *state;
	uint64_t root = 0;

	start(fixture, talk, 1);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
	assert_int_equal(root, 0x10000b400);
}

static void
without_an_iommu_there_is_no_register(void **state)
{
	static const char *const talk[][8] = {
		{ GREETING, EMPTY,
		  "{\"return\": \"fed90020: Cannot access memory\\r\\n\", \"id\": ID}\r\n",
		  REGISTER, NULL },
	};
	struct fixture *fixture = *state;
	uint64_t root = 0;

	start(fixture, talk, 1);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), -EPROTO);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
}

static void
an_error_of_qemu_leaves_the_connection(void **state)
{
	static const char *const talk[][8] = {
		{ GREETING, EMPTY, "{\"id\": ID, \"error\": {\"class\": \"CommandNotFound\","
		  " \"desc\": \"The command has not been found\"}}\r\n", REGISTER, NULL },
	};
	struct fixture *fixture = *state;
	uint64_t root = 0;

	start(fixture, talk, 1);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), -EREMOTEIO);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
}

static void
a_connection_that_has_ended_is_made_anew(void **state)
{
	static const char *const talk[][8] = {
		{ GREETING, EMPTY, REGISTER, NULL },
		{ GREETING, EMPTY, REGISTER, NULL },
	};
	struct fixture *fixture = *state;
	uint64_t root = 0;

	start(fixture, talk, 2);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
}

static void
a_server_that_isnt_qmp_is_left_and_tried_again(void **state)
{
	static const char *const talk[][8] = {
		{ "220 mail.example.org\r\n", NULL },
		{ "{\"hello\": 1}\r\n", NULL },
		{ "[1, 2]\r\n", NULL },
		{ GREETING, "{\"error\": {\"desc\": \"no\"}, \"id\": ID}\r\n", NULL },
		{ GREETING, EMPTY, REGISTER, NULL },
	};
	struct fixture *fixture = *state;
	uint64_t root = 0;

	start(fixture, talk, 5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(monitor_root_table(fixture->monitor, &root), -EPROTO);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
}

static void
a_server_that_doesnt_answer_is_left_and_tried_again(void **state)
{
	static const char *const talk[][8] = {
		/* Another question would be needed for it to go on. */
		{ GREETING, EMPTY, EVENT, REGISTER, NULL },
		{ GREETING, EMPTY, REGISTER, NULL },
	};
	struct fixture *fixture = *state;
	uint64_t root = 0;

	start(fixture, talk, 2);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), -ETIMEDOUT);
	assert_int_equal(monitor_root_table(fixture->monitor, &root), 0);
}

static void
nobody_at_the_path_is_an_error(void **state)
{
	struct fixture *fixture = *state;
	struct monitor *monitor = monitor_open("/nowhere/socket");
	uint64_t root;

	(void)fixture;
	assert_int_equal(monitor_root_table(monitor, &root), -ENOENT);
	assert_int_equal(monitor_root_table(monitor, &root), -ENOENT);
	monitor_close(monitor);
}

#define DEVICE(id, bus, slot, function, more) \
	"{\"irq_pin\": 0, \"bus\": " #bus ", \"qdev_id\": \"" id "\", \"slot\": " #slot \
	", \"class_info\": {\"class\": 4608}, \"id\": {\"device\": 41553, \"vendor\": 6629}," \
	" \"function\": " #function ", \"regions\": []" more "}"
#define BRIDGE(behind) \
	", \"pci_bridge\": {\"bus\": {\"number\": 0}, \"devices\": [" behind "]}"

static void
a_function_is_found_by_its_id_behind_bridges(void **state)
{
	static const char *const talk[][8] = { {
		GREETING, EMPTY,
#define BUSES "{\"return\": [{\"bus\": 0, \"devices\": [" DEVICE("", 0, 0, 0, "") ", " \
		DEVICE("rp1", 0, 6, 0, BRIDGE(DEVICE("zip0", 1, 0, 0, ""))) ", " \
		DEVICE("rp2", 0, 7, 1, BRIDGE(DEVICE("sw", 2, 0, 0, BRIDGE( \
			DEVICE("zip1", 255, 31, 7, ""))))) "]}], \"id\": ID}\r\n"
		BUSES, BUSES, BUSES, BUSES, NULL,
	} };
	struct fixture *fixture = *state;
	uint16_t requester = 0;

	start(fixture, talk, 1);
	assert_int_equal(monitor_requester(fixture->monitor, "zip0", &requester), 0);
	assert_int_equal(requester, 0x0100);
	assert_int_equal(monitor_requester(fixture->monitor, "zip1", &requester), 0);
	assert_int_equal(requester, 0xffff);
	assert_int_equal(monitor_requester(fixture->monitor, "rp2", &requester), 0);
	assert_int_equal(requester, 0x0039);
	assert_int_equal(monitor_requester(fixture->monitor, "zip", &requester), -ENODEV);
	assert_non_null(strstr(fixture->asked, "\"execute\":\"query-pci\""));
}

static void
an_address_that_pci_doesnt_have_is_refused(void **state)
{
	static const char *const talk[][8] = { {
		GREETING, EMPTY,
		"{\"return\": [{\"devices\": [" DEVICE("zip0", 256, 0, 0, "") "]}], \"id\": ID}\n",
		"{\"return\": [{\"devices\": [" DEVICE("zip0", 1, 32, 0, "") "]}], \"id\": ID}\n",
		"{\"return\": [{\"devices\": [" DEVICE("zip0", 1, 0, -1, "") "]}], \"id\": ID}\n",
		"{\"return\": [{\"devices\": [{\"qdev_id\": \"zip0\"}]}], \"id\": ID}\n",
		"{\"return\": {}, \"id\": ID}\n", NULL,
	} };
	struct fixture *fixture = *state;
	uint16_t requester;

	start(fixture, talk, 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(monitor_requester(fixture->monitor, "zip0", &requester), -EPROTO);
	assert_int_equal(monitor_requester(fixture->monitor, "zip0", &requester), -ENODEV);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_root_table_is_read_from_the_register),
		TEST(events_in_between_are_passed_over),
		TEST(without_an_iommu_there_is_no_register),
		TEST(an_error_of_qemu_leaves_the_connection),
		TEST(a_connection_that_has_ended_is_made_anew),
		TEST(a_server_that_isnt_qmp_is_left_and_tried_again),
		TEST(a_server_that_doesnt_answer_is_left_and_tried_again),
		TEST(nobody_at_the_path_is_an_error),
		TEST(a_function_is_found_by_its_id_behind_bridges),
		TEST(an_address_that_pci_doesnt_have_is_refused),
	};

	return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
