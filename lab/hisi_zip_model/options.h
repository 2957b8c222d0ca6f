/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "misbehaviour.h"

#define MAX_QUEUES 64

/* The command line. */
struct options {
	const char *socket;	/* vfio-user, made by us */
	const char *monitor;	/* QMP, QEMU's */
	const char *control;	/* made by us; NULL: none */
	const char *id;		/* QEMU's id of the device, by which its PCI address is found */
	unsigned int version;	/* of the queue manager: 3 or 5 */
	unsigned int queues;	/* 1 to MAX_QUEUES */
	unsigned int pasid_bits;	/* 0: no PASID capability; else 1 to 20 */
	bool pri;		/* page request capability */
	unsigned int workers;	/* threads that do requests */
	uint64_t inline_bytes;	/* of copies that are done before their doorbell returns */
	bool synchronous;	/* all requests are */
	bool verbose;
	struct misbehaviour misbehaviour;	/* armed from the start */
};

/* Fills in what the command line says; ends the program where that is wrong (2) or help (0). */
void options_parse(struct options *options, int argc, char **argv);

#endif
