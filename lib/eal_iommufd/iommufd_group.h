/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_GROUP_H
#define IOMMUFD_GROUP_H

#include <sys/queue.h>

struct iommufd_container;

/**
 * An IOMMU group that an application has bound to a container. The kernel opens devices one by one
 * and knows no groups here; the descriptor stands for the one that DPDK's VFIO API speaks of.
 */
struct iommufd_group {
	TAILQ_ENTRY(iommufd_group) next;
	int num; /**< As in /sys/kernel/iommu_groups. */
	int fd;
	struct iommufd_container *container;
};

TAILQ_HEAD(iommufd_groups, iommufd_group);

/** @return The group of that number, or NULL. */
struct iommufd_group *iommufd_groups_find(const struct iommufd_groups *groups, int num);

/**
 * Note that a group is bound to a container.
 *
 * @return Its descriptor, or -errno: EMFILE, ENOMEM.
 */
int iommufd_groups_add(struct iommufd_groups *groups, int num,
		struct iommufd_container *container);

/** Forget a group and close its descriptor. */
void iommufd_groups_remove(struct iommufd_groups *groups, struct iommufd_group *group);

/** Forget all groups that are bound to a container. */
void iommufd_groups_remove_container(struct iommufd_groups *groups,
		const struct iommufd_container *container);

/** Forget a group whose descriptor is closed already. @return 0, or -EINVAL. */
int iommufd_groups_forget(struct iommufd_groups *groups, int fd);

/** @return The number of a device's IOMMU group, or -1. */
int iommufd_group_of_device(const char *sysfs_base, const char *name);

#endif /* IOMMUFD_GROUP_H */
