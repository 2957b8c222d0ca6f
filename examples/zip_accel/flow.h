/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef ZIP_ACCEL_FLOW_H
#define ZIP_ACCEL_FLOW_H

/**
 * @file
 * Jobs that end in the order in which they began, whatever order the device does them in.
 *
 * A flow is a ring of jobs. One that has nothing to be (de)compressed stands in it all the same, so
 * that what passes overtakes nothing. A lane is what hands the jobs of flows in: the queue pairs of
 * one lcore. Nothing here is shared between lcores.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_comp.h>
#include <rte_mbuf.h>

#include "engine.h"

/** A part of an mbuf, or of a chain. */
struct part {
	struct rte_mbuf *mbuf;
	uint32_t offset;
	uint32_t length;
};

enum job_state {
	JOB_DONE,
	JOB_WAITING,	/**< It will be handed in. */
	JOB_UNDER_WAY,	/**< The device has it. */
};

struct job {
	struct part source;
	struct part destination;	/**< length: how much room there is */
	enum job_state state;
	enum rte_comp_op_status status;	/**< Of a job that is done and was asked for. */
	uint32_t consumed;
	uint32_t produced;
	uint32_t crc;		/**< Where the device tells it: engine_has_crc(). */
	bool asked;		/**< There was something to be (de)compressed. */
	uint64_t cookie;	/**< For whoever began it. */

	struct rte_comp_op *op;
	struct rte_mbuf *bounces[2];	/**< With --copy: where the device works instead. */
	struct flow *flow;
	uint64_t since;		/**< When it was handed in. */
	uint16_t pair;		/**< To which queue pair of the lane. */
};

struct flow {
	struct lane *lane;
	enum rte_comp_xform_type type;
	uint32_t mask;		/**< Of places in `jobs`. */
	uint32_t first;		/**< The oldest one. */
	uint32_t next;		/**< The first one that hasn't been handed in. */
	uint32_t end;		/**< Behind the newest one. */
	struct job *jobs;
};

struct lane {
	struct engine *engine;
	struct rte_mempool *bounces;	/**< NULL: the device works where the payload is. */
	uint16_t first_pair;
	uint16_t n_pairs;
	uint16_t next_pair;
	uint16_t burst;
	uint64_t timeout;	/**< Cycles. */
	uint32_t *pending;	/**< Operations of each queue pair. */

	uint64_t operations;
	uint64_t bursts;	/**< How often some were handed in: each is a doorbell. */
	uint64_t copied;	/**< Bytes of payload. */
};

/** 0 or a negative errno, which has been logged. */
int lane_open(struct lane *lane, struct engine *engine, const struct options *options,
		uint16_t first_pair, struct rte_mempool *bounces);
void lane_close(struct lane *lane);

int flow_open(struct flow *flow, struct lane *lane, enum rte_comp_xform_type type);
/** The device must have been stopped: it may have jobs whose mbufs are freed here. */
void flow_close(struct flow *flow);

static inline bool
flow_is_full(const struct flow *flow)
{
	return flow->end - flow->first > flow->mask;
}

static inline bool
flow_is_empty(const struct flow *flow)
{
	return flow->end == flow->first;
}

/** How many more jobs there may be. */
static inline uint32_t
flow_room(const struct flow *flow)
{
	return flow->mask + 1 - (flow->end - flow->first);
}

/**
 * Begin a job, of a flow that isn't full. Without a destination there is nothing to do: it stands
 * in the flow and is done.
 *
 * The flow has the mbufs now; flow_end() or flow_close() frees what is left of them.
 */
struct job *flow_begin(struct flow *flow, const struct part *source,
		const struct part *destination);

/** The oldest job if it is done, else NULL. */
static inline struct job *
flow_first(struct flow *flow)
{
	struct job *job = &flow->jobs[flow->first & flow->mask];

	return !flow_is_empty(flow) && job->state == JOB_DONE ? job : NULL;
}

/** The oldest job, which is done, ends; mbufs are freed unless somebody has taken them. */
void flow_end(struct flow *flow);

/** Hand in what waits. Returns how many were. */
unsigned int flow_hand_in(struct flow *flow);

/** Take what the device has done. Returns how many. */
unsigned int lane_collect(struct lane *lane);

/** Whether the oldest job has been with the device for too long; says so. */
bool flow_is_stuck(const struct flow *flow);

/** How many jobs the device has. */
uint32_t lane_pending(const struct lane *lane);

#endif /* ZIP_ACCEL_FLOW_H */
