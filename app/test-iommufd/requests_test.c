/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <sys/ioctl.h>

#include <rte_common.h>

#include "iommufd_compat.h"
#include "requests.h"

#define THREADS 4
#define EACH 5000 /* of a thread */
#define LENGTH UINT64_C(0x123456000)

static struct requests requests;
static int fd; /* of a device that refuses all requests */

static int
open_null(void **state __rte_unused)
{
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd < 0;
}

static int
close_null(void **state __rte_unused)
{
	requests_stop(&requests);
	requests_clear(&requests);
	return close(fd);
}

static void
assert_refused(unsigned long number, void *argument)
{
	errno = 0;
	assert_int_equal(ioctl(fd, number, argument), -1);
	assert_int_equal(errno, ENOTTY);
}

static void
nothing_is_kept_unless_something_records(void **state __rte_unused)
{
	assert_refused(VFIO_GET_API_VERSION, NULL);
	requests_record(&requests);
	assert_int_equal(requests_stop(&requests), 0);
	assert_refused(VFIO_GET_API_VERSION, NULL);
	assert_int_equal(requests.n, 0);
}

static void
request_is_kept_with_its_name_and_result(void **state __rte_unused)
{
	requests_record(&requests);
	assert_refused(VFIO_GET_API_VERSION, NULL);
	assert_int_equal(requests_stop(&requests), 0);
	assert_int_equal(requests.n, 1);
	assert_string_equal(requests.all[0].name, "VFIO_GET_API_VERSION");
	assert_int_equal(requests.all[0].error, ENOTTY);
	assert_true(requests.all[0].nanoseconds > 0);
	assert_int_equal(requests.all[0].length, 0);
}

static void
requests_of_others_are_not_kept(void **state __rte_unused)
{
	int waiting;

	requests_record(&requests);
	assert_refused(FIONREAD, &waiting);
	assert_int_equal(requests_stop(&requests), 0);
	assert_int_equal(requests.n, 0);
}

static void
length_is_that_of_what_is_mapped_or_unmapped(void **state __rte_unused)
{
	struct vfio_iommu_type1_dma_map type1_map = { .size = LENGTH };
	struct vfio_iommu_type1_dma_unmap type1_unmap = { .size = LENGTH };
	struct iommu_ioas_map map = { .length = LENGTH };
	struct iommu_ioas_map_file map_file = { .length = LENGTH };
	struct iommu_ioas_copy copy = { .length = LENGTH };
	struct iommu_ioas_unmap unmap = { .length = LENGTH };
	unsigned int i;

	requests_record(&requests);
	assert_refused(VFIO_IOMMU_MAP_DMA, &type1_map);
	assert_refused(IOMMU_IOAS_MAP, &map);
	assert_refused(IOMMU_IOAS_MAP_FILE, &map_file);
	assert_refused(IOMMU_IOAS_COPY, &copy);
	assert_refused(VFIO_IOMMU_UNMAP_DMA, &type1_unmap);
	assert_refused(IOMMU_IOAS_UNMAP, &unmap);
	assert_int_equal(requests_stop(&requests), 0);
	assert_int_equal(requests.n, 6);
	for (i = 0; i < requests.n; i++) {
		assert_int_equal(requests.all[i].length, LENGTH);
		assert_int_equal(request_maps(&requests.all[i]), i < 4);
		assert_int_equal(request_unmaps(&requests.all[i]), i >= 4);
	}
	/* What failed has mapped nothing. */
	assert_int_equal(requests_length(&requests, request_maps), 0);
	requests.all[0].error = 0;
	assert_int_equal(requests_length(&requests, request_maps), LENGTH);
}

static void *
make_requests(void *arg __rte_unused)
{
	unsigned int i;

	for (i = 0; i < EACH; i++)
		ioctl(fd, VFIO_GET_API_VERSION);
	return NULL;
}

static void
requests_of_all_threads_are_kept(void **state __rte_unused)
{
	pthread_t threads[THREADS];
	uint64_t sum = 0;
	unsigned int i;

	requests_record(&requests);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_requests, NULL), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(requests_stop(&requests), 0);
	assert_int_equal(requests.n, THREADS * EACH);
	for (i = 0; i < requests.n; i++) {
		assert_string_equal(requests.all[i].name, "VFIO_GET_API_VERSION");
		sum += requests.all[i].nanoseconds;
	}
	assert_int_equal(requests_nanoseconds(&requests, NULL), sum);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_null, close_null)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_kept_unless_something_records),
		TEST(request_is_kept_with_its_name_and_result),
		TEST(requests_of_others_are_not_kept),
		TEST(length_is_that_of_what_is_mapped_or_unmapped),
		TEST(requests_of_all_threads_are_kept),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
