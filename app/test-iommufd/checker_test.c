/* SPDX-License-Identifier: BSD-3-Clause */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "checker.h"
#include "stamp.h"

#define ROOM 2048
#define FLOW 7
#define RUN 1

/* A packet of one buffer or two, in memory of its own. */
struct packet {
	struct rte_mbuf mbuf;
	struct rte_mbuf second;
	uint8_t data[2 * ROOM];
};

static void
set_buffer(struct rte_mbuf *mbuf, uint8_t *data, uint16_t length)
{
	mbuf->buf_addr = data;
	mbuf->data_off = 0;
	mbuf->data_len = length;
	mbuf->nb_segs = 1;
}

/* A stamped packet of so many bytes in its first buffer, and in its second one, if any. */
static void
make(struct packet *packet, uint16_t run, uint16_t flow, uint32_t number, uint16_t first,
		uint16_t second)
{
	const struct stamp_content content = {
		.run = run, .flow = flow, .number = number, .time = rte_rdtsc(),
	};
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)packet->data;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ether + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	memset(packet, 0, sizeof(*packet));
	set_buffer(&packet->mbuf, packet->data, first);
	packet->mbuf.pkt_len = first + second;
	if (second > 0) {
		set_buffer(&packet->second, packet->data + ROOM, second);
		packet->mbuf.next = &packet->second;
		packet->mbuf.nb_segs = 2;
	}
	ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->next_proto_id = IPPROTO_UDP;
	udp->dgram_len = rte_cpu_to_be_16(first + second - STAMP_OFFSET + sizeof(*udp));
	stamp_write(&packet->mbuf, &content);
}

static void
check(struct checker *checker, struct packet *packet)
{
	struct rte_mbuf *mbuf = &packet->mbuf;

	checker_check(checker, &mbuf, 1);
}

/* Let packets of one flow arrive by their numbers. */
static void
arrive(struct checker *checker, const uint32_t *numbers, unsigned int n)
{
	struct packet packet;
	unsigned int i;

	for (i = 0; i < n; i++) {
		make(&packet, RUN, FLOW, numbers[i], 64, 0);
		check(checker, &packet);
	}
}

#define ARRIVE(checker, ...) arrive(checker, (const uint32_t []){ __VA_ARGS__ }, \
	RTE_DIM(((const uint32_t []){ __VA_ARGS__ })))

static void
expect(const struct checker *checker, uint64_t good, uint64_t lost, uint64_t reordered,
		uint64_t duplicated, uint64_t corrupt)
{
	const struct checker_counters *found = &checker->counters;

	assert_int_equal(found->good, good);
	assert_int_equal(found->lost, lost);
	assert_int_equal(found->reordered, reordered);
	assert_int_equal(found->duplicated, duplicated);
	assert_int_equal(found->corrupt, corrupt);
	assert_int_equal(checker_found_errors(found), lost + reordered + duplicated + corrupt > 0);
}

static int
new_checker(void **state)
{
	*state = checker_new(CHECKER_NO_RUN);
	return *state == NULL;
}

static int
free_checker(void **state)
{
	checker_free(*state);
	return 0;
}

static void
packets_in_order_are_good(void **state)
{
	ARRIVE(*state, 0, 1, 2, 3);
	expect(*state, 4, 0, 0, 0, 0);
}

static void
missing_ones_are_lost(void **state)
{
	ARRIVE(*state, 0, 1, 4, 5);
	expect(*state, 4, 2, 0, 0, 0);
}

static void
swapped_ones_are_reordered_and_not_lost(void **state)
{
	ARRIVE(*state, 0, 2, 1, 3);
	expect(*state, 3, 0, 1, 0, 0);
}

static void
late_ones_are_reordered_and_not_lost(void **state)
{
	ARRIVE(*state, 0, 1, 3, 4, 5, 6, 2);
	expect(*state, 6, 0, 1, 0, 0);
}

static void
one_that_comes_twice_is_duplicated(void **state)
{
	ARRIVE(*state, 0, 1, 1, 2, 0);
	expect(*state, 3, 0, 0, 2, 0);
}

static void
late_one_that_comes_twice_is_both(void **state)
{
	ARRIVE(*state, 0, 2, 1, 1);
	expect(*state, 2, 0, 1, 1, 0);
}

static void
one_that_is_later_than_anybody_remembers_is_reordered_and_lost(void **state)
{
	uint32_t i;

	ARRIVE(*state, 0);
	for (i = 2; i < CHECKER_WINDOW + 3; i++)
		ARRIVE(*state, i);
	ARRIVE(*state, 1);
	expect(*state, CHECKER_WINDOW + 2, 1, 1, 0, 0);
}

static void
gap_longer_than_the_memory_is_counted_in_full(void **state)
{
	ARRIVE(*state, 0, 1000, 1001, 999);
	expect(*state, 3, 998, 1, 0, 0);
}

static void
flow_of_somebody_else_begins_with_what_is_seen_first(void **state)
{
	ARRIVE(*state, 500, 501);
	expect(*state, 2, 0, 0, 0, 0);
	ARRIVE(*state, 499);
	expect(*state, 2, 0, 1, 0, 0);
}

static void
own_flow_begins_at_zero(void **state __rte_unused)
{
	struct checker *checker = checker_new(RUN);

	assert_non_null(checker);
	ARRIVE(checker, 2, 3);
	expect(checker, 2, 2, 0, 0, 0);
	checker_free(checker);
}

static void
flow_that_begins_anew_begins_at_zero(void **state)
{
	struct packet packet;

	ARRIVE(*state, 500, 501);
	make(&packet, RUN + 1, FLOW, 0, 64, 0);
	check(*state, &packet);
	expect(*state, 3, 0, 0, 0, 0);
	make(&packet, RUN + 2, FLOW, 1, 64, 0);
	check(*state, &packet);
	expect(*state, 4, 1, 0, 0, 0);
}

static void
flows_are_counted_apart(void **state)
{
	struct packet packet;
	uint16_t flow;
	uint32_t i;

	for (i = 0; i < 3; i++) {
		for (flow = 0; flow < 5; flow++) {
			make(&packet, RUN, flow * 13107, i, 64, 0);
			check(*state, &packet);
		}
	}
	expect(*state, 15, 0, 0, 0, 0);
}

static void
numbers_wrap(void **state)
{
	ARRIVE(*state, UINT32_MAX - 1, UINT32_MAX, 1, 0, 2);
	expect(*state, 4, 0, 1, 0, 0);
}

static void
what_was_counted_is_forgotten_and_where_flows_are_is_not(void **state)
{
	ARRIVE(*state, 0, 1, 3);
	checker_clear(*state);
	expect(*state, 0, 0, 0, 0, 0);
	ARRIVE(*state, 4, 6);
	expect(*state, 2, 1, 0, 0, 0);
}

/* Turn each bit of the payload in its turn. */
static void
find_each_flipped_bit(struct checker *checker, uint16_t first, uint16_t second)
{
	/* Without its mark a packet is none of ours. */
	const uint32_t begin = STAMP_OFFSET + sizeof(((struct stamp *)0)->magic);
	uint32_t i, n = 0;
	struct packet packet;
	uint8_t *byte;

	for (i = begin; i < (uint32_t)first + second; i++) {
		make(&packet, RUN, FLOW, 0, first, second);
		byte = i < first ? &packet.data[i] : &packet.data[ROOM + i - first];
		*byte ^= 1 << (i % 8);
		check(checker, &packet);
		expect(checker, 0, 0, 0, 0, ++n);
	}
}

static void
flipped_bit_is_found_in_the_smallest_frame(void **state)
{
	find_each_flipped_bit(*state, 64, 0);
}

static void
flipped_bit_is_found_in_a_long_one(void **state)
{
	find_each_flipped_bit(*state, 1514, 0);
}

static void
flipped_bit_is_found_in_any_buffer(void **state)
{
	find_each_flipped_bit(*state, 301, 211);
}

static void
old_content_with_a_new_stamp_is_found(void **state)
{
	struct packet old, packet;

	make(&old, RUN, FLOW, 0, 1000, 0);
	make(&packet, RUN, FLOW, 1, 1000, 0);
	memcpy(packet.data + 512, old.data + 512, 256);
	check(*state, &packet);
	expect(*state, 0, 0, 0, 0, 1);
}

static void
packet_may_arrive_in_other_buffers_than_it_was_made_in(void **state)
{
	struct packet made, arrived;

	make(&made, RUN, FLOW, 0, 600, 0);
	make(&arrived, RUN, FLOW, 0, 300, 300);
	memcpy(arrived.data, made.data, 300);
	memcpy(arrived.data + ROOM, made.data + 300, 300);
	check(*state, &arrived);
	expect(*state, 1, 0, 0, 0, 0);
}

static void
padding_behind_the_payload_is_nothing_to_check(void **state)
{
	struct packet packet;

	make(&packet, RUN, FLOW, 0, 64, 0);
	packet.mbuf.data_len += 10;
	packet.mbuf.pkt_len += 10;
	check(*state, &packet);
	expect(*state, 1, 0, 0, 0, 0);
}

static void
packets_of_others_are_no_errors(void **state)
{
	struct checker *checker = *state;
	struct packet packet;
	struct rte_udp_hdr *udp;

	make(&packet, RUN, FLOW, 0, 64, 0);
	packet.data[STAMP_OFFSET] ^= 1;
	check(checker, &packet);

	make(&packet, RUN, FLOW, 0, 64, 0);
	((struct rte_ether_hdr *)packet.data)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	check(checker, &packet);

	make(&packet, RUN, FLOW, 0, 64, 0);
	packet.mbuf.data_len = packet.mbuf.pkt_len = STAMP_OFFSET;
	check(checker, &packet);

	/* A length that is more than there is. */
	make(&packet, RUN, FLOW, 0, 64, 0);
	udp = (struct rte_udp_hdr *)(packet.data + STAMP_OFFSET - sizeof(*udp));
	udp->dgram_len = RTE_BE16(1000);
	check(checker, &packet);

	assert_int_equal(checker->counters.unstamped, 4);
	expect(checker, 0, 0, 0, 0, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_checker, free_checker)
	const struct CMUnitTest tests[] = {
		TEST(packets_in_order_are_good),
		TEST(missing_ones_are_lost),
		TEST(swapped_ones_are_reordered_and_not_lost),
		TEST(late_ones_are_reordered_and_not_lost),
		TEST(one_that_comes_twice_is_duplicated),
		TEST(late_one_that_comes_twice_is_both),
		TEST(one_that_is_later_than_anybody_remembers_is_reordered_and_lost),
		TEST(gap_longer_than_the_memory_is_counted_in_full),
		TEST(flow_of_somebody_else_begins_with_what_is_seen_first),
		TEST(own_flow_begins_at_zero),
		TEST(flow_that_begins_anew_begins_at_zero),
		TEST(flows_are_counted_apart),
		TEST(numbers_wrap),
		TEST(what_was_counted_is_forgotten_and_where_flows_are_is_not),
		TEST(flipped_bit_is_found_in_the_smallest_frame),
		TEST(flipped_bit_is_found_in_a_long_one),
		TEST(flipped_bit_is_found_in_any_buffer),
		TEST(old_content_with_a_new_stamp_is_found),
		TEST(packet_may_arrive_in_other_buffers_than_it_was_made_in),
		TEST(padding_behind_the_payload_is_nothing_to_check),
		TEST(packets_of_others_are_no_errors),
	};

	return cmocka_run_group_tests_name("checker", tests, NULL, NULL);
}
