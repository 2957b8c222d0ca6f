/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "function.h"
#include "log.h"

#define CONFIG_REGION 7		/* VFIO_PCI_CONFIG_REGION_INDEX */
#define DOORBELL_OFFSET 0x1000u

static void
read_region(void *device, unsigned int region, uint64_t offset, void *to, size_t length)
{
	struct function *function = device;

	switch (region) {
	case CONFIG_REGION:
		pci_config_read(&function->config, offset, to, length);
		break;
	case PCI_CONFIG_REGISTERS_BAR:
		registers_read(&function->registers, offset, to, length);
		break;
	default:
		/* Doorbells can only be rung */
		memset(to, 0, length);
	}
}

static void
ring_doorbell(struct function *function, uint64_t offset, const void *from, size_t length)
{
	uint64_t doorbell;

	if (offset % PCI_CONFIG_DOORBELL_PAGE != DOORBELL_OFFSET || length != sizeof(doorbell)) {
		log_detail("doorbells: %zu bytes written at %#llx: ignored", length,
			(unsigned long long)offset);
		return;
	}
	memcpy(&doorbell, from, sizeof(doorbell));
	qm_queue_doorbell(&function->qm, offset / PCI_CONFIG_DOORBELL_PAGE, doorbell);
}

static void
write_region(void *device, unsigned int region, uint64_t offset, const void *from, size_t length)
{
	struct function *function = device;

	switch (region) {
	case CONFIG_REGION:
		pci_config_write(&function->config, offset, from, length);
		break;
	case PCI_CONFIG_REGISTERS_BAR:
		registers_write(&function->registers, offset, from, length);
		break;
	default:
		ring_doorbell(function, offset, from, length);
	}
}

static int
map_memory(void *device, uint64_t address, uint64_t size, int fd, uint64_t offset)
{
	struct function *function = device;

	return memory_add(&function->memory, address, size, fd, offset);
}

static void
reset_function(void *device)
{
	struct function *function = device;

	log_line("function reset");
	record_count(function->record, RECORD_RESETS);
	qm_reset(&function->qm);
	registers_reset(&function->registers);
}

static const struct pci_config_ops config_ops;

/* The whole device's, not only the function's own state: its configuration space too. */
static void
reset_device(void *device)
{
	struct function *function = device;

	atomic_store(&function->dma.bus_master, false);
	pci_config_init(&function->config, &function->options, &config_ops, function);
	reset_function(function);
}

static void
set_bus_master(void *device, bool on)
{
	struct function *function = device;

	atomic_store(&function->dma.bus_master, on);
}

static void
interrupt(void *device, unsigned int vector)
{
	struct function *function = device;

	record_count(function->record, RECORD_INTERRUPTS);
	vfio_user_interrupt(function->server, vector);
}

static const struct vfio_user_ops region_ops = {
	.read = read_region,
	.write = write_region,
	.dma_map = map_memory,
	.reset = reset_device,
};

static const struct pci_config_ops config_ops = {
	.bus_master = set_bus_master,
	.function_reset = reset_function,
};

static json_t *
describe(const struct options *options)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:b}", "id", options->id,
			"version", (json_int_t)options->version,
			"queues", (json_int_t)options->queues,
			"pasid_bits", (json_int_t)options->pasid_bits,
			"pri", options->pri);
}

/* With the CPU time of all threads so far: what requests cost, transport included. */
static json_t *
count(struct record *record)
{
	json_t *counters = record_counters(record);
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	json_object_set_new(counters, "cpu_us",
			json_integer(used.tv_sec * 1000000ll + used.tv_nsec / 1000));
	return counters;
}

static json_t *
last(struct record *record, const char *kind, json_t *question)
{
	json_int_t since = json_integer_value(json_object_get(question, "since"));
	json_int_t limit = json_integer_value(json_object_get(question, "limit"));
	json_t *things;

	things = record_last(record, kind, since, limit > 0 ? limit : RECORD_KEPT);
	if (things == NULL)
		return json_pack("{s:s}", "error", "asks for nothing that is known");
	return json_pack("{s:o}", kind, things);
}

static json_t *
misbehave(struct misbehaviour *misbehaviour, json_t *question)
{
	const char *how = json_string_value(json_object_get(question, "how"));
	json_int_t requests = json_integer_value(json_object_get(question, "requests"));

	if (how == NULL || requests < 0 || requests > UINT32_MAX ||
			misbehaviour_arm(misbehaviour, how, requests) < 0)
		return json_pack("{s:s}", "error", "how: spurious, phase, wild, silence or death; "
				"requests: a number");
	return json_object();
}

static json_t *
answer(void *device, json_t *question)
{
	struct function *function = device;
	const char *what = json_string_value(json_object_get(question, "ask"));

	if (what == NULL)
		return json_pack("{s:s}", "error", "there is no \"ask\"");
	if (strcmp(what, "counters") == 0)
		return count(function->record);
	if (strcmp(what, "options") == 0)
		return describe(&function->options);
	if (strcmp(what, "misbehave") == 0)
		return misbehave(&function->options.misbehaviour, question);
	return last(function->record, what, question);
}

static int
open_sockets(struct function *function)
{
	struct vfio_user_device device = {
		.ops = &region_ops,
		.device = function,
		.vectors = PCI_CONFIG_VECTORS,
		.region_size[CONFIG_REGION] = PCI_CONFIG_SIZE,
	};

	for (unsigned int bar = 0; bar < PCI_CONFIG_BARS; bar++)
		device.region_size[bar] = pci_config_bar_size(&function->options, bar);
	if (function->options.control != NULL) {
		function->control = control_open(function->options.control, answer, function);
		if (function->control == NULL)
			return -errno;
	}
	function->server = vfio_user_open(function->options.socket, &device);
	if (function->server == NULL) {
		int error = -errno;

		control_close(function->control);
		return error;
	}
	return 0;
}

int
function_open(struct function *function)
{
	struct options *options = &function->options;
	int ret;

	function->vtd.memory = &function->memory;
	function->record = record_open();
	if (function->record == NULL)
		return -ENOMEM;
	function->dma.memory = &function->memory;
	function->dma.vtd = &function->vtd;
	function->dma.record = function->record;
	ret = -ENOMEM;
	function->monitor = monitor_open(options->monitor);
	if (function->monitor == NULL)
		goto close_record;
	pci_config_init(&function->config, options, &config_ops, function);
	ret = qm_open(&function->qm, options, &options->misbehaviour, &function->dma,
			function->monitor, interrupt, function);
	if (ret < 0)
		goto close_monitor;
	registers_init(&function->registers, options, &function->qm);
	ret = open_sockets(function);
	if (ret < 0)
		goto close_qm;
	return 0;

close_qm:
	qm_close(&function->qm);
close_monitor:
	monitor_close(function->monitor);
close_record:
	record_close(function->record);
	return ret;
}

void
function_close(struct function *function)
{
	if (function->control != NULL)
		control_close(function->control);
	qm_close(&function->qm);
	vfio_user_close(function->server);
	monitor_close(function->monitor);
	record_close(function->record);
	memory_close(&function->memory);
}

int
function_serve(struct function *function)
{
	return vfio_user_serve(function->server);
}
