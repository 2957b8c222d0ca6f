/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thread and poll(). Each client takes one step when its socket is ready: its answer goes out,
 * or a line of it is answered, or more of it is read. Nothing is read from who has an answer to
 * take yet, so that none needs more memory than a line and an answer.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "log.h"
#include "unix_socket.h"

#define MAX_CLIENTS 32		/* further ones wait until one goes */
#define MAX_LINE 4096
#define ACCEPT_AGAIN_MS 100	/* after there was no descriptor for a client */

struct client {
	int socket;
	char line[MAX_LINE];
	size_t length;
	char *answer;		/* NULL: none to send */
	size_t answer_length, sent;
	bool last;		/* nothing more is read */
};

struct control {
	char *path;
	int listener;
	int end;		/* eventfd: the thread is to end */
	pthread_t thread;
	control_answer answer;
	void *function;
	struct client *clients[MAX_CLIENTS];
	unsigned int count;
};

static json_t *
error_of(const char *text)
{
	return json_pack("{s:s}", "error", text);
}

static json_t *
answer_line(struct control *control, const char *line, size_t length)
{
	json_error_t problem;
	json_t *question = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
	json_t *answer;

	if (question == NULL)
		answer = error_of(problem.text);
	else if (json_is_object(question))
		answer = control->answer(control->function, question);
	else
		answer = error_of("a question is an object");
	json_decref(question);
	return answer != NULL ? answer : error_of("there is no answer");
}

/* Takes the reference. 0, or -ENOMEM. */
static int
set_answer(struct client *client, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	size_t length;
	char *line;

	json_decref(answer);
	if (text == NULL)
		return -ENOMEM;
	length = strlen(text);
	line = realloc(text, length + 1);
	if (line == NULL) {
		free(text);
		return -ENOMEM;
	}
	line[length] = '\n';
	client->answer = line;
	client->answer_length = length + 1;
	client->sent = 0;
	return 0;
}

static int
send_answer(struct client *client)
{
	ssize_t count = send(client->socket, client->answer + client->sent,
			client->answer_length - client->sent, MSG_NOSIGNAL);

	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	client->sent += count;
	if (client->sent == client->answer_length) {
		free(client->answer);
		client->answer = NULL;
	}
	return 0;
}

static int
read_more(struct client *client)
{
	ssize_t count;

	if (client->length == MAX_LINE) {
		client->length = 0;
		client->last = true;
		return set_answer(client, error_of("a line of more than 4096 bytes"));
	}
	count = recv(client->socket, client->line + client->length, MAX_LINE - client->length, 0);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	client->length += count;
	client->last = count == 0;
	return 0;
}

static const char *
end_of_line(const struct client *client)
{
	return memchr(client->line, '\n', client->length);
}

/* What a client waits for: its answer to go out, or more of its questions */
static short
events_of(const struct client *client)
{
	return client->answer != NULL || end_of_line(client) != NULL ||
			client->length == MAX_LINE || client->last ? POLLOUT : POLLIN;
}

/* 0, or -errno when that was all (-ESHUTDOWN: it has said and got everything). */
static int
take_step(struct control *control, struct client *client)
{
	const char *end = end_of_line(client);

	if (client->answer != NULL)
		return send_answer(client);
	if (end != NULL) {
		size_t length = end - client->line;
		json_t *answer = answer_line(control, client->line, length);

		client->length -= length + 1;
		memmove(client->line, end + 1, client->length);
		return set_answer(client, answer);
	}
	if (client->last)
		return -ESHUTDOWN;
	return read_more(client);
}

static int
add_client(struct control *control)
{
	struct client *client;
	int socket = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (socket < 0)
		return -errno;
	client = calloc(1, sizeof(*client));
	if (client == NULL) {
		close(socket);
		return -ENOMEM;
	}
	client->socket = socket;
	control->clients[control->count++] = client;
	return 0;
}

static void
remove_client(struct control *control, unsigned int index)
{
	struct client *client = control->clients[index];

	close(client->socket);
	free(client->answer);
	free(client);
	control->clients[index] = control->clients[--control->count];
}

static bool
is_lack(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

static void *
run(void *argument)
{
	struct control *control = argument;
	bool lack = false;	/* of descriptors or memory, for another client */

	for (;;) {
		struct pollfd ready[2 + MAX_CLIENTS] = {
			{ .fd = control->end, .events = POLLIN },
			{ .fd = lack || control->count == MAX_CLIENTS ? -1 : control->listener,
			  .events = POLLIN },
		};

		for (unsigned int i = 0; i < control->count; i++)
			ready[2 + i] = (struct pollfd){
				.fd = control->clients[i]->socket,
				.events = events_of(control->clients[i]),
			};
		if (poll(ready, 2 + control->count, lack ? ACCEPT_AGAIN_MS : -1) < 0)
			continue;
		if (ready[0].revents != 0)
			return NULL;
		/* From the last, as the last one takes the place of one that goes */
		for (unsigned int i = control->count; i-- > 0;)
			if (ready[2 + i].revents != 0 &&
					take_step(control, control->clients[i]) != 0)
				remove_client(control, i);
		lack = ready[1].revents != 0 && is_lack(add_client(control));
	}
}

struct control *
control_open(const char *path, control_answer answer, void *function)
{
	struct control *control = calloc(1, sizeof(*control));
	int error = -ENOMEM;

	if (control == NULL)
		goto failed;
	control->answer = answer;
	control->function = function;
	control->path = strdup(path);
	if (control->path == NULL)
		goto free_control;
	control->end = eventfd(0, EFD_CLOEXEC);
	if (control->end < 0) {
		error = -errno;
		goto free_control;
	}
	control->listener = unix_socket_listen(path, SOMAXCONN, SOCK_NONBLOCK);
	if (control->listener < 0) {
		error = control->listener;
		goto close_end;
	}
	error = -pthread_create(&control->thread, NULL, run, control);
	if (error != 0)
		goto close_listener;
	return control;

close_listener:
	close(control->listener);
	unlink(path);
close_end:
	close(control->end);
free_control:
	free(control->path);
	free(control);
failed:
	log_line("control: %s: %s", path, strerror(-error));
	errno = -error;
	return NULL;
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	eventfd_write(control->end, 1);
	pthread_join(control->thread, NULL);
	while (control->count > 0)
		remove_client(control, control->count - 1);
	unlink(control->path);
	close(control->listener);
	close(control->end);
	free(control->path);
	free(control);
}
