/* SPDX-License-Identifier: BSD-3-Clause */

/**
 * @file
 * Compresses and decompresses on the queues of an accelerator: packets, between two NICs, or a
 * file. The mbuf is the DMA buffer of all devices: the CPU moves no payload.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "files.h"
#include "log.h"
#include "options.h"
#include "packets.h"

RTE_LOG_REGISTER(zip_accel_logtype, user.zip_accel, INFO);

/** For the signals' handler. */
static volatile bool stop;

static void
handle_signal(int number)
{
	(void)number;
	stop = true;
}

static void
catch_signals(void)
{
	const struct sigaction action = { .sa_handler = handle_signal, .sa_flags = SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int
main(int argc, char **argv)
{
	struct options options;
	int eal, ret;

	eal = rte_eal_init(argc, argv);
	if (eal < 0)
		rte_exit(EXIT_FAILURE, "EAL doesn't start: %s\n", rte_strerror(rte_errno));
	argv[eal] = argv[0];
	catch_signals();
	ret = options_parse(&options, argc - eal, argv + eal);
	if (ret == 0)
		ret = options.input != NULL ? files_run(&options, &stop) :
			packets_run(&options, &stop);
	if (rte_eal_cleanup() < 0)
		ret = -EIO;
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
