/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount options that a caller may give; see options.h.
 */
#include "config.h"

#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/cleanup.h"
#include "../../common/log.h"

#define MIN_READ 4096

enum option_kind {
	IS_ON,     /* so it is anyway */
	IS_FLAG,   /* sets something */
	IS_NUMBER, /* sets something, "name=value" */
	IS_REFUSED,
};

struct option {
	const char *name;
	enum option_kind kind;
	void (*set)(struct vmnt_fuse_options *o, uint32_t value);
	int base; /* of the number */
	uint32_t min, max;
	const char *why; /* refused */
};

static void set_allow_other(struct vmnt_fuse_options *o, uint32_t value)
{
	(void)value;
	o->allow_other = true;
}

static void set_allow_root(struct vmnt_fuse_options *o, uint32_t value)
{
	(void)value;
	o->only_root_and_owner = true;
}

static void set_default_permissions(struct vmnt_fuse_options *o, uint32_t value)
{
	(void)value;
	o->default_permissions = true;
}

static void set_nonempty(struct vmnt_fuse_options *o, uint32_t value)
{
	(void)value;
	o->nonempty = true;
}

static void set_uid(struct vmnt_fuse_options *o, uint32_t value)
{
	o->has_uid = true;
	o->uid = value;
}

static void set_gid(struct vmnt_fuse_options *o, uint32_t value)
{
	o->has_gid = true;
	o->gid = value;
}

static void set_umask(struct vmnt_fuse_options *o, uint32_t value)
{
	o->has_umask = true;
	o->umask = value;
}

static void set_max_read(struct vmnt_fuse_options *o, uint32_t value)
{
	o->max_read = value;
}

#define ON(name)                                 \
	{                                        \
		name, IS_ON, NULL, 0, 0, 0, NULL \
	}
#define FLAG(name, set)                           \
	{                                         \
		name, IS_FLAG, set, 0, 0, 0, NULL \
	}
#define NUMBER(name, set, b, l, h)                  \
	{                                           \
		name, IS_NUMBER, set, b, l, h, NULL \
	}
#define REFUSED(name, why)                           \
	{                                            \
		name, IS_REFUSED, NULL, 0, 0, 0, why \
	}

static const struct option options[] = {
	ON("ro"),
	ON("nosuid"),
	ON("nodev"),
	ON("noexec"),
	ON("noatime"),
	ON("kernel_cache"),
	ON("use_ino"),
	FLAG("allow_other", set_allow_other),
	FLAG("allow_root", set_allow_root),
	FLAG("default_permissions", set_default_permissions),
	FLAG("nonempty", set_nonempty),
	NUMBER("uid", set_uid, 10, 0, UINT32_MAX - 1),
	NUMBER("gid", set_gid, 10, 0, UINT32_MAX - 1),
	NUMBER("umask", set_umask, 8, 0, 0777),
	NUMBER("max_read", set_max_read, 10, MIN_READ, VMNT_MAX_READ),
	REFUSED("rw", "the mount is read-only"),
	REFUSED("suid", "a guest's set-user-ID programs must not run on this host"),
	REFUSED("dev", "a guest's device nodes must not work on this host"),
	REFUSED("exec", "a guest's programs must not run on this host"),
	REFUSED("auto_unmount", "the mount is taken away by its owner"),
	REFUSED("fsname", "the library sets it"),
	REFUSED("subtype", "the library sets it"),
	REFUSED("fd", "the library sets it"),
	REFUSED("rootmode", "the library sets it"),
	REFUSED("user_id", "the library sets it"),
	REFUSED("group_id", "the library sets it"),
};

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static VixError refuse(const char *name, const char *why)
{
	VU_ERR("fuse", "mount option \"%s\" cannot be used: %s", vu_log_quote(name), why);
	return VIX_E_INVALID_ARG;
}

static VixError parse_number(const struct option *opt, const char *text, uint32_t *value_out)
{
	unsigned long long v;
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return refuse(opt->name, "it needs a number");
	errno = 0;
	v = strtoull(text, &end, opt->base);
	if (*end != '\0')
		return refuse(opt->name, opt->base == 8 ? "its value is no octal number"
							: "its value is no number");
	if (errno != 0 || v < opt->min || v > opt->max)
		return refuse(opt->name, "its value is out of range");
	*value_out = (uint32_t)v;
	return VIX_OK;
}

/* One option, "name" or "name=value"; @item is taken apart. */
static VixError parse_item(char *item, struct vmnt_fuse_options *o)
{
	char *value = strchr(item, '=');
	const struct option *opt;
	uint32_t number = 0;

	if (value != NULL)
		*value++ = '\0';
	opt = find_option(item);
	if (opt == NULL)
		return refuse(item, "it is unknown");
	if (opt->kind == IS_REFUSED)
		return refuse(item, opt->why);
	if (opt->kind == IS_NUMBER)
		VD_TRY(parse_number(opt, value, &number));
	else if (value != NULL)
		return refuse(item, "it takes no value");
	if (opt->set != NULL)
		opt->set(o, number);
	return VIX_OK;
}

/* Who may come in, where nobody said or where words mean different things for root. */
static void settle_access(struct vmnt_fuse_options *o, bool is_root)
{
	if (is_root && o->only_root_and_owner) {
		/* They are one user, the only one that the kernel lets in by itself. */
		o->only_root_and_owner = o->allow_other = false;
	} else if (o->only_root_and_owner) {
		o->allow_other = true;
	} else if (is_root && !o->allow_other) {
		o->allow_other = o->default_permissions = true;
	}
}

VixError vmnt_fuse_options_parse(const char *text, bool is_root, struct vmnt_fuse_options *o_out)
{
	VU_AUTO(free) char *copy = strdup(text != NULL ? text : "");
	char *item, *save = NULL;

	memset(o_out, 0, sizeof(*o_out));
	if (copy == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (item = strtok_r(copy, ",", &save); item != NULL; item = strtok_r(NULL, ",", &save))
		VD_TRY(parse_item(item, o_out));
	if (o_out->allow_other && o_out->only_root_and_owner)
		return refuse("allow_root", "it contradicts allow_other");
	settle_access(o_out, is_root);
	return VIX_OK;
}
