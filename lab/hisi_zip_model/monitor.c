/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "log.h"
#include "monitor.h"
#include "unix_socket.h"

#define PATIENCE_MS 5000	/* for a question and its answer */
#define MAX_LINE (1 << 20)	/* query-pci tells about every device */

struct monitor {
	char *path;
	int socket;		/* -1: not connected */
	json_int_t questions;
	struct timespec deadline;
	size_t length;
	char received[MAX_LINE];
};

static void
disconnect(struct monitor *monitor)
{
	if (monitor->socket >= 0)
		close(monitor->socket);
	monitor->socket = -1;
	monitor->length = 0;
}

static void
set_deadline(struct monitor *monitor)
{
	clock_gettime(CLOCK_MONOTONIC, &monitor->deadline);
	monitor->deadline.tv_sec += PATIENCE_MS / 1000;
}

/* Waits until the socket is ready: 0 or -errno (-ETIMEDOUT). */
static int
wait_for(const struct monitor *monitor, short events)
{
	struct pollfd ready = { .fd = monitor->socket, .events = events };
	struct timespec now;
	int64_t left;
	int count;

	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (monitor->deadline.tv_sec - now.tv_sec) * INT64_C(1000) +
				(monitor->deadline.tv_nsec - now.tv_nsec) / 1000000;
		if (left <= 0)
			return -ETIMEDOUT;
		count = poll(&ready, 1, left);
	} while (count == 0 || (count < 0 && errno == EINTR));
	return count < 0 ? -errno : 0;
}

static int
send_text(const struct monitor *monitor, const char *text, size_t length)
{
	while (length > 0) {
		int error = wait_for(monitor, POLLOUT);
		ssize_t sent;

		if (error != 0)
			return error;
		sent = send(monitor->socket, text, length, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent > 0) {
			text += sent;
			length -= sent;
		}
	}
	return 0;
}

/* Reads until there is a line, of *length bytes with its end: 0 or -errno. */
static int
receive_line(struct monitor *monitor, size_t *length)
{
	size_t looked_at = 0;

	for (;;) {
		const char *end = memchr(monitor->received + looked_at, '\n',
				monitor->length - looked_at);
		ssize_t count;
		int error;

		if (end != NULL) {
			*length = end + 1 - monitor->received;
			return 0;
		}
		looked_at = monitor->length;
		if (monitor->length == MAX_LINE)
			return -EMSGSIZE;
		error = wait_for(monitor, POLLIN);
		if (error != 0)
			return error;
		count = recv(monitor->socket, monitor->received + monitor->length,
				MAX_LINE - monitor->length, 0);
		if (count == 0)
			return -ECONNRESET;
		if (count < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (count > 0)
			monitor->length += count;
	}
}

/* The next thing that QEMU says: 0 with a new reference to an object, or -errno. */
static int
receive_object(struct monitor *monitor, json_t **object)
{
	json_error_t problem;
	size_t length = 0;
	int error = receive_line(monitor, &length);

	if (error != 0)
		return error;
	*object = json_loadb(monitor->received, length, 0, &problem);
	monitor->length -= length;
	memmove(monitor->received, monitor->received + length, monitor->length);
	if (json_is_object(*object))
		return 0;
	json_decref(*object);
	return -EPROTO;
}

/*
 * Says a command and waits for what comes back; events in between aren't of interest here.
 * 0 with a new reference, -EREMOTEIO where QEMU answered with an error, or another -errno, after
 * which the connection is of no use any more.
 */
static int
execute(struct monitor *monitor, const char *command, json_t *arguments, json_t **result)
{
	json_t *question = json_pack("{s:s, s:O*, s:I}", "execute", command,
			"arguments", arguments, "id", ++monitor->questions);
	char *text = json_dumps(question, JSON_COMPACT);
	json_t *answer;
	int error;

	json_decref(question);
	if (text == NULL)
		return -ENOMEM;
	error = send_text(monitor, text, strlen(text));
	free(text);
	if (error != 0)
		return error;

	for (;;) {
		error = receive_object(monitor, &answer);
		if (error != 0)
			return error;
		if (json_integer_value(json_object_get(answer, "id")) == monitor->questions)
			break;
		json_decref(answer);
	}
	*result = json_incref(json_object_get(answer, "return"));
	if (*result == NULL) {
		const char *why = json_string_value(json_object_get(
				json_object_get(answer, "error"), "desc"));

		log_line("monitor: %s: %s", command, why != NULL ? why : "no answer");
		error = -EREMOTEIO;
	}
	json_decref(answer);
	return error;
}

/* QEMU greets, and takes commands after the first one. */
static int
connect_to(struct monitor *monitor)
{
	json_t *said;
	int error;

	monitor->socket = unix_socket_connect(monitor->path, SOCK_NONBLOCK);
	if (monitor->socket < 0)
		return monitor->socket;
	error = receive_object(monitor, &said);
	if (error != 0)
		return error;
	if (json_object_get(said, "QMP") == NULL)
		error = -EPROTO;
	json_decref(said);
	if (error != 0)
		return error;
	error = execute(monitor, "qmp_capabilities", NULL, &said);
	if (error == -EREMOTEIO)
		return -EPROTO;
	if (error == 0)
		json_decref(said);
	return error;
}

/* A question, after connecting where that is needed. 0 with a new reference, or -errno. */
static int
ask(struct monitor *monitor, const char *command, json_t *arguments, json_t **result)
{
	int error = 0;

	set_deadline(monitor);
	if (monitor->socket < 0)
		error = connect_to(monitor);
	if (error == 0)
		error = execute(monitor, command, arguments, result);
	if (error != 0 && error != -EREMOTEIO) {
		disconnect(monitor);
		log_line("monitor: %s: %s", monitor->path, strerror(-error));
	}
	return error;
}

/* As ask(), but a connection that QEMU has ended meanwhile is made anew. */
static int
ask_again(struct monitor *monitor, const char *command, json_t *arguments, json_t **result)
{
	bool connected = monitor->socket >= 0;
	int error = ask(monitor, command, arguments, result);

	if (connected && (error == -ECONNRESET || error == -EPIPE))
		error = ask(monitor, command, arguments, result);
	json_decref(arguments);
	return error;
}

int
monitor_root_table(struct monitor *monitor, uint64_t *root)
{
	json_t *result;
	const char *text;
	int error;

	error = ask_again(monitor, "human-monitor-command",
			json_pack("{s:s}", "command-line", "xp /1gx 0xfed90020"), &result);
	if (error != 0)
		return error;
	text = json_string_value(result);
	if (text == NULL || sscanf(text, "%*[0-9a-f]: 0x%" SCNx64, root) != 1) {
		log_line("monitor: no register in \"%s\"", text != NULL ? text : "");
		error = -EPROTO;
	}
	json_decref(result);
	return error;
}

static const json_t *
find_device(const json_t *devices, const char *id)
{
	const json_t *device;
	size_t i;

	json_array_foreach(devices, i, device) {
		const char *its = json_string_value(json_object_get(device, "qdev_id"));
		const json_t *behind = json_object_get(device, "pci_bridge");
		const json_t *found;

		if (its != NULL && strcmp(its, id) == 0)
			return device;
		found = find_device(json_object_get(behind, "devices"), id);
		if (found != NULL)
			return found;
	}
	return NULL;
}

static int
address_of(const json_t *device, uint16_t *requester)
{
	json_int_t bus = -1, slot = -1, function = -1;

	json_unpack((json_t *)device, "{s:I, s:I, s:I}", "bus", &bus, "slot", &slot,
			"function", &function);
	if (bus < 0 || bus > 0xff || slot < 0 || slot > 0x1f || function < 0 || function > 7)
		return -EPROTO;
	*requester = bus << 8 | slot << 3 | function;
	return 0;
}

int
monitor_requester(struct monitor *monitor, const char *id, uint16_t *requester)
{
	const json_t *bus, *device = NULL;
	json_t *buses;
	size_t i;
	int error;

	error = ask_again(monitor, "query-pci", NULL, &buses);
	if (error != 0)
		return error;
	json_array_foreach(buses, i, bus) {
		device = find_device(json_object_get(bus, "devices"), id);
		if (device != NULL)
			break;
	}
	error = device != NULL ? address_of(device, requester) : -ENODEV;
	json_decref(buses);
	if (error != 0)
		log_line("monitor: the address of %s: %s", id, strerror(-error));
	return error;
}

struct monitor *
monitor_open(const char *path)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));

	if (monitor == NULL)
		return NULL;
	monitor->socket = -1;
	monitor->path = strdup(path);
	if (monitor->path == NULL) {
		free(monitor);
		return NULL;
	}
	return monitor;
}

void
monitor_close(struct monitor *monitor)
{
	if (monitor == NULL)
		return;
	disconnect(monitor);
	free(monitor->path);
	free(monitor);
}
