/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef DEPARTURES_H
#define DEPARTURES_H

/**
 * @file
 * Devices that the kernel asks back, as they are unplugged or taken by another driver: it waits
 * until the application has given them up. EAL tells of it in a thread of its own; what is to be
 * done is the main thread's.
 */

struct app;

struct departures {
	int ends[2]; /**< Of a pipe: names of devices. */
};

/** Listen. @return 0 or a negative errno, and then it said why. */
int departures_begin(struct app *app);

/** Listen no more. */
void departures_end(struct app *app);

#endif /* DEPARTURES_H */
