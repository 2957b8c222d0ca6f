/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * A DPDK application that does with address spaces (rte_iommufd.h) and with queues of a ZIP function
 * what it is told on standard input. Besides the commands in the table at the end it has those of
 * ealmem.h.
 *
 * PCI is an address as 0000:03:00.0. SPACE is "shared" or what "space create" printed, the number of
 * its IOAS. PT is what "pt create" printed, or "auto". PASID is a number, or "any". ACCESS is "rw"
 * or "ro". A buffer is of 2 MiB pages of a file, and its address is its IOVA where nothing else is
 * said.
 */

#define _GNU_SOURCE /* memfd_create() */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_iommufd.h>

#include "ealmem.h"
#include "prompt.h"
#include "prompt_result.h"
#include "owned_zip.h"

#define MAX_SPACES 32
#define MAX_QUEUES 16
#define HUGE_PAGE (UINT64_C(2) << 20)

/** What the application has. */
static struct {
	struct rte_iommufd_as *spaces[MAX_SPACES];
	struct rte_iommufd_dev *zip; /**< The one that is brought up. */
	struct zip_function function;
	struct zip_queue queues[MAX_QUEUES];
	int buffers; /**< File of all buffers. */
	uint8_t *base; /**< Where that is mapped. */
	uint64_t n_bytes; /**< How much of it is in use. */
} app = { .buffers = -1 };

#define BUFFERS_MAX (UINT64_C(1) << 30)

/** For functions that return -errno. */
static void
print_status(int ret)
{
	if (ret < 0)
		rte_errno = -ret;
	prompt_result(ret);
}

static struct rte_iommufd_as *
space(const char *word)
{
	unsigned int i;

	if (strcmp(word, "shared") == 0)
		return rte_iommufd_as_shared();
	for (i = 0; i < MAX_SPACES; i++)
		if (app.spaces[i] != NULL &&
				rte_iommufd_as_id(app.spaces[i]) == prompt_number(word))
			return app.spaces[i];
	return NULL;
}

static uint32_t
page_table(const char *word)
{
	return strcmp(word, "auto") == 0 ? RTE_IOMMUFD_PT_AUTO : prompt_number(word);
}

static uint32_t
pasid(const char *word)
{
	return strcmp(word, "any") == 0 ? RTE_IOMMUFD_PASID_ANY : prompt_number(word);
}

static uint32_t
access_flags(const char *word)
{
	return strcmp(word, "ro") == 0 ? RTE_IOMMUFD_READ_ONLY : 0;
}

static void
space_create(char *const arg[] __rte_unused)
{
	unsigned int i = 0;

	while (i < MAX_SPACES && app.spaces[i] != NULL)
		i++;
	if (i == MAX_SPACES) {
		print_status(-ENFILE);
		return;
	}
	app.spaces[i] = rte_iommufd_as_create();
	if (app.spaces[i] == NULL)
		prompt_result(-1);
	else
		printf("space %u\n", rte_iommufd_as_id(app.spaces[i]));
}

static void
space_destroy(char *const arg[])
{
	struct rte_iommufd_as *as = space(arg[0]);
	unsigned int i;
	int ret = rte_iommufd_as_destroy(as);

	for (i = 0; ret == 0 && i < MAX_SPACES; i++)
		if (app.spaces[i] == as)
			app.spaces[i] = NULL;
	print_status(ret);
}

static void
map(char *const arg[])
{
	void *address = (void *)(uintptr_t)prompt_number(arg[1]);

	print_status(rte_iommufd_as_map(space(arg[0]), address, prompt_number(arg[2]),
		prompt_number(arg[3]), access_flags(arg[4])));
}

static void
map_file(char *const arg[])
{
	const uint64_t offset = prompt_number(arg[1]) - (uintptr_t)app.base;

	print_status(rte_iommufd_as_map_file(space(arg[0]), app.buffers, offset,
		prompt_number(arg[2]), prompt_number(arg[3]), access_flags(arg[4])));
}

static void
copy(char *const arg[])
{
	print_status(rte_iommufd_as_copy(space(arg[0]), prompt_number(arg[1]), space(arg[2]),
		prompt_number(arg[3]), prompt_number(arg[4]), access_flags(arg[5])));
}

static void
unmap(char *const arg[])
{
	print_status(rte_iommufd_as_unmap(space(arg[0]), prompt_number(arg[1]),
		prompt_number(arg[2])));
}

static void
device_open(char *const arg[])
{
	prompt_result(rte_iommufd_dev_open(arg[0]) == NULL ? -1 : 0);
}

static void
device_close(char *const arg[])
{
	struct rte_iommufd_dev *dev = rte_iommufd_dev_find(arg[0]);

	if (dev == NULL) {
		prompt_result(-1);
		return;
	}
	rte_iommufd_dev_close(dev);
	prompt_result(0);
}

static void
device_info(char *const arg[])
{
	struct rte_iommufd_dev_info info;
	int ret = rte_iommufd_dev_info_get(rte_iommufd_dev_find(arg[0]), &info);

	if (ret < 0)
		print_status(ret);
	else
		printf("iommu %d pasid_bits %u pasids %u space %u pt %u\n", info.iommu,
			info.pasid_bits, info.n_pasids, info.as_id, info.pt);
}

static void
bind(char *const arg[])
{
	uint32_t number = pasid(arg[2]);
	int ret = rte_iommufd_pasid_bind(rte_iommufd_dev_find(arg[0]), space(arg[1]),
		page_table(arg[3]), &number);

	if (ret < 0)
		print_status(ret);
	else
		printf("pasid %u\n", number);
}

static void
rebind(char *const arg[])
{
	print_status(rte_iommufd_pasid_rebind(rte_iommufd_dev_find(arg[0]), space(arg[1]),
		page_table(arg[3]), prompt_number(arg[2])));
}

static void
unbind(char *const arg[])
{
	print_status(rte_iommufd_pasid_unbind(rte_iommufd_dev_find(arg[0]),
		prompt_number(arg[1])));
}

static void
pt_create(char *const arg[])
{
	uint32_t pt;
	int ret = rte_iommufd_pt_create(space(arg[0]), rte_iommufd_dev_find(arg[1]), &pt);

	if (ret < 0)
		print_status(ret);
	else
		printf("pt %u\n", pt);
}

static void
pt_destroy(char *const arg[])
{
	print_status(rte_iommufd_pt_destroy(space(arg[0]), prompt_number(arg[1])));
}

static void
dump(char *const arg[] __rte_unused)
{
	rte_iommufd_dump(stdout);
}

static void
function_open(char *const arg[])
{
	app.zip = rte_iommufd_dev_open(arg[0]);
	if (app.zip == NULL) {
		prompt_result(-1);
		return;
	}
	print_status(zip_function_open(&app.function, rte_iommufd_dev_fd(app.zip)));
}

static void
function_close(char *const arg[] __rte_unused)
{
	unsigned int i;

	for (i = 0; i < MAX_QUEUES; i++)
		zip_queue_close(&app.queues[i]);
	zip_function_close(&app.function);
	rte_iommufd_dev_close(app.zip);
	prompt_result(0);
}

static void
queue_open(char *const arg[])
{
	const unsigned int number = prompt_number(arg[0]) % MAX_QUEUES;

	print_status(zip_queue_open(&app.queues[number], &app.function, number,
		prompt_number(arg[1])));
}

static void
queue_close(char *const arg[])
{
	zip_queue_close(&app.queues[prompt_number(arg[0]) % MAX_QUEUES]);
	prompt_result(0);
}

static void
queue_copy(char *const arg[])
{
	print_status(zip_queue_copy(&app.queues[prompt_number(arg[0]) % MAX_QUEUES],
		prompt_number(arg[1]), prompt_number(arg[2]), prompt_number(arg[3])));
}

/** Memory of the one file. */
static void
buffer(char *const arg[])
{
	const uint64_t len = RTE_ALIGN_CEIL(prompt_number(arg[0]), HUGE_PAGE);
	uint8_t *address = app.base + app.n_bytes;

	if (app.buffers < 0) {
		app.buffers = memfd_create("buffers", MFD_CLOEXEC | MFD_HUGETLB);
		app.base = mmap(NULL, BUFFERS_MAX, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE, app.buffers, 0);
		address = app.base;
	}
	if (app.base == MAP_FAILED || madvise(address, len, MADV_POPULATE_WRITE) < 0) {
		print_status(-errno);
		return;
	}
	app.n_bytes += len;
	printf("buffer %p\n", (void *)address);
}

static void
fill(char *const arg[])
{
	memset((void *)(uintptr_t)prompt_number(arg[0]), prompt_number(arg[2]),
		prompt_number(arg[1]));
	prompt_result(0);
}

/** The byte that all of it has, or that it hasn't got one. */
static void
look(char *const arg[])
{
	const uint8_t *bytes = (const uint8_t *)(uintptr_t)prompt_number(arg[0]);
	const uint64_t len = prompt_number(arg[1]);
	uint64_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] != bytes[0]) {
			printf("mixed\n");
			return;
		}
	printf("all 0x%02x\n", bytes[0]);
}

/** Other memory in the place of a buffer: the process has it no longer. */
static void
replace(char *const arg[])
{
	void *address = (void *)(uintptr_t)prompt_number(arg[0]);
	void *now = mmap(address, prompt_number(arg[1]), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);

	print_status(now == MAP_FAILED ? -errno : 0);
}

/*
 * A space comes that has a hugepage of a buffer, and one that the shared space has, and is bound to
 * a PASID, which moves to the shared space; all of it goes.
 */
static int
cycle_once(struct rte_iommufd_dev *dev, uint64_t address)
{
	const uint64_t offset = address - (uintptr_t)app.base;
	struct rte_iommufd_as *shared = rte_iommufd_as_shared();
	struct rte_iommufd_as *as = rte_iommufd_as_create();
	uint32_t number = RTE_IOMMUFD_PASID_ANY;
	int ret;

	if (as == NULL)
		return -rte_errno;
	ret = rte_iommufd_pasid_bind(dev, as, RTE_IOMMUFD_PT_AUTO, &number);
	if (ret == 0)
		ret = rte_iommufd_as_copy(as, address, shared, address, HUGE_PAGE, 0);
	if (ret == 0)
		ret = rte_iommufd_as_map_file(as, app.buffers, offset, HUGE_PAGE,
			address + HUGE_PAGE, 0);
	if (ret == 0)
		ret = rte_iommufd_pasid_rebind(dev, shared, RTE_IOMMUFD_PT_AUTO, number);
	if (ret == 0)
		ret = rte_iommufd_pasid_unbind(dev, number);
	if (ret == 0)
		ret = rte_iommufd_as_destroy(as);
	return ret;
}

static void
cycle(char *const arg[])
{
	struct rte_iommufd_dev *dev = rte_iommufd_dev_find(arg[0]);
	unsigned int times = prompt_number(arg[2]);
	int ret = 0;

	for (; ret == 0 && times > 0; times--)
		ret = cycle_once(dev, prompt_number(arg[1]));
	print_status(ret);
}

static const struct prompt_command commands[] = {
	EALMEM_COMMANDS,
	{ "space create", space_create },
	{ "space destroy SPACE", space_destroy },
	{ "map SPACE ADDRESS BYTES IOVA ACCESS", map },
	{ "map_file SPACE ADDRESS BYTES IOVA ACCESS", map_file },
	{ "copy SPACE IOVA SPACE IOVA BYTES ACCESS", copy },
	{ "unmap SPACE IOVA BYTES", unmap },
	{ "device open PCI", device_open },
	{ "device close PCI", device_close },
	{ "device info PCI", device_info },
	{ "bind PCI SPACE PASID PT", bind },
	{ "rebind PCI SPACE PASID PT", rebind },
	{ "unbind PCI PASID", unbind },
	{ "pt create SPACE PCI", pt_create },
	{ "pt destroy SPACE PT", pt_destroy },
	{ "dump", dump },
	{ "function open PCI", function_open },
	{ "function close", function_close },
	{ "queue open NUMBER PASID", queue_open },
	{ "queue close NUMBER", queue_close },
	{ "queue copy NUMBER TO FROM BYTES", queue_copy },
	{ "buffer BYTES", buffer },
	{ "fill ADDRESS BYTES BYTE", fill },
	{ "look ADDRESS BYTES", look },
	{ "replace ADDRESS BYTES", replace },
	{ "cycle PCI ADDRESS TIMES", cycle },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "rte_eal_init() failed\n");

	prompt_loop("spaces", commands);
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
