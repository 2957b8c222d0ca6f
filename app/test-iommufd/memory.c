/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_iommufd.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_vfio.h>

#include "inventory.h"
#include "memory.h"

struct memory_kind {
	const char *name;
	/** Take address and length of a piece; 0 or a negative errno. */
	int (*take)(struct memory_piece *piece);
	void (*give_back)(struct memory_piece *piece);
	/** Let devices reach it, where that isn't EAL's to do; 0 or a negative errno. */
	int (*map)(const struct memory_piece *piece);
};

static int
take_hugepages(struct memory_piece *piece)
{
	piece->address = rte_malloc(NULL, piece->length, 0);
	if (piece->address == NULL)
		return -ENOMEM;
	piece->iova = rte_malloc_virt2iova(piece->address);
	return 0;
}

static void
free_hugepages(struct memory_piece *piece)
{
	rte_free(piece->address);
}

static int
take_pages(struct memory_piece *piece, int flags)
{
	piece->address = mmap(NULL, piece->length, PROT_READ | PROT_WRITE, flags, piece->fd, 0);
	piece->iova = (uintptr_t)piece->address;
	return piece->address == MAP_FAILED ? -errno : 0;
}

static int
take_anonymous(struct memory_piece *piece)
{
	return take_pages(piece, MAP_PRIVATE | MAP_ANONYMOUS);
}

static void
free_pages(struct memory_piece *piece)
{
	munmap(piece->address, piece->length);
	if (piece->fd >= 0)
		close(piece->fd);
}

static int
take_file(struct memory_piece *piece)
{
	int ret;

	piece->fd = memfd_create("test-iommufd", MFD_CLOEXEC);
	if (piece->fd < 0)
		return -errno;
	ret = ftruncate(piece->fd, piece->length) == 0 ? take_pages(piece, MAP_SHARED) : -errno;
	if (ret != 0)
		close(piece->fd);
	return ret;
}

static int
map_address(const struct memory_piece *piece)
{
	return rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD, (uintptr_t)piece->address,
		piece->iova, piece->length) == 0 ? 0 : -rte_errno;
}

static int
map_file(const struct memory_piece *piece)
{
	return rte_iommufd_dma_map_file(RTE_VFIO_DEFAULT_CONTAINER_FD, piece->fd, 0,
		(uintptr_t)piece->address, piece->iova, piece->length) == 0 ? 0 : -rte_errno;
}

static const struct memory_kind kinds[] = {
	{ "hugepages", take_hugepages, free_hugepages, NULL },
	{ "anonymous", take_anonymous, free_pages, map_address },
	{ "file", take_file, free_pages, map_file },
};

const char *
memory_kind_at(unsigned int place)
{
	return place < RTE_DIM(kinds) ? kinds[place].name : NULL;
}

void
memory_begin(struct memory *memory)
{
	TAILQ_INIT(&memory->pieces);
}

static int
failed(const char *what, const struct memory_piece *piece, int error, const char *remedy)
{
	char size[INVENTORY_NAME];

	fprintf(stderr, "%s of %s memory can't be %s: %s%s\n", inventory_size(piece->length, size),
		piece->kind->name, what, rte_strerror(-error), remedy);
	return error;
}

/* With EAL, so that its look-ups know the memory, then for devices. */
static int
register_piece(const struct memory_piece *piece)
{
	int ret;

	if (piece->kind->map == NULL)
		return 0;
	if (rte_extmem_register(piece->address, piece->length, NULL, 0,
			sysconf(_SC_PAGESIZE)) != 0)
		return failed("registered with EAL", piece, -rte_errno, "");
	ret = piece->kind->map(piece);
	if (ret == 0)
		return 0;
	rte_extmem_unregister(piece->address, piece->length);
	return failed("mapped for devices", piece, ret, rte_iommufd_is_enabled() ? "" :
		" (start with --iova-mode=iommufd)");
}

static int
unregister_piece(const struct memory_piece *piece)
{
	if (piece->kind->map == NULL)
		return 0;
	if (rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD, (uintptr_t)piece->address,
			piece->iova, piece->length) != 0)
		return failed("unmapped", piece, -rte_errno, "");
	rte_extmem_unregister(piece->address, piece->length);
	return 0;
}

static const struct memory_kind *
find_kind(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	fprintf(stderr, "%s: no kind of memory; there are:", name);
	for (i = 0; i < RTE_DIM(kinds); i++)
		fprintf(stderr, " %s", kinds[i].name);
	fprintf(stderr, "\n");
	return NULL;
}

static int
check_length(uint64_t length)
{
	if (length != 0 && length % sysconf(_SC_PAGESIZE) == 0)
		return 0;
	fprintf(stderr, "%" PRIu64 ": not a number of whole pages of %ld bytes\n", length,
		sysconf(_SC_PAGESIZE));
	return -EINVAL;
}

int
memory_add(struct memory *memory, const char *kind, uint64_t length,
		const struct memory_piece **added)
{
	const struct memory_kind *found = find_kind(kind);
	struct memory_piece *piece;
	int ret;

	if (found == NULL || check_length(length) != 0)
		return -EINVAL;
	piece = calloc(1, sizeof(*piece));
	if (piece == NULL) {
		fprintf(stderr, "no memory to remember a piece of it\n");
		return -ENOMEM;
	}
	*piece = (struct memory_piece){ .kind = found, .length = length, .fd = -1 };
	ret = found->take(piece);
	if (ret != 0) {
		failed("had", piece, ret, found->map == NULL ?
			" (EAL has no such piece and can't get more: dpdk-hugepages.py)" : "");
		goto free_piece;
	}
	ret = register_piece(piece);
	if (ret != 0)
		goto give_back;
	piece->id = ++memory->last_id;
	TAILQ_INSERT_TAIL(&memory->pieces, piece, next);
	*added = piece;
	return 0;

give_back:
	found->give_back(piece);
free_piece:
	free(piece);
	return ret;
}

static int
remove_piece(struct memory *memory, struct memory_piece *piece)
{
	int ret = unregister_piece(piece);

	if (ret != 0)
		return ret;
	TAILQ_REMOVE(&memory->pieces, piece, next);
	piece->kind->give_back(piece);
	free(piece);
	return 0;
}

int
memory_remove(struct memory *memory, uint32_t id)
{
	struct memory_piece *piece;

	TAILQ_FOREACH(piece, &memory->pieces, next)
		if (piece->id == id)
			return remove_piece(memory, piece);
	fprintf(stderr, "%u: not memory that was added here; show mem has it all\n", id);
	return -ENOENT;
}

void
memory_end(struct memory *memory)
{
	while (!TAILQ_EMPTY(&memory->pieces) &&
			remove_piece(memory, TAILQ_FIRST(&memory->pieces)) == 0)
		;
}

bool
memory_at(const struct memory *memory, unsigned int place, uint32_t *id)
{
	const struct memory_piece *piece;

	TAILQ_FOREACH(piece, &memory->pieces, next) {
		if (place-- == 0) {
			*id = piece->id;
			return true;
		}
	}
	return false;
}

uint64_t
memory_of_heaps(void)
{
	struct rte_malloc_socket_stats stats;
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < rte_socket_count(); i++)
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			bytes += stats.heap_totalsz_bytes;
	return bytes;
}

void
memory_show_piece(FILE *out, const struct memory_piece *piece)
{
	char size[INVENTORY_NAME];

	fprintf(out, "memory %u: %s of %s, process %p, IOVA 0x%" PRIx64 "\n", piece->id,
		inventory_size(piece->length, size), piece->kind->name, piece->address,
		piece->iova);
}

void
memory_show(FILE *out, const struct memory *memory)
{
	const struct memory_piece *piece;
	char size[INVENTORY_NAME];

	fprintf(out, "EAL's heaps have %s\n", inventory_size(memory_of_heaps(), size));
	TAILQ_FOREACH(piece, &memory->pieces, next)
		memory_show_piece(out, piece);
	if (TAILQ_EMPTY(&memory->pieces))
		fprintf(out, "none was added here\n");
}
