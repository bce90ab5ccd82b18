/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount mount: everything that can be known to fail fails here, before anything boots.
 */
#include "config.h"

#include "verbs.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "holder.h"
#include "message.h"
#include "sysmount.h"

struct mount_options {
	struct vdt_mount_args args;
	const char *mountpoint;
	const char *pid_file;
	bool make_dir, foreground, ok_if_mounted, json;
	unsigned timeout_ms;
};

static bool parse_symlinks(const char *s, uint32 *out)
{
	static const char *const names[] = { "guest", "raw", "deny" };
	static const uint32 values[] = { VIXMNTAPI_SYMLINKS_GUEST, VIXMNTAPI_SYMLINKS_RAW,
					 VIXMNTAPI_SYMLINKS_DENY };

	for (size_t i = 0; i < 3; i++)
		if (strcmp(s, names[i]) == 0) {
			*out = values[i];
			return true;
		}
	return false;
}

static bool parse_layout(const char *s, enum vdt_layout *out)
{
	if (strcmp(s, "tree") == 0)
		*out = VDT_LAYOUT_TREE;
	else if (strcmp(s, "single") == 0)
		*out = VDT_LAYOUT_SINGLE;
	else
		return false;
	return true;
}

enum {
	OPT_SYMLINKS = 256,
	OPT_LAYOUT,
	OPT_MKDIR,
	OPT_FOREGROUND,
	OPT_TIMEOUT,
	OPT_OK_IF_MOUNTED,
	OPT_PID_FILE,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "ro", no_argument, NULL, 'r' },
	{ "rw", no_argument, NULL, 'w' },
	{ "volume", required_argument, NULL, 'n' },
	{ "options", required_argument, NULL, 'o' },
	{ "symlinks", required_argument, NULL, OPT_SYMLINKS },
	{ "layout", required_argument, NULL, OPT_LAYOUT },
	{ "mkdir", no_argument, NULL, OPT_MKDIR },
	{ "foreground", no_argument, NULL, OPT_FOREGROUND },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "ok-if-mounted", no_argument, NULL, OPT_OK_IF_MOUNTED },
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* One option; VDT_OK to go on. */
static enum vdt_exit take_option(struct mount_options *o, int opt, bool *quiet, int *verbose)
{
	switch (opt) {
	case 'r':
		return VDT_OK;
	case 'w':
		vdt_error(VDT_UNSUPPORTED, "--rw: writing to disks is not supported yet");
		return VDT_UNSUPPORTED;
	case 'n':
		o->args.volumes[o->args.n_volumes++] = optarg;
		return VDT_OK;
	case 'o':
		o->args.fuse_options = optarg;
		return VDT_OK;
	case OPT_SYMLINKS:
		return parse_symlinks(optarg, &o->args.symlinks)
			       ? VDT_OK
			       : vdt_usage("mount", "--symlinks takes guest, raw or deny");
	case OPT_LAYOUT:
		return parse_layout(optarg, &o->args.layout)
			       ? VDT_OK
			       : vdt_usage("mount", "--layout takes tree or single");
	case OPT_MKDIR:
		o->make_dir = true;
		return VDT_OK;
	case OPT_FOREGROUND:
		o->foreground = true;
		return VDT_OK;
	case OPT_TIMEOUT:
		return vdt_parse_duration(optarg, &o->timeout_ms)
			       ? VDT_OK
			       : vdt_usage("mount", "--timeout takes a time, such as 90s or 5m");
	case OPT_OK_IF_MOUNTED:
		o->ok_if_mounted = true;
		return VDT_OK;
	case OPT_PID_FILE:
		o->pid_file = optarg;
		return VDT_OK;
	case OPT_JSON:
		o->json = true;
		return VDT_OK;
	case 'q':
		*quiet = true;
		return VDT_OK;
	case 'v':
		++*verbose;
		return VDT_OK;
	default:
		return vdt_usage("mount", NULL);
	}
}

static enum vdt_exit parse(int argc, char **argv, struct mount_options *o)
{
	bool quiet = false;
	int verbose = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "rwn:o:qvh", long_options, NULL)) != -1) {
		enum vdt_exit code = opt == 'h' ? VDT_OK : take_option(o, opt, &quiet, &verbose);

		if (opt == 'h')
			exit(vdt_help("mount"));
		if (code != VDT_OK)
			return code;
	}
	vdt_message_set(quiet, verbose);
	vdt_message_set_json(o->json);
	if (argc - optind < 2)
		return vdt_usage("mount", "a disk and a mount point are needed");
	o->args.disks = argv + optind;
	o->args.n_disks = (size_t)(argc - optind - 1);
	o->mountpoint = argv[argc - 1];
	return VDT_OK;
}

static bool is_empty_dir(const char *path)
{
	VU_AUTO(closedir) DIR *d = opendir(path);
	struct dirent *de;

	if (d == NULL)
		return false;
	while ((de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			return false;
	return true;
}

static enum vdt_exit make_mountpoint(const struct mount_options *o, bool *made)
{
	if (mkdir(o->mountpoint, 0755) == 0) {
		*made = true;
		return VDT_OK;
	}
	if (errno == EEXIST)
		return VDT_OK;
	vdt_error(errno == EACCES ? VDT_PERMISSION : VDT_FAILED, "cannot make %s: %s",
		  o->mountpoint, strerror(errno));
	return errno == EACCES ? VDT_PERMISSION : VDT_FAILED;
}

static enum vdt_exit mountpoint_missing(const char *path)
{
	enum vdt_exit code = errno == EACCES ? VDT_PERMISSION : VDT_NOT_FOUND;

	vdt_error(code, "cannot mount on %s: %s", path, strerror(errno));
	if (errno == ENOENT)
		vdt_hint("make the directory first, or use --mkdir");
	return code;
}

/* @abs_out: for the caller to free(). */
static enum vdt_exit check_mountpoint(const char *path, char **abs_out)
{
	VU_AUTO(free) char *abs = realpath(path, NULL);
	VU_AUTO(free) char *type = abs != NULL ? vdt_sysmount_type(abs) : NULL;
	struct stat st;

	if (abs == NULL || stat(abs, &st) < 0)
		return mountpoint_missing(path);
	if (!S_ISDIR(st.st_mode)) {
		vdt_error(VDT_NOT_FOUND, "cannot mount on %s: it is not a directory", path);
		vdt_hint("the mount point comes last: vdmount mount DISK... MOUNTPOINT");
		return VDT_NOT_FOUND;
	}
	if (type != NULL) {
		vdt_error(VDT_BUSY, "cannot mount on %s: a file system of type %s is mounted there",
			  path, type);
		return VDT_BUSY;
	}
	if (!is_empty_dir(abs)) {
		vdt_error(VDT_BUSY, "cannot mount on %s: the directory is not empty", path);
		vdt_hint("use an empty one; its files would be hidden");
		return VDT_BUSY;
	}
	*abs_out = VU_STEAL(abs);
	return VDT_OK;
}

static bool has_sources(const struct vdt_entry *e, const struct mount_options *o)
{
	if (e->n_sources != o->args.n_disks)
		return false;
	for (size_t i = 0; i < e->n_sources; i++) {
		VU_AUTO(free) char *abs = realpath(o->args.disks[i], NULL);

		if (abs == NULL || strcmp(abs, e->sources[i]) != 0)
			return false;
	}
	return true;
}

/* Is one of ours on the mount point?  VDT_OK: no, go on. */
static enum vdt_exit check_mounted(const char *root, const struct mount_options *o, bool *done)
{
	VU_AUTO(free) char *abs = realpath(o->mountpoint, NULL);
	enum vdt_exit code = VDT_OK;
	struct vdt_entries list;

	if (abs == NULL || vdt_state_load(root, &list) < 0)
		return VDT_OK;
	for (size_t i = 0; i < list.n; i++) {
		const struct vdt_entry *e = &list.v[i];

		if (!e->alive || e->mountpoint == NULL || strcmp(e->mountpoint, abs) != 0)
			continue;
		*done = true;
		if (o->ok_if_mounted && has_sources(e, o)) {
			vdt_note("already mounted on %s (id %s)", abs, e->id);
			continue;
		}
		code = VDT_BUSY;
		vdt_error(code, "cannot mount on %s: %s is mounted there (id %s)", o->mountpoint,
			  e->sources[0], e->id);
		vdt_hint("`vdmount unmount %s` frees it", e->id);
	}
	vdt_entries_free(&list);
	return code;
}

/* A missing disk, before a holder is started for it. */
static enum vdt_exit check_disks(const struct mount_options *o)
{
	for (size_t i = 0; i < o->args.n_disks; i++) {
		enum vdt_exit code;

		if (access(o->args.disks[i], R_OK) == 0)
			continue;
		code = errno == EACCES ? VDT_PERMISSION : VDT_NOT_FOUND;
		vdt_error(code, "cannot open %s: %s", o->args.disks[i], strerror(errno));
		return code;
	}
	if (access("/dev/fuse", R_OK | W_OK) < 0) {
		vdt_error(VDT_BACKEND, "cannot mount: /dev/fuse: %s", strerror(errno));
		vdt_hint(
			"load the module (modprobe fuse); in a container, pass --device /dev/fuse");
		return VDT_BACKEND;
	}
	return VDT_OK;
}

static void write_pid_file(const char *path, pid_t pid)
{
	VU_AUTO(fclose) FILE *f = fopen(path, "we");

	if (f == NULL || fprintf(f, "%d\n", (int)pid) < 0)
		vdt_note("cannot write %s: %s", path, strerror(errno));
}

static void announce(const struct vdt_entry *e, const struct mount_options *o)
{
	if (o->pid_file != NULL)
		write_pid_file(o->pid_file, e->pid);
	if (o->json) {
		printf("{\"schema\":\"vdisk/1\",\"tool\":\"vdmount\",\"version\":\"" PACKAGE_VERSION
		       "\",\"type\":\"mounted\",\"id\":\"%s\",\"volumes\":%u}\n",
		       e->id, e->volumes);
		fflush(stdout);
		return;
	}
	vdt_note("mounted %s on %s (id %s, read-only, %u volume%s)", vu_log_quote(o->args.disks[0]),
		 e->mountpoint, e->id, e->volumes, e->volumes == 1 ? "" : "s");
}

static void announce_ready(const struct vdt_entry *e, enum vdt_exit code, void *ctx)
{
	(void)code;
	announce(e, ctx);
}

static enum vdt_exit mount_entry(struct mount_options *o, struct vdt_entry *e)
{
	enum vdt_exit code;

	e->pid = getpid();
	if (vdt_entry_save(e) < 0) {
		vdt_error(VDT_NO_SPACE, "cannot write to %s", e->dir);
		vdt_entry_remove(e);
		return VDT_NO_SPACE;
	}
	if (o->foreground)
		return vdt_hold(&o->args, e, announce_ready, o);
	code = vdt_holder_spawn(&o->args, e, o->timeout_ms);
	if (code == VDT_OK || code == VDT_PARTIAL)
		announce(e, o);
	vdt_entry_free(e);
	return code;
}

static enum vdt_exit mount_on(struct mount_options *o, const char *root, const char *abs, bool made)
{
	struct vdt_entry e;
	int err = vdt_entry_new(root, &e);

	if (err == 0 && (err = vdt_entry_set(&e, o->args.disks, o->args.n_disks, abs)) < 0)
		vdt_entry_remove(&e);
	if (err < 0) {
		enum vdt_exit code = err == -ENOSPC ? VDT_NO_SPACE : VDT_FAILED;

		vdt_error(code, "cannot write to %s: %s", root, strerror(-err));
		return code;
	}
	e.made_mountpoint = made;
	return mount_entry(o, &e);
}

static enum vdt_exit check_and_mount(struct mount_options *o)
{
	VU_AUTO(free) char *root = vdt_state_open();
	VU_AUTO(free) char *abs = NULL;
	bool made = false, done = false;
	enum vdt_exit code = root != NULL ? check_mounted(root, o, &done) : VDT_FAILED;

	if (code != VDT_OK || done)
		return code;
	code = check_disks(o);
	if (code == VDT_OK && o->make_dir)
		code = make_mountpoint(o, &made);
	if (code == VDT_OK)
		code = check_mountpoint(o->mountpoint, &abs);
	if (code == VDT_OK)
		code = mount_on(o, root, abs, made);
	if (made && code != VDT_OK && code != VDT_PARTIAL)
		rmdir(o->mountpoint);
	return code;
}

enum vdt_exit vdt_verb_mount(int argc, char **argv)
{
	VU_AUTO(free) char **volumes = vu_calloc_array((size_t)argc, sizeof(*volumes));
	struct mount_options o = { .args.volumes = volumes };
	enum vdt_exit code = volumes != NULL ? parse(argc, argv, &o) : VDT_FAILED;

	return code == VDT_OK ? check_and_mount(&o) : code;
}
