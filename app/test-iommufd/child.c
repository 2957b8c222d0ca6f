/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "child.h"
#include "ending.h"

#define THIS_PROGRAM "/proc/self/exe"
#define ROOM 4096

/* Signals reach it as they reach a program that a shell starts. */
static int
spawn(struct child *child, int output, char *const argv[])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	sigemptyset(&none);
	error = posix_spawn_file_actions_init(&files);
	if (error != 0)
		return -error;
	error = posix_spawnattr_init(&attributes);
	if (error != 0)
		goto destroy_files;
	error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
	if (error == 0)
		error = posix_spawnattr_setsigmask(&attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (error == 0)
		error = posix_spawn(&child->pid, THIS_PROGRAM, &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
destroy_files:
	posix_spawn_file_actions_destroy(&files);
	return -error;
}

int
child_start(struct child *child, char *const argv[])
{
	int ends[2], ret;

	*child = (struct child){ .output = -1 };
	child->said = calloc(1, 1);
	if (child->said == NULL)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		ret = -errno;
		goto forget;
	}
	ret = spawn(child, ends[1], argv);
	close(ends[1]);
	if (ret != 0)
		goto close_output;
	child->output = ends[0];
	return 0;

close_output:
	close(ends[0]);
forget:
	child_forget(child);
	return ret;
}

/* @return What read() does. */
static ssize_t
listen_to(struct child *child)
{
	char *more = realloc(child->said, child->length + ROOM + 1);
	ssize_t n;

	if (more == NULL)
		return -1;
	child->said = more;
	n = read(child->output, child->said + child->length, ROOM);
	if (n > 0)
		child->length += n;
	child->said[child->length] = '\0';
	return n;
}

int
child_await(struct child *child, struct ending *ending, const char *text)
{
	while (text == NULL || strstr(child->said, text) == NULL) {
		if (ending_wait(ending, child->output, -1) < 0) {
			kill(child->pid, SIGTERM);
			while (listen_to(child) > 0)
				;
			return -EINTR;
		}
		if (listen_to(child) <= 0)
			return text == NULL ? 0 : -EPIPE;
	}
	return 0;
}

int
child_end(struct child *child)
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(child->output);
	return status;
}

void
child_forget(struct child *child)
{
	free(child->said);
	child->said = NULL;
}
