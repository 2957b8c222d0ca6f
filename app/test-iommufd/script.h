/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef SCRIPT_H
#define SCRIPT_H

/**
 * @file
 * Commands that are not typed. Each is printed and carried out; the first one that fails is the
 * last. The functions return 0 or a negative errno.
 */

#include <stdio.h>

struct ending;
struct prompt;

/** Those of an open file, line by line, until it ends or the application is to end. */
int script_run(struct prompt *prompt, struct ending *ending, FILE *file);

/** Those of a file. */
int script_run_file(struct prompt *prompt, struct ending *ending, const char *path);

/** Those of a text, separated by semicolons. */
int script_run_text(struct prompt *prompt, struct ending *ending, const char *text);

#endif /* SCRIPT_H */
