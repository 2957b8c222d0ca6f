/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "iommufd_log.h"
#include "iommufd_mp.h"

#define PATIENCE_S 5

bool
iommufd_mp_primary_uses_iommufd(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX];
	bool locked;
	int fd;

	iommufd_mp_lock_path(path, sizeof(path));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	/* Only asks who has it. */
	locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return locked;
}

static void
on_end_of_primary(void *arg __rte_unused)
{
	IOMMUFD_LOG(ERR, "the primary process is gone: this one keeps its devices, and nobody else "
		"can have them before it ends, but it can get neither memory nor devices any more: "
		"end it, then start the primary again");
}

/**
 * Send a request to the primary, whose reply has n_fds descriptors.
 *
 * @return 0, or -errno: what the primary says, or ENOLINK where it says nothing.
 */
static int
ask(struct rte_mp_msg *request, struct iommufd_mp_param *param, int *fds, int n_fds)
{
	const struct timespec patience = { .tv_sec = PATIENCE_S };
	struct rte_mp_reply replies = { 0 };
	struct rte_mp_msg *reply;
	int ret = -ENOLINK;

	if (rte_mp_request_sync(request, &replies, &patience) < 0 || replies.nb_received != 1)
		goto free_replies;

	reply = &replies.msgs[0];
	memcpy(param, reply->param, sizeof(*param));
	ret = param->error == 0 && reply->num_fds != n_fds ? -EBADMSG : -param->error;
	if (ret == 0)
		memcpy(fds, reply->fds, n_fds * sizeof(*fds));
	else
		iommufd_mp_close_fds(reply);
free_replies:
	free(replies.msgs);
	if (ret == -ENOLINK)
		IOMMUFD_LOG(ERR, "the primary process %s", rte_eal_primary_proc_alive(NULL) ?
			"doesn't answer: is it stopped?" : "is gone");
	return ret;
}

int
iommufd_mp_secondary_start(struct iommufd_mp_secondary *secondary, int *fd, uint32_t *ioas_id)
{
	struct iommufd_mp_param param = { .subject = IOMMUFD_MP_CONTEXT };
	struct rte_mp_msg request;
	int fds[2];
	int ret;

	iommufd_mp_init_message(&request, &param);
	request.fds[0] = pidfd_open(getpid(), 0);
	if (request.fds[0] < 0)
		return -errno;
	request.num_fds = 1;
	ret = ask(&request, &param, fds, RTE_DIM(fds));
	iommufd_mp_close_fds(&request);
	if (ret < 0)
		return ret;

	ret = iommufd_watch_start(&secondary->primary, fds[1], on_end_of_primary, NULL);
	if (ret < 0) {
		close(fds[0]);
		return ret;
	}
	secondary->peer = param.peer;
	*fd = fds[0];
	*ioas_id = param.ioas_id;
	return 0;
}

void
iommufd_mp_secondary_stop(struct iommufd_mp_secondary *secondary)
{
	iommufd_watch_stop(&secondary->primary);
}

int
iommufd_mp_get_device(const char *name)
{
	struct iommufd_mp_param param = { .subject = IOMMUFD_MP_DEVICE };
	struct rte_mp_msg request;
	int fd, ret;

	strlcpy(param.device, name, sizeof(param.device));
	iommufd_mp_init_message(&request, &param);
	ret = ask(&request, &param, &fd, 1);
	if (ret == -ENODEV)
		IOMMUFD_LOG(ERR, "%s: the primary process doesn't have it: give it to that one too "
			"(-a %s)", name, name);
	return ret < 0 ? ret : fd;
}

void
iommufd_mp_tell_mapping(const struct iommufd_mp_secondary *secondary, bool mapped, uint64_t iova,
		uint64_t len)
{
	struct iommufd_mp_param param = {
		.subject = mapped ? IOMMUFD_MP_MAPPED : IOMMUFD_MP_UNMAPPED,
		.peer = secondary->peer,
		.iova = iova,
		.len = len,
	};
	struct rte_mp_msg msg;

	iommufd_mp_init_message(&msg, &param);
	rte_mp_sendmsg(&msg);
}
