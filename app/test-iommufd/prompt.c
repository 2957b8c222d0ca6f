/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmdline.h>
#include <cmdline_parse.h>
#include <rte_common.h>

#include "app.h"
#include "argument.h"
#include "bench.h"
#include "command.h"
#include "prompt.h"

#define PROMPT_TEXT "test-iommufd> "
#define MAX_LINE 512
#define MAX_WORD 128

/* What librte_cmdline reads a line into. */
struct words {
	char word[COMMAND_WORDS][MAX_WORD];
};

struct word_token {
	struct cmdline_token_hdr header;
	const struct app *app;
	char text[MAX_WORD];             /* of the usage */
	const struct argument *argument; /* NULL: the word as it is */
};

/* A command as librte_cmdline has it. */
struct binding {
	struct prompt *prompt;
	const struct command *command;
	unsigned int n_words;
	struct word_token words[COMMAND_WORDS];
	struct cmdline_inst *instance;
};

struct prompt {
	struct app *app;
	struct cmdline *cmdline;
	unsigned int n_bindings;
	struct binding *bindings;
	cmdline_parse_ctx_t *context; /* the instances, and NULL */
	int result; /* of the command that was carried out */
};

static int
parse_word(cmdline_parse_token_hdr_t *header, const char *text, void *result, unsigned int size)
{
	const struct word_token *token = (const struct word_token *)header;
	unsigned int length = 0;

	while (!cmdline_isendoftoken(text[length]))
		length++;
	if (length == 0 || length >= MAX_WORD)
		return -1;
	if (token->argument == NULL &&
			(strlen(token->text) != length || strncmp(token->text, text, length) != 0))
		return -1;
	/* Without a result it is only asked whether it matches. */
	if (result != NULL) {
		if (length >= size)
			return -1;
		memcpy(result, text, length);
		((char *)result)[length] = '\0';
	}
	return length;
}

static bool
choose_word(const struct word_token *token, unsigned int number, char *text, size_t size)
{
	if (token->argument != NULL)
		return token->argument->choice != NULL &&
			token->argument->choice(token->app, number, text, size);
	snprintf(text, size, "%s", token->text);
	return number == 0;
}

static int
count_choices(cmdline_parse_token_hdr_t *header)
{
	const struct word_token *token = (const struct word_token *)header;
	char text[MAX_WORD];
	int n = 0;

	while (choose_word(token, n, text, sizeof(text)))
		n++;
	return n;
}

static int
get_choice(cmdline_parse_token_hdr_t *header, int number, char *text, unsigned int size)
{
	return choose_word((const struct word_token *)header, number, text, size) ? 0 : -1;
}

static int
get_help(cmdline_parse_token_hdr_t *header, char *text, unsigned int size)
{
	const struct word_token *token = (const struct word_token *)header;

	snprintf(text, size, "%s", token->argument ? token->argument->help : token->text);
	return 0;
}

static struct cmdline_token_ops word_ops = {
	.parse = parse_word,
	.complete_get_nb = count_choices,
	.complete_get_elt = get_choice,
	.get_help = get_help,
};

/* Called by librte_cmdline with what a line says. */
static void
carry_out(void *parsed, struct cmdline *cmdline __rte_unused, void *data)
{
	const struct words *words = parsed;
	struct binding *binding = data;
	const struct command *command = binding->command;
	const char *arg[COMMAND_WORDS + 1];
	unsigned int i, n = 0;

	for (i = 0; i < binding->n_words; i++)
		if (binding->words[i].argument != NULL)
			arg[n++] = words->word[i];
	arg[n] = NULL;
	binding->prompt->result = command->bench != NULL ?
		bench_run(binding->prompt->app, command, arg) :
		command->run(binding->prompt->app, arg);
	fflush(stdout);
}

static int
bind_command(struct prompt *prompt, struct binding *binding, const struct command *command)
{
	char copy[MAX_LINE], *rest = copy, *word;
	struct word_token *token;
	unsigned int i;

	binding->prompt = prompt;
	binding->command = command;
	snprintf(copy, sizeof(copy), "%s", command->usage);
	while ((word = strsep(&rest, " ")) != NULL) {
		token = &binding->words[binding->n_words];
		token->header.ops = &word_ops;
		token->header.offset = offsetof(struct words, word[binding->n_words++]);
		token->app = prompt->app;
		token->argument = argument_find(word);
		snprintf(token->text, sizeof(token->text), "%s", word);
	}
	binding->instance = calloc(1, sizeof(*binding->instance) +
		(binding->n_words + 1) * sizeof(binding->instance->tokens[0]));
	if (binding->instance == NULL)
		return -ENOMEM;
	binding->instance->f = carry_out;
	binding->instance->data = binding;
	binding->instance->help_str = command->help;
	for (i = 0; i < binding->n_words; i++)
		binding->instance->tokens[i] = &binding->words[i].header;
	return 0;
}

static unsigned int
count_commands(void)
{
	const struct command *const *table, *command;
	unsigned int n = 0;

	for (table = command_tables; *table != NULL; table++)
		for (command = *table; command->usage != NULL; command++)
			n++;
	return n;
}

static int
bind_commands(struct prompt *prompt)
{
	const struct command *const *table, *command;
	struct binding *binding;
	unsigned int n = count_commands();

	prompt->bindings = calloc(n, sizeof(*prompt->bindings));
	prompt->context = calloc(n + 1, sizeof(*prompt->context));
	if (prompt->bindings == NULL || prompt->context == NULL)
		return -ENOMEM;
	for (table = command_tables; *table != NULL; table++) {
		for (command = *table; command->usage != NULL; command++) {
			binding = &prompt->bindings[prompt->n_bindings];
			if (bind_command(prompt, binding, command) != 0)
				return -ENOMEM;
			prompt->context[prompt->n_bindings++] = binding->instance;
		}
	}
	return 0;
}

struct prompt *
prompt_new(struct app *app)
{
	struct prompt *prompt = calloc(1, sizeof(*prompt));

	if (prompt == NULL)
		return NULL;
	prompt->app = app;
	if (bind_commands(prompt) == 0)
		prompt->cmdline = cmdline_new(prompt->context, "", STDIN_FILENO, STDOUT_FILENO);
	if (prompt->cmdline == NULL) {
		prompt_free(prompt);
		return NULL;
	}
	return prompt;
}

void
prompt_free(struct prompt *prompt)
{
	unsigned int i;

	if (prompt == NULL)
		return;
	cmdline_free(prompt->cmdline);
	for (i = 0; i < prompt->n_bindings; i++)
		free(prompt->bindings[i].instance);
	free(prompt->context);
	free(prompt->bindings);
	free(prompt);
}

int
prompt_execute(struct prompt *prompt, const char *line)
{
	char copy[MAX_LINE];
	int ret;

	if (snprintf(copy, sizeof(copy), "%s\n", line) >= (int)sizeof(copy)) {
		fprintf(stderr, "a line of over %d characters\n", MAX_LINE);
		return -EINVAL;
	}
	prompt->result = 0;
	ret = cmdline_parse(prompt->cmdline, copy);
	if (ret >= 0)
		return prompt->result;
	fprintf(stderr, "%s: %s\n", line, ret == CMDLINE_PARSE_BAD_ARGS ?
		"wrong arguments; help shows what it takes" : "no such command; help shows all");
	return -EINVAL;
}

/* Characters come one by one, but Ctrl-C is a signal as ever. */
static void
set_terminal(struct termios *before)
{
	struct termios now;

	tcgetattr(STDIN_FILENO, before);
	now = *before;
	now.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

void
prompt_interact(struct prompt *prompt)
{
	struct termios before;
	char character;
	int ready;

	set_terminal(&before);
	cmdline_set_prompt(prompt->cmdline, PROMPT_TEXT);
	rdline_newline(cmdline_get_rdline(prompt->cmdline), PROMPT_TEXT);
	while ((ready = ending_wait(&prompt->app->ending, STDIN_FILENO, -1)) >= 0) {
		/* Something was said meanwhile. */
		if (ready == 0) {
			rdline_redisplay(cmdline_get_rdline(prompt->cmdline));
			continue;
		}
		if (read(STDIN_FILENO, &character, 1) != 1 ||
				cmdline_in(prompt->cmdline, &character, 1) < 0)
			break;
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	printf("\n");
}
