/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef RTE_IOMMUFD_H
#define RTE_IOMMUFD_H

/**
 * @file
 * DMA through Linux iommufd for DPDK applications.
 *
 * An application needs nothing of this header to use iommufd: it is started with
 * `--iova-mode=iommufd`, with this library preloaded (`dpdk-iommufd.py run`) or linked
 * (`pkg-config libdpdk-iommufd`), and its devices are opened through their VFIO character devices
 * (`/dev/vfio/devices/vfioN`) and attached to one I/O address space (IOAS) that holds EAL's memory.
 * The functions here tell what came of it.
 *
 * The kernel side is described in Documentation/userspace-api/iommufd.rst of Linux.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Tell whether the application runs with --iova-mode=iommufd.
 *
 * Thread-safe after rte_eal_init().
 *
 * @return
 *   true between a successful rte_eal_init() with the flag and rte_eal_cleanup().
 */
bool rte_iommufd_is_enabled(void);

/**
 * Print the address spaces with how much is mapped in them, their page tables, and the devices and
 * PASIDs attached to these, a line each. Telemetry (/iommufd/...) and rte_iommufd_walk() tell more.
 *
 * Thread-safe; not to be called with EAL's memory map locked.
 *
 * @param out
 *   An open stream.
 * @return
 *   0, or -EINVAL where out is NULL.
 */
int rte_iommufd_dump(FILE *out);

/**
 * Map a range of a file for the devices of a container, as rte_vfio_container_dma_map() maps memory
 * by its address: external memory that comes from a memfd, tmpfs or hugetlbfs file is mapped so at
 * a fraction of the cost. rte_vfio_container_dma_unmap() takes it back.
 *
 * Thread-safe. See IOMMU_IOAS_MAP_FILE in Documentation/userspace-api/iommufd.rst of Linux.
 *
 * @param container_fd
 *   RTE_VFIO_DEFAULT_CONTAINER_FD, or a descriptor from rte_vfio_container_create().
 * @param fd
 *   The open file. The mapping holds the memory, so the descriptor may be closed after this.
 * @param offset
 *   Where in the file, in bytes; a multiple of the page size.
 * @param vaddr
 *   Where the process has mapped this range of the file: rte_vfio_container_dma_unmap() compares.
 * @param iova
 *   The address that devices will use; a multiple of the page size.
 * @param len
 *   Bytes; a multiple of the page size.
 * @return
 *   0, or -1 with nothing changed and rte_errno set:
 *   - ENOTSUP: the application doesn't run with --iova-mode=iommufd, or the kernel is older than
 *     Linux 6.13.
 *   - EINVAL: no such container, not an open file, a value that isn't a multiple of the page size,
 *     or addresses that the devices of the container can't reach.
 *   - EEXIST: something else is mapped there. The same mapping again is counted, and wants as many
 *     unmaps.
 *   - ENOMEM: the limit of locked memory, or memory itself, doesn't suffice.
 */
int rte_iommufd_dma_map_file(int container_fd, int fd, uint64_t offset, uint64_t vaddr,
		uint64_t iova, uint64_t len);

/**
 * @name Address spaces
 *
 * An address space is what devices see of the process's memory: which memory, at which IOVA, and
 * whether they may write it (in the kernel's terms an IOAS, and the hardware page tables on it).
 * There is one that all devices of the application use and that holds EAL's memory, the shared one.
 * An application or driver can make more of them, and bind the PASIDs of devices to them, each
 * typically for a queue: a queue then reaches what its address space holds and nothing else, and
 * what it does beyond that is refused by the IOMMU.
 *
 * A device's queues take their PASIDs from the device's driver, which knows how to tell the device.
 *
 * Functions that return int return 0 or a negative errno; those that return a pointer return NULL
 * with rte_errno set. What went wrong is logged. Common to all:
 *   - ENOTSUP: the application doesn't run with --iova-mode=iommufd, or is a secondary process.
 *   - EINVAL: a pointer is NULL.
 *
 * They are thread-safe, but an object must not be used while or after it is destroyed or closed.
 * All but those that map, copy and unmap must not be called with EAL's memory map locked, so not in
 * a callback of its memory events.
 *
 * The requests to the kernel that are named here are described in <linux/iommufd.h> and, with the
 * objects, in Documentation/userspace-api/iommufd.rst of Linux.
 * @{
 */

/** An address space. */
struct rte_iommufd_as;

/** A device that is bound to iommufd. */
struct rte_iommufd_dev;

/** Devices may read the memory but not write it: what they write to it is refused. */
#define RTE_IOMMUFD_READ_ONLY (UINT32_C(1) << 0)

/** Any PASID that is free. */
#define RTE_IOMMUFD_PASID_ANY UINT32_C(0)

/** The page table that the library chooses. */
#define RTE_IOMMUFD_PT_AUTO UINT32_C(0)

/**
 * Get the shared address space. It is never destroyed.
 *
 * @return
 *   It; NULL with rte_errno.
 */
struct rte_iommufd_as *rte_iommufd_as_shared(void);

/**
 * Create an empty address space (IOMMU_IOAS_ALLOC).
 *
 * @return
 *   It, to be destroyed with rte_iommufd_as_destroy(); NULL with rte_errno:
 *   - EMFILE: it takes a file descriptor, and the process has none left (ulimit -n).
 *   - ENOMEM
 */
struct rte_iommufd_as *rte_iommufd_as_create(void);

/**
 * Destroy an address space with all that is mapped in it, and the page tables made on it.
 *
 * @param as
 *   From rte_iommufd_as_create().
 * @return
 *   - EBUSY: a PASID or a device is bound to it.
 *   - EINVAL: it is the shared one.
 */
int rte_iommufd_as_destroy(struct rte_iommufd_as *as);

/**
 * Get the kernel's number of an address space (IOAS), by which logs, dumps and telemetry name it.
 *
 * @param as
 *   The address space, not NULL.
 * @return
 *   The number, never 0.
 */
uint32_t rte_iommufd_as_id(const struct rte_iommufd_as *as);

/**
 * Map the process's memory (IOMMU_IOAS_MAP). It is pinned, and counts against RLIMIT_MEMLOCK, as
 * often as it is mapped so.
 *
 * The memory must be unmapped here before it is given back (free(), munmap()): devices would go on
 * reaching the old pages, though never anybody else's.
 *
 * @param as
 *   In which address space.
 * @param vaddr, len, iova
 *   Which memory, how much of it, and the address that devices will use. In bytes; multiples of the
 *   page size.
 * @param flags
 *   0 or RTE_IOMMUFD_READ_ONLY.
 * @return
 *   - EINVAL: not multiples of the page size, unknown flags, or an IOVA that a device which is
 *     bound here can't reach (the log says what it can).
 *   - EEXIST: something else is mapped there. The same mapping again is counted, and wants as many
 *     unmaps.
 *   - ENOMEM: the limit of locked memory, or memory itself, doesn't suffice.
 *   - EFAULT: the memory isn't the process's, or isn't its to write.
 */
int rte_iommufd_as_map(struct rte_iommufd_as *as, void *vaddr, uint64_t len, uint64_t iova,
		uint32_t flags);

/**
 * Map a range of a memfd, tmpfs or hugetlbfs file (IOMMU_IOAS_MAP_FILE): the cheapest way by far
 * where pages are huge. It too is pinned and counts as often as it is mapped so.
 *
 * @param as
 *   In which address space.
 * @param fd
 *   The open file; it may be closed after this.
 * @param offset, len, iova
 *   Where in the file, how much of it, and the address that devices will use. In bytes; multiples
 *   of the page size.
 * @param flags
 *   0 or RTE_IOMMUFD_READ_ONLY.
 * @return
 *   As rte_iommufd_as_map(), and
 *   - ENOTSUP: the kernel is older than Linux 6.13.
 */
int rte_iommufd_as_map_file(struct rte_iommufd_as *as, int fd, uint64_t offset, uint64_t len,
		uint64_t iova, uint32_t flags);

/**
 * Put what one address space has mapped into another one, too (IOMMU_IOAS_COPY). It is pinned and
 * counted once, and it stays when the first one unmaps it.
 *
 * This is the way to share what another address space has, and costs no locked memory. Mapping and
 * unmapping together take no longer than by file, but mapping is the dear half here, as unmapping
 * is there: the kernel looks each 4 KiB page up to share it, or to unpin it. Hugepages that are to
 * be there soon, and leave at leisure, are better mapped once more with rte_iommufd_as_map_file();
 * for a few pages there is no difference.
 *
 * @param as, iova
 *   Where it is to be; a multiple of the page size.
 * @param from, from_iova, len
 *   What of the other one; it may have been mapped in any way, also by EAL. In bytes; multiples of
 *   the page size.
 * @param flags
 *   0 or RTE_IOMMUFD_READ_ONLY.
 * @return
 *   As rte_iommufd_as_map(), and
 *   - ENOENT: not all of that is mapped in the other one.
 *   - EPERM: it is read-only there, and flags ask for more.
 */
int rte_iommufd_as_copy(struct rte_iommufd_as *as, uint64_t iova, struct rte_iommufd_as *from,
		uint64_t from_iova, uint64_t len, uint32_t flags);

/**
 * Unmap one mapping, or several whole neighbouring ones (IOMMU_IOAS_UNMAP). Queues must have
 * finished with it: what they do with it from now on is refused.
 *
 * @param as
 *   In which address space.
 * @param iova, len
 *   What of it, in bytes.
 * @return
 *   - EINVAL: not all of this was mapped by these functions (EAL's memory is EAL's).
 *   - ENOTSUP: it begins or ends inside of a mapping.
 */
int rte_iommufd_as_unmap(struct rte_iommufd_as *as, uint64_t iova, uint64_t len);

/**
 * Open a device through its VFIO character device, bind it to iommufd and attach it to the shared
 * address space. For drivers of buses that EAL doesn't know; a device that an EAL bus has opened is
 * found with rte_iommufd_dev_find().
 *
 * @param name
 *   PCI address, as 0000:03:00.0.
 * @return
 *   It, to be closed with rte_iommufd_dev_close(); NULL with rte_errno:
 *   - ENODEV: there is none, or no VFIO driver is bound to it.
 *   - EBUSY: somebody has it.
 *   - EACCES: its device node isn't this user's.
 */
struct rte_iommufd_dev *rte_iommufd_dev_open(const char *name);

/**
 * Detach a device, unbind its PASIDs and close it. What was mapped of its descriptor (registers)
 * must have been unmapped, or the kernel keeps the device.
 *
 * @param dev
 *   The device; NULL: nothing is done.
 */
void rte_iommufd_dev_close(struct rte_iommufd_dev *dev);

/**
 * Find a device that is open, also one that an EAL bus has opened.
 *
 * @param name
 *   PCI address, as 0000:03:00.0.
 * @return
 *   It, still its opener's to close; NULL with rte_errno:
 *   - ENODEV: it isn't open.
 */
struct rte_iommufd_dev *rte_iommufd_dev_find(const char *name);

/**
 * Get the descriptor of a device, for VFIO's requests (<linux/vfio.h>).
 *
 * @param dev
 *   The device, not NULL.
 * @return
 *   The descriptor. It stays the library's.
 */
int rte_iommufd_dev_fd(const struct rte_iommufd_dev *dev);

/** Whose IOMMU it is. */
enum rte_iommufd_iommu {
	RTE_IOMMUFD_IOMMU_OTHER,
	RTE_IOMMUFD_IOMMU_INTEL_VTD,
	RTE_IOMMUFD_IOMMU_ARM_SMMUV3,
	RTE_IOMMUFD_IOMMU_AMD,
};

/** What a device, behind its IOMMU, can do. */
struct rte_iommufd_dev_info {
	enum rte_iommufd_iommu iommu; /**< From IOMMU_GET_HW_INFO. */
	uint64_t capabilities;   /**< enum iommufd_hw_capabilities of <linux/iommufd.h>. */
	unsigned int pasid_bits; /**< It has PASIDs 1 to 2^bits - 1; 0: it has none. */
	unsigned int n_pasids;   /**< How many are bound. */
	uint32_t as_id;          /**< The address space of the device itself... */
	uint32_t pt;             /**< ... and its page table. */
};

/**
 * Ask what a device, behind its IOMMU, can do (IOMMU_GET_HW_INFO), and what it is attached to.
 *
 * @param dev
 *   The device.
 * @param[out] info
 *   Set where that succeeds.
 * @return
 *   - ENOTTY: the kernel is older than Linux 6.6.
 */
int rte_iommufd_dev_info_get(struct rte_iommufd_dev *dev, struct rte_iommufd_dev_info *info);

/**
 * Bind a PASID of a device to an address space (VFIO_DEVICE_ATTACH_IOMMUFD_PT with a PASID).
 * Several PASIDs, of several devices, can share one.
 *
 * @param dev, as
 *   Of which device, and to which address space.
 * @param pt
 *   RTE_IOMMUFD_PT_AUTO: one page table for all that are bound to the address space, devices too,
 *   where their IOMMU can do that; or one of the address space's from rte_iommufd_pt_create().
 * @param[in,out] pasid
 *   Which one, or RTE_IOMMUFD_PASID_ANY; then it is set to the one that was chosen.
 * @return
 *   - ENOTSUP: the device has no PASIDs.
 *   - ERANGE: the device has not so many.
 *   - EBUSY: this one is bound already.
 *   - ENOSPC: all are.
 *   - EADDRINUSE: something is mapped in the address space that the device can't reach.
 *   - EINVAL: the IOMMU can't use the page table, or there is no such page table.
 */
int rte_iommufd_pasid_bind(struct rte_iommufd_dev *dev, struct rte_iommufd_as *as, uint32_t pt,
		uint32_t *pasid);

/**
 * Bind a PASID that is bound to another address space, without a gap: each access goes by the old
 * one or by the new one.
 *
 * @param dev, pasid
 *   What is bound.
 * @param as, pt
 *   To what it is to be bound, as in rte_iommufd_pasid_bind().
 * @return
 *   As rte_iommufd_pasid_bind(), with the PASID bound as before, and
 *   - ENOENT: it isn't bound.
 */
int rte_iommufd_pasid_rebind(struct rte_iommufd_dev *dev, struct rte_iommufd_as *as, uint32_t pt,
		uint32_t pasid);

/**
 * Unbind a PASID (VFIO_DEVICE_DETACH_IOMMUFD_PT). The queue must have been stopped: what it does
 * from now on is refused.
 *
 * @param dev, pasid
 *   What is bound.
 * @return
 *   - ENOENT: it isn't bound.
 */
int rte_iommufd_pasid_unbind(struct rte_iommufd_dev *dev, uint32_t pasid);

/** What a PASID is bound to. */
struct rte_iommufd_pasid_info {
	uint32_t as_id; /**< The address space... */
	uint32_t pt;    /**< ... and the page table, by the kernel's numbers. */
};

/**
 * Get what a PASID of a device is bound to.
 *
 * @param dev, pasid
 *   What is bound.
 * @param[out] info
 *   Set where that succeeds.
 * @return
 *   - ENOENT: it isn't bound.
 */
int rte_iommufd_pasid_info_get(struct rte_iommufd_dev *dev, uint32_t pasid,
		struct rte_iommufd_pasid_info *info);

/**
 * Make a further page table on an address space (IOMMU_HWPT_ALLOC), which has nothing bound to it
 * but what the application says. It costs memory and the time to fill it with all that is mapped,
 * and whatever is mapped from then on is mapped once more; most applications leave this to the
 * library.
 *
 * @param as
 *   The address space.
 * @param dev
 *   A device whose IOMMU will use it.
 * @param[out] pt
 *   The kernel's number of the page table.
 * @return
 *   - EADDRINUSE: the IOMMU can't address what is mapped.
 *   - ENOMEM
 */
int rte_iommufd_pt_create(struct rte_iommufd_as *as, struct rte_iommufd_dev *dev, uint32_t *pt);

/**
 * Destroy such a page table. rte_iommufd_as_destroy() does that too.
 *
 * @param as, pt
 *   The address space, and the number of the page table on it.
 * @return
 *   - EBUSY: a PASID is bound to it.
 *   - EINVAL: there is no such page table.
 */
int rte_iommufd_pt_destroy(struct rte_iommufd_as *as, uint32_t pt);

/** @} */

/**
 * @name What there is
 *
 * All objects of the library and all that is mapped, for those who show it or look something up in
 * it.
 * @{
 */

/** The open /dev/iommu. */
struct rte_iommufd_context_info {
	int fd;          /**< Its descriptor. It stays the library's. */
	bool maps_files; /**< The kernel can map files (IOMMU_IOAS_MAP_FILE). */
};

/** Who made an address space. */
enum rte_iommufd_as_kind {
	RTE_IOMMUFD_AS_SHARED,    /**< The library: all devices of the application use it. */
	RTE_IOMMUFD_AS_CREATED,   /**< rte_iommufd_as_create(). */
	RTE_IOMMUFD_AS_CONTAINER, /**< rte_vfio_container_create(). */
};

/** An address space. */
struct rte_iommufd_as_info {
	uint32_t id; /**< As of rte_iommufd_as_id(). */
	enum rte_iommufd_as_kind kind;
};

/** Who has mapped something. */
enum rte_iommufd_owner {
	RTE_IOMMUFD_OWNER_EAL,
	RTE_IOMMUFD_OWNER_APPLICATION,
	RTE_IOMMUFD_OWNER_SECONDARY, /**< A secondary process. */
};

/** Where what is mapped comes from. */
enum rte_iommufd_source {
	RTE_IOMMUFD_SOURCE_MEMORY,  /**< From the process's memory. */
	RTE_IOMMUFD_SOURCE_FILE,    /**< From a file. */
	RTE_IOMMUFD_SOURCE_AS,      /**< From another address space. */
	RTE_IOMMUFD_SOURCE_UNKNOWN, /**< A secondary process knows. */
};

/** A mapping. */
struct rte_iommufd_mapping_info {
	uint32_t as_id;  /**< In which address space. */
	enum rte_iommufd_owner owner;
	enum rte_iommufd_source source;
	uint32_t from_as_id; /**< Where the source is an address space: which one. */
	uint64_t iova;   /**< The address that devices use. */
	uint64_t len;    /**< Bytes. */
	uint64_t start;  /**< Address, offset in the file, or IOVA in the other address space. */
	uint64_t vaddr;  /**< Where the process has it, if the library knows; else 0. */
	bool read_only;  /**< Devices may not write. */
	unsigned int n_users; /**< How many unmaps it wants; 0: it isn't the application's. */
};

/** A page table. */
struct rte_iommufd_pt_info {
	uint32_t id;    /**< The kernel's number. */
	uint32_t as_id; /**< Of which address space. */
	const char *iommu; /**< Its IOMMU's name in sysfs, as dmar0; "": none is known. */
	unsigned int n_devices; /**< How many devices are attached. */
	unsigned int n_pasids;  /**< How many of their PASIDs are. */
};

/**
 * Who looks at the objects: each function is called for each object of a kind, and may be NULL.
 * What isn't 0 ends the walk. What they are given is gone when they return, and they must not call
 * functions of this header.
 */
struct rte_iommufd_visitor {
	int (*context)(const struct rte_iommufd_context_info *info, void *arg);
	int (*as)(const struct rte_iommufd_as_info *info, void *arg);
	int (*mapping)(const struct rte_iommufd_mapping_info *info, void *arg);
	int (*pt)(const struct rte_iommufd_pt_info *info, void *arg);
	/** A device; the IOMMU is asked for each. name: PCI address. */
	int (*dev)(const char *name, const struct rte_iommufd_dev_info *info, void *arg);
	/** A PASID that is bound; dev: PCI address of its device. */
	int (*pasid)(const char *dev, uint32_t pasid, const struct rte_iommufd_pasid_info *info,
		void *arg);
};

/**
 * Visit the context; then each address space, the shared one first, with its mappings (EAL's, then
 * the application's, ascending), its page tables, and its devices, each with its PASIDs, to
 * whatever address space they are bound; then what secondary processes have mapped.
 *
 * Thread-safe; not to be called with EAL's memory map locked.
 *
 * @param visitor
 *   The functions.
 * @param arg
 *   What they are given.
 * @return
 *   0, or what ended the walk, or
 *   - EINVAL (negative, as the next one): visitor is NULL.
 *   - ENOTSUP: the application doesn't run with --iova-mode=iommufd.
 */
int rte_iommufd_walk(const struct rte_iommufd_visitor *visitor, void *arg);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_H */
