/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk create and convert: new disks.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "../common/log.h"
#include "copy.h"
#include "disklib.h"
#include "disktype.h"
#include "job.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "size.h"

struct create_options {
	uint64_t size; /* 0: none */
	const char *parent;
	VixDiskLibCreateParams params;
	bool force, raw;
	struct vdt_job_options job;
	struct vdt_login login; /* of convert */
};

/* Every product since 2006 takes disks of this hardware. */
#define CREATE_OPTIONS                                                         \
	{                                                                      \
		.params = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,     \
			    .adapterType = VIXDISKLIB_ADAPTER_UNKNOWN,         \
			    .hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_5 }, \
		.job = VDT_JOB_OPTIONS, .login = VDT_LOGIN,                    \
	}

static void tell_made(const char *path, VixDiskLibDiskType type, uint64_t bytes)
{
	char size[32];

	vdt_size_long(bytes, size, sizeof(size));
	vdt_note("created %s (%s, %s)", vu_log_quote(path), vdt_type_name(type), size);
}

/* create */

static enum vdt_exit take_size(int argc, char **argv, struct create_options *o)
{
	int n = argc - optind;

	if (n < 1 || n > 2 || (n == 2 && o->size != 0))
		return vdt_usage("create", "a file and its size are needed");
	if (n == 2 && !vdt_size_parse(argv[optind + 1], 1, &o->size))
		return vdt_usage("create", "\"%s\" is not %s", vu_log_quote(argv[optind + 1]),
				 VDT_SIZE_WANTS);
	if (o->parent != NULL && o->size != 0)
		return vdt_usage("create", "a child has the size of its parent");
	if (o->parent == NULL && o->size == 0)
		return vdt_usage("create", "how large? Such as: vdisk create %s 10G",
				 vu_log_quote(argv[optind]));
	return VDT_OK;
}

static enum vdt_exit parse_create(int argc, char **argv, struct create_options *o)
{
	const struct vdt_option options[] = {
		{ "size", 's', VDT_OPT_SIZE, &o->size, NULL, NULL },
		{ "type", 't', VDT_OPT_TAKE, &o->params.diskType, vdt_take_type, VDT_TYPE_WANTS },
		{ "adapter", 'a', VDT_OPT_TAKE, &o->params.adapterType, vdt_take_adapter,
		  VDT_ADAPTER_WANTS },
		{ "parent", 'b', VDT_OPT_TEXT, &o->parent, NULL, NULL },
		VDT_OPTIONS_JOB(&o->job),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("create", argc, argv, options, NULL);

	if (code == VDT_OK)
		code = take_size(argc, argv, o);
	if (code != VDT_OK)
		return code;
	if (o->params.adapterType == VIXDISKLIB_ADAPTER_UNKNOWN)
		o->params.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC;
	o->params.capacity = vu_div_up(o->size, VIXDISKLIB_SECTOR_SIZE);
	return VDT_OK;
}

static enum vdt_exit create(const struct vdt_disklib *lib, const char *path,
			    const struct create_options *o)
{
	VixError err;
	enum vdt_exit code;

	vdt_job_begin(&o->job, "creating", path);
	err = VixDiskLib_Create(lib->conn, path, &o->params, vdt_job_progress, NULL);
	code = vdt_job_end(err, "cannot create %s", vu_log_quote(path));
	if (code == VDT_OK)
		tell_made(path, o->params.diskType, o->params.capacity * VIXDISKLIB_SECTOR_SIZE);
	return code;
}

static enum vdt_exit create_child(const struct vdt_disklib *lib, const char *path,
				  const struct create_options *o)
{
	struct vdt_place parent;
	enum vdt_exit code = vdt_place_disk(lib, o->parent, false, &parent);
	VixError err;

	if (code == VDT_OK) {
		vdt_job_begin(&o->job, "creating", path);
		err = VixDiskLib_CreateChild(parent.disk, path, o->params.diskType,
					     vdt_job_progress, NULL);
		code = vdt_job_end(err, "cannot create %s", vu_log_quote(path));
	}
	if (code == VDT_OK)
		tell_made(path, o->params.diskType, parent.size);
	return vdt_place_close(&parent, code);
}

enum vdt_exit vdt_verb_create(int argc, char **argv)
{
	struct create_options o = CREATE_OPTIONS;
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse_create(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_local("create", argv[optind]);
	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	if (code == VDT_OK && o.parent != NULL)
		code = create_child(&lib, argv[optind], &o);
	else if (code == VDT_OK)
		code = create(&lib, argv[optind], &o);
	vdt_disklib_stop(&lib);
	return code;
}

/* convert */

static bool take_type_or_raw(const char *name, void *ctx)
{
	struct create_options *o = ctx;

	o->raw = strcasecmp(name, "raw") == 0;
	return o->raw || vdt_type_parse(name, &o->params.diskType);
}

static enum vdt_exit parse_convert(int argc, char **argv, struct create_options *o)
{
	const struct vdt_option options[] = {
		{ "type", 't', VDT_OPT_TAKE, o, take_type_or_raw, VDT_TYPE_WANTS ", or raw" },
		{ "adapter", 'a', VDT_OPT_TAKE, &o->params.adapterType, vdt_take_adapter,
		  VDT_ADAPTER_WANTS },
		{ "force", 'f', VDT_OPT_FLAG, &o->force, NULL, NULL },
		VDT_OPTIONS_JOB(&o->job),
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("convert", argc, argv, options, NULL);

	if (code != VDT_OK)
		return code;
	return optind + 2 == argc ? VDT_OK
				  : vdt_usage("convert", "a disk and a new file are needed");
}

static enum vdt_exit convert_to_raw(struct vdt_place *from, const char *path,
				    const struct create_options *o)
{
	struct vdt_place to;
	struct vdt_copy c = {
		.from = from,
		.to = &to,
		.len = VDT_ALL,
		.job = o->job,
		.verb = "converting",
	};
	enum vdt_exit code;

	if (!o->force && access(path, F_OK) == 0) {
		vdt_error(VDT_BUSY, "cannot write %s: it exists", vu_log_quote(path));
		vdt_hint("--force writes over it");
		return VDT_BUSY;
	}
	code = vdt_place_output(path, false, from, &to);
	if (code == VDT_OK)
		code = vdt_place_close(&to, vdt_copy(&c));
	return code;
}

/* The adapter of the source, unless another one is wanted. */
static VixError choose_params(VixDiskLibHandle from, VixDiskLibCreateParams *params)
{
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_GetInfo(from, &info);

	if (err != VIX_OK)
		return err;
	params->capacity = info->capacity;
	if (params->adapterType == VIXDISKLIB_ADAPTER_UNKNOWN)
		params->adapterType = info->adapterType;
	if (params->adapterType == VIXDISKLIB_ADAPTER_UNKNOWN)
		params->adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC;
	VixDiskLib_FreeInfo(info);
	return VIX_OK;
}

static enum vdt_exit clone_disk(const struct vdt_disklib *lib, const struct vdt_place *from,
				const char *path, const struct create_options *o)
{
	VixDiskLibCreateParams params = o->params;
	VixError err = choose_params(from->disk, &params);
	struct vdt_at at;
	enum vdt_exit code = vdt_disklib_at(lib, from->name, &at);

	if (code != VDT_OK)
		return code;
	vdt_job_begin(&o->job, "converting", from->name);
	if (err == VIX_OK)
		err = VixDiskLib_Clone(lib->conn, path, at.conn, at.path, &params, vdt_job_progress,
				       NULL, o->force);
	return vdt_job_end(err, "cannot convert %s to %s", vu_log_quote(from->name),
			   vu_log_quote(path));
}

static enum vdt_exit convert(const struct vdt_disklib *lib, char *const *paths,
			     const struct create_options *o)
{
	struct vdt_place from = { .fd = -1 };
	enum vdt_exit code = vdt_disklib_local("create", paths[1]);

	if (code == VDT_OK)
		code = vdt_place_disk(lib, paths[0], false, &from);
	if (code == VDT_OK && o->raw)
		code = convert_to_raw(&from, paths[1], o);
	else if (code == VDT_OK)
		code = clone_disk(lib, &from, paths[1], o);
	if (code == VDT_OK && o->raw)
		vdt_note("created %s (raw)", vu_log_quote(paths[1]));
	else if (code == VDT_OK)
		tell_made(paths[1], o->params.diskType, from.size);
	return vdt_place_close(&from, code);
}

enum vdt_exit vdt_verb_convert(int argc, char **argv)
{
	struct create_options o = CREATE_OPTIONS;
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse_convert(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, &o.login);
	if (code == VDT_OK)
		code = convert(&lib, argv + optind, &o);
	vdt_disklib_stop(&lib);
	vdt_login_end(&o.login);
	return code;
}
