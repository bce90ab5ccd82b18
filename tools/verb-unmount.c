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
#include "../common/log.h"
#include "holder.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "source.h"
#include "sysmount.h"

#define DEFAULT_TIMEOUT_MS 60000

struct unmount_options {
	bool force, lazy, all, ok_if_absent;
	unsigned timeout_ms;
};

static enum vdt_exit parse(int argc, char **argv, struct unmount_options *o)
{
	const struct vdt_option options[] = {
		{ "force", 'f', VDT_OPT_FLAG, &o->force, NULL, NULL },
		{ "lazy", 'l', VDT_OPT_FLAG, &o->lazy, NULL, NULL },
		{ "all", 0, VDT_OPT_FLAG, &o->all, NULL, NULL },
		{ "timeout", 0, VDT_OPT_TIME, &o->timeout_ms, NULL, NULL },
		{ "ok-if-absent", 0, VDT_OPT_FLAG, &o->ok_if_absent, NULL, NULL },
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("unmount", argc, argv, options, NULL);

	if (code != VDT_OK)
		return code;
	if (o->force && o->lazy)
		return vdt_usage("unmount", "--force and --lazy exclude each other");
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

/* What users call it; one that is just being made has its id only. */
static const char *name_of(const struct vdt_entry *e)
{
	return e->mountpoint != NULL ? e->mountpoint : e->id;
}

/* Names of processes and files come from others. */
static void tell_user(int pid, const char *name, const char *what, void *ctx)
{
	(void)ctx;
	vdt_hint("in use by %s (pid %d, %s)", vu_log_quote(name), pid, vu_log_quote(what));
}

static enum vdt_exit tell_busy(const struct vdt_entry *e)
{
	vdt_error(VDT_BUSY, "cannot unmount %s: it is in use", name_of(e));
	if (e->mountpoint != NULL)
		vdt_sysmount_users(e->mountpoint, tell_user, NULL);
	vdt_hint("close that, or use --lazy (out of sight now, ends with the last user) or --force "
		 "(users get errors)");
	return VDT_BUSY;
}

static enum vdt_exit tell_stuck(const struct vdt_entry *e, const char *why)
{
	vdt_error(VDT_TIMEOUT, "cannot unmount %s: its process (pid %d) does not answer: %s",
		  name_of(e), (int)e->pid, why);
	vdt_hint("use --force to end it");
	return VDT_TIMEOUT;
}

static enum vdt_exit force_end(struct vdt_entry *e, const char *root)
{
	(void)vdt_entry_reload(
		e); /* its process may have changed since: who starts it hands over */
	vdt_holder_kill(e, root);
	if (vdt_entry_is_alive(e))
		return tell_stuck(e, "it can't be ended");
	vdt_note("unmounted %s by ending its process", name_of(e));
	return VDT_OK;
}

static const char *request_for(const struct unmount_options *o)
{
	if (o->lazy)
		return "{\"op\":\"detach\"}";
	return o->force ? "{\"op\":\"unmount\",\"force\":true}" : "{\"op\":\"unmount\"}";
}

static enum vdt_exit unmount_entry(struct vdt_entry *e, const struct unmount_options *o,
				   const char *root)
{
	enum vdt_exit code = VDT_FAILED;
	int err = vdt_holder_ask(e, request_for(o), o->timeout_ms, &code);

	if (err == 0 && code == VDT_BUSY)
		return tell_busy(e);
	if (err == 0 && code != VDT_OK) {
		vdt_error(code, "cannot unmount %s: see %s/log", name_of(e), e->dir);
		return code;
	}
	if (err == 0 && o->lazy) {
		vdt_note("unmounted %s; the disk is free when its last user has gone", name_of(e));
		return VDT_OK;
	}
	if (err == 0 || !vdt_entry_is_alive(e))
		err = vdt_holder_wait(e, o->timeout_ms);
	if (err == 0) {
		vdt_note("unmounted %s", name_of(e));
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

static enum vdt_exit unmount_named(struct vdt_entries *list, const char *name,
				   const struct unmount_options *o, const char *root)
{
	VU_AUTO(free) char *abs = vdt_source_id(name);
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

static enum vdt_exit unmount_all(struct vdt_entries *list, const struct unmount_options *o,
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

	if (code == VDT_OK)
		code = vdt_state_list(&root, &list);
	if (code != VDT_OK)
		return code;
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
