/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <rte_errno.h>

#include "iommufd_backend.h"
#include "iommufd_log.h"
#include "iommufd_mapping.h"
#include "iommufd_mp.h"

/** A secondary process. */
struct iommufd_peer {
	TAILQ_ENTRY(iommufd_peer) next;
	int id;
	struct iommufd_watch watch;
	pthread_mutex_t lock; /**< Covers what follows: its end comes by another thread. */
	bool ended;
	struct iommufd_mappings mappings; /**< What it has mapped itself. */
};

static int
take_back(const struct iommufd_mapping *mapping, void *n)
{
	iommufd_backend_take_back(mapping->iova, mapping->len);
	++*(unsigned int *)n;
	return 0;
}

static void
on_end_of_peer(void *arg)
{
	struct iommufd_peer *peer = arg;
	unsigned int n = 0;

	pthread_mutex_lock(&peer->lock);
	iommufd_mappings_walk(&peer->mappings, take_back, &n);
	iommufd_mappings_clear(&peer->mappings);
	peer->ended = true;
	pthread_mutex_unlock(&peer->lock);
	if (n != 0)
		IOMMUFD_LOG(NOTICE, "a secondary process has ended: %u mappings of its memory are "
			"taken back", n);
}

static void
drop_peer(struct iommufd_mp_primary *primary, struct iommufd_peer *peer)
{
	TAILQ_REMOVE(&primary->peers, peer, next);
	iommufd_watch_stop(&peer->watch);
	iommufd_mappings_clear(&peer->mappings);
	pthread_mutex_destroy(&peer->lock);
	free(peer);
}

/* A watch can't be stopped from its own call, so those that have ended go when a new one comes. */
static void
drop_ended_peers(struct iommufd_mp_primary *primary)
{
	struct iommufd_peer *peer, *next;
	bool ended;

	for (peer = TAILQ_FIRST(&primary->peers); peer != NULL; peer = next) {
		next = TAILQ_NEXT(peer, next);
		pthread_mutex_lock(&peer->lock);
		ended = peer->ended;
		pthread_mutex_unlock(&peer->lock);
		if (ended)
			drop_peer(primary, peer);
	}
}

/** @return The number of the new one, or -errno. */
static int
add_peer(struct iommufd_mp_primary *primary, int pidfd)
{
	struct iommufd_peer *peer = calloc(1, sizeof(*peer));
	int ret;

	if (peer == NULL) {
		close(pidfd);
		return -ENOMEM;
	}
	drop_ended_peers(primary);
	pthread_mutex_init(&peer->lock, NULL);
	peer->id = ++primary->last_peer;
	TAILQ_INSERT_TAIL(&primary->peers, peer, next);
	ret = iommufd_watch_start(&peer->watch, pidfd, on_end_of_peer, peer);
	if (ret < 0) {
		drop_peer(primary, peer);
		return ret;
	}
	return peer->id;
}

static int
answer_context(struct rte_mp_msg *reply, struct iommufd_mp_param *param,
		const struct rte_mp_msg *request)
{
	struct iommufd_mp_primary *primary = iommufd_backend_mp_primary();
	int ret;

	if (request->num_fds != 1)
		return -EBADMSG;
	ret = add_peer(primary, request->fds[0]);
	if (ret < 0)
		return ret;
	param->peer = ret;

	ret = iommufd_backend_share(&reply->fds[0], &param->ioas_id);
	if (ret < 0)
		return ret;
	reply->num_fds = 1;
	reply->fds[1] = pidfd_open(getpid(), 0);
	if (reply->fds[1] < 0)
		return -errno;
	reply->num_fds = 2;
	return 0;
}

static int
answer_device(struct rte_mp_msg *reply, struct iommufd_mp_param *param)
{
	param->device[sizeof(param->device) - 1] = '\0';
	reply->fds[0] = iommufd_backend_share_device(param->device);
	if (reply->fds[0] < 0)
		return reply->fds[0];
	reply->num_fds = 1;
	return 0;
}

static int
note_mapping(const struct iommufd_mp_param *param)
{
	struct iommufd_mp_primary *primary = iommufd_backend_mp_primary();
	const struct iommufd_mapping mapped = { .iova = param->iova, .len = param->len };
	struct iommufd_mapping *mapping;
	struct iommufd_peer *peer;
	int ret = 0;

	TAILQ_FOREACH(peer, &primary->peers, next)
		if (peer->id == param->peer)
			break;
	if (peer == NULL)
		return -ENOENT;

	pthread_mutex_lock(&peer->lock);
	mapping = iommufd_mappings_overlapping(&peer->mappings, param->iova, param->len);
	/* Its last words may come after its end. */
	if (peer->ended && param->subject == IOMMUFD_MP_MAPPED)
		iommufd_backend_take_back(param->iova, param->len);
	else if (param->subject == IOMMUFD_MP_MAPPED && mapping == NULL)
		ret = iommufd_mappings_add(&peer->mappings, &mapped);
	else if (param->subject == IOMMUFD_MP_UNMAPPED && mapping != NULL)
		iommufd_mappings_remove(&peer->mappings, mapping);
	pthread_mutex_unlock(&peer->lock);
	return ret;
}

static int
answer(const struct rte_mp_msg *request, struct iommufd_mp_param *param, const void *peer)
{
	struct rte_mp_msg reply;
	int ret;

	iommufd_mp_init_message(&reply, param);
	ret = param->subject == IOMMUFD_MP_CONTEXT ? answer_context(&reply, param, request) :
		answer_device(&reply, param);
	if (ret < 0)
		iommufd_mp_close_fds(&reply);
	param->error = -ret;
	memcpy(reply.param, param, sizeof(*param));
	ret = rte_mp_reply(&reply, peer);
	iommufd_mp_close_fds(&reply);
	return ret;
}

/** EAL has a message for us. */
static int
on_message(const struct rte_mp_msg *msg, const void *peer)
{
	struct iommufd_mp_primary *primary = iommufd_backend_mp_primary();
	struct iommufd_mp_param param;
	int ret = -1;

	if (msg->len_param != sizeof(param))
		return -1;
	memcpy(&param, msg->param, sizeof(param));

	pthread_mutex_lock(&primary->lock);
	if (primary->file > 0)
		ret = param.subject == IOMMUFD_MP_CONTEXT || param.subject == IOMMUFD_MP_DEVICE ?
			answer(msg, &param, peer) : note_mapping(&param);
	pthread_mutex_unlock(&primary->lock);
	return ret;
}

static int
take_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX];
	int fd, err;

	iommufd_mp_lock_path(path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return fd;

	err = errno;
	if (fd >= 0)
		close(fd);
	IOMMUFD_LOG(ERR, "cannot lock %s, which tells secondary processes that this one uses "
		"iommufd: %s", path, strerror(err));
	return -err;
}

int
iommufd_mp_primary_start(struct iommufd_mp_primary *primary)
{
	int ret;

	TAILQ_INIT(&primary->peers);
	if (rte_mp_action_register(IOMMUFD_MP_NAME, on_message) < 0) {
		if (rte_errno == ENOTSUP)
			return 0;
		IOMMUFD_LOG(ERR, "cannot answer secondary processes: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	ret = take_lock();
	if (ret < 0) {
		rte_mp_action_unregister(IOMMUFD_MP_NAME);
		return ret;
	}
	pthread_mutex_lock(&primary->lock);
	primary->file = ret;
	pthread_mutex_unlock(&primary->lock);
	return 0;
}

void
iommufd_mp_primary_stop(struct iommufd_mp_primary *primary)
{
	struct iommufd_peer *peer;

	pthread_mutex_lock(&primary->lock);
	if (primary->file > 0) {
		rte_mp_action_unregister(IOMMUFD_MP_NAME);
		while ((peer = TAILQ_FIRST(&primary->peers)) != NULL)
			drop_peer(primary, peer);
		close(primary->file);
		primary->file = 0;
	}
	pthread_mutex_unlock(&primary->lock);
}

int
iommufd_mp_primary_walk(struct iommufd_mp_primary *primary, iommufd_mappings_fn fn, void *arg)
{
	struct iommufd_peer *peer;
	int ret = 0;

	pthread_mutex_lock(&primary->lock);
	if (primary->file > 0)
		TAILQ_FOREACH(peer, &primary->peers, next) {
			pthread_mutex_lock(&peer->lock);
			ret = iommufd_mappings_walk(&peer->mappings, fn, arg);
			pthread_mutex_unlock(&peer->lock);
			if (ret != 0)
				break;
		}
	pthread_mutex_unlock(&primary->lock);
	return ret;
}
