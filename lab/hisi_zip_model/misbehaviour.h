/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MISBEHAVIOUR_H
#define MISBEHAVIOUR_H

#include <stdatomic.h>
#include <stdbool.h>

/* What a function can do wrong on purpose: each kind is armed for a number of requests. */
enum misbehaviour_kind {
	MISBEHAVE_SPURIOUS,	/* a completion for a request that was never made, after a real one */
	MISBEHAVE_PHASE,	/* a completion with the wrong phase */
	MISBEHAVE_WILD,		/* a write to an address that no request names, before the request */
	MISBEHAVE_SILENCE,	/* no completion */
	MISBEHAVE_DEATH,	/* the program ends in the middle of the request */
	MISBEHAVE_KINDS,
};

struct misbehaviour {
	atomic_uint armed[MISBEHAVE_KINDS];	/* for so many more requests */
};

/* Whether to misbehave so now; takes one of the armed. Thread-safe. */
bool misbehaviour_take(struct misbehaviour *misbehaviour, enum misbehaviour_kind kind);

/* Arms a kind by its name ("silence") for a number of requests; -EINVAL: no such kind. */
int misbehaviour_arm(struct misbehaviour *misbehaviour, const char *name, unsigned int requests);

/* "spurious", "phase", "wild", "silence", "death" */
const char *misbehaviour_name(enum misbehaviour_kind kind);

#endif
