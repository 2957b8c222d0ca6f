/* SPDX-License-Identifier: BSD-3-Clause */

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "iommufd_mp.h"

static_assert(sizeof(struct iommufd_mp_param) <= RTE_MP_MAX_PARAM_LEN, "a message holds it");

void
iommufd_mp_init_message(struct rte_mp_msg *msg, const struct iommufd_mp_param *param)
{
	memset(msg, 0, sizeof(*msg));
	strlcpy(msg->name, IOMMUFD_MP_NAME, sizeof(msg->name));
	memcpy(msg->param, param, sizeof(*param));
	msg->len_param = sizeof(*param);
}

void
iommufd_mp_close_fds(struct rte_mp_msg *msg)
{
	while (msg->num_fds > 0)
		close(msg->fds[--msg->num_fds]);
}

void
iommufd_mp_lock_path(char *path, size_t size)
{
	snprintf(path, size, "%s/%s", rte_eal_get_runtime_dir(), IOMMUFD_MP_NAME);
}
