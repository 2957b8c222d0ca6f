/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_kvargs.h>

#include "bus_iommufd_private.h"

#define MAX_QUEUES UINT16_MAX

/** Arguments of all devices. "driver" is what the layered form begins with. */
static const char *const bus_params[] = { "as", "queues", NULL };
static const char layer[] = "driver";

static const char *const as_names[] = {
	[RTE_BUS_IOMMUFD_SHARED] = "shared",
	[RTE_BUS_IOMMUFD_PRIVATE] = "private",
	[RTE_BUS_IOMMUFD_SVA] = "sva",
	NULL,
};

const char *
iommufd_bus_as_name(enum rte_bus_iommufd_as as)
{
	return as_names[as];
}

const char *
iommufd_bus_short_name(const char *name)
{
	const size_t len = strlen(IOMMUFD_BUS_PREFIX);

	return strncmp(name, IOMMUFD_BUS_PREFIX, len) == 0 ? name + len : name;
}

int
iommufd_bus_parse_name(const char *name, void *addr)
{
	const char *rest = iommufd_bus_short_name(name);

	/* It becomes a part of paths. */
	if (rest == name || *rest == '\0' || *rest == '.' || strchr(rest, '/') != NULL)
		return -EINVAL;
	if (addr != NULL)
		*(const char **)addr = name;
	return 0;
}

int
iommufd_bus_parse_devargs(struct rte_devargs *devargs)
{
	static const char *const keys[] = { "bus", "name", NULL };
	struct rte_kvargs *kvargs;
	const char *name;
	int ret = 0;

	kvargs = rte_kvargs_parse_delim(devargs->bus_str, keys, "/");
	if (kvargs == NULL) {
		IOMMUFD_BUS_LOG(ERR, "\"%s\": what can be said of the bus is name=",
			devargs->bus_str);
		return -EINVAL;
	}
	name = rte_kvargs_get(kvargs, "name");
	if (name != NULL && snprintf(devargs->name, sizeof(devargs->name),
			IOMMUFD_BUS_PREFIX "%s", iommufd_bus_short_name(name)) >=
			(int)sizeof(devargs->name))
		ret = -E2BIG;
	rte_kvargs_free(kvargs);
	return ret;
}

struct rte_devargs *
iommufd_bus_devargs(const char *name)
{
	struct rte_devargs *devargs;

	RTE_EAL_DEVARGS_FOREACH("iommufd", devargs)
		if (strcmp(devargs->name, name) == 0)
			return devargs;
	return NULL;
}

static struct rte_kvargs *
arguments_of(const struct rte_bus_iommufd_device *dev)
{
	const struct rte_devargs *devargs = dev->device.devargs;

	return rte_kvargs_parse(devargs == NULL || devargs->drv_str == NULL ? "" :
			devargs->drv_str, NULL);
}

static bool
is_in(const char *const *keys, const char *key)
{
	for (; keys != NULL && *keys != NULL; keys++)
		if (strcmp(*keys, key) == 0)
			return true;
	return false;
}

/** Join words as "as=, queues=" or "shared, private"; what doesn't fit is left out. */
static void
join(char *text, size_t size, const char *const *words, const char *behind)
{
	size_t len = strlen(text);

	for (; words != NULL && *words != NULL && len < size; words++)
		len += snprintf(text + len, size - len, "%s%s%s", len == 0 ? "" : ", ", *words,
				behind);
}

static int
check_keys(const struct rte_bus_iommufd_device *dev, const struct rte_bus_iommufd_driver *driver,
		const struct rte_kvargs *kvargs)
{
	char known[256] = "";
	const char *key;
	unsigned int i;

	for (i = 0; i < kvargs->count; i++) {
		key = kvargs->pairs[i].key;
		if (rte_kvargs_count(kvargs, key) > 1) {
			IOMMUFD_BUS_LOG(ERR, "%s: %s= is given more than once", dev->name, key);
			return -EINVAL;
		}
		if (strcmp(key, layer) == 0 && dev->device.devargs->bus_str != NULL)
			continue;
		if (is_in(bus_params, key) || is_in(driver->params, key))
			continue;
		join(known, sizeof(known), bus_params, "=");
		join(known, sizeof(known), driver->params, "=");
		IOMMUFD_BUS_LOG(ERR, "%s: no argument \"%s\": there are %s", dev->name, key, known);
		return -EINVAL;
	}
	return 0;
}

static int
parse_u32(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	unsigned long long number;
	char *end;

	/* strtoull() takes signs and spaces. */
	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (*end != '\0' || errno != 0 || number < min || number > max)
		return -EINVAL;
	*value = number;
	return 0;
}

/** An argument's value: 1 and a copy of it, 0 where it isn't given, or a negative errno. */
static int
value_of(const struct rte_bus_iommufd_device *dev, const char *key, char **value)
{
	struct rte_kvargs *kvargs = arguments_of(dev);
	const struct rte_kvargs_pair *pair = NULL;
	unsigned int i;
	int ret = 0;

	if (kvargs == NULL)
		return -EINVAL;
	for (i = 0; i < kvargs->count; i++)
		if (strcmp(kvargs->pairs[i].key, key) == 0)
			pair = &kvargs->pairs[i];
	if (pair != NULL) {
		*value = strdup(pair->value == NULL ? "" : pair->value);
		ret = *value == NULL ? -ENOMEM : 1;
	}
	rte_kvargs_free(kvargs);
	return ret;
}

int
rte_bus_iommufd_param_u32(const struct rte_bus_iommufd_device *dev, const char *key,
		uint32_t min, uint32_t max, uint32_t *value)
{
	char *text;
	int ret;

	ret = value_of(dev, key, &text);
	if (ret <= 0)
		return ret;
	ret = parse_u32(text, min, max, value);
	if (ret < 0)
		IOMMUFD_BUS_LOG(ERR, "%s: %s=%s: a number from %u to %u is wanted", dev->name, key,
			text, min, max);
	free(text);
	return ret;
}

int
rte_bus_iommufd_param_choice(const struct rte_bus_iommufd_device *dev, const char *key,
		const char *const *choices, unsigned int *value)
{
	char known[256] = "", *text;
	unsigned int i;
	int ret;

	ret = value_of(dev, key, &text);
	if (ret <= 0)
		return ret;
	for (i = 0; choices[i] != NULL && strcmp(choices[i], text) != 0; i++)
		;
	if (choices[i] != NULL) {
		*value = i;
		ret = 0;
	} else {
		join(known, sizeof(known), choices, "");
		IOMMUFD_BUS_LOG(ERR, "%s: %s=%s: it can be %s", dev->name, key, text, known);
		ret = -EINVAL;
	}
	free(text);
	return ret;
}

static int
take_as(struct rte_bus_iommufd_device *dev)
{
	const bool is_function = dev->kind == RTE_BUS_IOMMUFD_FUNCTION;
	unsigned int as = is_function ? RTE_BUS_IOMMUFD_SHARED : RTE_BUS_IOMMUFD_SVA;
	int ret;

	ret = rte_bus_iommufd_param_choice(dev, "as", as_names, &as);
	if (ret < 0)
		return ret;
	if (is_function == (as == RTE_BUS_IOMMUFD_SVA)) {
		IOMMUFD_BUS_LOG(ERR, "%s: as=%s: %s", dev->name, as_names[as], is_function ?
			"a function on vfio-pci can be shared, private" :
			"a uacce device can be sva");
		return -EINVAL;
	}
	dev->as = as;
	return 0;
}

static int
check_driver(const struct rte_bus_iommufd_device *dev, const struct rte_bus_iommufd_driver *driver)
{
	const char *const names[] = { driver->driver.name, NULL };
	unsigned int which;

	return rte_bus_iommufd_param_choice(dev, layer, names, &which);
}

int
iommufd_bus_take_params(struct rte_bus_iommufd_device *dev,
		const struct rte_bus_iommufd_driver *driver)
{
	struct rte_kvargs *kvargs = arguments_of(dev);
	uint32_t queues = MAX_QUEUES;
	int ret;

	if (kvargs == NULL) {
		IOMMUFD_BUS_LOG(ERR, "%s: \"%s\" can't be parsed", dev->name,
			dev->device.devargs->drv_str);
		return -EINVAL;
	}
	ret = check_keys(dev, driver, kvargs);
	if (ret == 0)
		ret = check_driver(dev, driver);
	if (ret == 0)
		ret = take_as(dev);
	if (ret == 0)
		ret = rte_bus_iommufd_param_u32(dev, "queues", 1, MAX_QUEUES, &queues);
	if (ret == 0)
		dev->max_queues = queues;
	rte_kvargs_free(kvargs);
	return ret;
}
