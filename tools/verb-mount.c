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
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "remote.h"
#include "source.h"
#include "sysmount.h"

struct mount_options {
	struct vdt_mount_args args;
	struct vdt_login login;
	const char *mountpoint;
	const char *pid_file;
	char *fuse_options; /* all -o together */
	bool make_dir, foreground, ok_if_mounted, json, rw;
	unsigned timeout_ms;
	int ready_fd; /* -1: none */
};

static bool take_symlinks(const char *s, void *ctx)
{
	static const char *const names[] = { "guest", "raw", "deny" };
	static const uint32 values[] = { VIXMNTAPI_SYMLINKS_GUEST, VIXMNTAPI_SYMLINKS_RAW,
					 VIXMNTAPI_SYMLINKS_DENY };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(s, names[i]) == 0) {
			*(uint32 *)ctx = values[i];
			return true;
		}
	return false;
}

static bool take_layout(const char *s, void *ctx)
{
	enum vdt_layout *layout = ctx;

	if (strcmp(s, "tree") == 0)
		*layout = VDT_LAYOUT_TREE;
	else if (strcmp(s, "single") == 0)
		*layout = VDT_LAYOUT_SINGLE;
	else
		return false;
	return true;
}

static bool take_volume(const char *s, void *ctx)
{
	struct vdt_mount_args *args = ctx;

	args->volumes[args->n_volumes++] = (char *)s;
	return s[0] != '\0';
}

/* As with mount(8), several add up. */
static bool take_fuse_options(const char *s, void *ctx)
{
	struct mount_options *o = ctx;
	char *all = o->fuse_options != NULL ? vu_asprintf("%s,%s", o->fuse_options, s) : strdup(s);

	free(o->fuse_options);
	o->fuse_options = all;
	return all != NULL;
}

static enum vdt_exit parse(int argc, char **argv, struct mount_options *o)
{
	bool ro;
	const struct vdt_option options[] = {
		{ "ro", 'r', VDT_OPT_FLAG, &ro, NULL, NULL },
		{ "rw", 'w', VDT_OPT_FLAG, &o->rw, NULL, NULL },
		{ "volume", 'n', VDT_OPT_TAKE, &o->args, take_volume, "a volume" },
		{ "options", 'o', VDT_OPT_TAKE, o, take_fuse_options, "a list" },
		{ "symlinks", 0, VDT_OPT_TAKE, &o->args.symlinks, take_symlinks,
		  "guest, raw or deny" },
		{ "layout", 0, VDT_OPT_TAKE, &o->args.layout, take_layout, "tree or single" },
		{ "mkdir", 0, VDT_OPT_FLAG, &o->make_dir, NULL, NULL },
		{ "foreground", 0, VDT_OPT_FLAG, &o->foreground, NULL, NULL },
		{ "timeout", 0, VDT_OPT_TIME, &o->timeout_ms, NULL, NULL },
		{ "ok-if-mounted", 0, VDT_OPT_FLAG, &o->ok_if_mounted, NULL, NULL },
		{ "pid-file", 0, VDT_OPT_TEXT, &o->pid_file, NULL, NULL },
		{ "ready-fd", 0, VDT_OPT_FD, &o->ready_fd, NULL, NULL },
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("mount", argc, argv, options, &o->json);

	if (code != VDT_OK)
		return code;
	if (o->rw) {
		vdt_error(VDT_UNSUPPORTED, "--rw: writing to disks is not supported yet");
		return VDT_UNSUPPORTED;
	}
	if (argc - optind < 2)
		return vdt_usage("mount", "a disk and a mount point are needed");
	if (o->foreground && o->timeout_ms != 0)
		return vdt_usage("mount", "--foreground and --timeout exclude each other");
	o->args.fuse_options = o->fuse_options;
	o->args.login = &o->login;
	o->args.disks = argv + optind;
	o->args.n_disks = (size_t)(argc - optind - 1);
	o->mountpoint = argv[argc - 1];
	return VDT_OK;
}

static bool may_be_full(const struct mount_options *o)
{
	static const char word[] = "nonempty";
	const char *at = o->fuse_options;

	while (at != NULL && at[0] != '\0') {
		size_t len = strcspn(at, ",");

		if (len == sizeof(word) - 1 && strncmp(at, word, len) == 0)
			return true;
		at += len + (at[len] != '\0');
	}
	return false;
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
static enum vdt_exit check_mountpoint(const struct mount_options *o, char **abs_out)
{
	const char *path = o->mountpoint;
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
	if (!may_be_full(o) && !is_empty_dir(abs)) {
		vdt_error(VDT_BUSY, "cannot mount on %s: the directory is not empty", path);
		vdt_hint("use an empty one; or hide its files with -o nonempty");
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
		VU_AUTO(free) char *id = vdt_source_id(o->args.disks[i]);

		if (id == NULL || strcmp(id, e->sources[i]) != 0)
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
			  vu_log_quote(e->sources[0]), e->id);
		vdt_hint("`vdmount unmount %s` frees it", e->id);
	}
	vdt_entries_free(&list);
	return code;
}

/* A missing disk, before a holder is started for it; those of servers are looked for later. */
static enum vdt_exit check_disk(const char *disk)
{
	enum vdt_exit code;

	if (vdt_source_is_remote(disk))
		return vdt_remote_check(disk);
	if (access(disk, R_OK) == 0)
		return VDT_OK;
	code = errno == EACCES ? VDT_PERMISSION : VDT_NOT_FOUND;
	vdt_error(code, "cannot open %s: %s", disk, strerror(errno));
	return code;
}

static enum vdt_exit check_disks(const struct mount_options *o)
{
	for (size_t i = 0; i < o->args.n_disks; i++) {
		enum vdt_exit code = check_disk(o->args.disks[i]);

		if (code != VDT_OK)
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

static void print_mounted(const struct vdt_entry *e)
{
	json_t *doc = vdt_json_document("mounted");
	json_t *problems = json_array();

	for (size_t i = 0; i < e->n_problems; i++)
		json_array_append_new(problems,
				      vdt_json_problem(e->problems[i].code, e->problems[i].volume,
						       e->problems[i].message));
	json_object_set_new(doc, "id", json_string(e->id));
	json_object_set_new(doc, "mountpoint", vdt_json_text(e->mountpoint));
	json_object_set_new(doc, "volumes", json_integer(e->volumes));
	json_object_set_new(doc, "problems", problems);
	vdt_json_print(doc);
	fflush(stdout);
}

static void announce(const struct vdt_entry *e, const struct mount_options *o)
{
	if (o->pid_file != NULL)
		write_pid_file(o->pid_file, e->pid);
	if (o->ready_fd >= 0 && (dprintf(o->ready_fd, "ready\n") < 0 || close(o->ready_fd) < 0))
		vdt_note("cannot write to descriptor %d: %s", o->ready_fd, strerror(errno));
	if (o->json)
		print_mounted(e);
	else
		vdt_note("mounted %s on %s (id %s, read-only, %u volume%s)",
			 vu_log_quote(o->args.disks[0]), e->mountpoint, e->id, e->volumes,
			 e->volumes == 1 ? "" : "s");
}

static bool announce_ready(const struct vdt_entry *e, enum vdt_exit code, void *ctx)
{
	(void)code;
	announce(e, ctx);
	return true;
}

static enum vdt_exit mount_entry(struct mount_options *o, struct vdt_entry *e)
{
	/* it may be asked for: others can use the state meanwhile */
	enum vdt_exit code = vdt_remote_learn(&o->login, o->args.disks, o->args.n_disks);

	if (code != VDT_OK) {
		vdt_entry_remove(e);
		return code;
	}
	if (o->foreground)
		return vdt_hold(&o->args, e, announce_ready, o);
	code = vdt_holder_spawn(&o->args, e, o->timeout_ms);
	if (code == VDT_OK || code == VDT_PARTIAL)
		announce(e, o);
	vdt_entry_free(e);
	return code;
}

/* From here on others see that @abs is taken. */
static enum vdt_exit make_entry(const struct mount_options *o, const char *root, const char *abs,
				bool made, struct vdt_entry *e)
{
	enum vdt_exit code;
	int err = vdt_entry_new(root, e);

	if (err == 0) {
		err = vdt_entry_set(e, o->args.disks, o->args.n_disks, abs);
		e->made_mountpoint = made;
		e->pid = getpid();
		if (err == 0)
			err = vdt_entry_save(e);
		if (err < 0)
			vdt_entry_remove(e);
	}
	if (err == 0)
		return VDT_OK;
	code = err == -ENOSPC ? VDT_NO_SPACE : VDT_FAILED;
	vdt_error(code, "cannot write to %s: %s", root, strerror(-err));
	return code;
}

/* One after the other: who comes second to a mount point finds the first one's entry. */
static enum vdt_exit check(struct mount_options *o, const char *root, struct vdt_entry *e,
			   bool *made, bool *done)
{
	VU_AUTO(close) int lock = vdt_state_lock(root);
	VU_AUTO(free) char *abs = NULL;
	enum vdt_exit code = check_mounted(root, o, done);

	if (code != VDT_OK || *done)
		return code;
	code = check_disks(o);
	if (code == VDT_OK && o->make_dir)
		code = make_mountpoint(o, made);
	if (code == VDT_OK)
		code = check_mountpoint(o, &abs);
	return code == VDT_OK ? make_entry(o, root, abs, *made, e) : code;
}

static enum vdt_exit check_and_mount(struct mount_options *o)
{
	VU_AUTO(free) char *root = NULL;
	bool made = false, done = false;
	enum vdt_exit code = vdt_state_open(&root);
	struct vdt_entry e;

	if (code == VDT_OK)
		code = check(o, root, &e, &made, &done);
	if (code == VDT_OK && !done)
		code = mount_entry(o, &e);
	if (made && code != VDT_OK && code != VDT_PARTIAL)
		rmdir(o->mountpoint);
	return code;
}

enum vdt_exit vdt_verb_mount(int argc, char **argv)
{
	VU_AUTO(free) char **volumes = vu_calloc_array((size_t)argc, sizeof(*volumes));
	struct mount_options o = { .args.volumes = volumes, .login = VDT_LOGIN, .ready_fd = -1 };
	enum vdt_exit code = VDT_FAILED;

	if (volumes != NULL)
		code = parse(argc, argv, &o);
	if (code == VDT_OK)
		code = check_and_mount(&o);
	vdt_login_end(&o.login);
	free(o.fuse_options);
	return code;
}
