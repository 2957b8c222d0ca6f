/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "queue.h"
#include "workers.h"

static struct queue *
take(struct workers *workers)
{
	struct queue *queue;

	pthread_mutex_lock(&workers->lock);
	while (workers->first == NULL && !workers->ending)
		pthread_cond_wait(&workers->waiting, &workers->lock);
	queue = workers->ending ? NULL : workers->first;
	if (queue != NULL) {
		workers->first = queue->next;
		if (workers->first == NULL)
			workers->last = NULL;
		queue->next = NULL;
	}
	pthread_mutex_unlock(&workers->lock);
	return queue;
}

static void *
work(void *argument)
{
	struct workers *workers = argument;
	struct queue *queue;

	while ((queue = take(workers)) != NULL)
		queue_work(queue);
	return NULL;
}

int
workers_start(struct workers *workers, unsigned int count)
{
	int ret = 0;

	*workers = (struct workers){ 0 };
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->waiting, NULL);
	workers->threads = calloc(count, sizeof(*workers->threads));
	if (workers->threads == NULL)
		ret = -ENOMEM;
	while (ret == 0 && workers->count < count) {
		ret = -pthread_create(&workers->threads[workers->count], NULL, work, workers);
		if (ret == 0)
			workers->count++;
	}
	if (ret < 0)
		workers_stop(workers);
	return ret;
}

void
workers_stop(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->ending = true;
	pthread_cond_broadcast(&workers->waiting);
	pthread_mutex_unlock(&workers->lock);
	while (workers->count > 0)
		pthread_join(workers->threads[--workers->count], NULL);
	free(workers->threads);
	workers->threads = NULL;
	pthread_cond_destroy(&workers->waiting);
	pthread_mutex_destroy(&workers->lock);
}

void
workers_add(struct workers *workers, struct queue *queue)
{
	pthread_mutex_lock(&workers->lock);
	queue->next = NULL;
	if (workers->last != NULL)
		workers->last->next = queue;
	else
		workers->first = queue;
	workers->last = queue;
	pthread_cond_signal(&workers->waiting);
	pthread_mutex_unlock(&workers->lock);
}

bool
workers_remove(struct workers *workers, struct queue *queue)
{
	struct queue **link, *previous = NULL;
	bool found = false;

	pthread_mutex_lock(&workers->lock);
	for (link = &workers->first; *link != NULL; link = &(*link)->next) {
		if (*link == queue) {
			*link = queue->next;
			if (workers->last == queue)
				workers->last = previous;
			queue->next = NULL;
			found = true;
			break;
		}
		previous = *link;
	}
	pthread_mutex_unlock(&workers->lock);
	return found;
}
