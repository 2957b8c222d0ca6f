/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Has a HiSilicon ZIP do what it is told on standard input, at addresses of this process, by the
 * kernel's uacce interface alone:
 *
 *	open DEVICE TYPE	take a queue of "hisi_zip-0" to "compress" or "decompress" with
 *	close			give it back
 *	buffer KIND BYTES	take memory: "malloc", "file" (shared), "readonly", "untouched"
 *				(its pages are not there yet)
 *	text ADDRESS BYTES SEED	write text there; the same SEED gives the same text
 *	sum ADDRESS BYTES	CRC-32 of what is there
 *	submit FORMAT SOURCE BYTES DESTINATION ROOM
 *				hand in a request ("deflate", "zlib", "gzip"), with any addresses
 *	wait MILLISECONDS	wait for the next completion
 *	request FORMAT SOURCE BYTES DESTINATION ROOM
 *				both
 *	flood COUNT		hand in so many requests of 1 MiB, for none of which it waits
 *	exercise DEVICE COUNT SEED
 *				compress and decompress in all formats, from and to the heap, the
 *				stack and a file, and check all results with zlib
 *	exercise DEVICE until told SEED
 *				the same, until there is another line
 *	quit
 */

#define _GNU_SOURCE /* strerrorname_np() */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "prompt.h"
#include "uacce_queue.h"
#include "zip_exercise.h"
#include "zip_memory.h"
#include "zip_request.h"

#define PATIENCE_MS 60000
#define FLOOD_BYTES (1 << 20)

static struct uacce_queue queue = { .fd = -1 };

static void
answer(int ret)
{
	if (ret < 0)
		printf("error: %s (%s)\n", strerror(-ret), strerrorname_np(-ret));
	else
		printf("ok\n");
}

static uint8_t *
address(const char *word)
{
	return (uint8_t *)(uintptr_t)prompt_number(word);
}

static void
open_queue(char *const arg[])
{
	int ret = uacce_queue_open(&queue, arg[0],
			strcmp(arg[1], "compress") == 0 ? ZIP_COMPRESS : ZIP_DECOMPRESS);

	if (ret < 0)
		answer(ret);
	else
		printf("queue %u\n", queue.id);
}

static void
close_queue(char *const arg[])
{
	(void)arg;
	uacce_queue_close(&queue);
	answer(0);
}

static void
take_buffer(char *const arg[])
{
	uint8_t *memory = zip_memory(arg[0], prompt_number(arg[1]));

	if (memory == NULL)
		answer(-errno);
	else
		printf("buffer %p\n", (void *)memory);
}

static void
write_text(char *const arg[])
{
	zip_memory_text(address(arg[0]), prompt_number(arg[1]), prompt_number(arg[2]));
	answer(0);
}

static void
print_sum(char *const arg[])
{
	printf("sum %#lx\n", crc32_z(0, address(arg[0]), prompt_number(arg[1])));
}

static enum zip_format
format(const char *word)
{
	if (strcmp(word, "deflate") == 0)
		return ZIP_DEFLATE;
	return strcmp(word, "gzip") == 0 ? ZIP_GZIP : ZIP_ZLIB;
}

static void
print_completion(int place)
{
	const struct zip_request *request;

	if (place < 0) {
		answer(place);
		return;
	}
	request = uacce_queue_request(&queue, place);
	printf("status %#x consumed %u produced %u\n", ZIP_STATUS(request), request->consumed,
			request->produced);
}

static int
hand_in(char *const arg[])
{
	const struct zip_request request = {
		.kind = ZIP_KIND,
		.format = format(arg[0]),
		.source = prompt_number(arg[1]),
		.source_bytes = prompt_number(arg[2]),
		.destination = prompt_number(arg[3]),
		.destination_bytes = prompt_number(arg[4]),
	};

	return uacce_queue_submit(&queue, &request);
}

static void
submit(char *const arg[])
{
	answer(hand_in(arg));
}

static void
make_request(char *const arg[])
{
	int place = hand_in(arg);

	print_completion(place < 0 ? place : uacce_queue_wait(&queue, PATIENCE_MS));
}

static void
wait_for_completion(char *const arg[])
{
	print_completion(uacce_queue_wait(&queue, prompt_number(arg[0])));
}

static void
flood(char *const arg[])
{
	const unsigned int count = prompt_number(arg[0]);
	uint8_t *source = zip_memory("malloc", FLOOD_BYTES);
	uint8_t *destination = zip_memory("malloc", 2 * FLOOD_BYTES);
	const struct zip_request request = {
		.kind = ZIP_KIND,
		.format = ZIP_ZLIB,
		.source = (uintptr_t)source,
		.source_bytes = FLOOD_BYTES,
		.destination = (uintptr_t)destination,
		.destination_bytes = 2 * FLOOD_BYTES,
	};
	unsigned int i;
	int ret = 0;

	zip_memory_text(source, FLOOD_BYTES, 1);
	for (i = 0; i < count && ret >= 0; i++)
		ret = uacce_queue_submit(&queue, &request);
	answer(ret);
}

static bool
is_less(unsigned int done, unsigned int count)
{
	return done < count;
}

static void
exercise(char *const arg[])
{
	answer(zip_exercise(arg[0], prompt_number(arg[2]), is_less, prompt_number(arg[1])));
}

/* Nothing to read yet; the prompt has read all up to here. */
static bool
no_line_came(unsigned int done, unsigned int count)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	(void)done;
	(void)count;
	return poll(&input, 1, 0) == 0;
}

static void
exercise_until_told(char *const arg[])
{
	answer(zip_exercise(arg[0], prompt_number(arg[1]), no_line_came, 0));
}

static const struct prompt_command commands[] = {
	{ "open DEVICE TYPE", open_queue },
	{ "close", close_queue },
	{ "buffer KIND BYTES", take_buffer },
	{ "text ADDRESS BYTES SEED", write_text },
	{ "sum ADDRESS BYTES", print_sum },
	{ "submit FORMAT SOURCE BYTES DESTINATION ROOM", submit },
	{ "request FORMAT SOURCE BYTES DESTINATION ROOM", make_request },
	{ "wait MILLISECONDS", wait_for_completion },
	{ "flood COUNT", flood },
	{ "exercise DEVICE COUNT SEED", exercise },
	{ "exercise DEVICE until told SEED", exercise_until_told },
	{ NULL, NULL },
};

int
main(void)
{
	prompt_loop("zip", commands);
	uacce_queue_close(&queue);
	return EXIT_SUCCESS;
}
