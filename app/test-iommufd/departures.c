/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "app.h"
#include "departures.h"
#include "show.h"

/* So that it isn't in the middle of the request that the device is removed. */
#define REQUEST_US 1
/* Of accelerators. */
#define BUS "iommufd"

/* What is handed from EAL's thread to the main one, in a piece. */
struct departure {
	int end; /* Of the pipe. */
	char name[RTE_DEV_NAME_MAX_LEN];
};

/* EAL's thread has answered the request before it gets here. */
static void
hand_over(void *arg)
{
	struct departure *departure = arg;

	if (write(departure->end, departure->name, sizeof(departure->name)) < 0)
		fprintf(stderr, "%s is asked back, and can't be given: %s\n", departure->name,
			strerror(errno));
	free(departure);
}

static void
on_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	const struct departures *departures = arg;
	struct departure *departure;

	if (type != RTE_DEV_EVENT_REMOVE)
		return;
	departure = calloc(1, sizeof(*departure));
	if (departure == NULL)
		return;
	departure->end = departures->ends[1];
	rte_strscpy(departure->name, name, sizeof(departure->name));
	if (rte_eal_alarm_set(REQUEST_US, hand_over, departure) != 0)
		free(departure);
}

/* The port of a device, or RTE_MAX_ETHPORTS. */
static uint16_t
port_of(const struct ports *ports, const char *name)
{
	uint16_t id;

	for (id = 0; id < RTE_MAX_ETHPORTS; id++)
		if (ports_has(ports, id) &&
				strcmp(rte_dev_name(ports->table[id].info.device), name) == 0)
			break;
	return id;
}

/* A port goes with its device; an accelerator has no queue open while nothing is forwarded. */
static int
detach(struct app *app, const char *name, uint16_t port)
{
	int ret;

	/* The bus's name is in front of those that are on it. */
	spaces_leave_device(&app->spaces,
		strncmp(name, BUS ":", sizeof(BUS)) == 0 ? name + sizeof(BUS) : name);
	if (port != RTE_MAX_ETHPORTS)
		return ports_detach(&app->ports, port);
	ret = rte_eal_hotplug_remove(BUS, name);
	if (ret == 0)
		printf("%s is detached\n", name);
	else
		fprintf(stderr, "%s can't be detached: %s\n", name, rte_strerror(-ret));
	return ret;
}

static void
go_on(struct app *app)
{
	uint16_t ids[RTE_MAX_ETHPORTS];

	if (ports_started(&app->ports, ids) == 0)
		printf("no port is left to forward\n");
	else if (forwarding_start(&app->forwarding, &app->ports, &app->parameters, false) == 0)
		printf("forwarding goes on without it\n");
}

/* Give a device back, and go on without it. */
static void
give_up(struct app *app, const char *name)
{
	const uint16_t port = port_of(&app->ports, name);
	const bool was_running = app->forwarding.running;

	if (port != RTE_MAX_ETHPORTS)
		printf("\n%s, port %u, is asked back by the kernel\n", name, port);
	else
		printf("\n%s is asked back by the kernel\n", name);
	if (was_running) {
		forwarding_stop(&app->forwarding);
		show_forwarding(stdout, &app->forwarding);
	}
	if (detach(app, name, port) == 0 && was_running)
		go_on(app);
	fflush(stdout);
}

static void
see_to(void *arg)
{
	struct app *app = arg;
	char name[RTE_DEV_NAME_MAX_LEN];

	while (read(app->departures.ends[0], name, sizeof(name)) == sizeof(name))
		give_up(app, name);
}

int
departures_begin(struct app *app)
{
	struct departures *departures = &app->departures;
	int ret;

	if (pipe2(departures->ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		ret = -errno;
		goto failed;
	}
	ret = rte_dev_event_callback_register(NULL, on_event, departures);
	if (ret != 0)
		goto close_pipe;
	ending_watch(&app->ending, departures->ends[0], see_to, app);
	return 0;

close_pipe:
	close(departures->ends[0]);
	close(departures->ends[1]);
failed:
	fprintf(stderr, "requests to give devices back can't be heard: %s\n", rte_strerror(-ret));
	return ret;
}

void
departures_end(struct app *app)
{
	struct departures *departures = &app->departures;

	ending_watch(&app->ending, -1, NULL, NULL);
	while (rte_dev_event_callback_unregister(NULL, on_event, departures) == -EAGAIN)
		;
	rte_eal_alarm_cancel(hand_over, (void *)-1);
	close(departures->ends[0]);
	close(departures->ends[1]);
}
