/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "checker.h"
#include "stamp.h"

struct checker *
checker_new(uint32_t run)
{
	struct checker *checker = calloc(1, sizeof(*checker));

	if (checker == NULL)
		return NULL;
	checker->run = run;
	/* The kernel gives memory for those flows alone that are seen. */
	checker->flows = calloc(STAMP_FLOWS, sizeof(*checker->flows));
	if (checker->flows == NULL) {
		free(checker);
		return NULL;
	}
	return checker;
}

void
checker_free(struct checker *checker)
{
	if (checker == NULL)
		return;
	free(checker->flows);
	free(checker);
}

/* One that is due, or after that: those in between are lost unless they come yet. */
static void
take_next(struct checker *checker, struct checker_flow *flow, uint32_t skipped)
{
	uint32_t shift = skipped + 1;

	flow->known = RTE_MIN(flow->known + (uint64_t)shift, (uint64_t)CHECKER_WINDOW);
	flow->seen = shift < CHECKER_WINDOW ? flow->seen << shift : 0;
	flow->seen |= UINT64_C(1);
	flow->next += shift;
	checker->counters.lost += skipped;
	checker->counters.good++;
}

/* One before that which is due. */
static void
take_late(struct checker *checker, struct checker_flow *flow, uint32_t behind)
{
	uint64_t bit;

	if (behind > CHECKER_WINDOW) {
		checker->counters.reordered++;
		return;
	}
	bit = UINT64_C(1) << (behind - 1);
	if (flow->seen & bit) {
		checker->counters.duplicated++;
		return;
	}
	flow->seen |= bit;
	checker->counters.reordered++;
	/* It was counted as lost, unless it was sent before our time. */
	if (behind <= flow->known)
		checker->counters.lost--;
}

/* Of a flow that is new, or whose sender has begun anew, which it does with number 0. */
static void
begin_flow(const struct checker *checker, struct checker_flow *flow,
		const struct stamp_content *content)
{
	bool from_beginning = flow->begun || content->run == checker->run;

	*flow = (struct checker_flow){
		.begun = true,
		.next = from_beginning ? 0 : content->number,
		.run = content->run,
	};
}

static void
take(struct checker *checker, const struct stamp_content *content, uint64_t now)
{
	struct checker_flow *flow = &checker->flows[content->flow];
	int32_t ahead;

	if (!flow->begun || flow->run != content->run)
		begin_flow(checker, flow, content);
	ahead = (int32_t)(content->number - flow->next);
	if (ahead < 0) {
		take_late(checker, flow, -ahead);
		return;
	}
	take_next(checker, flow, ahead);
	histogram_add(&checker->latency, now - content->time);
}

void
checker_check(struct checker *checker, struct rte_mbuf *const *packets, uint16_t n)
{
	struct stamp_content content;
	uint64_t now = rte_rdtsc();
	uint16_t i;

	for (i = 0; i < n; i++) {
		switch (stamp_read(packets[i], &content)) {
		case STAMP_OK:
			take(checker, &content, now);
			break;
		case STAMP_CORRUPT:
			checker->counters.corrupt++;
			break;
		case STAMP_NONE:
			checker->counters.unstamped++;
			break;
		}
	}
}

void
checker_clear(struct checker *checker)
{
	memset(&checker->counters, 0, sizeof(checker->counters));
	memset(&checker->latency, 0, sizeof(checker->latency));
}

void
checker_add(struct checker_counters *sum, const struct checker_counters *counters)
{
	sum->good += counters->good;
	sum->corrupt += counters->corrupt;
	sum->reordered += counters->reordered;
	sum->duplicated += counters->duplicated;
	sum->lost += counters->lost;
	sum->unstamped += counters->unstamped;
}

bool
checker_found_errors(const struct checker_counters *counters)
{
	return counters->corrupt + counters->reordered + counters->duplicated + counters->lost > 0;
}
