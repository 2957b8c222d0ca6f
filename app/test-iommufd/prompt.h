/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef PROMPT_H
#define PROMPT_H

/**
 * @file
 * Has commands carried out: by librte_cmdline, which completes them at a terminal.
 */

struct app;
struct prompt;

/** @return It, or NULL without memory. */
struct prompt *prompt_new(struct app *app);

void prompt_free(struct prompt *prompt);

/**
 * Carry out a line.
 *
 * @return
 *   0, or a negative errno: of the command, or -EINVAL for what is none; either was said.
 */
int prompt_execute(struct prompt *prompt, const char *line);

/** Read commands from the terminal until the application is to end, or input does. */
void prompt_interact(struct prompt *prompt);

#endif /* PROMPT_H */
