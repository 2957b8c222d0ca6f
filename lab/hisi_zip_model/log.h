/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/* Lines on standard error with the time, at most some thousands of them; thread-safe. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Only with --verbose, and then without a limit. */
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_set_verbose(bool verbose);

#endif
