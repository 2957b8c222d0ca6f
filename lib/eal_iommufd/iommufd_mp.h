/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_MP_H
#define IOMMUFD_MP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_eal.h>

#include "iommufd_mapping.h"
#include "iommufd_watch.h"

/**
 * @file
 * What primary and secondary processes tell one another, over rte_mp (see "Multi-process Support"
 * in DPDK's programmer's guide).
 *
 * Devices are bound once, by the primary. A secondary process has its descriptors of /dev/iommu and
 * of the devices from it. That the primary uses iommufd is told by a lock on a file in EAL's
 * runtime directory, which the kernel lets go when the primary ends in whatever way: so a secondary
 * process needs no flag, and one whose primary uses VFIO containers asks nobody.
 *
 * A secondary maps its own memory itself, and tells the primary, which unmaps it when the secondary
 * has ended: what a killed process had mapped blocks nobody.
 */

struct iommufd_peer;

/** The primary's side. Stopped while there is no locked file. */
struct iommufd_mp_primary {
	pthread_mutex_t lock; /**< Covers what follows: messages come in a thread of EAL's. */
	int file; /**< The locked file, 0 where there is none. */
	int last_peer;
	TAILQ_HEAD(, iommufd_peer) peers; /**< The secondary processes. */
};

/** A secondary's side. Zeroed is stopped. */
struct iommufd_mp_secondary {
	int peer; /**< What the primary calls this process. */
	struct iommufd_watch primary;
};

/**
 * The primary: answer secondary processes. Does nothing where EAL has none (--in-memory,
 * --no-shconf).
 *
 * @return 0, or -errno, logged.
 */
int iommufd_mp_primary_start(struct iommufd_mp_primary *primary);

/** Answer no more. Harmless when stopped. */
void iommufd_mp_primary_stop(struct iommufd_mp_primary *primary);

/** Walk over what secondary processes have mapped themselves, in the default container. */
int iommufd_mp_primary_walk(struct iommufd_mp_primary *primary, iommufd_mappings_fn fn, void *arg);

/** A secondary: does its primary use iommufd? */
bool iommufd_mp_primary_uses_iommufd(void);

/**
 * A secondary: get the primary's context, and watch the primary from here on: its end is logged.
 *
 * @param fd
 *   Set to a descriptor of /dev/iommu, the caller's to close.
 * @param ioas_id
 *   Set to the IOAS of the default container.
 * @return 0, or -errno, logged: ENOLINK where the primary doesn't answer.
 */
int iommufd_mp_secondary_start(struct iommufd_mp_secondary *secondary, int *fd, uint32_t *ioas_id);

/** Watch the primary no more. Harmless when stopped. */
void iommufd_mp_secondary_stop(struct iommufd_mp_secondary *secondary);

/**
 * A secondary: get a device's descriptor.
 *
 * @return
 *   The descriptor, the caller's to close, or -errno, logged: ENODEV where the primary doesn't have
 *   the device, ENOLINK where the primary doesn't answer.
 */
int iommufd_mp_get_device(const char *name);

/** A secondary: tell the primary what this process has mapped, or is about to unmap. */
void iommufd_mp_tell_mapping(const struct iommufd_mp_secondary *secondary, bool mapped,
		uint64_t iova, uint64_t len);

/** What a message is about; the reply to a request says it again. */
enum iommufd_mp_subject {
	/** The request has its process as a descriptor, the reply /dev/iommu and the primary. */
	IOMMUFD_MP_CONTEXT,
	/** The reply has the device. */
	IOMMUFD_MP_DEVICE,
	/** Needs no reply. */
	IOMMUFD_MP_MAPPED,
	/** Needs no reply. */
	IOMMUFD_MP_UNMAPPED,
};

/** The parameter of a message. */
struct iommufd_mp_param {
	enum iommufd_mp_subject subject;
	int error; /**< In a reply: 0, or a positive errno and no descriptors. */
	int peer;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t len;
	char device[64];
};

/** Name of the messages, and of the file in EAL's runtime directory. */
#define IOMMUFD_MP_NAME "iommufd"

/** Make a message without descriptors. */
void iommufd_mp_init_message(struct rte_mp_msg *msg, const struct iommufd_mp_param *param);

/** Close the descriptors of a message. */
void iommufd_mp_close_fds(struct rte_mp_msg *msg);

/** The path of the primary's file. */
void iommufd_mp_lock_path(char *path, size_t size);

#endif /* IOMMUFD_MP_H */
