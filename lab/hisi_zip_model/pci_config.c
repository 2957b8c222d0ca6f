/* SPDX-License-Identifier: BSD-3-Clause */
#include <endian.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "pci_config.h"
#include "registers.h"

#define HUAWEI 0x19e5
#define ZIP_VF 0xa251
#define REVISION 0x30	/* of all queue manager versions since 3: a register tells which */
#define CLASS_ACCELERATOR 0x120000

/* Where the capabilities are */
#define EXPRESS 0x40
#define MSI 0x80
#define ATS 0x100
#define PRI 0x110
#define PASID 0x120

#define MSI_VECTORS_LOG2 2
_Static_assert(1 << MSI_VECTORS_LOG2 == PCI_CONFIG_VECTORS, "as the capability says it");

#define OUTSTANDING_PAGE_REQUESTS 32

static uint16_t
get16(const struct pci_config *config, size_t offset)
{
	uint16_t value;

	memcpy(&value, config->bytes + offset, sizeof(value));
	return le16toh(value);
}

static void
put16(struct pci_config *config, size_t offset, uint16_t value, uint16_t writable)
{
	value = htole16(value);
	writable = htole16(writable);
	memcpy(config->bytes + offset, &value, sizeof(value));
	memcpy(config->writable + offset, &writable, sizeof(writable));
}

static void
put32(struct pci_config *config, size_t offset, uint32_t value, uint32_t writable)
{
	value = htole32(value);
	writable = htole32(writable);
	memcpy(config->bytes + offset, &value, sizeof(value));
	memcpy(config->writable + offset, &writable, sizeof(writable));
}

uint64_t
pci_config_bar_size(const struct options *options, unsigned int bar)
{
	uint64_t size = PCI_CONFIG_DOORBELL_PAGE;

	switch (bar) {
	case PCI_CONFIG_REGISTERS_BAR:
		return REGISTERS_SIZE;
	case PCI_CONFIG_DOORBELLS_BAR:
		while (size < (uint64_t)options->queues * PCI_CONFIG_DOORBELL_PAGE)
			size *= 2;
		return size;
	default:
		return 0;
	}
}

static void
init_bar(struct pci_config *config, const struct options *options, unsigned int bar)
{
	uint64_t address_bits = ~(pci_config_bar_size(options, bar) - 1);
	size_t offset = PCI_BASE_ADDRESS_0 + bar * sizeof(uint32_t);

	put32(config, offset, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
			address_bits);
	put32(config, offset + sizeof(uint32_t), 0, address_bits >> 32);
}

static void
init_header(struct pci_config *config, const struct options *options)
{
	put16(config, PCI_VENDOR_ID, HUAWEI, 0);
	put16(config, PCI_DEVICE_ID, ZIP_VF, 0);
	put16(config, PCI_COMMAND, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
			PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	put16(config, PCI_STATUS, PCI_STATUS_CAP_LIST, 0);
	put32(config, PCI_CLASS_REVISION, CLASS_ACCELERATOR << 8 | REVISION, 0);
	init_bar(config, options, PCI_CONFIG_REGISTERS_BAR);
	init_bar(config, options, PCI_CONFIG_DOORBELLS_BAR);
	put16(config, PCI_SUBSYSTEM_VENDOR_ID, HUAWEI, 0);
	put16(config, PCI_SUBSYSTEM_ID, ZIP_VF, 0);
	put16(config, PCI_CAPABILITY_LIST, EXPRESS, 0);
	config->writable[PCI_INTERRUPT_LINE] = 0xff;
}

static void
init_express(struct pci_config *config, bool pasid)
{
	put16(config, EXPRESS, PCI_CAP_ID_EXP | MSI << 8, 0);
	put16(config, EXPRESS + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4, 0);
	put32(config, EXPRESS + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER, 0);
	put16(config, EXPRESS + PCI_EXP_DEVCTL,
			PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN |
			PCI_EXP_DEVCTL_READRQ_512B,
			PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE |
			PCI_EXP_DEVCTL_URRE | PCI_EXP_DEVCTL_RELAX_EN |
			PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ);
	put32(config, EXPRESS + PCI_EXP_LNKCAP,
			PCI_EXP_LNKCAP_SLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1, 0);
	put16(config, EXPRESS + PCI_EXP_LNKCTL, 0,
			PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES);
	put16(config, EXPRESS + PCI_EXP_LNKSTA,
			PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1, 0);
	/* A PASID is a prefix of a packet */
	put32(config, EXPRESS + PCI_EXP_DEVCAP2, pasid ? PCI_EXP_DEVCAP2_EE_PREFIX : 0, 0);
}

static void
init_msi(struct pci_config *config)
{
	put16(config, MSI, PCI_CAP_ID_MSI, 0);
	put16(config, MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT | MSI_VECTORS_LOG2 << 1,
			PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	put32(config, MSI + PCI_MSI_ADDRESS_LO, 0, 0xfffffffc);
	put32(config, MSI + PCI_MSI_ADDRESS_HI, 0, 0xffffffff);
	put16(config, MSI + PCI_MSI_DATA_64, 0, 0xffff);
}

static void
put_extended_header(struct pci_config *config, size_t offset, uint16_t id, size_t next)
{
	put32(config, offset, id | 1 << 16 | (uint32_t)next << 20, 0);
}

static void
init_extended(struct pci_config *config, const struct options *options)
{
	size_t last = options->pasid_bits > 0 ? PASID : 0;

	put_extended_header(config, ATS, PCI_EXT_CAP_ID_ATS, options->pri ? PRI : last);
	put16(config, ATS + PCI_ATS_CAP, PCI_ATS_CAP_PAGE_ALIGNED, 0);
	put16(config, ATS + PCI_ATS_CTRL, 0, PCI_ATS_CTRL_ENABLE | PCI_ATS_CTRL_STU(0x1f));

	if (options->pri) {
		put_extended_header(config, PRI, PCI_EXT_CAP_ID_PRI, last);
		put16(config, PRI + PCI_PRI_CTRL, 0, PCI_PRI_CTRL_ENABLE);
		put16(config, PRI + PCI_PRI_STATUS, PCI_PRI_STATUS_STOPPED |
				(options->pasid_bits > 0 ? PCI_PRI_STATUS_PASID : 0), 0);
		put32(config, PRI + PCI_PRI_MAX_REQ, OUTSTANDING_PAGE_REQUESTS, 0);
		put32(config, PRI + PCI_PRI_ALLOC_REQ, 0, 0xffffffff);
	}
	if (options->pasid_bits > 0) {
		put_extended_header(config, PASID, PCI_EXT_CAP_ID_PASID, 0);
		put16(config, PASID + PCI_PASID_CAP, PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV |
				options->pasid_bits << 8, 0);
		put16(config, PASID + PCI_PASID_CTRL, 0, PCI_PASID_CTRL_ENABLE |
				PCI_PASID_CTRL_EXEC | PCI_PASID_CTRL_PRIV);
	}
}

void
pci_config_init(struct pci_config *config, const struct options *options,
		const struct pci_config_ops *ops, void *function)
{
	*config = (struct pci_config){ .ops = ops, .function = function };
	init_header(config, options);
	init_express(config, options->pasid_bits > 0);
	init_msi(config);
	init_extended(config, options);
	memcpy(config->initial, config->bytes, sizeof(config->initial));
}

static bool
is_bus_master(const struct pci_config *config)
{
	return get16(config, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

/* What a function level reset does to these registers */
static void
reset(struct pci_config *config)
{
	uint16_t link_control = get16(config, EXPRESS + PCI_EXP_LNKCTL);
	bool was_master = is_bus_master(config);

	memcpy(config->bytes, config->initial, sizeof(config->bytes));
	/* The link belongs to more than the function, and keeps working. */
	link_control = htole16(link_control);
	memcpy(config->bytes + EXPRESS + PCI_EXP_LNKCTL, &link_control, sizeof(link_control));
	if (was_master)
		config->ops->bus_master(config->function, false);
}

/* Page requests are stopped as soon as they are disabled: none is ever outstanding. */
static void
update_page_requests(struct pci_config *config)
{
	uint16_t status = get16(config, PRI + PCI_PRI_STATUS) & ~PCI_PRI_STATUS_STOPPED;

	if (!(get16(config, PRI + PCI_PRI_CTRL) & PCI_PRI_CTRL_ENABLE))
		status |= PCI_PRI_STATUS_STOPPED;
	put16(config, PRI + PCI_PRI_STATUS, status, 0);
}

static bool
has_page_requests(const struct pci_config *config)
{
	return get16(config, PRI) == PCI_EXT_CAP_ID_PRI;
}

void
pci_config_read(const struct pci_config *config, size_t offset, void *to, size_t length)
{
	memcpy(to, config->bytes + offset, length);
}

void
pci_config_write(struct pci_config *config, size_t offset, const void *from, size_t length)
{
	/* The bit isn't kept: it reads as 0. */
	static const size_t reset_byte = EXPRESS + PCI_EXP_DEVCTL + 1;
	const uint8_t *bytes = from;
	bool was_master = is_bus_master(config);

	for (size_t i = 0; i < length; i++) {
		uint8_t *byte = &config->bytes[offset + i];
		uint8_t writable = config->writable[offset + i];

		*byte = (*byte & ~writable) | (bytes[i] & writable);
	}

	if (is_bus_master(config) != was_master)
		config->ops->bus_master(config->function, !was_master);
	if (has_page_requests(config))
		update_page_requests(config);
	if (offset <= reset_byte && reset_byte < offset + length &&
			(bytes[reset_byte - offset] & PCI_EXP_DEVCTL_BCR_FLR >> 8)) {
		reset(config);
		config->ops->function_reset(config->function);
	}
}
