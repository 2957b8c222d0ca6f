/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef EALMEM_H
#define EALMEM_H

/**
 * @file
 * Commands about EAL's memory, for each application with a prompt:
 *
 *	alloc BYTES		take memory from EAL's heap; prints its address
 *	alloc BYTES on NODE	from a NUMA node's heap
 *	free			give back what was taken last
 *	segments		print EAL's memory segments: address, IOVA, length, page size,
 *				NUMA node, and whether they are its own or were given to it
 *	usage			print what the process's own allocator has handed out, in bytes
 */

void ealmem_alloc(char *const arg[]);
void ealmem_alloc_on(char *const arg[]);
void ealmem_free(char *const arg[]);
void ealmem_segments(char *const arg[]);
void ealmem_usage(char *const arg[]);

#define EALMEM_COMMANDS \
	{ "alloc BYTES", ealmem_alloc }, \
	{ "alloc BYTES on NODE", ealmem_alloc_on }, \
	{ "free", ealmem_free }, \
	{ "segments", ealmem_segments }, \
	{ "usage", ealmem_usage }

#endif /* EALMEM_H */
