/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_H
#define CONTROL_H

#include <jansson.h>

/*
 * The socket at which people and tests ask what the function did: a line of JSON for each
 * question and each answer, any number of clients.
 *
 *   {"ask": "counters"}                         record_counters(), and "cpu_us": of the program
 *   {"ask": "requests", "since": 0, "limit": 100}   {"requests": [...]}; accesses and faults alike
 *   {"ask": "misbehave", "how": "silence", "requests": 3}   {}
 *   {"ask": "options"}                          what the function is: version, queues, PASID bits
 *   anything else                               {"error": "..."}
 */
struct control;

/* Answers a question (an object) with a new reference. Called by the control's own thread. */
typedef json_t *(*control_answer)(void *function, json_t *question);

/* Listens at a path in a thread of its own. NULL and errno (with a line in the log). */
struct control *control_open(const char *path, control_answer answer, void *function);
void control_close(struct control *control);

#endif
