/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iommufd_compat.h"
#include "iommufd_container.h"
#include "iommufd_context.h"
#include "iommufd_device.h"
#include "iommufd_hwpt.h"
#include "iommufd_log.h"
#include "iommufd_memseg.h"
#include "iommufd_mp.h"
#include "iommufd_numa.h"
#include "iommufd_reserved.h"

static void
init(struct iommufd_container *container, struct iommufd_context *ctx)
{
	memset(container, 0, sizeof(*container));
	container->fd = ctx->fd;
	container->ioas.ctx = ctx;
	TAILQ_INIT(&container->hwpts);
	TAILQ_INIT(&container->devices);
	pthread_mutex_init(&container->lock, NULL);
}

int
iommufd_container_open_default(struct iommufd_container *container, struct iommufd_context *ctx,
		struct iommufd_memory *memory)
{
	int ret;

	init(container, ctx);
	container->memory = memory;
	ret = iommufd_ioas_alloc(&container->ioas, ctx);
	if (ret < 0)
		iommufd_container_close(container);
	return ret;
}

int
iommufd_container_open(struct iommufd_container *container, struct iommufd_context *ctx)
{
	int ret;

	init(container, ctx);
	container->fd = fcntl(ctx->fd, F_DUPFD_CLOEXEC, 0);
	if (container->fd < 0) {
		ret = -errno;
		IOMMUFD_LOG(ERR, "no file descriptor for a container: %s: raise the limit of open "
			"files (ulimit -n)", strerror(-ret));
		return ret;
	}
	ret = iommufd_ioas_alloc(&container->ioas, ctx);
	if (ret < 0)
		iommufd_container_close(container);
	return ret;
}

void
iommufd_container_borrow(struct iommufd_container *container, struct iommufd_context *ctx,
		uint32_t ioas_id, const struct iommufd_mp_secondary *lender)
{
	init(container, ctx);
	container->lender = lender;
	container->ioas.id = ioas_id;
}

void
iommufd_container_close(struct iommufd_container *container)
{
	struct iommufd_hwpt *hwpt;

	if (container->fd < 0)
		return;

	while ((hwpt = TAILQ_FIRST(&container->hwpts)) != NULL) {
		TAILQ_REMOVE(&container->hwpts, hwpt, next);
		iommufd_hwpt_free(hwpt);
		free(hwpt);
	}
	if (container->lender == NULL)
		iommufd_ioas_free(&container->ioas);
	iommufd_mappings_clear(&container->mappings);
	iommufd_ranges_free(&container->ranges);
	iommufd_ranges_free(&container->reach);
	pthread_mutex_destroy(&container->lock);
	if (container->fd != container->ioas.ctx->fd)
		close(container->fd);
	container->fd = -1;
}

/* Called with the container's lock held. */
static void
log_map_error(struct iommufd_container *container, const struct iommufd_mapping *wanted, int err)
{
	const uint64_t iova = wanted->iova, len = wanted->len;
	const struct iommufd_ranges *ranges = &container->ranges;
	const struct iommufd_mapping *mapping;
	const uint32_t ioas = container->ioas.id;
	char text[IOMMUFD_RANGES_TEXT];

	if (!iommufd_ranges_permit(&container->reach, iova, len))
		ranges = &container->reach;
	mapping = iommufd_mappings_overlapping(&container->mappings, iova, len);
	if (err == EEXIST && mapping != NULL)
		IOMMUFD_LOG(ERR, "cannot map 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: %s: "
			"0x%" PRIx64 "-0x%" PRIx64 " is mapped to other memory: unmap it first",
			len, iova, ioas, strerror(err), mapping->iova,
			mapping->iova + mapping->len - 1);
	else if (err == EINVAL && !iommufd_ranges_permit(ranges, iova, len)) {
		iommufd_ranges_format(ranges, text, sizeof(text));
		IOMMUFD_LOG(ERR, "cannot map 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: %s: "
			"its devices take only the addresses%s", len, iova, ioas, strerror(err),
			text);
	} else if (wanted->backing.kind == IOMMUFD_BACKING_IOAS)
		IOMMUFD_LOG(ERR, "cannot map 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u as IOAS "
			"%u has them at 0x%" PRIx64 ": %s%s", len, iova, ioas,
			wanted->backing.ioas_id, wanted->backing.start, strerror(err),
			err == ENOENT ? ": not all of that is mapped there" : "");
	else
		iommufd_memseg_log_map_error(&container->ioas, iova, len, err);
}

static int
map_and_note(struct iommufd_container *container, const struct iommufd_mapping *mapping)
{
	const struct iommufd_backing *backing = &mapping->backing;
	struct iommufd_ioas *ioas = &container->ioas;
	struct iommufd_numa numa = { 0 };
	int ret;

	if (!iommufd_ranges_permit(&container->reach, mapping->iova, mapping->len))
		return -EINVAL;
	iommufd_numa_move(&numa, backing->kind != IOMMUFD_BACKING_VA ? -1 :
		iommufd_numa_node_of((void *)(uintptr_t)backing->start));
	ret = iommufd_ioas_map(ioas, backing, mapping->len, mapping->iova);
	iommufd_numa_return(&numa);
	if (ret < 0)
		return ret;

	ret = iommufd_mappings_add(&container->mappings, mapping);
	if (ret < 0)
		iommufd_ioas_unmap(ioas, mapping->iova, mapping->len);
	else if (container->lender != NULL)
		iommufd_mp_tell_mapping(container->lender, true, mapping->iova, mapping->len);
	return ret;
}

int
iommufd_container_map(struct iommufd_container *container, const struct iommufd_backing *backing,
		uint64_t va, uint64_t iova, uint64_t len)
{
	const struct iommufd_mapping wanted = {
		.iova = iova,
		.len = len,
		.va = va,
		.backing = *backing,
	};
	struct iommufd_mapping *same;
	int ret = 0;

	if (backing->kind == IOMMUFD_BACKING_FILE && !container->ioas.ctx->maps_files) {
		IOMMUFD_LOG(ERR, "this kernel can't map files (Linux before 6.13): map the memory "
			"by its address");
		return -ENOTSUP;
	}

	pthread_mutex_lock(&container->lock);
	same = iommufd_mappings_find(&container->mappings, iova);
	if (same != NULL && iommufd_mapping_is_same(same, &wanted)) {
		same->n_users++;
		goto unlock;
	}
	ret = map_and_note(container, &wanted);
	if (ret < 0)
		log_map_error(container, &wanted, -ret);
unlock:
	pthread_mutex_unlock(&container->lock);
	return ret;
}

int
iommufd_container_check_writable(struct iommufd_container *container, uint64_t iova, uint64_t len)
{
	const struct iommufd_mapping *mapping;

	pthread_mutex_lock(&container->lock);
	mapping = iommufd_mappings_read_only(&container->mappings, iova, len);
	if (mapping != NULL)
		IOMMUFD_LOG(ERR, "what IOAS %u has at 0x%" PRIx64 "-0x%" PRIx64 " is read-only: it "
			"can be shared as that", container->ioas.id, mapping->iova,
			mapping->iova + mapping->len - 1);
	pthread_mutex_unlock(&container->lock);
	return mapping == NULL ? 0 : -EPERM;
}

static void
log_unmap_refusal(struct iommufd_container *container, const uint64_t *va, uint64_t iova,
		uint64_t len, int err)
{
	const struct iommufd_mapping *mapping;

	if (err == EINVAL && va != NULL) {
		IOMMUFD_LOG(ERR, "cannot unmap 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: "
			"the application has not mapped all of this to the memory at 0x%" PRIx64,
			len, iova, container->ioas.id, *va);
		return;
	}
	if (err == EINVAL) {
		IOMMUFD_LOG(ERR, "cannot unmap 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: "
			"the application has not mapped all of this", len, iova,
			container->ioas.id);
		return;
	}
	/* One end of the range is inside of a mapping. */
	mapping = iommufd_mappings_find(&container->mappings, iova);
	if (mapping->iova == iova)
		mapping = iommufd_mappings_find(&container->mappings, iova + (len - 1));
	IOMMUFD_LOG(ERR, "cannot unmap 0x%" PRIx64 " bytes at 0x%" PRIx64 " in IOAS %u: they are a "
		"part of what was mapped in one piece at 0x%" PRIx64 "-0x%" PRIx64 ": unmap that "
		"as it was mapped", len, iova, container->ioas.id, mapping->iova,
		mapping->iova + mapping->len - 1);
}

/* The range has been checked: it is a row of whole mappings. */
static int
unmap_mappings(struct iommufd_container *container, uint64_t iova, uint64_t len)
{
	struct iommufd_mapping *mapping;
	const uint64_t end = iova + len;
	int ret;

	for (; iova < end; iova += len) {
		mapping = iommufd_mappings_find(&container->mappings, iova);
		len = mapping->len;
		if (--mapping->n_users > 0)
			continue;
		if (container->lender != NULL)
			iommufd_mp_tell_mapping(container->lender, false, iova, len);
		ret = iommufd_ioas_unmap(&container->ioas, iova, len);
		if (ret < 0) {
			mapping->n_users++;
			IOMMUFD_LOG(ERR, "cannot unmap 0x%" PRIx64 " bytes at 0x%" PRIx64
				" in IOAS %u: %s", len, iova, container->ioas.id, strerror(-ret));
			return ret;
		}
		iommufd_mappings_remove(&container->mappings, mapping);
	}
	return 0;
}

int
iommufd_container_unmap(struct iommufd_container *container, const uint64_t *va, uint64_t iova,
		uint64_t len)
{
	int ret;

	pthread_mutex_lock(&container->lock);
	ret = iommufd_mappings_check(&container->mappings, va, iova, len);
	if (ret < 0)
		log_unmap_refusal(container, va, iova, len, -ret);
	else
		ret = unmap_mappings(container, iova, len);
	pthread_mutex_unlock(&container->lock);
	return ret;
}

int
iommufd_container_walk(struct iommufd_container *container, iommufd_mappings_fn fn, void *arg)
{
	int ret = 0;

	if (container->memory != NULL)
		ret = iommufd_memseg_walk(container->memory, fn, arg);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&container->lock);
	ret = iommufd_mappings_walk(&container->mappings, fn, arg);
	pthread_mutex_unlock(&container->lock);
	return ret;
}
