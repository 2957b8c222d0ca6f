/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target (LLVMFuzzerTestOneInput) without libFuzzer: every file of a corpus directory
 * as it is, then so many variations of them. The same arguments make the same inputs, and each
 * iteration's input depends on its number only, so that one that failed can be had alone:
 *
 *	fuzz_NAME CORPUS [ITERATIONS [FIRST]]
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_SIZE 4096
#define MAX_STEPS 8	/* changes of one input */
#define PATIENCE 60	/* seconds for one input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the sanitizers' runtime, where there is one. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct input {
	uint8_t bytes[INPUT_SIZE];
	size_t size;
};

static struct {
	struct dirent **names;
	struct input *inputs;
	int count;
} corpus;

/* What is running now: a corpus file, or an iteration. */
static struct {
	const char *file;
	unsigned long iteration;
} running;

static void
tell_what_ran(void)
{
	if (running.file != NULL)
		fprintf(stderr, "fuzz: with the corpus file %s\n", running.file);
	else
		fprintf(stderr, "fuzz: in iteration %lu\n", running.iteration);
}

static void
die(int signal_number)
{
	if (signal_number == SIGALRM)
		fprintf(stderr, "fuzz: not done after %d seconds\n", PATIENCE);
	tell_what_ran();
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void
watch_for_death(void)
{
	signal(SIGALRM, die);
	if (__sanitizer_set_death_callback != NULL) {
		__sanitizer_set_death_callback(tell_what_ran);
	} else {
		signal(SIGABRT, die);
		signal(SIGSEGV, die);
		signal(SIGBUS, die);
	}
}

/* splitmix64 */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t
random_below(uint64_t *state, size_t limit)
{
	return next_random(state) % limit;
}

static void
change_number(struct input *input, uint64_t *random)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 4, 8, 16, 32, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0x8000,
		0xffff, 0x10000, 0x100000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		INT64_MAX, UINT64_MAX,
	};
	uint64_t number = numbers[random_below(random, sizeof(numbers) / sizeof(numbers[0]))];
	size_t width = (size_t)1 << random_below(random, 4);

	if (input->size < width)
		return;
	memcpy(input->bytes + random_below(random, input->size - width + 1), &number, width);
}

static void
erase(struct input *input, uint64_t *random)
{
	size_t at = random_below(random, input->size);
	size_t length = 1 + random_below(random, input->size - at);

	memmove(input->bytes + at, input->bytes + at + length, input->size - at - length);
	input->size -= length;
}

/* A piece of an input, of the same or another, goes in somewhere. */
static void
insert(struct input *input, const struct input *from, uint64_t *random)
{
	uint8_t piece[INPUT_SIZE];
	size_t start, length, at;

	if (from->size == 0 || input->size == INPUT_SIZE)
		return;
	start = random_below(random, from->size);
	length = 1 + random_below(random, from->size - start);
	if (length > INPUT_SIZE - input->size)
		length = INPUT_SIZE - input->size;
	memcpy(piece, from->bytes + start, length);
	at = random_below(random, input->size + 1);
	memmove(input->bytes + at + length, input->bytes + at, input->size - at);
	memcpy(input->bytes + at, piece, length);
	input->size += length;
}

static void
mutate(struct input *input, uint64_t *random)
{
	const struct input *other = &corpus.inputs[random_below(random, corpus.count)];

	if (input->size == 0) {
		insert(input, other, random);
		return;
	}
	switch (random_below(random, 6)) {
	case 0:
		input->bytes[random_below(random, input->size)] ^= 1 << random_below(random, 8);
		break;
	case 1:
		input->bytes[random_below(random, input->size)] = next_random(random);
		break;
	case 2:
		change_number(input, random);
		break;
	case 3:
		erase(input, random);
		break;
	case 4:
		insert(input, input, random);
		break;
	case 5:
		insert(input, other, random);
		break;
	}
}

static void
run(const struct input *input)
{
	/* Of exactly that size, so that a sanitizer sees any byte beyond */
	uint8_t *copy = malloc(input->size > 0 ? input->size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, input->bytes, input->size);
	alarm(PATIENCE);
	LLVMFuzzerTestOneInput(copy, input->size);
	free(copy);
}

static void
run_iteration(unsigned long iteration)
{
	uint64_t random = iteration;
	struct input input = corpus.inputs[random_below(&random, corpus.count)];
	size_t steps = 1 + random_below(&random, MAX_STEPS);

	while (steps-- > 0)
		mutate(&input, &random);
	running.iteration = iteration;
	run(&input);
}

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int
read_input(const char *directory, const char *name, struct input *input)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (file == NULL)
		return -errno;
	input->size = fread(input->bytes, 1, sizeof(input->bytes), file);
	fclose(file);
	return 0;
}

static int
corpus_read(const char *directory)
{
	/* By name, so that the order is the same everywhere */
	corpus.count = scandir(directory, &corpus.names, is_file, alphasort);
	if (corpus.count < 0)
		return -errno;
	if (corpus.count == 0)
		return -ENOENT;
	corpus.inputs = calloc(corpus.count, sizeof(*corpus.inputs));
	if (corpus.inputs == NULL)
		return -ENOMEM;
	for (int i = 0; i < corpus.count; i++) {
		int error = read_input(directory, corpus.names[i]->d_name, &corpus.inputs[i]);

		if (error != 0)
			return error;
	}
	return 0;
}

static void
corpus_free(void)
{
	free(corpus.inputs);
	for (int i = 0; i < corpus.count; i++)
		free(corpus.names[i]);
	free(corpus.names);
}

int
main(int argc, char **argv)
{
	unsigned long iterations = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	unsigned long first = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
	int error;

	if (argc < 2) {
		fprintf(stderr, "usage: %s CORPUS [ITERATIONS [FIRST]]\n", argv[0]);
		return 2;
	}
	error = corpus_read(argv[1]);
	if (error != 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
		return 2;
	}
	watch_for_death();
	for (int i = 0; i < corpus.count; i++) {
		running.file = corpus.names[i]->d_name;
		run(&corpus.inputs[i]);
	}
	running.file = NULL;
	for (unsigned long i = 0; i < iterations; i++)
		run_iteration(first + i);
	printf("fuzz: %d files, %lu variations\n", corpus.count, iterations);
	corpus_free();
	return 0;
}
