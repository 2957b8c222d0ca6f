/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * DPDK's telemetry, without EAL and with the backend closed: the answers that need no kernel. What
 * an open backend tells is lab/scenarios/test_telemetry.py's to ask.
 */

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include <rte_common.h>
#include <rte_os.h>

#include "iommufd_compat.h"
#include "iommufd_ioctl.h"
#include "iommufd_telemetry.h"

/** What EAL starts telemetry with; its header isn't installed. */
int rte_telemetry_init(const char *runtime_dir, const char *version, rte_cpuset_t *cpuset);

#define ANSWER_LEN (1024 * 16)

static char directory[] = "/tmp/iommufd_telemetry_test.XXXXXX";

static int
start_telemetry(void **state)
{
	static rte_cpuset_t cpuset;
	static struct sockaddr_un address = { .sun_family = AF_UNIX };
	static char hello[ANSWER_LEN];
	static int client;

	if (mkdtemp(directory) == NULL || sched_getaffinity(0, sizeof(cpuset), &cpuset) < 0)
		return -1;
	iommufd_telemetry_register();
	if (rte_telemetry_init(directory, "test", &cpuset) != 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dpdk_telemetry.v2", directory);
	client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof(address)) < 0 ||
			read(client, hello, sizeof(hello)) <= 0)
		return -1;
	*state = &client;
	return 0;
}

static int
stop_telemetry(void **state)
{
	char path[sizeof(directory) + sizeof("/dpdk_telemetry.v2")];

	close(*(int *)*state);
	snprintf(path, sizeof(path), "%s/dpdk_telemetry.v2", directory);
	unlink(path);
	return rmdir(directory);
}

static const char *
ask(void **state, const char *question)
{
	static char answer[ANSWER_LEN + 1];
	const int client = *(int *)*state;
	ssize_t len;

	assert_int_equal(write(client, question, strlen(question)), strlen(question));
	len = read(client, answer, sizeof(answer) - 1);
	assert_true(len > 0);
	answer[len] = '\0';
	return answer;
}

static void
every_command_is_listed_and_has_help(void **state)
{
	static const char *const commands[] = {
		"context", "address_spaces", "page_tables", "devices", "pasids", "mappings",
		"requests",
	};
	char question[64], quoted[64];
	unsigned int i;

	for (i = 0; i < RTE_DIM(commands); i++) {
		snprintf(quoted, sizeof(quoted), "\"/iommufd/%s\"", commands[i]);
		assert_non_null(strstr(ask(state, "/"), quoted));
		snprintf(question, sizeof(question), "/help,/iommufd/%s", commands[i]);
		assert_non_null(strstr(ask(state, question), "arameters"));
	}
}

static void
objects_are_null_while_the_backend_is_closed(void **state)
{
	assert_string_equal(ask(state, "/iommufd/context"), "{\"/iommufd/context\":null}");
	assert_string_equal(ask(state, "/iommufd/address_spaces"),
		"{\"/iommufd/address_spaces\":null}");
	assert_string_equal(ask(state, "/iommufd/page_tables"), "{\"/iommufd/page_tables\":null}");
	assert_string_equal(ask(state, "/iommufd/devices"), "{\"/iommufd/devices\":null}");
	assert_string_equal(ask(state, "/iommufd/pasids"), "{\"/iommufd/pasids\":null}");
	assert_string_equal(ask(state, "/iommufd/mappings,1"), "{\"/iommufd/mappings\":null}");
}

static void
requests_are_counted_with_those_that_fail(void **state)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	assert_string_equal(ask(state, "/iommufd/requests"),
		"{\"/iommufd/requests\":{\"made\":{},\"failed\":{}}}");
	assert_int_equal(IOMMUFD_IOCTL(-1, VFIO_DEVICE_GET_INFO, &info), -EBADF);
	assert_int_equal(IOMMUFD_IOCTL(-1, VFIO_DEVICE_GET_INFO, &info), -EBADF);
	assert_int_equal(IOMMUFD_IOCTL(-1, IOMMU_IOAS_UNMAP, NULL), -EBADF);
	assert_string_equal(ask(state, "/iommufd/requests"), "{\"/iommufd/requests\":{"
		"\"made\":{\"VFIO_DEVICE_GET_INFO\":2,\"IOMMU_IOAS_UNMAP\":1},"
		"\"failed\":{\"VFIO_DEVICE_GET_INFO\":2,\"IOMMU_IOAS_UNMAP\":1}}}");
}

static void
wrong_parameters_are_null(void **state)
{
	assert_string_equal(ask(state, "/iommufd/requests,1"), "{\"/iommufd/requests\":null}");
	assert_string_equal(ask(state, "/iommufd/devices,x"), "{\"/iommufd/devices\":null}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_listed_and_has_help),
		cmocka_unit_test(objects_are_null_while_the_backend_is_closed),
		cmocka_unit_test(requests_are_counted_with_those_that_fail),
		cmocka_unit_test(wrong_parameters_are_null),
	};

	return cmocka_run_group_tests_name("telemetry", tests, start_telemetry, stop_telemetry);
}
