/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "log.h"
#include "vfio_user_private.h"

/* What this server says of the numbers that a client may propose */
static const struct {
	const char *name;
	json_int_t value;
} capabilities[] = {
	{ "max_msg_fds", VFIO_USER_MAX_FDS },
	{ "max_data_xfer_size", VFIO_USER_MAX_TRANSFER },
	{ "pgsizes", 4096 },
	{ "max_dma_maps", 65535 },
};

#define CAPABILITIES (sizeof(capabilities) / sizeof(capabilities[0]))

/* Those that were proposed: a new reference, or NULL where a proposal is no number from 1. */
static json_t *
answer(const json_t *proposed)
{
	json_t *known = json_object();

	for (size_t i = 0; i < CAPABILITIES; i++) {
		const json_t *value = json_object_get(proposed, capabilities[i].name);

		if (value == NULL)
			continue;
		if (!json_is_integer(value) || json_integer_value(value) < 1 ||
				json_object_set_new(known, capabilities[i].name,
						json_integer(capabilities[i].value)) != 0) {
			json_decref(known);
			return NULL;
		}
	}
	return json_pack("{s:o}", "capabilities", known);
}

/* Without its final zero */
static json_t *
parse(const uint8_t *text, size_t size)
{
	json_t *proposal, *proposed, *reply = NULL;
	json_error_t error;

	if (size == 0)
		return json_object();
	proposal = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, &error);
	proposed = json_object_get(proposal, "capabilities");
	if (json_is_object(proposal) && proposed == NULL)
		reply = json_object();
	else if (json_is_object(proposed))
		reply = answer(proposed);
	json_decref(proposal);
	return reply;
}

int
vfio_user_negotiate(const uint8_t *body, size_t size, uint8_t *reply, size_t room)
{
	struct vfio_user_version version;
	const uint8_t *text = body + sizeof(version);
	size_t length = size - sizeof(version);
	json_t *data;

	memcpy(&version, body, sizeof(version));
	if (version.major != VFIO_USER_MAJOR)
		return -ENOTSUP;
	if (length > 0 && text[--length] != '\0')
		return -EINVAL;
	data = parse(text, length);
	if (data == NULL)
		return -EINVAL;

	if (version.minor > VFIO_USER_MINOR)
		version.minor = VFIO_USER_MINOR;
	memcpy(reply, &version, sizeof(version));
	length = json_dumpb(data, (char *)reply + sizeof(version), room - sizeof(version) - 1,
			JSON_COMPACT);
	json_decref(data);
	if (length == 0 || length >= room - sizeof(version))
		return -ENOMEM;
	reply[sizeof(version) + length] = '\0';
	log_detail("vfio-user: version %u.%u, %s", version.major, version.minor,
			reply + sizeof(version));
	return sizeof(version) + length + 1;
}
