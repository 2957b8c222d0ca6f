/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket with real clients of it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "unix_socket.h"

#define PATIENCE_S 20
#define BIG (1 << 20)	/* more than a socket holds */

struct fixture {
	char directory[64], path[96];
	struct control *control;
	int client;
};

/* {"ask": "echo", ...} is answered with itself, "big" with more than a socket holds. */
static json_t *
answer(void *function, json_t *question)
{
	const char *what = json_string_value(json_object_get(question, "ask"));

	(void)function;
	if (what == NULL)
		return NULL;
	if (strcmp(what, "big") == 0) {
		static char text[BIG + 1];

		memset(text, 'x', BIG);
		return json_pack("{s:s}", "big", text);
	}
	return json_incref(question);
}

static int
connect_client(struct fixture *fixture)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int client = unix_socket_connect(fixture->path, 0);

	assert_true(client >= 0);
	assert_int_equal(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
			0);
	return client;
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->directory, "/tmp/control-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/socket", fixture->directory);
	fixture->control = control_open(fixture->path, answer, NULL);
	assert_non_null(fixture->control);
	fixture->client = connect_client(fixture);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->client);
	control_close(fixture->control);
	assert_int_equal(rmdir(fixture->directory), 0);
	free(fixture);
	return 0;
}

static void
say_bytes(int client, const char *text, size_t length)
{
	assert_int_equal(send(client, text, length, MSG_NOSIGNAL), length);
}

static void
say(int client, const char *text)
{
	say_bytes(client, text, strlen(text));
}

/* The next line that a client gets, without its end; false when there is none any more */
static bool
get_line(int client, char *line, size_t size)
{
	size_t length = 0;

	for (;;) {
		ssize_t count = recv(client, line + length, size - length, MSG_PEEK);
		const char *end;

		if (count == 0 || (count < 0 && errno == ECONNRESET)) {
			assert_int_equal(length, 0);
			return false;
		}
		assert_true(count > 0);
		end = memchr(line + length, '\n', count);
		if (end != NULL)
			count = end + 1 - (line + length);
		assert_int_equal(recv(client, line + length, count, 0), count);
		length += count;
		if (end != NULL)
			break;
	}
	line[length - 1] = '\0';
	return true;
}

static void
assert_line(int client, const char *expected)
{
	char line[8192];

	assert_true(get_line(client, line, sizeof(line)));
	assert_string_equal(line, expected);
}

static void
assert_error(int client)
{
	char line[8192];
	json_t *object;

	assert_true(get_line(client, line, sizeof(line)));
	object = json_loads(line, 0, NULL);
	assert_non_null(json_string_value(json_object_get(object, "error")));
	json_decref(object);
}

static void
assert_ended(int client)
{
	char line[64];

	assert_false(get_line(client, line, sizeof(line)));
}

static void
a_line_is_answered_with_a_line(void **state)
{
	struct fixture *fixture = *state;

	say(fixture->client, "{\"ask\": \"echo\", \"number\": 1}\n");
	assert_line(fixture->client, "{\"ask\":\"echo\",\"number\":1}");
	say(fixture->client, "{\"ask\": \"again\"}\n");
	assert_line(fixture->client, "{\"ask\":\"again\"}");
}

static void
what_isnt_a_question_is_answered_with_an_error(void **state)
{
	static const char *const lines[] = {
		"\n", "what?\n", "{\n", "[]\n", "3\n", "null\n", "{} {}\n", "{\"ask\": 1}\n",
		"{\"ask\": \"a\", \"ask\": \"b\"}\n", "{\"ask\": \"\xff\"}\n", "\xff\n",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		say(fixture->client, lines[i]);
		assert_error(fixture->client);
	}
	say_bytes(fixture->client, "{\"ask\": \"\0\"}\n", 13);
	assert_error(fixture->client);
	say(fixture->client, "{\"ask\": \"echo\"}\n");
	assert_line(fixture->client, "{\"ask\":\"echo\"}");
}

static void
a_line_may_come_in_pieces(void **state)
{
	static const char text[] = "{\"ask\": \"echo\"}\n";
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		say_bytes(fixture->client, text + i, 1);
	assert_line(fixture->client, "{\"ask\":\"echo\"}");
}

static void
lines_may_come_at_once(void **state)
{
	enum { LINES = 200 };
	struct fixture *fixture = *state;
	char text[LINES * 64], line[64];
	size_t length = 0;

	for (int i = 0; i < LINES; i++)
		length += sprintf(text + length, "{\"ask\": \"echo\", \"number\": %d}\n", i);
	say_bytes(fixture->client, text, length);
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "{\"ask\":\"echo\",\"number\":%d}", i);
		assert_line(fixture->client, line);
	}
}

static void
who_has_nothing_more_to_say_still_gets_the_answers(void **state)
{
	struct fixture *fixture = *state;

	say(fixture->client, "{\"ask\": \"one\"}\n{\"ask\": \"two\"}\n{\"ask\": \"unfinished");
	assert_int_equal(shutdown(fixture->client, SHUT_WR), 0);
	assert_line(fixture->client, "{\"ask\":\"one\"}");
	assert_line(fixture->client, "{\"ask\":\"two\"}");
	assert_ended(fixture->client);
}

static void
a_line_that_is_too_long_ends_its_client(void **state)
{
	struct fixture *fixture = *state;
	char text[5000];
	int other;

	/* The longest one: 4096 with its end */
	memset(text, ' ', sizeof(text));
	text[4095] = '\n';
	memcpy(text, "{\"ask\": \"echo\"}", 15);
	say_bytes(fixture->client, text, 4096);
	assert_line(fixture->client, "{\"ask\":\"echo\"}");

	memset(text, ' ', sizeof(text));
	say_bytes(fixture->client, text, sizeof(text));
	assert_error(fixture->client);
	assert_ended(fixture->client);

	other = connect_client(fixture);
	say(other, "{\"ask\": \"echo\"}\n");
	assert_line(other, "{\"ask\":\"echo\"}");
	close(other);
}

static void
a_big_answer_is_sent_whole(void **state)
{
	static char line[BIG + 64];
	struct fixture *fixture = *state;

	say(fixture->client, "{\"ask\": \"big\"}\n{\"ask\": \"echo\"}\n");
	assert_true(get_line(fixture->client, line, sizeof(line)));
	assert_int_equal(strlen(line), BIG + strlen("{\"big\":\"\"}"));
	assert_line(fixture->client, "{\"ask\":\"echo\"}");
}

static void
who_doesnt_read_stops_nobody_else(void **state)
{
	struct fixture *fixture = *state;
	int other = connect_client(fixture);

	/* Questions until no more can be sent, and none of the answers is read */
	assert_int_equal(fcntl(other, F_SETFL, O_NONBLOCK), 0);
	while (send(other, "{\"ask\": \"big\"}\n", 15, MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	for (int i = 0; i < 100; i++) {
		say(fixture->client, "{\"ask\": \"echo\"}\n");
		assert_line(fixture->client, "{\"ask\":\"echo\"}");
	}
	close(other);
	say(fixture->client, "{\"ask\": \"echo\"}\n");
	assert_line(fixture->client, "{\"ask\":\"echo\"}");
}

static void
clients_come_and_go(void **state)
{
	enum { CLIENTS = 100, AT_ONCE = 20 };
	struct fixture *fixture = *state;
	int clients[AT_ONCE];

	for (int i = 0; i < CLIENTS; i++) {
		int *client = &clients[i % AT_ONCE];

		if (i >= AT_ONCE)
			close(*client);
		*client = connect_client(fixture);
		say(*client, "{\"ask\": \"echo\"}\n");
		assert_line(*client, "{\"ask\":\"echo\"}");
	}
	for (int i = 0; i < AT_ONCE; i++)
		close(clients[i]);
}

/* However many there are, each gets its turn when others have gone. */
static void
more_clients_than_are_served_at_once_wait(void **state)
{
	enum { CLIENTS = 100 };
	struct fixture *fixture = *state;
	int clients[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = connect_client(fixture);
		say(clients[i], "{\"ask\": \"echo\"}\n");
	}
	for (int i = 0; i < CLIENTS; i++) {
		assert_line(clients[i], "{\"ask\":\"echo\"}");
		close(clients[i]);
	}
}

static void
closing_ends_the_clients(void **state)
{
	struct fixture *fixture = *state;

	say(fixture->client, "{\"ask\": \"echo\"}\n");
	assert_line(fixture->client, "{\"ask\":\"echo\"}");
	control_close(fixture->control);
	fixture->control = NULL;
	assert_ended(fixture->client);
	assert_int_equal(access(fixture->path, F_OK), -1);
}

static void
a_path_that_exists_is_refused(void **state)
{
	struct fixture *fixture = *state;

	errno = 0;
	assert_null(control_open(fixture->path, answer, NULL));
	assert_int_equal(errno, EADDRINUSE);
	say(fixture->client, "{\"ask\": \"echo\"}\n");
	assert_line(fixture->client, "{\"ask\":\"echo\"}");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_answered_with_a_line),
		TEST(what_isnt_a_question_is_answered_with_an_error),
		TEST(a_line_may_come_in_pieces),
		TEST(lines_may_come_at_once),
		TEST(who_has_nothing_more_to_say_still_gets_the_answers),
		TEST(a_line_that_is_too_long_ends_its_client),
		TEST(a_big_answer_is_sent_whole),
		TEST(who_doesnt_read_stops_nobody_else),
		TEST(clients_come_and_go),
		TEST(more_clients_than_are_served_at_once_wait),
		TEST(closing_ends_the_clients),
		TEST(a_path_that_exists_is_refused),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
