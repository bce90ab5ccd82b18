/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk dd: as dd(1) and qemu-img dd, with disks at either end.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "../common/log.h"
#include "copy.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "size.h"

struct dd_options {
	const char *from, *to;
	uint64_t bs, count, skip, seek; /* the last three in blocks */
	bool keep;                      /* conv=notrunc */
	struct vdt_job_options job;
	struct vdt_login login;
};

static bool take_blocks(const char *value, uint64_t *to)
{
	char *end;

	*to = strtoull(value, &end, 10);
	return value[0] >= '0' && value[0] <= '9' && *end == '\0' && *to < VDT_ALL;
}

static bool is_name(const char *arg, const char *name)
{
	size_t len = strlen(name);

	return strncmp(arg, name, len) == 0 && arg[len] == '=';
}

/* NULL, or what is wrong with "NAME=VALUE". */
static const char *take_operand(struct dd_options *o, const char *arg)
{
	const char *value = strchr(arg, '=');

	value = value != NULL ? value + 1 : "";
	if (is_name(arg, "if"))
		o->from = value;
	else if (is_name(arg, "of"))
		o->to = value;
	else if (is_name(arg, "bs"))
		return vdt_size_parse(value, 1, &o->bs) && o->bs > 0 ? NULL : "is no block size";
	else if (is_name(arg, "count"))
		return take_blocks(value, &o->count) ? NULL : "is no number of blocks";
	else if (is_name(arg, "skip"))
		return take_blocks(value, &o->skip) ? NULL : "is no number of blocks";
	else if (is_name(arg, "seek"))
		return take_blocks(value, &o->seek) ? NULL : "is no number of blocks";
	else if (strcmp(arg, "conv=notrunc") == 0)
		o->keep = true;
	else
		return "is no operand of dd: if=, of=, bs=, count=, skip=, seek=, conv=notrunc";
	return NULL;
}

static enum vdt_exit parse(int argc, char **argv, struct dd_options *o)
{
	const struct vdt_option options[] = {
		VDT_OPTIONS_JOB(&o->job),
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("dd", argc, argv, options, NULL);

	if (code != VDT_OK)
		return code;
	for (int i = optind; i < argc; i++) {
		const char *wrong = take_operand(o, argv[i]);

		if (wrong != NULL)
			return vdt_usage("dd", "%s %s", vu_log_quote(argv[i]), wrong);
	}
	if (o->from == NULL || o->to == NULL)
		return vdt_usage("dd", "if= and of= are needed; - is a pipe");
	return VDT_OK;
}

/* A VMDK is one whatever it is called; what is called so is treated as one, too. */
static bool is_disk(const struct vdt_disklib *lib, const char *path)
{
	VixDiskLibLink *links;
	size_t n;
	bool is_one = vdt_ends_in_vmdk(path) || vdt_source_is_remote(path);

	if (is_one || strcmp(path, "-") == 0 || access(path, F_OK) != 0)
		return is_one;
	if (VixDiskLib_ListLinks(lib->conn, path, &links, &n) == VIX_OK)
		is_one = links->createType[0] != '\0';
	free(vdt_lib_take());
	VixDiskLib_FreeLinkList(links);
	return is_one;
}

static enum vdt_exit open_target(const struct vdt_disklib *lib, const struct dd_options *o,
				 const struct vdt_place *from, struct vdt_place *to)
{
	enum vdt_exit code;

	if (!is_disk(lib, o->to))
		return vdt_place_output(o->to, o->keep, from, to);
	code = vdt_place_disk(lib, o->to, true, to);
	if (code == VDT_NOT_FOUND)
		vdt_hint("`vdisk create` makes a disk, `vdisk convert` copies a whole one");
	return code;
}

static enum vdt_exit open_both(const struct vdt_disklib *lib, const struct dd_options *o,
			       struct vdt_copy *c)
{
	enum vdt_exit code;

	if (is_disk(lib, o->from))
		code = vdt_place_disk(lib, o->from, false, c->from);
	else
		code = vdt_place_input(o->from, c->from);
	return code == VDT_OK ? open_target(lib, o, c->from, c->to) : code;
}

/* Blocks to bytes. */
static enum vdt_exit measure(const struct dd_options *o, struct vdt_copy *c)
{
	c->len = VDT_ALL;
	if (!vu_mul_fits(o->skip, o->bs, &c->from_off) ||
	    !vu_mul_fits(o->seek, o->bs, &c->to_off) || c->from_off > INT64_MAX ||
	    c->to_off > INT64_MAX)
		return vdt_usage("dd", "skip= or seek= is behind the end of any disk");
	if (o->count != VDT_ALL && !vu_mul_fits(o->count, o->bs, &c->len))
		c->len = VDT_ALL;
	return VDT_OK;
}

static enum vdt_exit copy(const struct vdt_disklib *lib, const struct dd_options *o)
{
	struct vdt_place from = { .fd = -1 }, to = { .fd = -1 };
	struct vdt_copy c = { .from = &from, .to = &to, .job = o->job, .verb = "copying" };
	enum vdt_exit code = measure(o, &c);
	char size[32];

	if (code == VDT_OK)
		code = vdt_disklib_local("write", o->to);
	if (code == VDT_OK)
		code = open_both(lib, o, &c);
	if (code == VDT_OK)
		code = vdt_copy(&c);
	code = vdt_place_close(&to, code);
	code = vdt_place_close(&from, code);
	vdt_size_long(c.done, size, sizeof(size));
	if (code == VDT_OK)
		vdt_note("copied %s", size);
	return code;
}

enum vdt_exit vdt_verb_dd(int argc, char **argv)
{
	struct dd_options o = {
		.bs = 512,
		.count = VDT_ALL,
		.job = VDT_JOB_OPTIONS,
		.login = VDT_LOGIN,
	};
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, &o.login);
	if (code == VDT_OK)
		code = copy(&lib, &o);
	vdt_disklib_stop(&lib);
	vdt_login_end(&o.login);
	return code;
}
