/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount unmount: returns when the disk is free again.
 */
#include "config.h"

#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "holder.h"
#include "message.h"
#include "sysmount.h"

#define DEFAULT_TIMEOUT_MS 60000

struct unmount_options {
	bool force, all, ok_if_absent;
	unsigned timeout_ms;
};

enum { OPT_ALL = 256, OPT_TIMEOUT, OPT_OK_IF_ABSENT };

static const struct option long_options[] = {
	{ "force", no_argument, NULL, 'f' },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "ok-if-absent", no_argument, NULL, OPT_OK_IF_ABSENT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static enum vdt_exit parse(int argc, char **argv, struct unmount_options *o)
{
	bool quiet = false;
	int opt, verbose = 0;

	while ((opt = getopt_long(argc, argv, "fqvh", long_options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			o->force = true;
			break;
		case OPT_ALL:
			o->all = true;
			break;
		case OPT_OK_IF_ABSENT:
			o->ok_if_absent = true;
			break;
		case OPT_TIMEOUT:
			if (!vdt_parse_duration(optarg, &o->timeout_ms))
				return vdt_usage("unmount", "--timeout takes a time, such as 30s");
			break;
		case 'q':
			quiet = true;
			break;
		case 'v':
			verbose++;
			break;
		case 'h':
			exit(vdt_help("unmount"));
		default:
			return vdt_usage("unmount", NULL);
		}
	}
	vdt_message_set(quiet, verbose);
	if (o->all ? optind < argc : optind == argc)
		return vdt_usage("unmount", o->all ? "--all takes no names"
						   : "what to unmount? a mount point, disk or id");
	return VDT_OK;
}

static bool is_meant(const struct vdt_entry *e, const char *name, const char *abs)
{
	if (strcmp(e->id, name) == 0)
		return true;
	if (abs == NULL)
		return false;
	if (e->mountpoint != NULL && strcmp(e->mountpoint, abs) == 0)
		return true;
	for (size_t i = 0; i < e->n_sources; i++)
		if (strcmp(e->sources[i], abs) == 0)
			return true;
	return false;
}

static void tell_user(int pid, const char *name, const char *what, void *ctx)
{
	(void)ctx;
	vdt_hint("in use by %s (pid %d, %s)", name, pid, what);
}

static enum vdt_exit tell_busy(const struct vdt_entry *e)
{
	vdt_error(VDT_BUSY, "cannot unmount %s: it is in use", e->mountpoint);
	vdt_sysmount_users(e->mountpoint, tell_user, NULL);
	vdt_hint("close that, or use --force (its users get errors)");
	return VDT_BUSY;
}

static enum vdt_exit tell_stuck(const struct vdt_entry *e, const char *why)
{
	vdt_error(VDT_TIMEOUT, "cannot unmount %s: its process (pid %d) does not answer: %s",
		  e->mountpoint, (int)e->pid, why);
	vdt_hint("use --force to end it");
	return VDT_TIMEOUT;
}

static enum vdt_exit force_end(const struct vdt_entry *e, const char *root)
{
	vdt_holder_kill(e, root);
	vdt_note("unmounted %s by ending its process", e->mountpoint);
	return VDT_OK;
}

static enum vdt_exit unmount_entry(const struct vdt_entry *e, const struct unmount_options *o,
				   const char *root)
{
	enum vdt_exit code = VDT_FAILED;
	int err = vdt_holder_ask(
		e, o->force ? "{\"op\":\"unmount\",\"force\":true}" : "{\"op\":\"unmount\"}",
		o->timeout_ms, &code);

	if (err == 0 && code == VDT_BUSY)
		return tell_busy(e);
	if (err == 0 && code != VDT_OK) {
		vdt_error(code, "cannot unmount %s: see %s/log", e->mountpoint, e->dir);
		return code;
	}
	if (err == 0 || !vdt_entry_is_alive(e))
		err = vdt_holder_wait(e, o->timeout_ms);
	if (err == 0) {
		vdt_note("unmounted %s", e->mountpoint);
		return VDT_OK;
	}
	return o->force ? force_end(e, root) : tell_stuck(e, strerror(-err));
}

static enum vdt_exit tell_absent(const char *name, const struct unmount_options *o)
{
	if (o->ok_if_absent)
		return VDT_OK;
	vdt_error(VDT_NOT_FOUND, "cannot unmount %s: it is not mounted by vdmount", name);
	vdt_hint("`vdmount status` shows what is");
	return VDT_NOT_FOUND;
}

static enum vdt_exit unmount_named(const struct vdt_entries *list, const char *name,
				   const struct unmount_options *o, const char *root)
{
	VU_AUTO(free) char *abs = realpath(name, NULL);
	enum vdt_exit worst = VDT_OK;
	unsigned found = 0;

	for (size_t i = 0; i < list->n; i++) {
		enum vdt_exit code;

		if (!list->v[i].alive || !is_meant(&list->v[i], name, abs))
			continue;
		found++;
		code = unmount_entry(&list->v[i], o, root);
		if (code != VDT_OK)
			worst = code;
	}
	return found > 0 ? worst : tell_absent(name, o);
}

static enum vdt_exit unmount_all(const struct vdt_entries *list, const struct unmount_options *o,
				 const char *root)
{
	enum vdt_exit worst = VDT_OK;

	for (size_t i = list->n; i-- > 0;) {
		enum vdt_exit code = list->v[i].alive ? unmount_entry(&list->v[i], o, root)
						      : VDT_OK;

		if (code != VDT_OK)
			worst = code;
	}
	return worst;
}

enum vdt_exit vdt_verb_unmount(int argc, char **argv)
{
	struct unmount_options o = { .timeout_ms = DEFAULT_TIMEOUT_MS };
	enum vdt_exit code = parse(argc, argv, &o);
	VU_AUTO(free) char *root = NULL;
	struct vdt_entries list;

	if (code != VDT_OK)
		return code;
	root = vdt_state_open();
	if (root == NULL || vdt_state_load(root, &list) < 0)
		return VDT_FAILED;
	if (o.all)
		code = unmount_all(&list, &o, root);
	for (int i = optind; i < argc; i++) {
		enum vdt_exit one = unmount_named(&list, argv[i], &o, root);

		if (one != VDT_OK)
			code = one;
	}
	vdt_entries_free(&list);
	return code;
}
