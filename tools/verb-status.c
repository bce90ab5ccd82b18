/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount status and cleanup.
 */
#include "config.h"

#include "verbs.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "message.h"
#include "session.h"
#include "state.h"

enum { OPT_JSON = 256 };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static enum vdt_exit parse(const char *verb, int argc, char **argv, bool *json)
{
	bool quiet = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "qh", long_options, NULL)) != -1) {
		if (opt == 'h')
			exit(vdt_help(verb));
		if (opt == OPT_JSON)
			*json = true;
		else if (opt == 'q')
			quiet = true;
		else
			return vdt_usage(verb, NULL);
	}
	vdt_message_set(quiet, 0);
	vdt_message_set_json(*json);
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

static void print_entry(const struct vdt_entry *e)
{
	char when[32], vols[32];

	since(e->started, when, sizeof(when));
	snprintf(vols, sizeof(vols), "%u/%u", e->volumes, e->volumes_total);
	printf("%-4s  %-4s  %-5s  %-12s  %-18s  %s on %s\n", e->id, "ro", vols, when,
	       e->backend != NULL && e->backend[0] != '\0' ? e->backend : "starting",
	       e->n_sources > 0 ? vu_log_quote(e->sources[0]) : "?",
	       e->mountpoint != NULL ? vu_log_quote(e->mountpoint) : "?");
}

static json_t *entry_json(const struct vdt_entry *e)
{
	json_t *sources = json_array();

	for (size_t i = 0; i < e->n_sources; i++)
		json_array_append_new(sources, json_string(e->sources[i]));
	return json_pack("{s:s, s:o, s:s*, s:s, s:i, s:i, s:i, s:I, s:s*, s:s}", "id", e->id,
			 "source", sources, "mountpoint", e->mountpoint, "mode", "ro", "volumes",
			 (int)e->volumes, "volumes_total", (int)e->volumes_total, "pid",
			 (int)e->pid, "started", (json_int_t)e->started, "backend", e->backend,
			 "health", "ok");
}

static void print_json_list(const char *type, const char *key, json_t *list)
{
	json_t *doc = json_pack("{s:s, s:s, s:s, s:s, s:o}", "schema", "vdisk/1", "tool", "vdmount",
				"version", PACKAGE_VERSION, "type", type, key, list);

	json_dumpf(doc, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(doc);
}

static void print_status_json(const struct vdt_entries *list)
{
	json_t *mounts = json_array();

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].alive)
			json_array_append_new(mounts, entry_json(&list->v[i]));
	print_json_list("status", "mounts", mounts);
}

static void print_status_table(const struct vdt_entries *list)
{
	bool any = false;

	for (size_t i = 0; i < list->n; i++) {
		if (!list->v[i].alive)
			continue;
		if (!any)
			printf("%-4s  %-4s  %-5s  %-12s  %-18s  %s\n", "ID", "MODE", "VOLS",
			       "SINCE", "BACKEND", "MOUNT");
		any = true;
		print_entry(&list->v[i]);
	}
	if (!any)
		puts("nothing is mounted");
}

enum vdt_exit vdt_verb_status(int argc, char **argv)
{
	bool json = false;
	enum vdt_exit code = parse("status", argc, argv, &json);
	VU_AUTO(free) char *root = NULL;
	struct vdt_entries list;

	if (code != VDT_OK)
		return code;
	root = vdt_state_open();
	if (root == NULL || vdt_state_load(root, &list) < 0)
		return VDT_FAILED;
	if (json)
		print_status_json(&list);
	else
		print_status_table(&list);
	vdt_entries_free(&list);
	return VDT_OK;
}

static void note_swept(const struct vdt_entry *e, void *ctx)
{
	json_array_append_new(ctx, entry_json(e));
	vdt_note("cleaned up the mount on %s, whose process (pid %d) died",
		 e->mountpoint != NULL ? e->mountpoint : "?", (int)e->pid);
}

enum vdt_exit vdt_verb_cleanup(int argc, char **argv)
{
	bool json = false;
	enum vdt_exit code = parse("cleanup", argc, argv, &json);
	VU_AUTO(free) char *root = NULL;
	json_t *swept;

	if (code != VDT_OK)
		return code;
	if (vdt_state_root(&root) < 0)
		return VDT_FAILED;
	swept = json_array();
	vdt_state_sweep(root, note_swept, swept);
	code = vdt_session_sweep();
	if (json)
		print_json_list("cleanup", "removed", swept);
	else
		json_decref(swept);
	return code;
}
