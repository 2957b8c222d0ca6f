/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "log.h"
#include "packets.h"
#include "ports.h"
#include "summary.h"
#include "worker.h"

#define CACHE 128

struct run {
	const struct options *options;
	const struct framing *framing;
	struct engine engine;
	struct ports ports;
	struct rte_mempool *mbufs;
	struct worker *workers;	/* one for each lcore */
	uint16_t n_workers;
};

/*
 * Enough that a NIC never waits for mbufs which are elsewhere: in the rings of ports, in flows (a
 * packet and its result, and as many again with --copy), on their way out, and in caches.
 */
static int
create_mbufs(struct run *run)
{
	const unsigned int flows = SIDES * run->engine.depth * (run->options->copy ? 4 : 2);
	const unsigned int n = run->n_workers * (SIDES * (2 * PORT_DESCRIPTORS + MAX_BURST) +
		flows + 2 * CACHE);

	run->mbufs = rte_pktmbuf_pool_create("zip_accel mbufs", n, CACHE, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, rte_socket_id());
	if (run->mbufs == NULL)
		LOG(ERR, "no memory for %u mbufs: %s", n, rte_strerror(rte_errno));
	return run->mbufs == NULL ? -ENOMEM : 0;
}

static void
close_workers(struct run *run, uint16_t n)
{
	while (n-- > 0)
		worker_close(&run->workers[n]);
	rte_free(run->workers);
}

static int
open_workers(struct run *run, volatile bool *stop)
{
	struct worker *worker;
	unsigned int lcore;
	uint16_t n = 0;
	int ret;

	run->workers = rte_calloc("workers", run->n_workers, sizeof(run->workers[0]),
		RTE_CACHE_LINE_SIZE);
	if (run->workers == NULL)
		return -ENOMEM;
	RTE_LCORE_FOREACH(lcore) {
		worker = &run->workers[n];
		worker->queue = n;
		worker->lcore = lcore;
		worker->mbufs = run->mbufs;
		worker->stop = stop;
		ret = worker_open(worker, &run->engine, run->options, &run->ports, run->framing);
		if (ret < 0) {
			close_workers(run, n);
			return ret;
		}
		n++;
	}
	return 0;
}

/* The device first: it tells how deep flows are, and so how many mbufs there must be. */
static int
open_run(struct run *run, volatile bool *stop)
{
	const unsigned int n_pairs = run->n_workers * run->options->queues;
	int ret;

	ret = ports_find(&run->ports, run->options);
	if (ret < 0)
		return ret;
	ret = engine_open(&run->engine, run->options, n_pairs, SIDES * run->n_workers);
	if (ret < 0)
		return ret;
	ret = create_mbufs(run);
	if (ret < 0)
		goto close_engine;
	ret = engine_share(&run->engine, run->mbufs, run->options);
	if (ret < 0)
		goto free_mbufs;
	ret = open_workers(run, stop);
	if (ret < 0)
		goto free_mbufs;
	ret = ports_open(&run->ports, run->n_workers, run->framing, run->mbufs);
	if (ret < 0)
		goto close_workers;
	return 0;

close_workers:
	close_workers(run, run->n_workers);
free_mbufs:
	rte_mempool_free(run->mbufs);
close_engine:
	engine_close(&run->engine);
	return ret;
}

static int
work(void *opaque)
{
	struct worker *worker = opaque;

	while (!*worker->stop) {
		worker_step(worker);
		worker_is_stuck(worker);
	}
	if (!worker->failed)
		worker_drain(worker);
	return 0;
}

/* The main lcore works, too, and tells now and then. */
static void
work_and_tell(struct run *run)
{
	struct worker *worker = &run->workers[0];
	const uint64_t period = run->options->stats_period * rte_get_timer_hz();
	uint64_t next = rte_get_timer_cycles() + period;

	while (!*worker->stop) {
		worker_step(worker);
		worker_is_stuck(worker);
		if (period != 0 && rte_get_timer_cycles() >= next) {
			summary_of_packets(&run->engine, run->workers, run->n_workers);
			next += period;
		}
	}
	if (!worker->failed)
		worker_drain(worker);
}

static void
forward(struct run *run)
{
	uint16_t i;

	LOG(INFO, "forwarding on %u lcores, with %u queue pairs of %s", run->n_workers,
		run->engine.n_pairs, run->engine.name);
	for (i = 1; i < run->n_workers; i++)
		rte_eal_remote_launch(work, &run->workers[i], run->workers[i].lcore);
	work_and_tell(run);
	rte_eal_mp_wait_lcore();
}

/* What the device may still write to goes back when it has stopped. */
static int
close_run(struct run *run)
{
	int ret = 0;
	uint16_t i;

	ports_close(&run->ports);
	engine_stop(&run->engine);
	for (i = 0; i < run->n_workers; i++) {
		worker_abandon(&run->workers[i]);
		if (run->workers[i].failed)
			ret = -ETIMEDOUT;
	}
	summary_of_packets(&run->engine, run->workers, run->n_workers);
	close_workers(run, run->n_workers);
	engine_close(&run->engine);
	rte_mempool_free(run->mbufs);
	return ret;
}

int
packets_run(const struct options *options, volatile bool *stop)
{
	struct run run = {
		.options = options,
		.framing = options->framing == FRAMING_IPCOMP ? &framing_ipcomp : &framing_payload,
		.n_workers = rte_lcore_count(),
	};
	int ret;

	ret = open_run(&run, stop);
	if (ret < 0)
		return ret;
	forward(&run);
	return close_run(&run);
}
