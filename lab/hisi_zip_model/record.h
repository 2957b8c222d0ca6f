/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RECORD_H
#define RECORD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "vtd.h"

/*
 * What the function did: counters by PASID and by queue, and the last requests, accesses and
 * faults, for whoever asks at the control socket. Thread-safe.
 */

#define RECORD_QUEUES 64
#define RECORD_NO_QUEUE UINT16_MAX	/* the function's own: mailbox, event queues */
#define RECORD_PASIDS 1024	/* that ever had a request; further ones are counted together */
#define RECORD_KEPT 16384	/* of the last requests, accesses and faults each */

/* One end of a request: a flat buffer, or the first entry of a scatter-gather list. */
struct record_buffer {
	uint64_t address;
	uint64_t length;
};

struct record_request {
	uint16_t queue;
	uint32_t pasid;
	const char *operation;	/* "compress zlib", "copy": a constant */
	struct record_buffer source, destination;
	uint64_t consumed, produced;	/* bytes */
	uint32_t status;	/* as in the submission queue entry; 0: success */
};

struct record;

struct record *record_open(void);
void record_close(struct record *record);

void record_add_request(struct record *record, const struct record_request *request);

/* A stretch of data that was read or written, as the request names it. */
void record_add_access(struct record *record, uint16_t queue, uint32_t pasid, uint64_t address,
		uint64_t length, bool write);

void record_add_fault(struct record *record, uint16_t queue, uint32_t pasid, uint64_t address,
		bool write, enum vtd_fault fault);

/* Counters of things that aren't requests. */
enum record_event {
	RECORD_DOORBELLS,
	RECORD_INTERRUPTS,
	RECORD_MAILBOXES,
	RECORD_RESETS,
	RECORD_RETRIES,		/* a page that wasn't present was looked for again */
	RECORD_REDONE,		/* a page had moved: copied again */
	RECORD_EVENTS,
};
void record_count(struct record *record, enum record_event event);

/*
 * As JSON; a new reference, NULL without memory.
 * {"requests": N, "bytes_in": N, "bytes_out": N, "errors": N, "faults": N, "doorbells": N, ...,
 *  "pasids": {"none": {"requests": ..., "bytes_in": ..., "bytes_out": ..., "errors": ...,
 *             "faults": ...}, "5": ..., "others": those for which there was no room},
 *  "queues": {"0": the same, ...}}
 */
json_t *record_counters(struct record *record);

/*
 * The last things of a kind ("requests", "accesses", "faults") whose serial number is at least
 * `since`, oldest first, at most `limit` of them; NULL when there is no such kind. Each is an
 * object with its "serial" number, "queue" and "pasid" (numbers, or null) and its own fields;
 * addresses are text ("0x7f0012345000"):
 *  requests: "operation", "source" and "destination" (objects: "address", "length"), "consumed",
 *            "produced", "status"
 *  accesses: "address", "length", "access" ("read" or "write")
 *  faults: "address", "access", "fault" (vtd_fault_name())
 */
json_t *record_last(struct record *record, const char *kind, uint64_t since, size_t limit);

#endif
