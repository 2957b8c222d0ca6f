/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ending.h"
#include "prompt.h"
#include "script.h"

static int
run_line(struct prompt *prompt, const char *line)
{
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	printf("> %s\n", line);
	fflush(stdout);
	return prompt_execute(prompt, line);
}

int
script_run(struct prompt *prompt, struct ending *ending, FILE *file)
{
	char *line = NULL;
	int ready, ret = 0;
	size_t size = 0;

	/* Each character is read when it is needed, or a line would wait in here unseen. */
	setvbuf(file, NULL, _IONBF, 0);
	while (ret == 0 && (ready = ending_wait(ending, fileno(file), -1)) >= 0) {
		if (ready == 0)
			continue;
		if (getline(&line, &size, file) < 0)
			break;
		line[strcspn(line, "\n")] = '\0';
		ret = run_line(prompt, line);
	}
	free(line);
	return ret;
}

int
script_run_file(struct prompt *prompt, struct ending *ending, const char *path)
{
	FILE *file = fopen(path, "r");
	int ret = -errno;

	if (file == NULL) {
		fprintf(stderr, "--commands=%s: %s\n", path, strerror(-ret));
		return ret;
	}
	ret = script_run(prompt, ending, file);
	fclose(file);
	return ret;
}

int
script_run_text(struct prompt *prompt, struct ending *ending, const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;
	int ret = copy == NULL ? -ENOMEM : 0;

	while (ret == 0 && ending_wait(ending, -1, 0) == 0 && (line = strsep(&rest, ";")) != NULL)
		ret = run_line(prompt, line);
	free(copy);
	return ret;
}
