/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk grow, shrink, defrag, rename and unlink: whole disks changed.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <stdio.h>

#include "../common/bytes.h"
#include "../common/log.h"
#include "disklib.h"
#include "job.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "size.h"

struct change_options {
	bool keep_geometry;
	struct vdt_job_options job;
};

/* grow */

static enum vdt_exit capacity_of(const struct vdt_disklib *lib, const char *path, uint64 *out)
{
	VixDiskLibLink *links;
	size_t n;
	enum vdt_exit code = vdt_disklib_links(lib, path, &links, &n);

	if (code == VDT_OK)
		*out = links->capacity;
	VixDiskLib_FreeLinkList(links);
	return code;
}

/* "20G", or "+10G": so much more. */
static enum vdt_exit new_capacity(const struct vdt_disklib *lib, const char *path, const char *size,
				  uint64 *out)
{
	bool is_more = size[0] == '+';
	uint64 had = 0, bytes;
	enum vdt_exit code = capacity_of(lib, path, &had);

	if (code != VDT_OK)
		return code;
	if (!vdt_size_parse(size + is_more, 1, &bytes))
		return vdt_usage("grow", "\"%s\" is not %s; +SIZE is so much more",
				 vu_log_quote(size), VDT_SIZE_WANTS);
	*out = vu_div_up(bytes, VIXDISKLIB_SECTOR_SIZE) + (is_more ? had : 0);
	if (*out >= had)
		return VDT_OK;
	vdt_error(VDT_USAGE, "%s is larger than that", vu_log_quote(path));
	vdt_hint("disks can't be made smaller; `vdisk shrink` gives unused space back to the host");
	return VDT_USAGE;
}

static enum vdt_exit grow(const struct vdt_disklib *lib, char *const *args,
			  const struct change_options *o)
{
	uint64 capacity = 0;
	enum vdt_exit code = vdt_disklib_local("grow", args[0]);
	char size[32];
	VixError err;

	if (code == VDT_OK)
		code = new_capacity(lib, args[0], args[1], &capacity);
	if (code != VDT_OK)
		return code;
	vdt_job_begin(&o->job, "growing", args[0]);
	err = VixDiskLib_Grow(lib->conn, args[0], capacity, !o->keep_geometry, vdt_job_progress,
			      NULL);
	code = vdt_job_end(err, "cannot grow %s", vu_log_quote(args[0]));
	vdt_size_long(capacity * VIXDISKLIB_SECTOR_SIZE, size, sizeof(size));
	if (code == VDT_OK)
		vdt_note("%s has %s now; partitions and file systems in it are as they were",
			 vu_log_quote(args[0]), size);
	return code;
}

enum vdt_exit vdt_verb_grow(int argc, char **argv)
{
	struct change_options o = { .job = VDT_JOB_OPTIONS };
	const struct vdt_option options[] = {
		{ "keep-geometry", 0, VDT_OPT_FLAG, &o.keep_geometry, NULL, NULL },
		VDT_OPTIONS_JOB(&o.job),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = vdt_parse("grow", argc, argv, options, NULL);

	if (code == VDT_OK && optind + 2 != argc)
		code = vdt_usage("grow", "a disk and its new size are needed");
	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	if (code == VDT_OK)
		code = grow(&lib, argv + optind, &o);
	vdt_disklib_stop(&lib);
	return code;
}

/* shrink, defrag: the same with another function. */

struct compaction {
	const char *verb, *doing;
	VixError (*run)(VixDiskLibHandle disk, VixDiskLibProgressFunc fn, void *data);
};

static uint64 on_host(const struct vdt_disklib *lib, const char *path)
{
	VixDiskLibLink *links;
	size_t n;
	uint64 bytes = 0;

	if (VixDiskLib_ListLinks(lib->conn, path, &links, &n) == VIX_OK)
		bytes = vdt_link_on_host(links);
	VixDiskLib_FreeLinkList(links);
	return bytes;
}

static void tell_gain(const char *path, uint64 before, uint64 after)
{
	char was[32], is[32];

	vdt_size_long(before, was, sizeof(was));
	vdt_size_long(after, is, sizeof(is));
	vdt_note("%s takes %s of this host, %s before", vu_log_quote(path), is, was);
}

static enum vdt_exit compact(const struct vdt_disklib *lib, const char *path,
			     const struct compaction *how, const struct vdt_job_options *job)
{
	VixDiskLibHandle disk = NULL;
	enum vdt_exit closed, code = vdt_disklib_open(lib, path, 0, &disk);
	uint64 before;

	if (code != VDT_OK)
		return code;
	before = on_host(lib, path);
	vdt_job_begin(job, how->doing, path);
	code = vdt_job_end(how->run(disk, vdt_job_progress, NULL), "cannot %s %s", how->verb,
			   vu_log_quote(path));
	closed = vdt_disklib_close(disk, path);
	if (code == VDT_OK)
		code = closed;
	if (code == VDT_OK)
		tell_gain(path, before, on_host(lib, path));
	return code;
}

static enum vdt_exit compact_verb(int argc, char **argv, const struct compaction *how)
{
	struct change_options o = { .job = VDT_JOB_OPTIONS };
	const struct vdt_option options[] = {
		VDT_OPTIONS_JOB(&o.job),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = vdt_parse(how->verb, argc, argv, options, NULL);

	if (code == VDT_OK && optind + 1 != argc)
		code = vdt_usage(how->verb, "which disk?");
	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	if (code == VDT_OK)
		code = compact(&lib, argv[optind], how, &o.job);
	vdt_disklib_stop(&lib);
	return code;
}

enum vdt_exit vdt_verb_shrink(int argc, char **argv)
{
	static const struct compaction how = { "shrink", "shrinking", VixDiskLib_Shrink };

	return compact_verb(argc, argv, &how);
}

enum vdt_exit vdt_verb_defrag(int argc, char **argv)
{
	static const struct compaction how = { "defrag", "defragmenting", VixDiskLib_Defragment };

	return compact_verb(argc, argv, &how);
}

/* rename, unlink */

enum vdt_exit vdt_verb_rename(int argc, char **argv)
{
	const struct vdt_option options[] = { { NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL } };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = vdt_parse("rename", argc, argv, options, NULL);
	VixError err = VIX_OK;

	if (code == VDT_OK && optind + 2 != argc)
		code = vdt_usage("rename", "a disk and its new name are needed");
	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	if (code == VDT_OK)
		code = vdt_disklib_local("rename", argv[optind]);
	if (code == VDT_OK)
		code = vdt_disklib_local("rename a disk to", argv[optind + 1]);
	if (code == VDT_OK)
		err = VixDiskLib_Rename(argv[optind], argv[optind + 1]);
	if (err != VIX_OK)
		code = vdt_report(err, "cannot rename %s to %s", vu_log_quote(argv[optind]),
				  vu_log_quote(argv[optind + 1]));
	vdt_disklib_stop(&lib);
	return code;
}

static enum vdt_exit unlink_one(const struct vdt_disklib *lib, const char *path)
{
	enum vdt_exit code = vdt_disklib_local("remove", path);
	VixError err = code == VDT_OK ? VixDiskLib_Unlink(lib->conn, path) : VIX_OK;

	return err == VIX_OK ? code : vdt_report(err, "cannot remove %s", vu_log_quote(path));
}

static enum vdt_exit unlink_all(const struct vdt_disklib *lib, char *const *paths, int n)
{
	enum vdt_exit last = VDT_OK;
	int n_failed = 0;

	for (int i = 0; i < n; i++) {
		enum vdt_exit code = unlink_one(lib, paths[i]);

		if (code == VDT_OK)
			continue;
		last = code;
		n_failed++;
	}
	return n_failed == 0 || n_failed == n ? last : VDT_PARTIAL;
}

enum vdt_exit vdt_verb_unlink(int argc, char **argv)
{
	const struct vdt_option options[] = { { NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL } };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = vdt_parse("unlink", argc, argv, options, NULL);

	if (code == VDT_OK && optind == argc)
		code = vdt_usage("unlink", "which disk?");
	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	if (code == VDT_OK)
		code = unlink_all(&lib, argv + optind, argc - optind);
	vdt_disklib_stop(&lib);
	return code;
}
