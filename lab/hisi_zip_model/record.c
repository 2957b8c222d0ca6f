/* SPDX-License-Identifier: BSD-3-Clause */

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define SLOTS (2 * RECORD_PASIDS)	/* of the hash table; a power of two */

struct counters {
	uint64_t requests, bytes_in, bytes_out, errors, faults;
};

struct pasid_counters {
	bool used;
	uint32_t pasid;
	struct counters counters;
};

struct access {
	uint64_t address, length;
	bool write;
};

struct fault {
	uint64_t address;
	bool write;
	enum vtd_fault fault;
};

struct thing {
	uint16_t queue;
	uint32_t pasid;
	union {
		struct record_request request;
		struct access access;
		struct fault fault;
	};
};

enum kind {
	REQUESTS,
	ACCESSES,
	FAULTS,
	KINDS,
};

/* The last things of a kind: number n is at n % RECORD_KEPT. */
struct ring {
	uint64_t next;		/* serial number */
	struct thing *things;
};

struct record {
	atomic_uint_fast64_t events[RECORD_EVENTS];

	pthread_mutex_t lock;	/* for all that follows */
	struct counters all;
	struct counters queues[RECORD_QUEUES];
	struct counters others;		/* PASIDs for which there was no room */
	struct pasid_counters pasids[SLOTS];
	unsigned int pasids_used;
	struct ring rings[KINDS];
};

struct record *
record_open(void)
{
	struct record *record = calloc(1, sizeof(*record));
	unsigned int kind;

	if (record == NULL)
		return NULL;
	for (kind = 0; kind < KINDS; kind++) {
		record->rings[kind].things = calloc(RECORD_KEPT, sizeof(struct thing));
		if (record->rings[kind].things == NULL)
			goto free_rings;
	}
	pthread_mutex_init(&record->lock, NULL);
	return record;

free_rings:
	while (kind-- > 0)
		free(record->rings[kind].things);
	free(record);
	return NULL;
}

void
record_close(struct record *record)
{
	unsigned int kind;

	if (record == NULL)
		return;
	pthread_mutex_destroy(&record->lock);
	for (kind = KINDS; kind-- > 0;)
		free(record->rings[kind].things);
	free(record);
}

static struct counters *
counters_of(struct record *record, uint32_t pasid)
{
	uint32_t slot = pasid * UINT32_C(2654435761) % SLOTS;

	while (record->pasids[slot].used) {
		if (record->pasids[slot].pasid == pasid)
			return &record->pasids[slot].counters;
		slot = (slot + 1) % SLOTS;
	}
	if (record->pasids_used == RECORD_PASIDS)
		return &record->others;
	record->pasids_used++;
	record->pasids[slot].used = true;
	record->pasids[slot].pasid = pasid;
	return &record->pasids[slot].counters;
}

static void
add(struct counters *to, const struct counters *what)
{
	to->requests += what->requests;
	to->bytes_in += what->bytes_in;
	to->bytes_out += what->bytes_out;
	to->errors += what->errors;
	to->faults += what->faults;
}

/* Counts it and keeps it, with the lock held once. */
static void
add_thing(struct record *record, enum kind kind, const struct thing *thing,
		const struct counters *what)
{
	struct ring *ring = &record->rings[kind];

	pthread_mutex_lock(&record->lock);
	add(&record->all, what);
	add(counters_of(record, thing->pasid), what);
	if (thing->queue < RECORD_QUEUES)
		add(&record->queues[thing->queue], what);
	ring->things[ring->next++ % RECORD_KEPT] = *thing;
	pthread_mutex_unlock(&record->lock);
}

void
record_add_request(struct record *record, const struct record_request *request)
{
	const struct thing thing = {
		.queue = request->queue,
		.pasid = request->pasid,
		.request = *request,
	};
	const struct counters what = {
		.requests = 1,
		.bytes_in = request->consumed,
		.bytes_out = request->produced,
		.errors = request->status != 0,
	};

	add_thing(record, REQUESTS, &thing, &what);
}

void
record_add_access(struct record *record, uint16_t queue, uint32_t pasid, uint64_t address,
		uint64_t length, bool write)
{
	const struct thing thing = {
		.queue = queue,
		.pasid = pasid,
		.access = { .address = address, .length = length, .write = write },
	};
	const struct counters what = { 0 };

	add_thing(record, ACCESSES, &thing, &what);
}

void
record_add_fault(struct record *record, uint16_t queue, uint32_t pasid, uint64_t address,
		bool write, enum vtd_fault fault)
{
	const struct thing thing = {
		.queue = queue,
		.pasid = pasid,
		.fault = { .address = address, .write = write, .fault = fault },
	};
	const struct counters what = { .faults = 1 };

	add_thing(record, FAULTS, &thing, &what);
}

void
record_count(struct record *record, enum record_event event)
{
	atomic_fetch_add_explicit(&record->events[event], 1, memory_order_relaxed);
}

/* Puts a new value into an object, NULL where memory was short; false then. */
static bool
put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool
put_counters(json_t *object, const struct counters *counters)
{
	return put(object, "requests", json_integer((json_int_t)counters->requests)) &&
			put(object, "bytes_in", json_integer((json_int_t)counters->bytes_in)) &&
			put(object, "bytes_out", json_integer((json_int_t)counters->bytes_out)) &&
			put(object, "errors", json_integer((json_int_t)counters->errors)) &&
			put(object, "faults", json_integer((json_int_t)counters->faults));
}

static bool
put_member(json_t *object, const char *key, const struct counters *counters)
{
	json_t *member = json_object();

	return put(object, key, member) && put_counters(member, counters);
}

static bool
put_events(json_t *object, struct record *record)
{
	static const char *const names[RECORD_EVENTS] = {
		[RECORD_DOORBELLS] = "doorbells",
		[RECORD_INTERRUPTS] = "interrupts",
		[RECORD_MAILBOXES] = "mailboxes",
		[RECORD_RESETS] = "resets",
		[RECORD_RETRIES] = "retries",
		[RECORD_REDONE] = "redone",
	};
	unsigned int i;

	for (i = 0; i < RECORD_EVENTS; i++) {
		uint64_t count = atomic_load_explicit(&record->events[i], memory_order_relaxed);

		if (!put(object, names[i], json_integer((json_int_t)count)))
			return false;
	}
	return true;
}

static bool
put_pasids(json_t *object, const struct record *record)
{
	char key[16];
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		const struct pasid_counters *slot = &record->pasids[i];

		if (!slot->used)
			continue;
		snprintf(key, sizeof(key), "%" PRIu32, slot->pasid);
		if (!put_member(object, slot->pasid == VTD_NO_PASID ? "none" : key,
				&slot->counters))
			return false;
	}
	return record->others.requests + record->others.faults == 0 ||
			put_member(object, "others", &record->others);
}

static bool
put_queues(json_t *object, const struct record *record)
{
	char key[16];
	unsigned int i;

	for (i = 0; i < RECORD_QUEUES; i++) {
		const struct counters *counters = &record->queues[i];

		if (counters->requests + counters->faults == 0)
			continue;
		snprintf(key, sizeof(key), "%u", i);
		if (!put_member(object, key, counters))
			return false;
	}
	return true;
}

json_t *
record_counters(struct record *record)
{
	json_t *object = json_object(), *pasids = json_object(), *queues = json_object();
	bool complete;

	pthread_mutex_lock(&record->lock);
	complete = put(object, "pasids", pasids) & put(object, "queues", queues);
	complete = complete && put_counters(object, &record->all) && put_events(object, record) &&
			put_pasids(pasids, record) && put_queues(queues, record);
	pthread_mutex_unlock(&record->lock);
	if (complete)
		return object;
	json_decref(object);
	return NULL;
}

/* Addresses are text, as JSON's integers end before they do. */
static json_t *
json_address(uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return json_string(text);
}

static json_t *
json_buffer(const struct record_buffer *buffer)
{
	return json_pack("{s:o, s:I}", "address", json_address(buffer->address),
			"length", (json_int_t)buffer->length);
}

static json_t *
json_request(const struct record_request *request)
{
	return json_pack("{s:s?, s:o, s:o, s:I, s:I, s:I}",
			"operation", request->operation,
			"source", json_buffer(&request->source),
			"destination", json_buffer(&request->destination),
			"consumed", (json_int_t)request->consumed,
			"produced", (json_int_t)request->produced,
			"status", (json_int_t)request->status);
}

static json_t *
json_access(const struct access *access)
{
	return json_pack("{s:o, s:I, s:s}", "address", json_address(access->address),
			"length", (json_int_t)access->length,
			"access", access->write ? "write" : "read");
}

static json_t *
json_fault(const struct fault *fault)
{
	return json_pack("{s:o, s:s, s:s}", "address", json_address(fault->address),
			"access", fault->write ? "write" : "read",
			"fault", vtd_fault_name(fault->fault));
}

static json_t *
json_thing(enum kind kind, uint64_t serial, const struct thing *thing)
{
	json_t *object = kind == REQUESTS ? json_request(&thing->request) :
			kind == ACCESSES ? json_access(&thing->access) : json_fault(&thing->fault);
	json_t *queue = thing->queue == RECORD_NO_QUEUE ? json_null() : json_integer(thing->queue);
	json_t *pasid = thing->pasid == VTD_NO_PASID ? json_null() : json_integer(thing->pasid);
	bool complete = put(object, "serial", json_integer((json_int_t)serial));

	complete &= put(object, "queue", queue);
	complete &= put(object, "pasid", pasid);
	if (complete)
		return object;
	json_decref(object);
	return NULL;
}

/* Copies what is asked for out of a ring: how many things, and from which serial number on. */
static size_t
copy_things(struct record *record, enum kind kind, uint64_t *since, size_t limit,
		struct thing *things)
{
	const struct ring *ring = &record->rings[kind];
	size_t count, i;

	pthread_mutex_lock(&record->lock);
	if (ring->next > RECORD_KEPT && *since < ring->next - RECORD_KEPT)
		*since = ring->next - RECORD_KEPT;
	count = *since < ring->next ? ring->next - *since : 0;
	if (count > limit)
		count = limit;
	for (i = 0; i < count; i++)
		things[i] = ring->things[(*since + i) % RECORD_KEPT];
	pthread_mutex_unlock(&record->lock);
	return count;
}

static json_t *
json_things(enum kind kind, uint64_t serial, const struct thing *things, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++) {
		if (json_array_append_new(array, json_thing(kind, serial + i, &things[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *
record_last(struct record *record, const char *kind, uint64_t since, size_t limit)
{
	static const char *const names[KINDS] = {
		[REQUESTS] = "requests",
		[ACCESSES] = "accesses",
		[FAULTS] = "faults",
	};
	struct thing *things;
	unsigned int i;
	json_t *array;
	size_t count;

	for (i = 0; i < KINDS && strcmp(names[i], kind) != 0; i++)
		;
	if (i == KINDS)
		return NULL;
	if (limit > RECORD_KEPT)
		limit = RECORD_KEPT;
	things = calloc(limit + 1, sizeof(*things));
	if (things == NULL)
		return NULL;
	count = copy_things(record, i, &since, limit, things);
	array = json_things(i, since, things, count);
	free(things);
	return array;
}
