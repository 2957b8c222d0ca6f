/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_CONTAINER_H
#define IOMMUFD_CONTAINER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "iommufd_ioas.h"
#include "iommufd_mapping.h"
#include "iommufd_ranges.h"

struct iommufd_context;
struct iommufd_device;
struct iommufd_hwpt;
struct iommufd_memory;
struct iommufd_mp_secondary;
struct iommufd_pasid;

/**
 * What DPDK's VFIO API calls a container: an IOAS, the page tables on it, and what the application
 * has mapped there. The default container holds EAL's memory too.
 *
 * Page tables and mappings outlive the devices: a device that comes back finds them.
 */
struct iommufd_container {
	TAILQ_ENTRY(iommufd_container) next;
	int fd; /**< The application's handle, a descriptor of /dev/iommu; -1 when closed. */
	bool is_space; /**< Made by rte_iommufd_as_create(): the handle isn't known to anybody. */
	struct iommufd_ioas ioas;
	/** Set where IOAS and devices are the primary process's, which is told of mappings. */
	const struct iommufd_mp_secondary *lender;
	struct iommufd_memory *memory; /**< EAL's, in the default container; else NULL. */
	TAILQ_HEAD(, iommufd_hwpt) hwpts; /**< The caller serializes what uses these... */
	TAILQ_HEAD(, iommufd_device) devices; /**< ... and these, which are open and attached. */
	pthread_mutex_t lock; /**< Covers what follows. */
	struct iommufd_mappings mappings;
	struct iommufd_ranges ranges; /**< Read with each attach; none before the first. */
	/**
	 * What the devices reach whose PASIDs are bound here, none where no PASID is: the kernel keeps
	 * the regions that are reserved for a device free only where the device itself is attached.
	 */
	struct iommufd_ranges reach;
};

/**
 * Make the default container, whose handle is the context's descriptor itself.
 *
 * @param memory
 *   EAL's memory, which the first device brings in.
 * @return 0, or -errno, logged.
 */
int iommufd_container_open_default(struct iommufd_container *container,
		struct iommufd_context *ctx, struct iommufd_memory *memory);

/**
 * Make a further container with an IOAS of its own.
 *
 * @return 0, or -errno, logged: EMFILE where the process has no descriptor left.
 */
int iommufd_container_open(struct iommufd_container *container, struct iommufd_context *ctx);

/** Make the default container of the primary process's IOAS. */
void iommufd_container_borrow(struct iommufd_container *container, struct iommufd_context *ctx,
		uint32_t ioas_id, const struct iommufd_mp_secondary *lender);

/**
 * Give it back: its page tables and its IOAS with all mappings. Where that is borrowed, the lender
 * takes back what this process has mapped. No device may be attached any more. Harmless on a closed
 * one.
 */
void iommufd_container_close(struct iommufd_container *container);

/**
 * Attach a device, or one of its PASIDs: to a page table of the container, or where its IOMMU can
 * use none of them, to a new one. A page table that the application has chosen is left alone.
 *
 * @param pasid
 *   NULL for the device itself.
 * @return
 *   0, or -errno, logged: EADDRINUSE where a region reserved for the device, or the reach of its
 *   IOMMU, conflicts with what is mapped; ERANGE where EAL's memory lies outside of what its IOMMU
 *   takes; or what mapping EAL's memory came to.
 */
int iommufd_container_attach(struct iommufd_container *container, struct iommufd_device *dev,
		struct iommufd_pasid *pasid);

/**
 * Make a further page table, for a device, to which nothing is attached but what the application
 * says.
 *
 * @return 0, or -errno, logged, as iommufd_container_attach().
 */
int iommufd_container_add_hwpt(struct iommufd_container *container, struct iommufd_device *dev,
		struct iommufd_hwpt **hwpt);

/** Free such a one. @return 0, or -errno, logged: EBUSY where something is attached. */
int iommufd_container_remove_hwpt(struct iommufd_container *container, struct iommufd_hwpt *hwpt);

/** @return The page table that the application has chosen of that id, or NULL. */
struct iommufd_hwpt *iommufd_container_find_hwpt(const struct iommufd_container *container,
		uint32_t id);

/** @return How many PASIDs are bound to it. */
unsigned int iommufd_container_n_pasids(const struct iommufd_container *container);

/**
 * Let only such memory be mapped from now on as a device reaches, which is in another container, if
 * any: one of its PASIDs is about to be bound.
 *
 * @return 0, or -EADDRINUSE, logged, with nothing changed, where other memory is mapped.
 */
int iommufd_container_narrow(struct iommufd_container *container,
		const struct iommufd_device *dev);

/** Undo that with the last PASID. */
void iommufd_container_widen(struct iommufd_container *container);

/**
 * Map an application's memory for all devices of the container, those to come too. What is mapped
 * already with the same arguments is counted, and wants as many unmaps.
 *
 * @param va
 *   By which address iommufd_container_unmap() will know it.
 * @return
 *   0, or -errno with nothing changed, logged: as iommufd_ioas_map(), and ENOTSUP where the kernel
 *   can't map files.
 */
int iommufd_container_map(struct iommufd_container *container,
		const struct iommufd_backing *backing, uint64_t va, uint64_t iova, uint64_t len);

/**
 * Check that a range which is to be shared as writable is writable here. The kernel itself looks
 * only at how the memory was mapped the first time.
 *
 * @return 0, or -EPERM, logged.
 */
int iommufd_container_check_writable(struct iommufd_container *container, uint64_t iova,
		uint64_t len);

/**
 * Unmap what the application has mapped: one mapping, or several whole neighbouring ones.
 *
 * @param va
 *   By which address the process has it; NULL where that doesn't matter.
 * @return 0, or -errno with nothing changed, logged: as iommufd_mappings_check().
 */
int iommufd_container_unmap(struct iommufd_container *container, const uint64_t *va,
		uint64_t iova, uint64_t len);

/**
 * Walk over all that is mapped, in pieces as they were mapped: EAL's memory first, then, ascending,
 * the application's. EAL's memory must not be locked by the caller.
 *
 * @return What ended the walk, or 0.
 */
int iommufd_container_walk(struct iommufd_container *container, iommufd_mappings_fn fn, void *arg);

#endif /* IOMMUFD_CONTAINER_H */
