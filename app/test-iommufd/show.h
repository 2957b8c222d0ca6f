/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef SHOW_H
#define SHOW_H

/**
 * @file
 * What is printed about ports, queues and forwarding.
 */

#include <stdint.h>
#include <stdio.h>

struct forwarding;
struct parameters;
struct ports;

void show_port_stats(FILE *out, struct ports *ports, uint16_t id);
void show_port_xstats(FILE *out, uint16_t id);
void show_port_info(FILE *out, const struct ports *ports, uint16_t id);
void show_port_queues(FILE *out, const struct ports *ports, uint16_t id);
/** @return 0, or -EINVAL where there is no such queue, which is said. */
int show_port_queue(FILE *out, const struct ports *ports, uint16_t id, uint32_t queue);

void show_port_summary_header(FILE *out);
void show_port_summary(FILE *out, const struct ports *ports, uint16_t id);

/** Which stream goes from where to where, on which lcore. */
void show_streams(FILE *out, const struct forwarding *forwarding);

/** What the last run, or the one that is going on, has forwarded and found. */
void show_forwarding(FILE *out, const struct forwarding *forwarding);

/** What `--verify` found. */
void show_verify(FILE *out, const struct forwarding *forwarding);

/**
 * @name Of the library's record
 * They return 0 or a negative errno, and then they said why.
 * @{
 */

/** Address spaces, what is mapped in them, their page tables, devices and PASIDs. */
int show_iommufd(FILE *out);

/** The same, of one address space. */
int show_address_space(FILE *out, uint32_t as_id);

/** Which address spaces have an I/O address, where from, and who sees it. */
int show_probed_address(FILE *out, uint64_t address);

/** @} */

/** The parameters that a start would use. */
void show_config(FILE *out, const struct parameters *parameters);

#endif /* SHOW_H */
