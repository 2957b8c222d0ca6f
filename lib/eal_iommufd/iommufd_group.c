/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_vfio.h>

#include "iommufd_container.h"
#include "iommufd_group.h"

struct iommufd_group *
iommufd_groups_find(const struct iommufd_groups *groups, int num)
{
	struct iommufd_group *group;

	TAILQ_FOREACH(group, groups, next)
		if (group->num == num)
			break;
	return group;
}

int
iommufd_groups_add(struct iommufd_groups *groups, int num, struct iommufd_container *container)
{
	struct iommufd_group *group = malloc(sizeof(*group));
	int err;

	if (group == NULL)
		return -ENOMEM;
	group->num = num;
	group->container = container;
	group->fd = fcntl(container->fd, F_DUPFD_CLOEXEC, 0);
	if (group->fd < 0) {
		err = errno;
		free(group);
		return -err;
	}
	TAILQ_INSERT_TAIL(groups, group, next);
	return group->fd;
}

void
iommufd_groups_remove(struct iommufd_groups *groups, struct iommufd_group *group)
{
	TAILQ_REMOVE(groups, group, next);
	close(group->fd);
	free(group);
}

void
iommufd_groups_remove_container(struct iommufd_groups *groups,
		const struct iommufd_container *container)
{
	struct iommufd_group *group, *next;

	for (group = TAILQ_FIRST(groups); group != NULL; group = next) {
		next = TAILQ_NEXT(group, next);
		if (group->container == container)
			iommufd_groups_remove(groups, group);
	}
}

int
iommufd_groups_forget(struct iommufd_groups *groups, int fd)
{
	struct iommufd_group *group;

	TAILQ_FOREACH(group, groups, next)
		if (group->fd == fd)
			break;
	if (group == NULL)
		return -EINVAL;
	TAILQ_REMOVE(groups, group, next);
	free(group);
	return 0;
}

int
iommufd_group_of_device(const char *sysfs_base, const char *name)
{
	int num;

	return rte_vfio_get_group_num(sysfs_base, name, &num) > 0 ? num : -1;
}
