/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount status and cleanup.
 */
#include "config.h"

#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "session.h"
#include "sysmount.h"
#include "table.h"

/* For verbs without operands. */
static enum vdt_exit parse(const char *verb, int argc, char **argv,
			   const struct vdt_option *options, bool *json)
{
	enum vdt_exit code = vdt_parse(verb, argc, argv, options, json);

	if (code != VDT_OK)
		return code;
	return optind == argc ? VDT_OK : vdt_usage(verb, "%s takes no names", verb);
}

static void since(long long started, char *buf, size_t size)
{
	long long s = (long long)time(NULL) - started;

	if (s < 60)
		snprintf(buf, size, "%lld s ago", s < 0 ? 0 : s);
	else if (s < 3600)
		snprintf(buf, size, "%lld min ago", s / 60);
	else if (s < 48 * 3600)
		snprintf(buf, size, "%lld h ago", s / 3600);
	else
		snprintf(buf, size, "%lld days ago", s / 86400);
}

static void ignore_user(int pid, const char *name, const char *what, void *ctx)
{
	(void)pid;
	(void)name;
	(void)what;
	(void)ctx;
}

/* Processes that have files open, as far as this user may see them. */
static unsigned count_users(const struct vdt_entry *e)
{
	return e->mountpoint != NULL ? vdt_sysmount_users(e->mountpoint, ignore_user, NULL) : 0;
}

static bool is_being_mounted(const struct vdt_entry *e)
{
	return e->backend == NULL || e->backend[0] == '\0';
}

static bool add_row(struct vdt_table *t, const struct vdt_entry *e)
{
	char when[32], vols[32], open[16];

	since(e->started, when, sizeof(when));
	snprintf(vols, sizeof(vols), "%u/%u", e->volumes, e->volumes_total);
	snprintf(open, sizeof(open), "%u", count_users(e));
	return vdt_table_add(t, e->id) &&
	       vdt_table_add(t, e->n_sources > 0 ? e->sources[0] : NULL) &&
	       vdt_table_add(t, e->mountpoint) && vdt_table_add(t, "ro") &&
	       vdt_table_add(t, is_being_mounted(e) ? NULL : vols) && vdt_table_add(t, when) &&
	       vdt_table_add(t, open) &&
	       vdt_table_add(t, is_being_mounted(e) ? "starting" : e->backend);
}

static json_t *entry_json(const struct vdt_entry *e)
{
	json_t *sources = json_array(), *problems = json_array();

	for (size_t i = 0; i < e->n_sources; i++)
		json_array_append_new(sources, vdt_json_text(e->sources[i]));
	for (size_t i = 0; i < e->n_problems; i++)
		json_array_append_new(problems,
				      vdt_json_problem(e->problems[i].code, e->problems[i].volume,
						       e->problems[i].message));
	return json_pack("{s:s, s:o, s:o, s:s, s:i, s:i, s:i, s:I, s:i, s:o, s:s, s:o}", "id",
			 e->id, "source", sources, "mountpoint", vdt_json_text(e->mountpoint),
			 "mode", "ro", "volumes", (int)e->volumes, "volumes_total",
			 (int)e->volumes_total, "pid", (int)e->pid, "started",
			 (json_int_t)e->started, "open", (int)count_users(e), "backend",
			 vdt_json_text(e->backend), "health",
			 is_being_mounted(e) ? "starting" : "ok", "problems", problems);
}

static void print_json_list(const char *type, const char *key, json_t *list)
{
	json_t *doc = vdt_json_document(type);

	json_object_set_new(doc, key, list);
	vdt_json_print(doc);
}

static void print_status_json(const struct vdt_entries *list)
{
	json_t *mounts = json_array();

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].alive)
			json_array_append_new(mounts, entry_json(&list->v[i]));
	print_json_list("status", "mounts", mounts);
}

static enum vdt_exit print_status_table(const struct vdt_entries *list, bool headings)
{
	static const struct vdt_column columns[] = {
		{ "ID", false },   { "SOURCE", false },  { "MOUNTPOINT", false },
		{ "MODE", false }, { "VOLS", false },    { "SINCE", false },
		{ "OPEN", true },  { "BACKEND", false }, { NULL, false },
	};
	struct vdt_table t;
	bool ok = true;

	vdt_table_init(&t, columns);
	for (size_t i = 0; ok && i < list->n; i++)
		ok = !list->v[i].alive || add_row(&t, &list->v[i]);
	if (ok && t.n_cells > 0)
		vdt_table_print(&t, headings);
	else if (ok)
		vdt_note("nothing is mounted");
	vdt_table_free(&t);
	return ok ? VDT_OK : vdt_report(VIX_E_OUT_OF_MEMORY, "cannot list");
}

enum vdt_exit vdt_verb_status(int argc, char **argv)
{
	bool json = false, no_headings = false;
	const struct vdt_option options[] = {
		{ "no-headings", 0, VDT_OPT_FLAG, &no_headings, NULL, NULL },
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = parse("status", argc, argv, options, &json);
	VU_AUTO(free) char *root = NULL;
	struct vdt_entries list;

	if (code == VDT_OK)
		code = vdt_state_list(&root, &list);
	if (code != VDT_OK)
		return code;
	if (json)
		print_status_json(&list);
	else
		code = print_status_table(&list, !no_headings);
	vdt_entries_free(&list);
	return code;
}

static void note_swept(const struct vdt_entry *e, void *ctx)
{
	json_array_append_new(ctx, entry_json(e));
	vdt_note("cleaned up the mount on %s, whose process (pid %d) died",
		 e->mountpoint != NULL ? vu_log_quote(e->mountpoint) : "?", (int)e->pid);
}

enum vdt_exit vdt_verb_cleanup(int argc, char **argv)
{
	static const struct vdt_option none[] = { { NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL } };
	bool json = false;
	enum vdt_exit code = parse("cleanup", argc, argv, none, &json);
	VU_AUTO(free) char *root = NULL;
	json_t *swept;

	if (code == VDT_OK)
		code = vdt_state_find(&root);
	if (code != VDT_OK)
		return code;
	swept = json_array();
	vdt_state_sweep(root, note_swept, swept);
	code = vdt_session_sweep();
	if (json)
		print_json_list("cleanup", "removed", swept);
	else
		json_decref(swept);
	return code;
}
