/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "log.h"

/* A guest can provoke a line with each access: it can't fill the disk with them */
#define MAX_LINES 10000

static struct {
	pthread_mutex_t lock;
	bool verbose;
	unsigned int lines;	/* without details */
} log_state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
write_line(const char *format, va_list arguments)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(stderr, "[%5ld.%06ld] ", (long)now.tv_sec, now.tv_nsec / 1000);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void
log_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	pthread_mutex_lock(&log_state.lock);
	if (log_state.lines < MAX_LINES || log_state.verbose)
		write_line(format, arguments);
	if (++log_state.lines == MAX_LINES && !log_state.verbose)
		fputs("no more lines: --verbose has all of them\n", stderr);
	pthread_mutex_unlock(&log_state.lock);
	va_end(arguments);
}

void
log_detail(const char *format, ...)
{
	va_list arguments;

	if (!log_state.verbose)
		return;
	va_start(arguments, format);
	pthread_mutex_lock(&log_state.lock);
	write_line(format, arguments);
	pthread_mutex_unlock(&log_state.lock);
	va_end(arguments);
}

void
log_set_verbose(bool verbose)
{
	log_state.verbose = verbose;
}
