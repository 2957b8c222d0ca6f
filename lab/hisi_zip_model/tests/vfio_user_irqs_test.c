/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts: how the client gives and takes eventfds, and how they are raised. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/vfio.h>

#include "vfio_user_fixture.h"

#define MSI VFIO_PCI_MSI_IRQ_INDEX
#define EVENTFDS (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define BOOL (VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER)

static int
make_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_true(fd >= 0);
	return fd;
}

/* How often a vector was raised since it was asked last */
static uint64_t
raised(int fd)
{
	uint64_t count = 0;

	if (read(fd, &count, sizeof(count)) < 0)
		assert_int_equal(errno, EAGAIN);
	return count;
}

static int
set_irqs(struct fixture *fixture, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
		const int *fds, unsigned int fd_count)
{
	const struct vfio_user_irq_set set = {
		.argsz = sizeof(set), .flags = flags, .index = index, .start = start,
		.count = count,
	};

	return ask_with_fds(fixture, VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set), fds, fd_count,
			NO_BODY, 0);
}

static void
only_msi_has_vectors(void **state)
{
	for (uint32_t index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		struct vfio_user_irq_info info = { .argsz = sizeof(info), .index = index };

		assert_int_equal(ask(*state, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info),
				&info, sizeof(info)), 0);
		assert_int_equal(info.argsz, 16);
		assert_int_equal(info.index, index);
		assert_int_equal(info.count, index == MSI ? VECTORS : 0);
		assert_int_equal(info.flags, index == MSI ? VFIO_IRQ_INFO_EVENTFD : 0);
	}
}

static void
an_index_that_vfio_doesnt_have_is_refused(void **state)
{
	struct vfio_user_irq_info info = { .argsz = sizeof(info), .index = VFIO_PCI_NUM_IRQS };

	assert_int_equal(ask(*state, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info), NULL, 0),
			EINVAL);
	assert_int_equal(set_irqs(*state, NONE, VFIO_PCI_NUM_IRQS, 0, 0, NULL, 0), EINVAL);
	assert_int_equal(set_irqs(*state, NONE, UINT32_MAX, 0, 0, NULL, 0), EINVAL);
}

/* As QEMU does when the guest turns MSI on with two vectors */
static void
set_two(struct fixture *fixture, int fds[2])
{
	fds[0] = make_eventfd();
	fds[1] = make_eventfd();
	assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 0, 2, fds, 2), 0);
}

static void
close_two(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void
a_vector_raises_its_own_eventfd(void **state)
{
	struct fixture *fixture = *state;
	int fds[2];

	set_two(fixture, fds);
	vfio_user_interrupt(fixture->server, 1);
	vfio_user_interrupt(fixture->server, 1);
	assert_int_equal(raised(fds[0]), 0);
	assert_int_equal(raised(fds[1]), 2);
	vfio_user_interrupt(fixture->server, 0);
	assert_int_equal(raised(fds[0]), 1);
	close_two(fds);
}

static void
a_vector_without_an_eventfd_does_nothing(void **state)
{
	struct fixture *fixture = *state;
	int fds[2];

	vfio_user_interrupt(fixture->server, 0);
	set_two(fixture, fds);
	vfio_user_interrupt(fixture->server, 2);
	vfio_user_interrupt(fixture->server, VECTORS);
	vfio_user_interrupt(fixture->server, UINT32_MAX);
	assert_int_equal(raised(fds[0]), 0);
	assert_int_equal(raised(fds[1]), 0);
	close_two(fds);
}

static void
teardown_takes_all_eventfds(void **state)
{
	struct fixture *fixture = *state;
	int fds[2];

	set_two(fixture, fds);
	assert_int_equal(set_irqs(fixture, NONE, MSI, 0, 0, NULL, 0), 0);
	vfio_user_interrupt(fixture->server, 0);
	vfio_user_interrupt(fixture->server, 1);
	assert_int_equal(raised(fds[0]), 0);
	assert_int_equal(raised(fds[1]), 0);
	close_two(fds);
}

static void
teardown_of_kinds_without_vectors_is_accepted(void **state)
{
	assert_int_equal(set_irqs(*state, NONE, VFIO_PCI_INTX_IRQ_INDEX, 0, 0, NULL, 0), 0);
	assert_int_equal(set_irqs(*state, NONE, VFIO_PCI_MSIX_IRQ_INDEX, 0, 0, NULL, 0), 0);
}

static void
new_eventfds_replace_the_old_ones(void **state)
{
	struct fixture *fixture = *state;
	int first[2], second[2];

	set_two(fixture, first);
	set_two(fixture, second);
	vfio_user_interrupt(fixture->server, 0);
	assert_int_equal(raised(first[0]), 0);
	assert_int_equal(raised(second[0]), 1);
	close_two(first);
	close_two(second);
}

static void
eventfds_that_are_replaced_or_taken_are_closed(void **state)
{
	struct fixture *fixture = *state;
	unsigned int before = open_descriptors();
	int fds[2];

	for (int i = 0; i < 3; i++) {
		set_two(fixture, fds);
		close_two(fds);
	}
	assert_int_equal(open_descriptors(), before + 2);
	assert_int_equal(set_irqs(fixture, NONE, MSI, 0, 0, NULL, 0), 0);
	assert_int_equal(open_descriptors(), before);
}

static void
one_eventfd_is_replaced_alone(void **state)
{
	struct fixture *fixture = *state;
	int other = make_eventfd();
	int fds[2];

	set_two(fixture, fds);
	assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 1, 1, &other, 1), 0);
	vfio_user_interrupt(fixture->server, 0);
	vfio_user_interrupt(fixture->server, 1);
	assert_int_equal(raised(fds[0]), 1);
	assert_int_equal(raised(fds[1]), 0);
	assert_int_equal(raised(other), 1);
	close_two(fds);
	close(other);
}

/* How QEMU says that vectors have an eventfd of -1 */
static void
eventfds_that_didnt_come_are_taken_away(void **state)
{
	struct fixture *fixture = *state;
	int fds[2];

	set_two(fixture, fds);
	assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 0, 1, NULL, 0), 0);
	vfio_user_interrupt(fixture->server, 0);
	vfio_user_interrupt(fixture->server, 1);
	assert_int_equal(raised(fds[0]), 0);
	assert_int_equal(raised(fds[1]), 1);
	close_two(fds);
}

static void
the_client_may_raise_vectors_itself(void **state)
{
	struct fixture *fixture = *state;
	struct {
		struct vfio_user_irq_set set;
		uint8_t chosen[2];
	} some = {
		.set = { .argsz = sizeof(some), .flags = BOOL, .index = MSI, .count = 2 },
		.chosen = { 0, 1 },
	};
	int fds[2];

	set_two(fixture, fds);
	assert_int_equal(set_irqs(fixture, NONE, MSI, 0, 1, NULL, 0), 0);
	assert_int_equal(raised(fds[0]), 1);
	assert_int_equal(raised(fds[1]), 0);
	assert_int_equal(ask(fixture, VFIO_USER_DEVICE_SET_IRQS, &some, sizeof(some.set) + 2,
			NO_BODY, 0), 0);
	assert_int_equal(raised(fds[0]), 0);
	assert_int_equal(raised(fds[1]), 1);
	close_two(fds);
}

static void
what_makes_no_sense_is_refused_and_changes_nothing(void **state)
{
	static const struct {
		uint32_t flags, index, start, count;
		unsigned int fds;
	} bad[] = {
		{ EVENTFDS, MSI, 0, 2, 1 },		/* one too few */
		{ EVENTFDS, MSI, 0, 1, 2 },		/* one too many */
		{ EVENTFDS, MSI, 0, 0, 1 },
		{ EVENTFDS, MSI, 3, 2, 2 },		/* beyond the last vector */
		{ EVENTFDS, MSI, 4, 1, 1 },
		{ EVENTFDS, MSI, UINT32_MAX, 2, 2 },
		{ EVENTFDS, MSI, 1, UINT32_MAX, 0 },
		{ EVENTFDS, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, 1 },
		{ NONE, MSI, 0, 1, 1 },
		{ NONE, MSI, 0, 5, 0 },
		{ BOOL, MSI, 0, 0, 0 },
		{ BOOL, MSI, 0, 2, 0 },			/* without its data */
		{ 0, MSI, 0, 0, 0 },
		{ VFIO_IRQ_SET_ACTION_TRIGGER, MSI, 0, 1, 0 },
		{ EVENTFDS | VFIO_IRQ_SET_DATA_NONE, MSI, 0, 1, 1 },
		{ VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, MSI, 0, 1, 0 },
		{ VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, MSI, 0, 1, 0 },
		{ EVENTFDS | 0x40, MSI, 0, 1, 1 },
	};
	struct fixture *fixture = *state;
	int fds[2], others[2] = { make_eventfd(), make_eventfd() };

	set_two(fixture, fds);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(set_irqs(fixture, bad[i].flags, bad[i].index, bad[i].start,
				bad[i].count, others, bad[i].fds), EINVAL);
	assert_int_equal(raised(fds[0]), 0);
	vfio_user_interrupt(fixture->server, 0);
	vfio_user_interrupt(fixture->server, 1);
	assert_int_equal(raised(fds[0]), 1);
	assert_int_equal(raised(fds[1]), 1);
	close_two(fds);
	close_two(others);
}

/* A write to the pipe would end the program. */
static void
a_descriptor_that_is_no_eventfd_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	int fds[2], ends[2], others[2] = { make_eventfd() };

	set_two(fixture, fds);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	others[1] = ends[1];
	assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 0, 2, others, 2), EINVAL);
	close(others[1]);
	others[1] = open("/", O_PATH | O_CLOEXEC);
	assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 0, 2, others, 2), EINVAL);
	vfio_user_interrupt(fixture->server, 0);
	vfio_user_interrupt(fixture->server, 1);
	assert_int_equal(raised(fds[0]), 1);
	assert_int_equal(raised(fds[1]), 1);
	close_two(fds);
	close_two(others);
}

/* Nobody reads this one, and the client forgot to make it non-blocking. */
static void
a_full_counter_stops_nobody(void **state)
{
	struct fixture *fixture = *state;
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(eventfd_write(fd, UINT64_MAX - 1), 0);
	assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 0, 1, &fd, 1), 0);
	vfio_user_interrupt(fixture->server, 0);
	assert_int_equal(raised(fd), UINT64_MAX - 1);
	close(fd);
}

static void
eventfds_go_with_their_client(void **state)
{
	struct fixture *fixture = *state;
	int fds[2];

	set_two(fixture, fds);
	fixture_disconnect(fixture);
	assert_int_equal(fixture_served(fixture), 0);
	vfio_user_interrupt(fixture->server, 0);
	assert_int_equal(raised(fds[0]), 0);
	close_two(fds);
}

struct raiser {
	struct vfio_user *server;
	atomic_bool stop;
	uint64_t count;
};

static void *
raise_always(void *argument)
{
	struct raiser *raiser = argument;

	while (!atomic_load(&raiser->stop)) {
		vfio_user_interrupt(raiser->server, 0);
		raiser->count++;
	}
	return NULL;
}

/* Each is counted by an eventfd that was the vector's at that time: none is lost, none is wrong. */
static void
eventfds_may_be_replaced_while_they_are_raised(void **state)
{
	enum { RAISERS = 2, ROUNDS = 500 };
	struct fixture *fixture = *state;
	struct raiser raisers[RAISERS] = { { .server = fixture->server },
		{ .server = fixture->server } };
	int fds[2] = { make_eventfd(), make_eventfd() };
	uint64_t sum = 0, expected = 0;
	pthread_t threads[RAISERS];

	assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 0, 1, &fds[0], 1), 0);
	for (int i = 0; i < RAISERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, raise_always, &raisers[i]), 0);
	for (int i = 1; i < ROUNDS; i++)
		assert_int_equal(set_irqs(fixture, EVENTFDS, MSI, 0, 1, &fds[i % 2], 1), 0);
	for (int i = 0; i < RAISERS; i++) {
		atomic_store(&raisers[i].stop, true);
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		expected += raisers[i].count;
	}
	sum = raised(fds[0]) + raised(fds[1]);
	assert_int_equal(sum, expected);
	close_two(fds);
}

#define CONNECTED(test) cmocka_unit_test_setup_teardown(test, fixture_open_connected, fixture_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONNECTED(only_msi_has_vectors),
		CONNECTED(an_index_that_vfio_doesnt_have_is_refused),
		CONNECTED(a_vector_raises_its_own_eventfd),
		CONNECTED(a_vector_without_an_eventfd_does_nothing),
		CONNECTED(teardown_takes_all_eventfds),
		CONNECTED(teardown_of_kinds_without_vectors_is_accepted),
		CONNECTED(new_eventfds_replace_the_old_ones),
		CONNECTED(eventfds_that_are_replaced_or_taken_are_closed),
		CONNECTED(one_eventfd_is_replaced_alone),
		CONNECTED(eventfds_that_didnt_come_are_taken_away),
		CONNECTED(the_client_may_raise_vectors_itself),
		CONNECTED(what_makes_no_sense_is_refused_and_changes_nothing),
		CONNECTED(a_descriptor_that_is_no_eventfd_changes_nothing),
		CONNECTED(a_full_counter_stops_nobody),
		CONNECTED(eventfds_go_with_their_client),
		CONNECTED(eventfds_may_be_replaced_while_they_are_raised),
	};

	return cmocka_run_group_tests_name("vfio_user_irqs", tests, NULL, NULL);
}
