/* SPDX-License-Identifier: BSD-3-Clause */

/* Operations to requests and completions to operations, with rings that a test fills. */

#include <stdbool.h>
#include <string.h>

#include "hisi_zip_fixture.h"
#include "hisi_zip_queue.h"

#define DEPTH 64
#define MAX_PENDING 24
#define NUMBER 7
#define OPS 32

/* What the device would be */
static struct ring {
	struct hisi_zip_sqe sq[DEPTH];
	struct rte_bus_iommufd_completion cq[DEPTH];
	uint64_t doorbell;
	uint32_t resets[2];
	struct hisi_zip_slot slots[DEPTH];
	uint16_t tail;	/* of completions */
} rings[HISI_ZIP_DIRECTIONS];

static struct rte_bus_iommufd_device device = { .name = "iommufd:hisi_zip-0" };
static struct hisi_zip_qp qp;
static struct rte_comp_op op_memory[OPS], *ops[OPS], *done[OPS];
static struct hisi_zip_xform compress = {
	.direction = HISI_ZIP_COMPRESS,
	.kind = HISI_ZIP_FORMAT_RAW | HISI_ZIP_KIND_WINDOW(4),
};
static struct hisi_zip_xform decompress = {
	.direction = HISI_ZIP_DECOMPRESS,
	.kind = HISI_ZIP_FORMAT_RAW | HISI_ZIP_KIND_WINDOW(4),
};

static void
open_queue(struct hisi_zip_queue *queue, struct ring *ring, uint16_t number)
{
	*queue = (struct hisi_zip_queue){
		.ring = {
			.sq = ring->sq,
			.cq = ring->cq,
			.doorbell = &ring->doorbell,
			.number = number,
			.depth = DEPTH,
			.resets = rte_bus_iommufd_ring_resets(ring->resets, sizeof(ring->resets)),
		},
		.slots = ring->slots,
		.bus.dev = &device,
	};
	assert_int_equal(rte_bus_iommufd_ring_open(&queue->ring, MAX_PENDING, 0), 0);
}

static int
setup(void **state __rte_unused)
{
	unsigned int i;

	memset(rings, 0, sizeof(rings));
	memset(&qp, 0, sizeof(qp));
	qp.virtual_addresses = true;
	for (i = 0; i < HISI_ZIP_DIRECTIONS; i++)
		open_queue(&qp.queues[i], &rings[i], NUMBER + i);
	for (i = 0; i < OPS; i++) {
		ops[i] = &op_memory[i];
		*ops[i] = (struct rte_comp_op){
			.private_xform = &compress,
			.m_src = fixture_chain(1),
			.m_dst = fixture_chain(1),
			.src.length = FIXTURE_SEGMENT,
			.flush_flag = RTE_COMP_FLUSH_FINAL,
			.status = RTE_COMP_OP_STATUS_NOT_PROCESSED,
		};
	}
	return hisi_zip_sgls_open(&qp.sgls, 8, 0);
}

static int
teardown(void **state __rte_unused)
{
	unsigned int i;

	hisi_zip_sgls_close(&qp.sgls);
	for (i = 0; i < HISI_ZIP_DIRECTIONS; i++)
		rte_bus_iommufd_ring_close(&qp.queues[i].ring);
	for (i = 0; i < OPS; i++) {
		fixture_free(op_memory[i].m_src);
		fixture_free(op_memory[i].m_dst);
	}
	return 0;
}

static uint16_t
enqueue(uint16_t n)
{
	return hisi_zip_enqueue_burst(&qp, ops, n);
}

static uint16_t
dequeue(uint16_t n)
{
	return hisi_zip_dequeue_burst(&qp, done, n);
}

/* The device says in its first lap that what is at a place is done, true or not. */
static void
say_complete(struct ring *ring, uint16_t place)
{
	ring->cq[ring->tail].place = place;
	ring->cq[ring->tail++].phase = 1;
}

static void
complete(struct ring *ring, uint16_t place, uint32_t status, uint32_t consumed, uint32_t produced)
{
	ring->sq[place].status = status;
	ring->sq[place].consumed = consumed;
	ring->sq[place].produced = produced;
	say_complete(ring, place);
}

static unsigned int
free_blocks(void)
{
	unsigned int n = 0;
	uint16_t block;

	for (block = qp.sgls.free; block != HISI_ZIP_SGL_NONE; block = qp.sgls.next[block])
		n++;
	return n;
}

static void
test_a_request_names_the_buffers_of_the_mbufs(void **state __rte_unused)
{
	const struct hisi_zip_sqe *sqe = rings[HISI_ZIP_COMPRESS].sq;

	ops[0]->src.offset = 10;
	ops[0]->src.length = 500;
	ops[0]->dst.offset = 24;
	assert_int_equal(enqueue(1), 1);
	assert_ptr_equal(sqe->source, rte_pktmbuf_mtod_offset(ops[0]->m_src, char *, 10));
	assert_ptr_equal(sqe->destination, rte_pktmbuf_mtod_offset(ops[0]->m_dst, char *, 24));
	assert_int_equal(sqe->input_length, 500);
	assert_int_equal(sqe->room, FIXTURE_SEGMENT - 24);
	assert_int_equal(sqe->mode, 3u << 28);
	assert_int_equal(sqe->kind, 1 | 4 << 12);
	assert_int_equal(rings[HISI_ZIP_COMPRESS].doorbell, NUMBER | UINT64_C(1) << 32);
}

static void
test_addresses_are_iovas_unless_the_process_has_its_own_tables(void **state __rte_unused)
{
	qp.virtual_addresses = false;
	rte_mbuf_iova_set(ops[0]->m_src, 0x700000);
	assert_int_equal(enqueue(1), 1);
	assert_int_equal(rings[HISI_ZIP_COMPRESS].sq[0].source,
		0x700000 + ops[0]->m_src->data_off);
}

static void
test_each_direction_has_its_queue(void **state __rte_unused)
{
	ops[1]->private_xform = &decompress;
	assert_int_equal(enqueue(3), 3);
	assert_int_equal(rings[HISI_ZIP_COMPRESS].doorbell, NUMBER | UINT64_C(2) << 32);
	assert_int_equal(rings[HISI_ZIP_DECOMPRESS].doorbell, (NUMBER + 1) | UINT64_C(1) << 32);
	assert_ptr_equal(rings[HISI_ZIP_DECOMPRESS].sq[0].source,
		rte_pktmbuf_mtod(ops[1]->m_src, char *));
	complete(&rings[HISI_ZIP_DECOMPRESS], 0, 0, 1, 1);
	complete(&rings[HISI_ZIP_COMPRESS], 0, 0, 1, 1);
	assert_int_equal(dequeue(OPS), 2);
	complete(&rings[HISI_ZIP_COMPRESS], 1, 0, 1, 1);
	assert_int_equal(dequeue(OPS), 1);
	assert_ptr_equal(done[0], ops[2]);
	assert_int_equal(qp.stats.dequeued_count, 3);
}

static void
test_chains_go_as_lists_on_both_ends(void **state __rte_unused)
{
	const struct hisi_zip_sqe *sqe = rings[HISI_ZIP_COMPRESS].sq;
	const struct hisi_zip_sgl_block *block;
	const unsigned int before = free_blocks();

	fixture_free(ops[0]->m_src);
	ops[0]->m_src = fixture_chain(3);
	ops[0]->src.offset = FIXTURE_SEGMENT + 1;
	ops[0]->src.length = FIXTURE_SEGMENT;
	assert_int_equal(enqueue(1), 1);
	assert_int_equal(sqe->kind, 1 | 1 << 8 | 4 << 12);
	block = (const void *)(uintptr_t)sqe->source;
	assert_int_equal(block->entries_used, 2);
	assert_ptr_equal(block->entries[0].address,
		rte_pktmbuf_mtod_offset(ops[0]->m_src->next, char *, 1));
	block = (const void *)(uintptr_t)sqe->destination;
	assert_int_equal(block->entries_used, 1);
	assert_int_equal(free_blocks(), before - 2);
	complete(&rings[HISI_ZIP_COMPRESS], 0, 0, FIXTURE_SEGMENT, 9);
	assert_int_equal(dequeue(1), 1);
	assert_int_equal(free_blocks(), before);
}

static void
test_one_end_that_is_a_chain_makes_lists_of_both(void **state __rte_unused)
{
	const struct hisi_zip_sqe *sqe = rings[HISI_ZIP_COMPRESS].sq;
	const struct hisi_zip_sgl_block *block;

	fixture_free(ops[0]->m_dst);
	ops[0]->m_dst = fixture_chain(2);
	assert_int_equal(enqueue(1), 1);
	assert_int_equal(sqe->kind, 1 | 1 << 8 | 4 << 12);
	assert_int_equal(sqe->room, 2 * FIXTURE_SEGMENT);
	block = (const void *)(uintptr_t)sqe->source;
	assert_int_equal(block->entries_used, 1);
	block = (const void *)(uintptr_t)sqe->destination;
	assert_int_equal(block->entries_used, 2);
}

static void
test_what_is_within_one_segment_of_a_chain_is_flat(void **state __rte_unused)
{
	fixture_free(ops[0]->m_src);
	ops[0]->m_src = fixture_chain(3);
	ops[0]->src.offset = FIXTURE_SEGMENT;
	assert_int_equal(enqueue(1), 1);
	assert_ptr_equal(rings[HISI_ZIP_COMPRESS].sq[0].source,
		rte_pktmbuf_mtod(ops[0]->m_src->next, char *));
}

static void
assert_invalid(void)
{
	assert_int_equal(enqueue(1), 0);
	assert_int_equal(ops[0]->status, RTE_COMP_OP_STATUS_INVALID_ARGS);
	assert_int_equal(qp.stats.enqueue_err_count, 1);
	assert_int_equal(rings[HISI_ZIP_COMPRESS].doorbell, 0);
	qp.stats.enqueue_err_count = 0;
	ops[0]->status = RTE_COMP_OP_STATUS_NOT_PROCESSED;
}

static void
test_what_the_hardware_can_not_do_is_given_back(void **state __rte_unused)
{
	struct rte_mbuf *destination = ops[0]->m_dst;

	ops[0]->src.length = 0;
	assert_invalid();
	ops[0]->src.length = FIXTURE_SEGMENT + 1;
	assert_invalid();
	ops[0]->src.length = FIXTURE_SEGMENT;
	ops[0]->src.offset = 1;
	assert_invalid();
	ops[0]->src.offset = UINT32_MAX;
	assert_invalid();
	ops[0]->src.offset = 0;
	ops[0]->dst.offset = FIXTURE_SEGMENT;
	assert_invalid();
	ops[0]->dst.offset = 0;
	ops[0]->m_dst = NULL;
	assert_invalid();
	ops[0]->m_dst = destination;
	ops[0]->op_type = RTE_COMP_OP_STATEFUL;
	assert_invalid();
	ops[0]->op_type = RTE_COMP_OP_STATELESS;
	ops[0]->flush_flag = RTE_COMP_FLUSH_FULL;
	assert_invalid();
	ops[0]->flush_flag = RTE_COMP_FLUSH_FINAL;
	ops[0]->private_xform = NULL;
	assert_invalid();
	ops[0]->private_xform = &compress;
	/* A chain that says it has more than it has */
	ops[0]->m_src->pkt_len = 9 * FIXTURE_SEGMENT;
	ops[0]->src.length = 9 * FIXTURE_SEGMENT;
	assert_invalid();
	ops[0]->src.length = HISI_ZIP_MAX_LENGTH + 1;
	ops[0]->m_src->pkt_len = HISI_ZIP_MAX_LENGTH + 1;
	assert_invalid();
}

static void
test_what_comes_before_an_invalid_one_is_done(void **state __rte_unused)
{
	ops[2]->src.length = 0;
	assert_int_equal(enqueue(4), 2);
	assert_int_equal(ops[3]->status, RTE_COMP_OP_STATUS_NOT_PROCESSED);
	assert_int_equal(qp.stats.enqueued_count, 2);
	assert_int_equal(rings[HISI_ZIP_COMPRESS].doorbell >> 32, 2);
}

static void
test_no_more_is_taken_than_was_agreed(void **state __rte_unused)
{
	assert_int_equal(enqueue(OPS), MAX_PENDING);
	assert_int_equal(qp.stats.enqueue_err_count, 0);
	ops[0] = ops[MAX_PENDING];
	assert_int_equal(enqueue(1), 0);
	complete(&rings[HISI_ZIP_COMPRESS], 0, 0, 1, 1);
	assert_int_equal(dequeue(1), 1);
	assert_int_equal(enqueue(1), 1);
}

static void
test_lists_that_have_to_wait_and_lists_that_never_fit(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		fixture_free(ops[i]->m_src);
		ops[i]->m_src = fixture_chain(2);
		ops[i]->src.length = 2 * FIXTURE_SEGMENT;
	}
	assert_int_equal(enqueue(6), 4);
	assert_int_equal(ops[4]->status, RTE_COMP_OP_STATUS_NOT_PROCESSED);
	for (i = 0; i < 4; i++)
		complete(&rings[HISI_ZIP_COMPRESS], i, 0, 1, 1);
	assert_int_equal(dequeue(OPS), 4);
	assert_int_equal(hisi_zip_enqueue_burst(&qp, &ops[4], 2), 2);
	for (i = 4; i < 6; i++)
		complete(&rings[HISI_ZIP_COMPRESS], i, 0, 1, 1);
	assert_int_equal(dequeue(OPS), 2);

	fixture_free(ops[0]->m_src);
	ops[0]->m_src = fixture_chain(8 * HISI_ZIP_SGL_ENTRIES);
	ops[0]->src.length = 8 * HISI_ZIP_SGL_ENTRIES * FIXTURE_SEGMENT;
	rings[HISI_ZIP_COMPRESS].doorbell = 0;
	assert_invalid();
}

static void
assert_status(uint32_t hardware, enum rte_comp_op_status expected)
{
	const uint16_t place = qp.queues[HISI_ZIP_COMPRESS].ring.tail;

	assert_int_equal(enqueue(1), 1);
	complete(&rings[HISI_ZIP_COMPRESS], place, hardware, 100, 60);
	assert_int_equal(dequeue(1), 1);
	assert_ptr_equal(done[0], ops[0]);
	assert_int_equal(done[0]->status, expected);
	assert_int_equal(done[0]->consumed, expected == RTE_COMP_OP_STATUS_SUCCESS ? 100 : 0);
	assert_int_equal(done[0]->produced, expected == RTE_COMP_OP_STATUS_SUCCESS ? 60 : 0);
}

static void
test_each_status_of_the_hardware_is_one_of_compressdev(void **state __rte_unused)
{
	assert_status(0x00, RTE_COMP_OP_STATUS_SUCCESS);
	assert_status(0xabcd0d, RTE_COMP_OP_STATUS_SUCCESS);
	assert_int_equal(qp.stats.dequeue_err_count, 0);
	assert_status(0x0e, RTE_COMP_OP_STATUS_OUT_OF_SPACE_TERMINATED);
	assert_status(0x10, RTE_COMP_OP_STATUS_ERROR);
	assert_status(0x01, RTE_COMP_OP_STATUS_ERROR);
	assert_status(0x0a, RTE_COMP_OP_STATUS_ERROR);
	assert_status(0xff, RTE_COMP_OP_STATUS_ERROR);
	assert_int_equal(qp.stats.dequeue_err_count, 5);
	assert_int_equal(qp.stats.dequeued_count, 7);
}

static void
test_results_that_can_not_be_true_are_an_error(void **state __rte_unused)
{
	assert_int_equal(enqueue(2), 2);
	complete(&rings[HISI_ZIP_COMPRESS], 0, 0, FIXTURE_SEGMENT, FIXTURE_SEGMENT + 1);
	complete(&rings[HISI_ZIP_COMPRESS], 1, 0, FIXTURE_SEGMENT + 1, FIXTURE_SEGMENT);
	assert_int_equal(dequeue(2), 2);
	assert_int_equal(done[0]->status, RTE_COMP_OP_STATUS_ERROR);
	assert_int_equal(done[0]->produced, 0);
	assert_int_equal(done[1]->status, RTE_COMP_OP_STATUS_ERROR);
	assert_int_equal(done[1]->consumed, 0);
}

static void
test_completions_of_nothing_are_passed_over(void **state __rte_unused)
{
	assert_int_equal(enqueue(2), 2);
	say_complete(&rings[HISI_ZIP_COMPRESS], DEPTH);
	say_complete(&rings[HISI_ZIP_COMPRESS], UINT16_MAX);
	say_complete(&rings[HISI_ZIP_COMPRESS], 5);
	complete(&rings[HISI_ZIP_COMPRESS], 1, 0, 1, 1);
	say_complete(&rings[HISI_ZIP_COMPRESS], 1);
	complete(&rings[HISI_ZIP_COMPRESS], 0, 0, 1, 1);
	assert_int_equal(dequeue(OPS), 2);
	assert_ptr_equal(done[0], ops[1]);
	assert_ptr_equal(done[1], ops[0]);
	assert_int_equal(qp.queues[HISI_ZIP_COMPRESS].ring.n_of_nothing, 4);
}

static void
test_what_a_reset_device_never_completes_is_an_error(void **state __rte_unused)
{
	struct ring *ring = &rings[HISI_ZIP_COMPRESS];
	const unsigned int before = free_blocks();

	fixture_free(ops[1]->m_src);
	ops[1]->m_src = fixture_chain(2);
	ops[1]->src.length = 2 * FIXTURE_SEGMENT;
	ops[2]->private_xform = &decompress;
	assert_int_equal(enqueue(4), 4);
	ring->resets[RTE_BUS_IOMMUFD_RESET_SQ] = 1;
	ring->doorbell = 0;
	assert_int_equal(hisi_zip_enqueue_burst(&qp, &ops[4], 1), 1);
	assert_int_equal(ring->doorbell, 0);
	assert_int_equal(dequeue(OPS), 0);

	ring->resets[RTE_BUS_IOMMUFD_RESET_CQ] = 1;
	complete(ring, 2, 0, 1, 1);
	assert_int_equal(dequeue(OPS), 1);
	assert_ptr_equal(done[0], ops[3]);
	assert_int_equal(done[0]->status, RTE_COMP_OP_STATUS_SUCCESS);
	assert_int_equal(dequeue(1), 1);
	assert_ptr_equal(done[0], ops[0]);
	assert_int_equal(dequeue(OPS), 2);
	assert_ptr_equal(done[0], ops[1]);
	assert_ptr_equal(done[1], ops[4]);
	assert_int_equal(done[1]->status, RTE_COMP_OP_STATUS_ERROR);
	assert_int_equal(free_blocks(), before);
	assert_int_equal(qp.stats.dequeue_err_count, 3);
	/* The other direction's queue was not stopped yet */
	assert_int_equal(rte_bus_iommufd_ring_pending(&qp.queues[HISI_ZIP_DECOMPRESS].ring), 1);
	assert_true(qp.told_of_reset);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_request_names_the_buffers_of_the_mbufs),
		TEST(test_addresses_are_iovas_unless_the_process_has_its_own_tables),
		TEST(test_each_direction_has_its_queue),
		TEST(test_chains_go_as_lists_on_both_ends),
		TEST(test_one_end_that_is_a_chain_makes_lists_of_both),
		TEST(test_what_is_within_one_segment_of_a_chain_is_flat),
		TEST(test_what_the_hardware_can_not_do_is_given_back),
		TEST(test_what_comes_before_an_invalid_one_is_done),
		TEST(test_no_more_is_taken_than_was_agreed),
		TEST(test_lists_that_have_to_wait_and_lists_that_never_fit),
		TEST(test_each_status_of_the_hardware_is_one_of_compressdev),
		TEST(test_results_that_can_not_be_true_are_an_error),
		TEST(test_completions_of_nothing_are_passed_over),
		TEST(test_what_a_reset_device_never_completes_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
