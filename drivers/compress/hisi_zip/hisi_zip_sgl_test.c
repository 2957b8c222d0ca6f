/* SPDX-License-Identifier: BSD-3-Clause */

/* Scatter-gather lists, as the hardware will read them. */

#include "hisi_zip_fixture.h"
#include "hisi_zip_sgl.h"

#define BLOCKS 4

static struct hisi_zip_sgls sgls;

static int
setup(void **state __rte_unused)
{
	return hisi_zip_sgls_open(&sgls, BLOCKS, 0);
}

static int
teardown(void **state __rte_unused)
{
	hisi_zip_sgls_close(&sgls);
	return 0;
}

static unsigned int
free_blocks(void)
{
	unsigned int n = 0;
	uint16_t block;

	for (block = sgls.free; block != HISI_ZIP_SGL_NONE; block = sgls.next[block])
		n++;
	return n;
}

static const struct hisi_zip_sgl_block *
block_at(uint64_t address)
{
	assert_int_equal(address % HISI_ZIP_SGL_ALIGNMENT, 0);
	return (const void *)(uintptr_t)address;
}

static void
test_entries_are_the_segments(void **state __rte_unused)
{
	struct rte_mbuf *chain = fixture_chain(3);
	const struct hisi_zip_span span = { chain, 100, 2 * FIXTURE_SEGMENT };
	const struct hisi_zip_sgl_block *block;
	uint16_t list;

	list = hisi_zip_sgl_make(&sgls, &span, true);
	block = block_at(hisi_zip_sgl_address(&sgls, list));
	assert_int_equal(block->next, 0);
	assert_int_equal(block->entries_used, 3);
	assert_int_equal(block->entries_room, HISI_ZIP_SGL_ENTRIES);
	assert_int_equal(block->entries_in_list, 3);
	assert_ptr_equal(block->entries[0].address, rte_pktmbuf_mtod_offset(chain, char *, 100));
	assert_int_equal(block->entries[0].length, FIXTURE_SEGMENT - 100);
	assert_ptr_equal(block->entries[1].address, rte_pktmbuf_mtod(chain->next, char *));
	assert_int_equal(block->entries[1].length, FIXTURE_SEGMENT);
	assert_ptr_equal(block->entries[2].address, rte_pktmbuf_mtod(chain->next->next, char *));
	assert_int_equal(block->entries[2].length, 100);
	fixture_free(chain);
}

static void
test_addresses_are_iovas_unless_the_process_has_its_own_tables(void **state __rte_unused)
{
	struct rte_mbuf *chain = fixture_chain(2);
	const struct hisi_zip_span span = { chain, 0, 2 * FIXTURE_SEGMENT };
	const struct hisi_zip_sgl_block *block;

	rte_mbuf_iova_set(chain, 0x700000);
	block = block_at(hisi_zip_sgl_address(&sgls, hisi_zip_sgl_make(&sgls, &span, false)));
	assert_int_equal(block->entries[0].address, 0x700000 + chain->data_off);
	block = block_at(hisi_zip_sgl_address(&sgls, hisi_zip_sgl_make(&sgls, &span, true)));
	assert_ptr_equal(block->entries[0].address, rte_pktmbuf_mtod(chain, char *));
	fixture_free(chain);
}

static void
test_empty_segments_are_left_out(void **state __rte_unused)
{
	struct rte_mbuf *chain = fixture_chain(3);
	const struct hisi_zip_span span = { chain, 0, 2 * FIXTURE_SEGMENT };
	const struct hisi_zip_sgl_block *block;

	chain->next->data_len = 0;
	block = block_at(hisi_zip_sgl_address(&sgls, hisi_zip_sgl_make(&sgls, &span, true)));
	assert_int_equal(block->entries_used, 2);
	assert_ptr_equal(block->entries[1].address, rte_pktmbuf_mtod(chain->next->next, char *));
	fixture_free(chain);
}

static void
test_long_lists_are_chains_of_blocks(void **state __rte_unused)
{
	const unsigned int n = 2 * HISI_ZIP_SGL_ENTRIES + 1;
	struct rte_mbuf *chain = fixture_chain(n);
	const struct hisi_zip_span span = { chain, 0, n * FIXTURE_SEGMENT };
	const struct hisi_zip_sgl_block *block;
	uint16_t list;

	list = hisi_zip_sgl_make(&sgls, &span, true);
	block = block_at(hisi_zip_sgl_address(&sgls, list));
	assert_int_equal(block->entries_in_list, n);
	assert_int_equal(block->entries_used, HISI_ZIP_SGL_ENTRIES);
	block = block_at(block->next);
	assert_int_equal(block->entries_used, HISI_ZIP_SGL_ENTRIES);
	block = block_at(block->next);
	assert_int_equal(block->entries_used, 1);
	assert_int_equal(block->next, 0);
	assert_int_equal(free_blocks(), BLOCKS - 3);
	hisi_zip_sgl_free(&sgls, list);
	assert_int_equal(free_blocks(), BLOCKS);
	fixture_free(chain);
}

static void
test_full_blocks_take_no_further_one(void **state __rte_unused)
{
	struct rte_mbuf *chain = fixture_chain(HISI_ZIP_SGL_ENTRIES);
	const struct hisi_zip_span span = { chain, 0, HISI_ZIP_SGL_ENTRIES * FIXTURE_SEGMENT };
	uint16_t list;

	list = hisi_zip_sgl_make(&sgls, &span, true);
	assert_int_equal(free_blocks(), BLOCKS - 1);
	assert_int_equal(block_at(hisi_zip_sgl_address(&sgls, list))->next, 0);
	fixture_free(chain);
}

static void
test_a_list_that_has_no_room_takes_nothing(void **state __rte_unused)
{
	const unsigned int n = BLOCKS * HISI_ZIP_SGL_ENTRIES + 1;
	struct rte_mbuf *chain = fixture_chain(n);
	struct hisi_zip_span span = { chain, 0, n * FIXTURE_SEGMENT };

	assert_int_equal(hisi_zip_sgl_make(&sgls, &span, true), HISI_ZIP_SGL_NONE);
	assert_int_equal(free_blocks(), BLOCKS);
	span.length--;
	span.length -= FIXTURE_SEGMENT;
	assert_int_not_equal(hisi_zip_sgl_make(&sgls, &span, true), HISI_ZIP_SGL_NONE);
	assert_int_equal(free_blocks(), 0);
	assert_int_equal(hisi_zip_sgl_make(&sgls, &span, true), HISI_ZIP_SGL_NONE);
	fixture_free(chain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entries_are_the_segments),
		TEST(test_addresses_are_iovas_unless_the_process_has_its_own_tables),
		TEST(test_empty_segments_are_left_out),
		TEST(test_long_lists_are_chains_of_blocks),
		TEST(test_full_blocks_take_no_further_one),
		TEST(test_a_list_that_has_no_room_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
