/* SPDX-License-Identifier: BSD-3-Clause */

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_compressdev.h>

#include "compress.h"
#include "prompt.h"

#define PATIENCE_MS 60000
#define CYCLE_PENDING 8

void
compress_cycle(char *const arg[])
{
	unsigned int times = prompt_number(arg[0]);
	int ret = 0;

	rte_compressdev_stop(compress_app.device);
	for (; ret == 0 && times > 0; times--)
		ret = rte_compressdev_queue_pair_setup(compress_app.device, 0, CYCLE_PENDING, 0);
	if (ret == 0)
		ret = rte_compressdev_start(compress_app.device);
	compress_status(ret);
}

static bool
is_told(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&input, 1, 0) > 0;
}

/** Whether it succeeded; says how it ended otherwise. */
static bool
request_once(char *const arg[])
{
	struct rte_comp_op *op;
	uint8_t status;

	if (!compress_hand_in(arg))
		return false;
	op = compress_finished(PATIENCE_MS);
	if (op == NULL)
		return false;
	status = op->status;
	rte_comp_op_free(op);
	if (status != RTE_COMP_OP_STATUS_SUCCESS)
		printf("%s\n", compress_status_name(status));
	return status == RTE_COMP_OP_STATUS_SUCCESS;
}

void
compress_repeat(char *const arg[])
{
	unsigned int n = 0;

	while (!is_told()) {
		if (!request_once(arg))
			return;
		n++;
	}
	printf("repeated %u\n", n);
}
