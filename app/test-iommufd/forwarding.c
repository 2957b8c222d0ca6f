/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "forwarding.h"
#include "generator.h"
#include "parameters.h"
#include "ports.h"

unsigned int
topology_peer(uint32_t topology, unsigned int place, unsigned int n)
{
	switch (topology) {
	case TOPOLOGY_PAIRED:
		/* The last one of an odd number has only itself. */
		return (place ^ 1) < n ? place ^ 1 : place;
	case TOPOLOGY_CHAINED:
		return (place + 1) % n;
	default:
		return place;
	}
}

static int
run_lcore(void *arg)
{
	struct lcore *lcore = arg;

	lcore->engine->run(lcore);
	return 0;
}

/* How many streams each port has: one lcore serves a queue, so no two streams share one. */
static int
count_queues(const struct engine *engine, const struct parameters *parameters,
		uint32_t *n_queues)
{
	if (engine->receives && engine->sends && parameters->rxq > parameters->txq) {
		fprintf(stderr, "%s sends by as many queues as it receives from: --txq=%u at least\n",
			engine->name, parameters->rxq);
		return -EINVAL;
	}
	*n_queues = engine->receives ? parameters->rxq : parameters->txq;
	return 0;
}

/* Find the lcores, and give each its share of the streams. */
static int
make_lcores(struct forwarding *forwarding, const struct parameters *parameters)
{
	unsigned int id, i, n_lcores = 0, n = forwarding->n_streams;
	struct lcore *lcore;

	RTE_LCORE_FOREACH_WORKER(id) {
		if (n_lcores == n || (parameters->nb_cores != 0 && n_lcores == parameters->nb_cores))
			break;
		forwarding->lcores[n_lcores++] = (struct lcore){
			.id = id,
			.engine = forwarding->engine,
			.records_cycles = parameters->record_core_cycles,
		};
	}
	if (n_lcores == 0) {
		fprintf(stderr, "there is no lcore beside the main one: give EAL two (-l 0-1)\n");
		return -EINVAL;
	}
	forwarding->n_lcores = n_lcores;
	for (i = 0; i < n_lcores; i++) {
		lcore = &forwarding->lcores[i];
		lcore->n_streams = n / n_lcores + (i < n % n_lcores);
		lcore->streams = rte_zmalloc_socket("streams",
			lcore->n_streams * sizeof(*lcore->streams), RTE_CACHE_LINE_SIZE,
			rte_lcore_to_socket_id(lcore->id));
		if (lcore->streams == NULL)
			return -ENOMEM;
	}
	return 0;
}

static struct stream *
stream_at(struct forwarding *forwarding, unsigned int index)
{
	struct lcore *lcore = forwarding->lcores;

	while (index >= lcore->n_streams)
		index -= lcore++->n_streams;
	return &lcore->streams[index];
}

static void
end_stream(struct stream *stream, const struct engine *engine)
{
	if (engine->end != NULL)
		engine->end(stream);
}

/* Devices let go of packets first. */
static void
stop_devices(struct forwarding *forwarding)
{
	if (forwarding->engine->stop != NULL)
		forwarding->engine->stop(&forwarding->run);
}

static int
begin_stream(struct stream *stream, const struct engine *engine, struct run *run)
{
	int ret;

	if (run->parameters->verify && engine->receives) {
		stream->checker = checker_new(engine->makes_packets ? run->number : CHECKER_NO_RUN);
		if (stream->checker == NULL)
			return -ENOMEM;
	}
	if (engine->begin == NULL)
		return 0;
	ret = engine->begin(stream, run);
	if (ret != 0) {
		checker_free(stream->checker);
		stream->checker = NULL;
	}
	return ret;
}

/* The streams: one for each queue of each port; and what serves all of them. */
static int
begin_streams(struct forwarding *forwarding, struct ports *ports, const uint16_t ids[],
		unsigned int n_ports)
{
	const struct engine *engine = forwarding->engine;
	struct run *run = &forwarding->run;
	unsigned int index, place, peer;
	struct stream *stream;
	uint16_t queue;
	int ret = engine->start == NULL ? 0 : engine->start(run);

	if (ret != 0)
		return ret;
	for (index = 0; index < forwarding->n_streams; index++) {
		place = index % n_ports;
		queue = index / n_ports;
		peer = engine->answers ? place :
			topology_peer(run->parameters->topology, place, n_ports);
		stream = stream_at(forwarding, index);
		stream->index = index;
		stream->rx_port = ids[place];
		stream->rx_queue = queue;
		stream->tx_port = ids[peer];
		stream->tx_queue = queue;
		stream->burst = run->parameters->burst;
		stream->pool = ports_pool(ports, stream->tx_port);
		ret = begin_stream(stream, engine, run);
		if (ret != 0) {
			stop_devices(forwarding);
			while (index-- > 0)
				end_stream(stream_at(forwarding, index), engine);
			return ret;
		}
	}
	return 0;
}

/* A burst of each stream; a port that is not up yet takes none. */
static int
send_first(struct forwarding *forwarding)
{
	unsigned int index;
	struct stream *stream;
	int ret;

	for (index = 0; index < forwarding->n_streams; index++) {
		stream = stream_at(forwarding, index);
		if (stream->generator != NULL)
			continue;
		ret = generator_begin(stream, &forwarding->run, 1);
		if (ret != 0)
			return ret;
		generator_send(stream);
		generator_end(stream);
	}
	return 0;
}

static void
free_streams(struct forwarding *forwarding)
{
	struct lcore *lcore;
	unsigned int i, j;

	for (i = 0; i < forwarding->n_lcores; i++) {
		lcore = &forwarding->lcores[i];
		for (j = 0; lcore->streams != NULL && j < lcore->n_streams; j++)
			checker_free(lcore->streams[j].checker);
		rte_free(lcore->streams);
	}
	forwarding->n_lcores = 0;
	forwarding->n_streams = 0;
}

static void
launch(struct forwarding *forwarding)
{
	unsigned int i;

	for (i = 0; i < forwarding->n_lcores; i++)
		rte_eal_remote_launch(run_lcore, &forwarding->lcores[i], forwarding->lcores[i].id);
	forwarding->running = true;
}

static void
end_streams(struct forwarding *forwarding)
{
	unsigned int index;

	stop_devices(forwarding);
	for (index = 0; index < forwarding->n_streams; index++)
		end_stream(stream_at(forwarding, index), forwarding->engine);
}

int
forwarding_start(struct forwarding *forwarding, struct ports *ports,
		const struct parameters *parameters, bool tx_first)
{
	const struct engine *engine = parameters->engine;
	uint16_t ids[RTE_MAX_ETHPORTS];
	unsigned int n_ports = ports_started(ports, ids);
	uint32_t n_queues;
	int ret;

	if (forwarding->running) {
		fprintf(stderr, "%s is running: stop it first\n", forwarding->engine->name);
		return -EBUSY;
	}
	if (n_ports == 0) {
		fprintf(stderr, "no port is started: give EAL a device (-a), or port start\n");
		return -ENODEV;
	}
	ret = count_queues(engine, parameters, &n_queues);
	if (ret != 0)
		return ret;
	forwarding->found_errors = forwarding_found_errors(forwarding);
	free_streams(forwarding);
	forwarding->engine = engine;
	forwarding->topology = parameters->topology;
	forwarding->n_streams = n_ports * n_queues;
	forwarding->run = (struct run){
		.parameters = parameters,
		.ports = ports,
		.n_streams = forwarding->n_streams,
		.number = rte_rdtsc(),
	};
	ret = make_lcores(forwarding, parameters);
	if (ret == 0)
		ret = begin_streams(forwarding, ports, ids, n_ports);
	if (ret != 0) {
		free_streams(forwarding);
		return ret;
	}
	if (tx_first)
		ret = send_first(forwarding);
	if (ret != 0) {
		end_streams(forwarding);
		free_streams(forwarding);
		return ret;
	}
	launch(forwarding);
	return 0;
}

void
forwarding_stop(struct forwarding *forwarding)
{
	unsigned int i;

	if (!forwarding->running)
		return;
	for (i = 0; i < forwarding->n_lcores; i++)
		rte_atomic_store_explicit(&forwarding->lcores[i].stops, true,
			rte_memory_order_relaxed);
	for (i = 0; i < forwarding->n_lcores; i++)
		rte_eal_wait_lcore(forwarding->lcores[i].id);
	end_streams(forwarding);
	forwarding->running = false;
}

void
forwarding_end(struct forwarding *forwarding)
{
	forwarding_stop(forwarding);
	free_streams(forwarding);
}

void
forwarding_clear(struct forwarding *forwarding)
{
	struct stream *stream;
	unsigned int index;

	forwarding->found_errors = forwarding_found_errors(forwarding);
	for (index = 0; index < forwarding->n_streams; index++) {
		stream = stream_at(forwarding, index);
		stream->rx_packets = 0;
		stream->tx_packets = 0;
		stream->dropped = 0;
		stream->failed = 0;
		stream->busy_cycles = 0;
		if (stream->checker != NULL)
			checker_clear(stream->checker);
	}
}

void
forwarding_sum(const struct forwarding *forwarding, struct forwarding_sums *sums)
{
	const struct stream *stream;
	unsigned int i, j;

	memset(sums, 0, sizeof(*sums));
	for (i = 0; i < forwarding->n_lcores; i++) {
		for (j = 0; j < forwarding->lcores[i].n_streams; j++) {
			stream = &forwarding->lcores[i].streams[j];
			sums->rx_packets += stream->rx_packets;
			sums->tx_packets += stream->tx_packets;
			sums->dropped += stream->dropped;
			sums->failed += stream->failed;
			sums->busy_cycles += stream->busy_cycles;
			if (stream->checker != NULL) {
				sums->checks = true;
				checker_add(&sums->checked, &stream->checker->counters);
			}
		}
	}
}

void
forwarding_latency(const struct forwarding *forwarding, struct histogram *latency)
{
	const struct checker *checker;
	unsigned int i, j;

	memset(latency, 0, sizeof(*latency));
	for (i = 0; i < forwarding->n_lcores; i++) {
		for (j = 0; j < forwarding->lcores[i].n_streams; j++) {
			checker = forwarding->lcores[i].streams[j].checker;
			if (checker != NULL)
				histogram_merge(latency, &checker->latency);
		}
	}
}

bool
forwarding_found_errors(const struct forwarding *forwarding)
{
	struct forwarding_sums sums;

	forwarding_sum(forwarding, &sums);
	return forwarding->found_errors || checker_found_errors(&sums.checked);
}
