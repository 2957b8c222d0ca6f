/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef RESTART_H
#define RESTART_H

/**
 * @file
 * `bench restart`: when the application has ended, its process carries on as a new program, which
 * starts no EAL but the application, several times. EAL keeps locks, and perhaps memory, to the end
 * of its program, which another application of the same arguments must not find.
 */

#include <stdbool.h>

struct app;

/**
 * Become the new program, which gets the figures that were found so far.
 *
 * @return
 *   Only when that fails: a negative errno, after it said so.
 */
int restart_go(struct app *app);

/** Is this the new program? Then it takes the figures over, and knows how often. */
bool restart_is_due(struct app *app);

#endif /* RESTART_H */
