/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration space as Linux reads and writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "pci_config.h"

struct fixture {
	struct options options;
	struct pci_config config;
	unsigned int on, off, resets;	/* calls of bus_master() and function_reset() */
};

static void
bus_master(void *function, bool on)
{
	struct fixture *fixture = function;

	if (on)
		fixture->on++;
	else
		fixture->off++;
}

static void
function_reset(void *function)
{
	struct fixture *fixture = function;

	fixture->resets++;
}

static const struct pci_config_ops ops = {
	.bus_master = bus_master,
	.function_reset = function_reset,
};

static void
init(struct fixture *fixture, unsigned int pasid_bits, bool pri)
{
	*fixture = (struct fixture){
		.options = { .version = 3, .queues = 16, .pasid_bits = pasid_bits, .pri = pri },
	};
	pci_config_init(&fixture->config, &fixture->options, &ops, fixture);
}

static int
setup(void **state)
{
	struct fixture *fixture = malloc(sizeof(*fixture));

	assert_non_null(fixture);
	init(fixture, 16, true);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static uint32_t
read_bytes(struct fixture *fixture, size_t offset, size_t length)
{
	uint32_t value = 0;

	pci_config_read(&fixture->config, offset, &value, length);
	return value;
}

static uint8_t
read8(struct fixture *fixture, size_t offset)
{
	return read_bytes(fixture, offset, 1);
}

static uint16_t
read16(struct fixture *fixture, size_t offset)
{
	return read_bytes(fixture, offset, 2);
}

static uint32_t
read32(struct fixture *fixture, size_t offset)
{
	return read_bytes(fixture, offset, 4);
}

static void
write16(struct fixture *fixture, size_t offset, uint16_t value)
{
	pci_config_write(&fixture->config, offset, &value, sizeof(value));
}

static void
write32(struct fixture *fixture, size_t offset, uint32_t value)
{
	pci_config_write(&fixture->config, offset, &value, sizeof(value));
}

/* Where a capability is; 0: nowhere */
static size_t
find(struct fixture *fixture, uint8_t id)
{
	size_t at = read8(fixture, PCI_CAPABILITY_LIST);

	while (at != 0 && read8(fixture, at) != id)
		at = read8(fixture, at + 1);
	return at;
}

static size_t
find_extended(struct fixture *fixture, uint16_t id)
{
	size_t at = PCI_CFG_SPACE_SIZE;

	while (at != 0 && PCI_EXT_CAP_ID(read32(fixture, at)) != id)
		at = PCI_EXT_CAP_NEXT(read32(fixture, at));
	return at;
}

static void
it_is_a_hisilicon_zip_virtual_function(void **state)
{
	assert_int_equal(read16(*state, PCI_VENDOR_ID), 0x19e5);
	assert_int_equal(read16(*state, PCI_DEVICE_ID), 0xa251);
	assert_int_equal(read8(*state, PCI_REVISION_ID), 0x30);
	assert_int_equal(read16(*state, PCI_CLASS_DEVICE), 0x1200);
	assert_int_equal(read8(*state, PCI_HEADER_TYPE), PCI_HEADER_TYPE_NORMAL);
	assert_int_equal(read8(*state, PCI_INTERRUPT_PIN), 0);
	assert_int_equal(read16(*state, PCI_STATUS), PCI_STATUS_CAP_LIST);
}

static void
capabilities_are_express_and_msi(void **state)
{
	size_t express = find(*state, PCI_CAP_ID_EXP), msi = find(*state, PCI_CAP_ID_MSI);

	assert_int_equal(express, 0x40);
	assert_int_equal(read16(*state, express + PCI_EXP_FLAGS), 2);
	assert_true(read32(*state, express + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR);
	assert_int_equal(msi, 0x80);
	assert_int_equal(read16(*state, msi + PCI_MSI_FLAGS), PCI_MSI_FLAGS_64BIT | 2 << 1);
	assert_int_equal(PCI_CONFIG_VECTORS, 1 << 2);
	assert_int_equal(find(*state, PCI_CAP_ID_MSIX), 0);
}

static void
extended_capabilities_follow_the_options(void **state)
{
	struct fixture *fixture = *state;

	for (int pri = 0; pri < 2; pri++) {
		for (unsigned int bits = 0; bits <= 20; bits += 10) {
			size_t prefix = 0x40 + PCI_EXP_DEVCAP2;

			init(fixture, bits, pri);
			assert_int_equal(find_extended(fixture, PCI_EXT_CAP_ID_ATS), 0x100);
			assert_int_equal(find_extended(fixture, PCI_EXT_CAP_ID_PRI),
					pri ? 0x110 : 0);
			assert_int_equal(find_extended(fixture, PCI_EXT_CAP_ID_PASID),
					bits > 0 ? 0x120 : 0);
			assert_int_equal(read32(fixture, prefix),
					bits > 0 ? PCI_EXP_DEVCAP2_EE_PREFIX : 0);
			if (!pri)
				assert_int_equal(read32(fixture, 0x110), 0);
			if (bits == 0)
				assert_int_equal(read32(fixture, 0x120), 0);
		}
	}
}

static void
the_pasid_capability_has_its_width(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int bits = 1; bits <= 20; bits++) {
		uint16_t capability;

		init(fixture, bits, true);
		capability = read16(fixture, 0x120 + PCI_PASID_CAP);
		assert_int_equal((capability & PCI_PASID_CAP_WIDTH) >> 8, bits);
		assert_true(capability & PCI_PASID_CAP_EXEC);
		assert_true(capability & PCI_PASID_CAP_PRIV);
	}
}

static void
bars_tell_their_sizes(void **state)
{
	static const struct {
		unsigned int queues;
		uint64_t size;
	} doorbells[] = { { 1, 0x10000 }, { 2, 0x20000 }, { 3, 0x40000 }, { 16, 0x100000 },
		{ 33, 0x400000 }, { 64, 0x400000 } };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(doorbells) / sizeof(doorbells[0]); i++) {
		fixture->options.queues = doorbells[i].queues;
		pci_config_init(&fixture->config, &fixture->options, &ops, fixture);
		for (unsigned int bar = 0; bar < PCI_CONFIG_BARS; bar++) {
			size_t at = PCI_BASE_ADDRESS_0 + bar * 4;
			uint64_t size = bar == 2 ? 0x10000 : bar == 4 ? doorbells[i].size : 0;
			uint64_t read;

			assert_int_equal(pci_config_bar_size(&fixture->options, bar), size);
			if (bar == 3 || bar == 5)
				continue;
			write32(fixture, at, UINT32_MAX);
			write32(fixture, at + 4, UINT32_MAX);
			read = read32(fixture, at) | (uint64_t)read32(fixture, at + 4) << 32;
			if (size == 0)
				assert_int_equal(read32(fixture, at), 0);
			else
				assert_int_equal(read, (~size + 1) |
						PCI_BASE_ADDRESS_MEM_TYPE_64 |
						PCI_BASE_ADDRESS_MEM_PREFETCH);
		}
	}
}

/* All that a guest can change: offset, bits */
static const struct {
	size_t offset;
	uint32_t bits;
} writable[] = {
	{ PCI_COMMAND, 0x0546 },
	{ 0x18, 0xffff0000 },		/* BAR 2 */
	{ 0x1c, 0xffffffff },
	{ 0x20, 0xfff00000 },		/* BAR 4, for 16 queues */
	{ 0x24, 0xffffffff },
	{ PCI_INTERRUPT_LINE, 0xff },
	{ 0x40 + PCI_EXP_DEVCTL, 0x781f },
	{ 0x40 + PCI_EXP_LNKCTL, 0x00c3 },
	{ 0x80 + PCI_MSI_FLAGS, 0x0071 },
	{ 0x80 + PCI_MSI_ADDRESS_LO, 0xfffffffc },
	{ 0x80 + PCI_MSI_ADDRESS_HI, 0xffffffff },
	{ 0x80 + PCI_MSI_DATA_64, 0xffff },
	{ 0x100 + PCI_ATS_CTRL, 0x801f },
	{ 0x110 + PCI_PRI_CTRL, 0x0001 },
	{ 0x110 + PCI_PRI_ALLOC_REQ, 0xffffffff },
	{ 0x120 + PCI_PASID_CTRL, 0x0007 },
};

static void
nothing_else_can_be_changed(void **state)
{
	static const uint8_t ones[2] = { 0xff, 0x7f };
	struct fixture *fixture = *state;
	uint8_t expected[PCI_CONFIG_SIZE];

	pci_config_read(&fixture->config, 0, expected, sizeof(expected));
	for (size_t i = 0; i < sizeof(writable) / sizeof(writable[0]); i++)
		for (int byte = 0; byte < 4; byte++)
			expected[writable[i].offset + byte] |= writable[i].bits >> 8 * byte;
	/* Page requests aren't stopped any more when they are enabled. */
	expected[0x110 + PCI_PRI_STATUS + 1] &= ~(PCI_PRI_STATUS_STOPPED >> 8);

	for (size_t offset = 0; offset < PCI_CONFIG_SIZE; offset++)
		/* Without a function level reset */
		pci_config_write(&fixture->config, offset,
				&ones[offset == 0x40 + PCI_EXP_DEVCTL + 1], 1);
	for (size_t offset = 0; offset < PCI_CONFIG_SIZE; offset++)
		assert_int_equal(read8(fixture, offset), expected[offset]);
	assert_int_equal(fixture->resets, 0);
}

static void
a_write_of_some_bytes_changes_these_alone(void **state)
{
	struct fixture *fixture = *state;

	write32(fixture, 0x80 + PCI_MSI_ADDRESS_LO, 0xfee01234);
	pci_config_write(&fixture->config, 0x80 + PCI_MSI_ADDRESS_LO + 1, "\x56", 1);
	assert_int_equal(read32(fixture, 0x80 + PCI_MSI_ADDRESS_LO), 0xfee05634);
	assert_int_equal(read32(fixture, 0x80 + PCI_MSI_ADDRESS_HI), 0);
}

static void
changes_of_bus_mastering_are_told_once(void **state)
{
	struct fixture *fixture = *state;

	write16(fixture, PCI_COMMAND, PCI_COMMAND_MEMORY);
	assert_int_equal(fixture->on, 0);
	write16(fixture, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	write16(fixture, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(fixture->on, 1);
	assert_int_equal(fixture->off, 0);
	pci_config_write(&fixture->config, PCI_COMMAND, "", 1);
	write16(fixture, PCI_COMMAND, 0);
	assert_int_equal(fixture->on, 1);
	assert_int_equal(fixture->off, 1);
}

/* As Linux does with the function: enabled, MSI, ATS, PRI, PASID, a common clock on the link */
static void
enable_all(struct fixture *fixture)
{
	write32(fixture, 0x18, 0xfe000000);
	write16(fixture, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	write16(fixture, 0x40 + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_CCC);
	write32(fixture, 0x80 + PCI_MSI_ADDRESS_LO, 0xfee00000);
	write16(fixture, 0x80 + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE | 1 << 4);
	write16(fixture, 0x100 + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE);
	write32(fixture, 0x110 + PCI_PRI_ALLOC_REQ, 32);
	write16(fixture, 0x110 + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
	write16(fixture, 0x120 + PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE);
}

static void
a_function_level_reset_leaves_only_the_link(void **state)
{
	struct fixture *fixture = *state;
	uint8_t expected[PCI_CONFIG_SIZE], read[PCI_CONFIG_SIZE];

	pci_config_read(&fixture->config, 0, expected, sizeof(expected));
	expected[0x40 + PCI_EXP_LNKCTL] = PCI_EXP_LNKCTL_CCC;
	enable_all(fixture);

	write16(fixture, 0x40 + PCI_EXP_DEVCTL, 0x2810 | PCI_EXP_DEVCTL_BCR_FLR);
	assert_int_equal(fixture->resets, 1);
	assert_int_equal(fixture->on, 1);
	assert_int_equal(fixture->off, 1);
	pci_config_read(&fixture->config, 0, read, sizeof(read));
	assert_memory_equal(read, expected, sizeof(read));
}

static void
a_function_level_reset_comes_with_a_write_of_any_width(void **state)
{
	struct fixture *fixture = *state;
	uint32_t both = PCI_EXP_DEVCTL_BCR_FLR;
	uint8_t high = PCI_EXP_DEVCTL_BCR_FLR >> 8;

	pci_config_write(&fixture->config, 0x49, &high, 1);
	pci_config_write(&fixture->config, 0x48, &both, 2);
	pci_config_write(&fixture->config, 0x48, &both, 4);
	assert_int_equal(fixture->resets, 3);
	assert_int_equal(read16(fixture, 0x48) & PCI_EXP_DEVCTL_BCR_FLR, 0);

	/* Neither the bit's neighbours nor the same byte elsewhere */
	pci_config_write(&fixture->config, 0x48, &high, 1);
	pci_config_write(&fixture->config, 0x4a, &both, 2);
	write16(fixture, 0x48, 0x7fff);
	assert_int_equal(fixture->resets, 3);
}

static void
a_function_level_reset_without_bus_mastering_doesnt_turn_it_off_again(void **state)
{
	struct fixture *fixture = *state;

	write16(fixture, 0x48, PCI_EXP_DEVCTL_BCR_FLR);
	assert_int_equal(fixture->off, 0);
	assert_int_equal(fixture->resets, 1);
}

/* Linux refuses to enable page requests that aren't stopped. */
static void
page_requests_are_stopped_while_disabled(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(read16(fixture, 0x110 + PCI_PRI_STATUS),
				PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_PASID);
		write16(fixture, 0x110 + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
		assert_int_equal(read16(fixture, 0x110 + PCI_PRI_STATUS), PCI_PRI_STATUS_PASID);
		write16(fixture, 0x110 + PCI_PRI_CTRL, 0);
	}
	write16(fixture, 0x110 + PCI_PRI_CTRL, PCI_PRI_CTRL_RESET);
	assert_int_equal(read16(fixture, 0x110 + PCI_PRI_CTRL), 0);
}

static void
without_page_requests_nothing_is_there_to_be_written(void **state)
{
	struct fixture *fixture = *state;

	init(fixture, 16, false);
	write32(fixture, 0x110 + PCI_PRI_CTRL, UINT32_MAX);
	assert_int_equal(read32(fixture, 0x110 + PCI_PRI_CTRL), 0);
	init(fixture, 0, true);
	assert_int_equal(read16(fixture, 0x110 + PCI_PRI_STATUS), PCI_PRI_STATUS_STOPPED);
	write16(fixture, 0x120 + PCI_PASID_CTRL, 0xffff);
	assert_int_equal(read16(fixture, 0x120 + PCI_PASID_CTRL), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_a_hisilicon_zip_virtual_function),
		TEST(capabilities_are_express_and_msi),
		TEST(extended_capabilities_follow_the_options),
		TEST(the_pasid_capability_has_its_width),
		TEST(bars_tell_their_sizes),
		TEST(nothing_else_can_be_changed),
		TEST(a_write_of_some_bytes_changes_these_alone),
		TEST(changes_of_bus_mastering_are_told_once),
		TEST(a_function_level_reset_leaves_only_the_link),
		TEST(a_function_level_reset_comes_with_a_write_of_any_width),
		TEST(a_function_level_reset_without_bus_mastering_doesnt_turn_it_off_again),
		TEST(page_requests_are_stopped_while_disabled),
		TEST(without_page_requests_nothing_is_there_to_be_written),
	};

	return cmocka_run_group_tests_name("pci_config", tests, NULL, NULL);
}
