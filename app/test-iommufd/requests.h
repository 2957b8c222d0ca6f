/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef REQUESTS_H
#define REQUESTS_H

/**
 * @file
 * The requests that this process makes of VFIO and iommufd, whoever makes them: the executable has
 * an ioctl() of its own, which EAL's libraries and this project's use instead of the C library's,
 * and which hands everything on. While something records, it keeps what each request took.
 */

#include <stdbool.h>
#include <stdint.h>

struct request {
	const char *name; /**< As the kernel's headers have it. */
	uint64_t nanoseconds; /**< By CLOCK_MONOTONIC, around the call alone. */
	uint64_t length; /**< Bytes to be mapped or unmapped; 0 of other requests. */
	int error; /**< errno, 0 for success. */
};

struct requests {
	struct request *all;
	unsigned int n;
	unsigned int room;
	bool incomplete; /**< There was no memory for more. */
};

/** Keep requests of all threads from here on, behind those kept so far. One record at a time. */
void requests_record(struct requests *requests);

/**
 * Keep none any more.
 *
 * @return
 *   0, or -ENOMEM when some could not be kept, which is said on stderr.
 */
int requests_stop(struct requests *requests);

/** Forget all. */
void requests_clear(struct requests *requests);

/** The time by CLOCK_MONOTONIC. */
uint64_t requests_clock(void);

/** Does it put memory into an address space? */
bool request_maps(const struct request *request);

/** Does it take memory out of one? */
bool request_unmaps(const struct request *request);

/** Sum of the nanoseconds of those that a function chooses; NULL: of all. */
uint64_t requests_nanoseconds(const struct requests *requests,
		bool (*choice)(const struct request *request));

/** Bytes of those that a function chooses, without those that failed. */
uint64_t requests_length(const struct requests *requests,
		bool (*choice)(const struct request *request));

#endif /* REQUESTS_H */
