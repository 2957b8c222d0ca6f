/* SPDX-License-Identifier: BSD-3-Clause */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_string_fns.h>

#include "iommufd_backend.h"
#include "iommufd_log.h"
#include "iommufd_mp.h"

#define ACTION "iommufd"
#define LOCK_NAME "iommufd"
#define PATIENCE_S 5

/** What a message is about; the reply says it again. */
enum subject {
	CONTEXT, /**< The reply has /dev/iommu and the primary process as descriptors. */
	DEVICE,  /**< The reply has the device. */
};

/** The parameter of requests and replies. */
struct param {
	enum subject subject;
	int error; /**< In a reply: 0, or a positive errno and no descriptors. */
	uint32_t ioas_id;
	char device[64];
};

static_assert(sizeof(struct param) <= RTE_MP_MAX_PARAM_LEN, "a message holds it");

static void
init_message(struct rte_mp_msg *msg, const struct param *param)
{
	memset(msg, 0, sizeof(*msg));
	strlcpy(msg->name, ACTION, sizeof(msg->name));
	memcpy(msg->param, param, sizeof(*param));
	msg->len_param = sizeof(*param);
}

static int
add_context(struct rte_mp_msg *reply, struct param *param)
{
	int fd, ret;

	ret = iommufd_backend_share(&fd, &param->ioas_id);
	if (ret < 0)
		return ret;
	reply->fds[reply->num_fds++] = fd;

	fd = pidfd_open(getpid(), 0);
	if (fd < 0)
		return -errno;
	reply->fds[reply->num_fds++] = fd;
	return 0;
}

static int
add_device(struct rte_mp_msg *reply, const struct param *param)
{
	int fd = iommufd_backend_share_device(param->device);

	if (fd < 0)
		return fd;
	reply->fds[reply->num_fds++] = fd;
	return 0;
}

static void
close_fds(struct rte_mp_msg *msg)
{
	while (msg->num_fds > 0)
		close(msg->fds[--msg->num_fds]);
}

static int
answer(const struct rte_mp_msg *request, const void *peer)
{
	struct rte_mp_msg reply;
	struct param param;
	int ret;

	if (request->len_param != sizeof(param))
		return -1;
	memcpy(&param, request->param, sizeof(param));
	param.device[sizeof(param.device) - 1] = '\0';

	init_message(&reply, &param);
	ret = param.subject == CONTEXT ? add_context(&reply, &param) :
		param.subject == DEVICE ? add_device(&reply, &param) : -ENOTSUP;
	if (ret < 0)
		close_fds(&reply);
	param.error = -ret;
	memcpy(reply.param, &param, sizeof(param));
	ret = rte_mp_reply(&reply, peer);
	close_fds(&reply);
	return ret;
}

static void
lock_path(char *path, size_t size)
{
	snprintf(path, size, "%s/%s", rte_eal_get_runtime_dir(), LOCK_NAME);
}

static int
take_lock(void)
{
	char path[PATH_MAX];
	int fd, err;

	lock_path(path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;

	err = errno;
	if (fd >= 0)
		close(fd);
	IOMMUFD_LOG(ERR, "cannot lock %s, which tells secondary processes that this one uses "
		"iommufd: %s", path, strerror(err));
	return -err;
}

int
iommufd_mp_start(struct iommufd_mp *mp)
{
	int ret;

	if (rte_mp_action_register(ACTION, answer) < 0) {
		if (rte_errno == ENOTSUP)
			return 0;
		IOMMUFD_LOG(ERR, "cannot answer secondary processes: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	ret = take_lock();
	if (ret < 0) {
		rte_mp_action_unregister(ACTION);
		return ret;
	}
	mp->lock = ret;
	return 0;
}

static void
on_end_of_primary(void *arg)
{
	struct iommufd_mp *mp = arg;

	IOMMUFD_LOG(ERR, "the primary process is gone: this one keeps its devices, and nobody else "
		"can have them before it ends, but it can get neither memory nor devices any more: "
		"end it, then start the primary again");
	/* The descriptor stays readable. */
	rte_intr_callback_unregister_pending(mp->watch, on_end_of_primary, mp, NULL);
}

void
iommufd_mp_stop(struct iommufd_mp *mp)
{
	if (mp->lock > 0) {
		rte_mp_action_unregister(ACTION);
		close(mp->lock);
	}
	if (mp->watch != NULL) {
		rte_intr_callback_unregister_sync(mp->watch, on_end_of_primary, mp);
		rte_intr_instance_free(mp->watch);
	}
	if (mp->primary > 0)
		close(mp->primary);
	memset(mp, 0, sizeof(*mp));
}

bool
iommufd_mp_primary_uses_iommufd(void)
{
	char path[PATH_MAX];
	bool locked;
	int fd;

	lock_path(path, sizeof(path));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	locked = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	close(fd);
	return locked;
}

/** Ask the primary. @return 0, or -errno: what it says, or ENOLINK where it says nothing. */
static int
ask(struct param *param, int *fds, int n_fds)
{
	const struct timespec patience = { .tv_sec = PATIENCE_S };
	struct rte_mp_reply replies = { 0 };
	struct rte_mp_msg msg;
	int ret = -ENOLINK;

	init_message(&msg, param);
	if (rte_mp_request_sync(&msg, &replies, &patience) < 0 || replies.nb_received != 1)
		goto free_replies;

	msg = replies.msgs[0];
	memcpy(param, msg.param, sizeof(*param));
	ret = param->error == 0 && msg.num_fds != n_fds ? -EBADMSG : -param->error;
	if (ret == 0)
		memcpy(fds, msg.fds, n_fds * sizeof(*fds));
	else
		close_fds(&msg);
free_replies:
	free(replies.msgs);
	if (ret == -ENOLINK)
		IOMMUFD_LOG(ERR, "the primary process %s", rte_eal_primary_proc_alive(NULL) ?
			"doesn't answer: is it stopped?" : "is gone");
	return ret;
}

static int
watch_primary(struct iommufd_mp *mp)
{
	int ret = -ENOMEM;

	mp->watch = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (mp->watch == NULL)
		goto fail;
	rte_intr_fd_set(mp->watch, mp->primary);
	rte_intr_type_set(mp->watch, RTE_INTR_HANDLE_EXT);
	ret = rte_intr_callback_register(mp->watch, on_end_of_primary, mp);
	if (ret < 0)
		goto free_watch;
	return 0;

free_watch:
	rte_intr_instance_free(mp->watch);
	mp->watch = NULL;
fail:
	IOMMUFD_LOG(ERR, "cannot watch the primary process: %s", strerror(-ret));
	return ret;
}

int
iommufd_mp_get_context(struct iommufd_mp *mp, struct iommufd_mp_context *context)
{
	struct param param = { .subject = CONTEXT };
	int fds[2];
	int ret;

	ret = ask(&param, fds, RTE_DIM(fds));
	if (ret < 0)
		return ret;
	mp->primary = fds[1];
	ret = watch_primary(mp);
	if (ret < 0) {
		iommufd_mp_stop(mp);
		close(fds[0]);
		return ret;
	}
	*context = (struct iommufd_mp_context){ .fd = fds[0], .ioas_id = param.ioas_id };
	return 0;
}

int
iommufd_mp_get_device(const char *name)
{
	struct param param = { .subject = DEVICE };
	int fd, ret;

	strlcpy(param.device, name, sizeof(param.device));
	ret = ask(&param, &fd, 1);
	if (ret == -ENODEV)
		IOMMUFD_LOG(ERR, "%s: the primary process doesn't have it: give it to that one too "
			"(-a %s)", name, name);
	return ret < 0 ? ret : fd;
}
