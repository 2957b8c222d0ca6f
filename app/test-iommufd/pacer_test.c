/* SPDX-License-Identifier: BSD-3-Clause */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "pacer.h"

#define BURST 32
#define HZ UINT64_C(1000000000)
#define START UINT64_C(123456789012345)
#define MANY 100000

/* Send as much as is allowed, as a stream does; how many. */
static uint64_t
send(struct pacer *pacer, uint64_t now)
{
	uint16_t n = pacer_allows(pacer, now, BURST);

	pacer_spend(pacer, n);
	return n;
}

/* Whoever asks at whatever times gets no more than this, and no less if he asks often enough. */
static void
assert_bounded(uint64_t rate, uint64_t cycles, uint64_t longest_pause)
{
	uint64_t now = START, sent = 0;
	struct pacer pacer;
	unsigned int i;

	pacer_begin(&pacer, rate, cycles, BURST, now);
	for (i = 0; i < MANY; i++) {
		sent += send(&pacer, now);
		assert_true(sent <= (double)(now - START) * rate / cycles + BURST);
		now += rand() % longest_pause;
	}
	if (longest_pause < cycles * BURST / rate / 4)
		assert_true(sent + BURST + 1 >= (double)(now - START) * rate / cycles);
}

static void
never_more_than_rate_times_time_and_a_burst(void **state __rte_unused)
{
	static const uint64_t rates[] = { 1, 7, 1000, 333333, 14880952, UINT32_MAX };
	unsigned int i;

	for (i = 0; i < RTE_DIM(rates); i++) {
		assert_bounded(rates[i], HZ, 50);
		assert_bounded(rates[i], HZ, HZ / 1000);
		assert_bounded(rates[i], HZ, 3 * HZ);
		/* Of several streams each has its part. */
		assert_bounded(rates[i], 1024 * HZ, HZ / 1000);
	}
}

static void
a_pause_is_made_up_for_by_a_burst_only(void **state __rte_unused)
{
	struct pacer pacer;

	pacer_begin(&pacer, 1000, HZ, BURST, START);
	assert_int_equal(send(&pacer, START), BURST);
	assert_int_equal(send(&pacer, START), 0);
	assert_int_equal(send(&pacer, START + 1000 * HZ), BURST);
	assert_int_equal(send(&pacer, START + 1000 * HZ), 0);
	assert_int_equal(send(&pacer, START + 1000 * HZ + HZ / 1000), 1);

	/* A pause in which a burst would have been sent, before which none was. */
	pacer_begin(&pacer, 1000, HZ, BURST, START);
	assert_int_equal(send(&pacer, START + BURST * HZ / 1000), BURST);
	assert_int_equal(send(&pacer, START + BURST * HZ / 1000), 0);
}

static void
what_was_not_sent_may_be_sent_later(void **state __rte_unused)
{
	struct pacer pacer;

	pacer_begin(&pacer, 1000, HZ, BURST, START);
	assert_int_equal(pacer_allows(&pacer, START, 5), 5);
	pacer_spend(&pacer, 2);
	assert_int_equal(pacer_allows(&pacer, START, BURST), BURST - 2);
}

static void
rate_0_is_no_bound(void **state __rte_unused)
{
	struct pacer pacer;
	unsigned int i;

	pacer_begin(&pacer, 0, HZ, BURST, START);
	for (i = 0; i < MANY; i++)
		assert_int_equal(send(&pacer, START), BURST);
}

/* By the clock that is used when packets are sent. */
static void
the_tsc_is_followed(void **state __rte_unused)
{
	const uint64_t hz = UINT64_C(1) << 31, start = rte_rdtsc();
	uint64_t now = start, sent = 0;
	struct pacer pacer;

	pacer_begin(&pacer, 1000000, hz, BURST, start);
	while (sent < 10 * BURST) {
		now = rte_rdtsc();
		sent += send(&pacer, now);
		assert_true(sent <= (double)(now - start) * 1000000 / hz + BURST);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_more_than_rate_times_time_and_a_burst),
		cmocka_unit_test(a_pause_is_made_up_for_by_a_burst_only),
		cmocka_unit_test(what_was_not_sent_may_be_sent_later),
		cmocka_unit_test(rate_0_is_no_bound),
		cmocka_unit_test(the_tsc_is_followed),
	};

	return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
