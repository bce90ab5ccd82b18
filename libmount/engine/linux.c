/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads os-release and fstab; see linux.h.
 */
#include "config.h"

#include "linux.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../common/alloc.h"
#include "../../common/cleanup.h"

#define MOUNTS_MAX 256 /* of one guest */

/* Who makes what calls itself so; others go by the name they give themselves. */
static const struct {
	const char *id, *vendor;
} vendors[] = {
	{ "almalinux", "AlmaLinux" },
	{ "debian", "Debian" },
	{ "fedora", "Fedora" },
	{ "ol", "Oracle" },
	{ "opensuse-leap", "openSUSE" },
	{ "rhel", "Red Hat" },
	{ "sled", "SUSE" },
	{ "sles", "SUSE" },
	{ "ubuntu", "Canonical" },
};

VixError vmnt_os_add_mount(struct vmnt_os *os, const char *device, const char *path)
{
	struct vmnt_guest_mount m = { .device = strdup(device), .path = strdup(path) };
	void *grown = NULL;

	if (m.device != NULL && m.path != NULL)
		grown = reallocarray(os->mounts, os->n + 1, sizeof(*os->mounts));
	if (grown == NULL) {
		free(m.device);
		free(m.path);
		return VIX_E_OUT_OF_MEMORY;
	}
	os->mounts = grown;
	os->mounts[os->n++] = m;
	return VIX_OK;
}

/* The value of an assignment as a shell would read it, quotes and backslashes gone. */
static char *unquote(const char *value, size_t len)
{
	char *text = malloc(len + 1), *out = text;
	char quote = '\0';

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (quote == '\0' && (value[i] == '"' || value[i] == '\''))
			quote = value[i];
		else if (quote != '\0' && value[i] == quote)
			quote = '\0';
		else if (value[i] == '\\' && quote != '\'' && i + 1 < len)
			*out++ = value[++i];
		else
			*out++ = value[i];
	}
	*out = '\0';
	return text;
}

/* The value of @key in os-release, "" when it is not there; NULL without memory. */
static char *release_value(const char *text, const char *key)
{
	size_t key_len = strlen(key);

	for (const char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\r\n");

		if (len > key_len && strncmp(line, key, key_len) == 0 && line[key_len] == '=')
			return unquote(line + key_len + 1, len - key_len - 1);
		line += len;
		line += strspn(line, "\r\n");
	}
	return strdup("");
}

void vmnt_linux_version(const char *text, struct vmnt_os *os)
{
	unsigned major, minor;
	int got = isdigit((unsigned char)text[0]) ? sscanf(text, "%9u.%9u", &major, &minor) : 0;

	if (got >= 1)
		os->major = major;
	if (got == 2)
		os->minor = minor;
}

VixError vmnt_linux_release(const char *text, struct vmnt_os *os)
{
	VU_AUTO(free) char *id = release_value(text, "ID");
	VU_AUTO(free) char *name = release_value(text, "NAME");
	VU_AUTO(free) char *version = release_value(text, "VERSION_ID");
	const char *vendor = name;

	os->edition = release_value(text, "PRETTY_NAME");
	if (id == NULL || name == NULL || version == NULL || os->edition == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		if (strcmp(vendors[i].id, id) == 0)
			vendor = vendors[i].vendor;
	os->vendor = strdup(vendor);
	vmnt_linux_version(version, os);
	return os->vendor != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

/* Does @spec begin with @prefix?  Then *@rest_out is what follows. */
static bool has_prefix(const char *spec, const char *prefix, const char **rest_out)
{
	size_t len = strlen(prefix);

	if (strncmp(spec, prefix, len) != 0)
		return false;
	*rest_out = spec + len;
	return true;
}

static bool same(const char *a, const char *b)
{
	return a != NULL && strcasecmp(a, b) == 0;
}

/* "sda1", "vdb2", "nvme0n1p3" -> disk and partition (0: the whole disk). */
static bool parse_disk_name(const char *name, unsigned *disk, unsigned *number)
{
	static const char *const families[] = { "sd", "hd", "vd", "xvd" };
	char letter;

	*number = 0;
	if (sscanf(name, "nvme%3un1p%3u", disk, number) >= 1)
		return true;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const char *rest;

		if (has_prefix(name, families[i], &rest) &&
		    sscanf(rest, "%c%3u", &letter, number) >= 1 && letter >= 'a' && letter <= 'z') {
			*disk = (unsigned)(letter - 'a');
			return true;
		}
	}
	return false;
}

static bool is_disk_name_of(const struct vmnt_volume_info *v, const char *name)
{
	unsigned disk, number;
	char wanted[64];

	if (!parse_disk_name(name, &disk, &number))
		return false;
	if (number == 0)
		snprintf(wanted, sizeof(wanted), "disk%u", disk);
	else
		snprintf(wanted, sizeof(wanted), "disk%u p%u", disk, number);
	return strcmp(v->name, wanted) == 0;
}

/* Is "vg--0-lv" what device-mapper calls the volume "vg-0/lv"? */
static bool is_mapper_name_of(const struct vmnt_volume_info *v, const char *mapper)
{
	const char *n = v->name;

	if (v->type != VIXMNTAPI_LVM_VOLUME)
		return false;
	for (; *n != '\0' && *mapper != '\0'; n++, mapper++) {
		if (*n == '-' && *mapper++ != '-')
			return false;
		if (*mapper != (*n == '/' ? '-' : *n))
			return false;
	}
	return *n == '\0' && *mapper == '\0';
}

/* Is @v what fstab calls @spec? */
static bool is_meant(const struct vmnt_volume_info *v, const char *spec)
{
	const char *rest;

	if (has_prefix(spec, "UUID=", &rest) || has_prefix(spec, "/dev/disk/by-uuid/", &rest))
		return same(v->uuid, rest);
	if (has_prefix(spec, "LABEL=", &rest) || has_prefix(spec, "/dev/disk/by-label/", &rest))
		return v->label != NULL && strcmp(v->label, rest) == 0;
	if (has_prefix(spec, "PARTUUID=", &rest) ||
	    has_prefix(spec, "/dev/disk/by-partuuid/", &rest))
		return same(v->part_uuid, rest);
	if (has_prefix(spec, "/dev/mapper/", &rest))
		return is_mapper_name_of(v, rest);
	if (!has_prefix(spec, "/dev/", &rest))
		return false;
	return (v->type == VIXMNTAPI_LVM_VOLUME && strcmp(v->name, rest) == 0) ||
	       is_disk_name_of(v, rest);
}

static const struct vmnt_volume_info *find_meant(const struct vmnt_volume_info *volumes, size_t n,
						 const char *spec)
{
	for (size_t i = 0; i < n; i++)
		if (volumes[i].mountable && is_meant(&volumes[i], spec))
			return &volumes[i];
	return NULL;
}

static bool is_octal(const char *s)
{
	for (size_t i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '7')
			return false;
	return s[0] <= '3';
}

/* "\040" is a blank. */
static void unescape(char *s)
{
	char *out = s;

	while (*s != '\0') {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

static VixError add_line(char *line, const struct vmnt_volume_info *volumes, size_t n,
			 struct vmnt_os *os)
{
	char *save, *spec = strtok_r(line, " \t\r", &save);
	char *path = spec != NULL ? strtok_r(NULL, " \t\r", &save) : NULL;
	const struct vmnt_volume_info *v;
	char *quoted;

	if (path == NULL || spec[0] == '#' || path[0] != '/' || os->n >= MOUNTS_MAX)
		return VIX_OK;
	while ((quoted = strchr(spec, '"')) != NULL) /* UUID="..." */
		memmove(quoted, quoted + 1, strlen(quoted));
	unescape(spec);
	unescape(path);
	v = find_meant(volumes, n, spec);
	return v != NULL ? vmnt_os_add_mount(os, v->device, path) : VIX_OK;
}

VixError vmnt_linux_fstab(const char *text, const struct vmnt_volume_info *volumes, size_t n,
			  struct vmnt_os *os)
{
	VU_AUTO(free) char *copy = strdup(text);
	char *rest = copy, *line;

	if (copy == NULL)
		return VIX_E_OUT_OF_MEMORY;
	while ((line = strsep(&rest, "\n")) != NULL)
		VD_TRY(add_line(line, volumes, n, os));
	return VIX_OK;
}
