/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef GENERATOR_H
#define GENERATOR_H

/**
 * @file
 * Makes the packets that a stream sends: UDP over IPv4, in one or several flows that differ in
 * their destination address.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "stream.h"

/** MAC addresses of what a stream sends: its port's, and the peer's or one that nobody has. */
int generator_set_addresses(struct stream *stream, struct run *run);

/**
 * Give a stream a generator.
 *
 * @return
 *   0 or a negative errno, and then it said why.
 */
int generator_begin(struct stream *stream, struct run *run, uint32_t n_flows);

/** Take it back; safe after a generator_begin() that failed. */
void generator_end(struct stream *stream);

/** The run that a generator makes packets for. */
struct run *generator_run(const struct stream *stream);

/**
 * Send a burst. What the queue has no room for is sent by the next call.
 *
 * @return
 *   Whether something was sent.
 */
bool generator_send(struct stream *stream);

#endif /* GENERATOR_H */
