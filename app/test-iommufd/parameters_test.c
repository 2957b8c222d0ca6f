/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "engine.h"
#include "forwarding.h"
#include "parameters.h"

#define MAX_WORDS 16

static int
parse(struct parameters *parameters, const char *const *words)
{
	char *argv[MAX_WORDS];
	int argc = 0;

	while (words[argc] != NULL) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	return parameters_parse(parameters, argc, argv);
}

#define PARSE(parameters, ...) \
	parse(parameters, (const char *const []){ "app", ##__VA_ARGS__, NULL })

/* Parse what is wrong, and return what is said about it. */
static const char *
refusal(const char *const *words)
{
	static char said[512];
	struct parameters parameters;
	int pipes[2], err = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(pipes), 0);
	fflush(stderr);
	dup2(pipes[1], STDERR_FILENO);
	close(pipes[1]);
	assert_int_equal(parse(&parameters, words), -EINVAL);
	fflush(stderr);
	dup2(err, STDERR_FILENO);
	close(err);
	n = read(pipes[0], said, sizeof(said) - 1);
	close(pipes[0]);
	assert_true(n > 0);
	said[n] = '\0';
	return said;
}

#define REFUSAL(...) refusal((const char *const []){ "app", __VA_ARGS__, NULL })

static void
defaults_are_those_of_testpmd(void **state __rte_unused)
{
	struct parameters parameters;

	assert_int_equal(PARSE(&parameters), 0);
	assert_ptr_equal(parameters.engine, &engine_io);
	assert_int_equal(parameters.topology, TOPOLOGY_PAIRED);
	assert_int_equal(parameters.burst, 32);
	assert_int_equal(parameters.rxq, 1);
	assert_int_equal(parameters.txq, 1);
	assert_int_equal(parameters.mbuf_size, 2176);
	assert_int_equal(parameters.mbcache, 250);
	assert_int_equal(parameters.flows, 1024);
	assert_int_equal(parameters_packet_length(&parameters), 64);
	assert_false(parameters.interactive || parameters.auto_start || parameters.verify);
}

static void
options_are_taken(void **state __rte_unused)
{
	struct parameters parameters;

	assert_int_equal(PARSE(&parameters, "--forward-mode=macswap", "--port-topology", "chained",
		"--nb-cores=3", "--rxq=2", "--txq=4", "--rxd=128", "--txd=256", "--burst=64",
		"--mbcache=0", "--rss-udp", "-i", "--verify"), 0);
	assert_ptr_equal(parameters.engine, &engine_macswap);
	assert_int_equal(parameters.topology, TOPOLOGY_CHAINED);
	assert_int_equal(parameters.nb_cores, 3);
	assert_int_equal(parameters.rxq, 2);
	assert_int_equal(parameters.txq, 4);
	assert_int_equal(parameters.rxd, 128);
	assert_int_equal(parameters.txd, 256);
	assert_int_equal(parameters.burst, 64);
	assert_int_equal(parameters.mbcache, 0);
	assert_true(parameters.rss == (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP));
	assert_true(parameters.interactive && parameters.verify);
	assert_false(parameters.auto_start || parameters.tx_first);
}

static void
scripts_are_taken_as_they_are(void **state __rte_unused)
{
	struct parameters parameters;

	assert_int_equal(PARSE(&parameters, "--exec", "start; stop", "--commands=a file"), 0);
	assert_string_equal(parameters.exec, "start; stop");
	assert_string_equal(parameters.commands, "a file");
}

static void
packets_have_as_many_buffers_as_lengths_are_named(void **state __rte_unused)
{
	struct parameters parameters;

	assert_int_equal(PARSE(&parameters, "--txpkts=1024,400,76"), 0);
	assert_int_equal(parameters.n_segments, 3);
	assert_int_equal(parameters.segments[0], 1024);
	assert_int_equal(parameters.segments[2], 76);
	assert_int_equal(parameters_packet_length(&parameters), 1500);
}

static void
peers_are_those_of_ports(void **state __rte_unused)
{
	const struct rte_ether_addr first = { { 2, 0, 0, 0, 0, 0x0a } };
	const struct rte_ether_addr last = { { 2, 0, 0, 0, 0, 0x0b } };
	struct parameters parameters;

	assert_int_equal(PARSE(&parameters, "--eth-peer=0,02:00:00:00:00:0a",
		"--eth-peer=31,02:00:00:00:00:0b"), 0);
	assert_true(rte_is_same_ether_addr(&parameters.peers[0], &first));
	assert_true(rte_is_zero_ether_addr(&parameters.peers[1]));
	assert_true(rte_is_same_ether_addr(&parameters.peers[31], &last));
}

static void
refusals_name_the_option_and_what_it_takes(void **state __rte_unused)
{
	assert_string_equal(REFUSAL("--burst=0"), "--burst=0: it takes a number from 1 to 512\n");
	assert_string_equal(REFUSAL("--burst=513"),
		"--burst=513: it takes a number from 1 to 512\n");
	assert_string_equal(REFUSAL("--rxq=two"), "--rxq=two: it takes a number from 1 to 1024\n");
	assert_string_equal(REFUSAL("--rxq=-1"), "--rxq=-1: it takes a number from 1 to 1024\n");
	assert_string_equal(REFUSAL("--rxq=1x"), "--rxq=1x: it takes a number from 1 to 1024\n");
	assert_string_equal(REFUSAL("--rxq="), "--rxq=: it takes a number from 1 to 1024\n");
	assert_string_equal(REFUSAL("--rxq=99999999999999999999"),
		"--rxq=99999999999999999999: it takes a number from 1 to 1024\n");
	assert_string_equal(REFUSAL("--txq"), "--txq: it takes a number from 1 to 1024\n");
	assert_string_equal(REFUSAL("--port-topology=ring"),
		"--port-topology=ring: it takes paired, chained or loop\n");
	assert_string_equal(REFUSAL("--forward-mode=fast"), "--forward-mode=fast: it takes io, "
		"mac, macswap, rxonly, txonly, flowgen, icmpecho, zip, dma\n");
	assert_string_equal(REFUSAL("--exec="), "--exec=: it takes commands\n");
}

static void
what_is_no_option_is_refused(void **state __rte_unused)
{
	assert_string_equal(REFUSAL("--no-such=1"),
		"--no-such=1: no such option; --help shows which there are\n");
	assert_string_equal(REFUSAL("-z"), "-z: no such option; --help shows which there are\n");
	assert_string_equal(REFUSAL("start"), "start: not an option; --help shows which there are\n");
	assert_string_equal(REFUSAL("--verify=yes"), "--verify: it takes no value\n");
}

static void
wrong_lengths_are_refused(void **state __rte_unused)
{
	const char *takes = "it takes bytes of the first buffer (64 at least) and of further ones\n";
	static const char *const wrong[] = {
		"--txpkts=63", "--txpkts=", "--txpkts=64,", "--txpkts=64,0", "--txpkts=64,x",
		"--txpkts=64,1,1,1,1,1,1,1,1", "--txpkts=9000,217",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrong); i++)
		assert_non_null(strstr(REFUSAL(wrong[i]), takes));
	assert_non_null(strstr(REFUSAL("--txpkts=2049"), "don't fit into a buffer of --mbuf-size"));
}

static void
wrong_peers_are_refused(void **state __rte_unused)
{
	static const char *const wrong[] = {
		"--eth-peer=0", "--eth-peer=32,02:00:00:00:00:0a", "--eth-peer=x,02:00:00:00:00:0a",
		"--eth-peer=0,02:00:00:00:00", "--eth-peer=,02:00:00:00:00:0a",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(wrong); i++)
		assert_non_null(strstr(REFUSAL(wrong[i]), "it takes PORT,M:M:M:M:M:M\n"));
}

static void
lengths_that_are_refused_leave_the_old_ones(void **state __rte_unused)
{
	struct parameters parameters;

	assert_int_equal(PARSE(&parameters, "--txpkts=128"), 0);
	assert_int_equal(parameters_set_segments(&parameters, "64,4000"), -EINVAL);
	assert_int_equal(parameters_set_segments(&parameters, "no"), -EINVAL);
	assert_int_equal(parameters_packet_length(&parameters), 128);
	assert_int_equal(parameters_set_segments(&parameters, "64,100"), 0);
	assert_int_equal(parameters_packet_length(&parameters), 164);
}

static void
each_port_sends_what_one_other_receives(void **state __rte_unused)
{
	assert_int_equal(topology_peer(TOPOLOGY_PAIRED, 0, 4), 1);
	assert_int_equal(topology_peer(TOPOLOGY_PAIRED, 1, 4), 0);
	assert_int_equal(topology_peer(TOPOLOGY_PAIRED, 3, 4), 2);
	assert_int_equal(topology_peer(TOPOLOGY_PAIRED, 2, 3), 2);
	assert_int_equal(topology_peer(TOPOLOGY_CHAINED, 1, 3), 2);
	assert_int_equal(topology_peer(TOPOLOGY_CHAINED, 2, 3), 0);
	assert_int_equal(topology_peer(TOPOLOGY_LOOP, 2, 3), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_testpmd),
		cmocka_unit_test(options_are_taken),
		cmocka_unit_test(scripts_are_taken_as_they_are),
		cmocka_unit_test(packets_have_as_many_buffers_as_lengths_are_named),
		cmocka_unit_test(peers_are_those_of_ports),
		cmocka_unit_test(refusals_name_the_option_and_what_it_takes),
		cmocka_unit_test(what_is_no_option_is_refused),
		cmocka_unit_test(wrong_lengths_are_refused),
		cmocka_unit_test(wrong_peers_are_refused),
		cmocka_unit_test(lengths_that_are_refused_leave_the_old_ones),
		cmocka_unit_test(each_port_sends_what_one_other_receives),
	};

	return cmocka_run_group_tests_name("parameters", tests, NULL, NULL);
}
