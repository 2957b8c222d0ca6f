/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef APP_H
#define APP_H

/**
 * @file
 * The application: what main() has and commands work on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "departures.h"
#include "ending.h"
#include "forwarding.h"
#include "memory.h"
#include "parameters.h"
#include "ports.h"
#include "report.h"
#include "spaces.h"
#include "startup.h"

struct app {
	int argc; /**< The command line as it was given, EAL's options too. */
	char **argv;
	struct parameters parameters;
	struct ports ports;
	struct forwarding forwarding;
	struct spaces spaces;
	struct memory memory;
	struct ending ending;
	struct departures departures;
	struct startup startup;
	struct report report;
	uint32_t restarts; /**< It is to end, and to be started so often; 0: it isn't. */
};

#endif /* APP_H */
