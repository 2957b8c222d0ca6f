/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "misbehaviour.h"

static void
nothing_is_armed_at_first(void **state)
{
	struct misbehaviour misbehaviour = { 0 };

	(void)state;
	for (int kind = 0; kind < MISBEHAVE_KINDS; kind++)
		assert_false(misbehaviour_take(&misbehaviour, kind));
}

static void
every_kind_is_armed_by_its_name_alone(void **state)
{
	(void)state;
	for (int kind = 0; kind < MISBEHAVE_KINDS; kind++) {
		struct misbehaviour misbehaviour = { 0 };

		assert_int_equal(misbehaviour_arm(&misbehaviour, misbehaviour_name(kind), 2), 0);
		for (int other = 0; other < MISBEHAVE_KINDS; other++)
			assert_int_equal(misbehaviour_take(&misbehaviour, other), other == kind);
		assert_true(misbehaviour_take(&misbehaviour, kind));
		assert_false(misbehaviour_take(&misbehaviour, kind));
	}
}

static void
arming_with_zero_disarms(void **state)
{
	struct misbehaviour misbehaviour = { 0 };

	(void)state;
	assert_int_equal(misbehaviour_arm(&misbehaviour, "silence", 7), 0);
	assert_int_equal(misbehaviour_arm(&misbehaviour, "silence", 0), 0);
	assert_false(misbehaviour_take(&misbehaviour, MISBEHAVE_SILENCE));
}

static void
an_unknown_kind_is_refused(void **state)
{
	struct misbehaviour misbehaviour = { 0 };

	(void)state;
	assert_int_equal(misbehaviour_arm(&misbehaviour, "silent", 1), -EINVAL);
	assert_int_equal(misbehaviour_arm(&misbehaviour, "", 1), -EINVAL);
	nothing_is_armed_at_first(state);
}

#define TAKERS 4
#define ARMED 1000000

struct takers {
	struct misbehaviour misbehaviour;
	pthread_barrier_t start;
};

static void *
take_all(void *argument)
{
	struct takers *takers = argument;
	uintptr_t taken = 0;

	pthread_barrier_wait(&takers->start);
	while (misbehaviour_take(&takers->misbehaviour, MISBEHAVE_PHASE))
		taken++;
	return (void *)taken;
}

static void
threads_take_no_more_than_is_armed(void **state)
{
	struct takers takers = { 0 };
	pthread_t threads[TAKERS];
	uintptr_t sum = 0;

	(void)state;
	assert_int_equal(pthread_barrier_init(&takers.start, NULL, TAKERS), 0);
	assert_int_equal(misbehaviour_arm(&takers.misbehaviour, "phase", ARMED), 0);
	for (int i = 0; i < TAKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers), 0);
	for (int i = 0; i < TAKERS; i++) {
		void *taken;

		assert_int_equal(pthread_join(threads[i], &taken), 0);
		sum += (uintptr_t)taken;
	}
	assert_int_equal(sum, ARMED);
	pthread_barrier_destroy(&takers.start);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_armed_at_first),
		cmocka_unit_test(every_kind_is_armed_by_its_name_alone),
		cmocka_unit_test(arming_with_zero_disarms),
		cmocka_unit_test(an_unknown_kind_is_refused),
		cmocka_unit_test(threads_take_no_more_than_is_armed),
	};

	return cmocka_run_group_tests_name("misbehaviour", tests, NULL, NULL);
}
