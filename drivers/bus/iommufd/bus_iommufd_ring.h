/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef BUS_IOMMUFD_RING_H
#define BUS_IOMMUFD_RING_H

/**
 * @file
 * The rings of a queue, for drivers of devices with HiSilicon's queue manager (uacce's API
 * hisi_qm_v3 and later): requests in, completions out, and a doorbell for both.
 *
 *     sq   . . . . . a b . c d e . . . . . .       a to e: with the device
 *                              ^ tail              where the next request goes
 *     cq   . . . . x y z . . . . . . . . . .       x to z: completed, not yet looked at
 *                  ^ head                          where the next completion is expected
 *
 * A request is an entry of the submission ring, whose layout is the driver's. It keeps its place
 * until it is collected. The device may complete requests in any order: a completion names its
 * request's place, and is new when its phase is that of the lap. What the device says is checked
 * before it is followed: a completion of nothing is counted and passed over.
 *
 * What has been looked at is told to the device in portions of RTE_BUS_IOMMUFD_RING_PORTION(), so
 * no more requests are under way than there is room for with a portion untold.
 *
 * The kernel may reset a device whose queues it has lent. It says so in two words at the end of the
 * memory that a queue has, and from then on no doorbell of it may be rung and nothing is completed:
 * what was under way is given up by rte_bus_iommufd_ring_abandon().
 *
 * A ring is used by one thread at a time. All of it is little-endian, and so is every machine that
 * has such a device.
 */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_io.h>
#include <rte_malloc.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An entry of the completion ring. */
struct rte_bus_iommufd_completion {
	uint32_t reserved[2];
	uint16_t place;	/**< Of the request, in the submission ring. */
	uint16_t queue;
	uint16_t reserved6;
	uint16_t phase;	/**< Bit 0; 1 in the first lap; what is written last. */
};
static_assert(sizeof(struct rte_bus_iommufd_completion) == 16, "the hardware's layout");

#define RTE_BUS_IOMMUFD_RING_PORTION(depth) ((depth) / 16)

/** The most requests that rings of a depth can have under way. */
#define RTE_BUS_IOMMUFD_RING_CAPACITY(depth) ((depth) - RTE_BUS_IOMMUFD_RING_PORTION(depth) - 1)

/** Where a queue's doorbell is in its page. */
#define RTE_BUS_IOMMUFD_DOORBELL 0x1000

enum rte_bus_iommufd_doorbell {
	RTE_BUS_IOMMUFD_DOORBELL_SQ = 0,
	RTE_BUS_IOMMUFD_DOORBELL_CQ = 1,
};

/** The kernel's words about a reset, of which each is 0 before. */
enum rte_bus_iommufd_reset {
	RTE_BUS_IOMMUFD_RESET_CQ = 0, /**< Nothing more is completed. */
	RTE_BUS_IOMMUFD_RESET_SQ = 1, /**< Nothing more may be submitted. */
};

struct rte_bus_iommufd_ring {
	/** The driver sets these before it opens the ring. @{ */
	void *sq;
	const volatile struct rte_bus_iommufd_completion *cq;
	volatile void *doorbell;
	uint16_t number;	/**< By which doorbells name the queue. */
	uint16_t depth;		/**< Of both rings. */
	/** By enum rte_bus_iommufd_reset. NULL: the process owns the device. */
	const volatile uint32_t *resets;
	/** @} */

	uint16_t tail;
	uint16_t submitted;	/**< The tail that the device knows. */
	uint16_t head;
	uint16_t phase;		/**< Of new completions in this lap. */
	uint16_t room;		/**< How many requests more may be under way. */
	uint16_t untold;	/**< Completions the device wasn't told have been looked at. */
	void **requests;	/**< What is under way, by place. NULL: nothing. */
	uint64_t n_of_nothing;	/**< Completions that no request had. */
	uint16_t capacity;
};

/**
 * Make a ring ready, whose memory is zeroed.
 *
 * @param capacity
 *   How many requests may be under way, up to RTE_BUS_IOMMUFD_RING_CAPACITY().
 * @return
 *   0, -EINVAL or -ENOMEM.
 */
static inline int
rte_bus_iommufd_ring_open(struct rte_bus_iommufd_ring *ring, uint16_t capacity, int socket_id)
{
	if (ring->depth < 2 || capacity > RTE_BUS_IOMMUFD_RING_CAPACITY(ring->depth))
		return -EINVAL;
	ring->tail = 0;
	ring->submitted = 0;
	ring->head = 0;
	ring->phase = 1;
	ring->room = capacity;
	ring->capacity = capacity;
	ring->untold = 0;
	ring->n_of_nothing = 0;
	ring->requests = (void **)rte_zmalloc_socket("iommufd bus ring",
			ring->depth * sizeof(ring->requests[0]), 0, socket_id);
	return ring->requests != NULL ? 0 : -ENOMEM;
}

/** Free what opening took. The device must have been stopped. */
static inline void
rte_bus_iommufd_ring_close(struct rte_bus_iommufd_ring *ring)
{
	rte_free(ring->requests);
	ring->requests = NULL;
}

/** How many requests are under way. */
static inline uint16_t
rte_bus_iommufd_ring_pending(const struct rte_bus_iommufd_ring *ring)
{
	return ring->capacity - ring->room;
}

/** Whether no request can be put now. One whose completion never comes holds its place. */
static inline bool
rte_bus_iommufd_ring_is_full(const struct rte_bus_iommufd_ring *ring)
{
	return ring->room == 0 || ring->requests[ring->tail] != NULL;
}

/** The place behind another one. */
static inline uint16_t
rte_bus_iommufd_ring_next(uint16_t place, uint16_t depth)
{
	return unlikely(place + 1 == depth) ? 0 : place + 1;
}

/**
 * Put a request, whose entry the driver has written at the tail of a ring that isn't full.
 *
 * @param request
 *   What collecting it gives back; not NULL.
 */
static inline void
rte_bus_iommufd_ring_put(struct rte_bus_iommufd_ring *ring, void *request)
{
	ring->requests[ring->tail] = request;
	ring->tail = rte_bus_iommufd_ring_next(ring->tail, ring->depth);
	ring->room--;
}

static inline void
rte_bus_iommufd_ring_doorbell(const struct rte_bus_iommufd_ring *ring,
		enum rte_bus_iommufd_doorbell which, uint16_t index)
{
	rte_write64_relaxed(ring->number | (uint64_t)which << 12 | (uint64_t)index << 32,
		ring->doorbell);
}

/** Where a queue that the kernel lent has its words about a reset: in the area of its rings. */
static inline const volatile uint32_t *
rte_bus_iommufd_ring_resets(const void *area, size_t size)
{
	return (const volatile uint32_t *)RTE_PTR_ADD(area, size) - 2;
}

static inline bool
rte_bus_iommufd_ring_was_reset(const struct rte_bus_iommufd_ring *ring,
		enum rte_bus_iommufd_reset which)
{
	return unlikely(ring->resets != NULL && ring->resets[which] != 0);
}

/**
 * Tell the device of all requests put since the last time: one doorbell, or none. After a reset
 * requests are put in vain, and abandoned like those before.
 */
static inline void
rte_bus_iommufd_ring_submit(struct rte_bus_iommufd_ring *ring)
{
	if (ring->tail == ring->submitted ||
			rte_bus_iommufd_ring_was_reset(ring, RTE_BUS_IOMMUFD_RESET_SQ))
		return;
	/* What is in the ring is there before the device looks */
	rte_io_wmb();
	rte_bus_iommufd_ring_doorbell(ring, RTE_BUS_IOMMUFD_DOORBELL_SQ, ring->tail);
	ring->submitted = ring->tail;
}

/**
 * What a driver does with a request that is completed, while its entry is as the device has left
 * it: afterwards the place is free.
 */
typedef void (*rte_bus_iommufd_ring_take_t)(void *context, uint16_t place, void *request);

/**
 * Collect requests that are completed. It looks at no more completions than that, true or not: a
 * device that only talks doesn't hold the process.
 *
 * @param take
 *   Called for each; constant, so that it is compiled in here.
 * @param[out] requests
 *   What was put.
 * @param n
 *   For how many there is room.
 * @return
 *   How many there are.
 */
static __rte_always_inline uint16_t
rte_bus_iommufd_ring_collect(struct rte_bus_iommufd_ring *ring, rte_bus_iommufd_ring_take_t take,
		void *context, void **requests, uint16_t n)
{
	const volatile struct rte_bus_iommufd_completion *const cq = ring->cq, *completion;
	void **const under_way = ring->requests;
	const unsigned int depth = ring->depth;
	unsigned int head = ring->head, phase = ring->phase, looked, taken = 0, place;
	void *request;

	for (looked = 0; looked < n; looked++) {
		completion = &cq[head];
		if ((completion->phase & 1) != phase)
			break;
		/* The phase was written after everything else */
		rte_io_rmb();
		place = completion->place;
		if (unlikely(++head == depth)) {
			head = 0;
			phase ^= 1;
		}
		request = likely(place < depth) ? under_way[place] : NULL;
		if (unlikely(request == NULL)) {
			ring->n_of_nothing++;
			continue;
		}
		take(context, place, request);
		under_way[place] = NULL;
		requests[taken++] = request;
	}
	ring->head = head;
	ring->phase = phase;
	ring->room += taken;
	ring->untold += looked;
	if (ring->untold > RTE_BUS_IOMMUFD_RING_PORTION(depth) &&
			!rte_bus_iommufd_ring_was_reset(ring, RTE_BUS_IOMMUFD_RESET_SQ)) {
		/* What has been looked at may be overwritten from now on */
		rte_io_mb();
		rte_bus_iommufd_ring_doorbell(ring, RTE_BUS_IOMMUFD_DOORBELL_CQ, head);
		ring->untold = 0;
	}
	return taken;
}

/**
 * Give up requests of a device that was reset, the oldest first. Only when nothing is left to
 * collect.
 *
 * @param take
 *   Called for each, whose entry has no result.
 * @param[out] requests
 *   What was put.
 * @param n
 *   For how many there is room.
 * @return
 *   How many there are; 0 as long as the device may complete them.
 */
static inline uint16_t
rte_bus_iommufd_ring_abandon(struct rte_bus_iommufd_ring *ring, rte_bus_iommufd_ring_take_t take,
		void *context, void **requests, uint16_t n)
{
	uint16_t abandoned = 0, place = ring->tail, i;

	if (!rte_bus_iommufd_ring_was_reset(ring, RTE_BUS_IOMMUFD_RESET_CQ))
		return 0;
	for (i = 0; i < ring->depth && abandoned < n; i++) {
		if (ring->requests[place] != NULL) {
			take(context, place, ring->requests[place]);
			requests[abandoned++] = ring->requests[place];
			ring->requests[place] = NULL;
		}
		place = rte_bus_iommufd_ring_next(place, ring->depth);
	}
	ring->room += abandoned;
	return abandoned;
}

#ifdef __cplusplus
}
#endif

#endif /* BUS_IOMMUFD_RING_H */
