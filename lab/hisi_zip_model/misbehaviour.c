/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "misbehaviour.h"

static const char *const names[MISBEHAVE_KINDS] = {
	[MISBEHAVE_SPURIOUS] = "spurious",
	[MISBEHAVE_PHASE] = "phase",
	[MISBEHAVE_WILD] = "wild",
	[MISBEHAVE_SILENCE] = "silence",
	[MISBEHAVE_DEATH] = "death",
};

bool
misbehaviour_take(struct misbehaviour *misbehaviour, enum misbehaviour_kind kind)
{
	unsigned int armed = atomic_load_explicit(&misbehaviour->armed[kind],
			memory_order_relaxed);

	while (armed > 0)
		if (atomic_compare_exchange_weak(&misbehaviour->armed[kind], &armed, armed - 1))
			return true;
	return false;
}

int
misbehaviour_arm(struct misbehaviour *misbehaviour, const char *name, unsigned int requests)
{
	for (int kind = 0; kind < MISBEHAVE_KINDS; kind++) {
		if (strcmp(names[kind], name) == 0) {
			atomic_store(&misbehaviour->armed[kind], requests);
			return 0;
		}
	}
	return -EINVAL;
}

const char *
misbehaviour_name(enum misbehaviour_kind kind)
{
	return names[kind];
}
