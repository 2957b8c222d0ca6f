/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef APP_H
#define APP_H

/**
 * @file
 * The application: what main() has and commands work on.
 */

#include <stdbool.h>

#include "ending.h"
#include "forwarding.h"
#include "parameters.h"
#include "ports.h"
#include "spaces.h"

struct app {
	struct parameters parameters;
	struct ports ports;
	struct forwarding forwarding;
	struct spaces spaces;
	struct ending ending;
};

#endif /* APP_H */
