/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WORKERS_H
#define WORKERS_H

#include <pthread.h>
#include <stdbool.h>

/*
 * The engine's threads. What they work on are queues (queue.h) that have requests: first come,
 * first served, a few requests at a time, so that no queue waits for another's last request.
 */

struct queue;

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t waiting;
	struct queue *first, *last;	/* those that wait, by queue->next */
	bool ending;
	unsigned int count;
	pthread_t *threads;
};

/* 0 or -errno. */
int workers_start(struct workers *workers, unsigned int count);

/* Ends the threads; what waits is left undone. */
void workers_stop(struct workers *workers);

/* Has a queue worked on, whose owner the workers are from now on. */
void workers_add(struct workers *workers, struct queue *queue);

/* Takes a queue back that none has begun to work on: false when one has. */
bool workers_remove(struct workers *workers, struct queue *queue);

#endif
