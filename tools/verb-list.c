/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount list: the volumes of disks, without mounting them.
 */
#include "config.h"

#include "verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/alloc.h"
#include "../common/log.h"
#include "../common/strbuf.h"
#include "halt.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "remote.h"
#include "report.h"
#include "session.h"
#include "size.h"
#include "table.h"

struct list_options {
	bool json, bytes, no_headings, inspect;
	struct vdt_login login;
};

static enum vdt_exit parse(int argc, char **argv, struct list_options *o)
{
	const struct vdt_option options[] = {
		{ "inspect", 0, VDT_OPT_FLAG, &o->inspect, NULL, NULL },
		{ "bytes", 0, VDT_OPT_FLAG, &o->bytes, NULL, NULL },
		{ "no-headings", 0, VDT_OPT_FLAG, &o->no_headings, NULL, NULL },
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("list", argc, argv, options, &o->json);

	if (code != VDT_OK)
		return code;
	return optind < argc ? VDT_OK : vdt_usage("list", "which disk?");
}

/* Where the guest mounts volumes, one text for each: "/", "/srv /var"; NULL where unknown. */
static char **guest_paths(const struct vdt_session *s)
{
	char **paths = vu_calloc_array(s->n_handles, sizeof(*paths));

	for (size_t i = 0; paths != NULL && i < s->n_handles; i++) {
		struct vu_strbuf b = { .s = NULL };
		VixVolumeInfo *info;

		if (VixMntapi_GetVolumeInfo(s->handles[i], &info) != VIX_OK)
			continue;
		for (size_t k = 0; k < info->numGuestMountPoints; k++)
			vu_strbuf_printf(&b, "%s%s", k > 0 ? " " : "", info->inGuestMountPoints[k]);
		paths[i] = info->numGuestMountPoints > 0 ? vu_strbuf_take(&b) : NULL;
		VixMntapi_FreeVolumeInfo(info);
	}
	return paths;
}

static void free_paths(char **paths, size_t n)
{
	for (size_t i = 0; paths != NULL && i < n; i++)
		free(paths[i]);
	free(paths);
}

static const char *size_text(uint64 bytes, bool exact, char *buf, size_t size)
{
	if (bytes == VIXMNTAPI_SIZE_UNKNOWN)
		return NULL;
	if (exact)
		snprintf(buf, size, "%llu", (unsigned long long)bytes);
	else
		vdt_size_short(bytes, buf, size);
	return buf;
}

/* @path: where the guest mounts it, NULL: nowhere. */
static bool add_row(struct vdt_table *t, const VixVolumeDetails *v, const char *path,
		    const struct list_options *o)
{
	char number[16], size[32], used[32];
	bool ok;

	snprintf(number, sizeof(number), "%u", v->number);
	ok = vdt_table_add(t, v->number != 0 ? number : NULL) && vdt_table_add(t, v->name) &&
	     vdt_table_add(t, v->kind) && vdt_table_add(t, v->fileSystem) &&
	     vdt_table_add(t, v->label) &&
	     vdt_table_add(t, size_text(v->sizeBytes, o->bytes, size, sizeof(size))) &&
	     vdt_table_add(t, size_text(v->usedBytes, o->bytes, used, sizeof(used)));
	if (ok && o->inspect)
		ok = vdt_table_add(t, path);
	return ok && vdt_table_add(t, v->state);
}

static const char *path_of(const VixVolumeDetails *v, char *const *paths)
{
	return paths != NULL && v->number != 0 ? paths[v->number - 1] : NULL;
}

static enum vdt_exit print_table(const struct vdt_session *s, const struct list_options *o,
				 char *const *paths)
{
	static const struct vdt_column columns[] = {
		{ "VOL", false }, { "NAME", false },  { "TYPE", false },
		{ "FS", false },  { "LABEL", false }, { "SIZE", true },
		{ "USED", true }, { "STATE", false }, { NULL, false },
	};
	static const struct vdt_column inspected[] = {
		{ "VOL", false },   { "NAME", false }, { "TYPE", false }, { "FS", false },
		{ "LABEL", false }, { "SIZE", true },  { "USED", true },  { "MOUNTPOINT", false },
		{ "STATE", false }, { NULL, false },
	};
	struct vdt_table t;
	bool ok = true;

	vdt_table_init(&t, o->inspect ? inspected : columns);
	for (size_t i = 0; ok && i < s->n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_volume(s, i);

		ok = add_row(&t, v, path_of(v, paths), o);
	}
	if (ok)
		vdt_table_print(&t, !o->no_headings);
	vdt_table_free(&t);
	return ok ? VDT_OK : vdt_report(VIX_E_OUT_OF_MEMORY, "cannot list");
}

static json_t *volume_json(const VixVolumeDetails *v, const char *path)
{
	json_t *o = json_object();

	json_object_set_new(o, "number", v->number != 0 ? json_integer(v->number) : json_null());
	json_object_set_new(o, "id", vdt_json_text(v->name));
	json_object_set_new(o, "type", vdt_json_text(v->kind));
	json_object_set_new(o, "disk", json_integer(v->disk));
	json_object_set_new(o, "device", vdt_json_text(v->device));
	json_object_set_new(o, "fs", vdt_json_text(v->fileSystem));
	json_object_set_new(o, "label", vdt_json_text(v->label));
	json_object_set_new(o, "uuid", vdt_json_text(v->uuid));
	json_object_set_new(o, "size", json_integer((json_int_t)v->sizeBytes));
	json_object_set_new(o, "used",
			    v->usedBytes != VIXMNTAPI_SIZE_UNKNOWN
				    ? json_integer((json_int_t)v->usedBytes)
				    : json_null());
	json_object_set_new(o, "guest_mountpoint", vdt_json_text(path));
	json_object_set_new(o, "state", vdt_json_text(v->state));
	json_object_set_new(o, "mountable", json_boolean(v->mountable));
	return o;
}

static json_t *problems_json(const struct vdt_session *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_volume(s, i);
		enum vdt_exit code = vdt_session_problem(v);

		if (code != VDT_OK)
			json_array_append_new(list, vdt_json_problem(code, v->name, v->state));
	}
	return list;
}

static json_t *os_json(const VixOsInfo *os)
{
	static const char *const families[] = { "none", "windows" };

	return json_pack("{s:s, s:o, s:o, s:i, s:i, s:b}", "type",
			 os->family <= VIXMNTAPI_WINDOWS ? families[os->family] : "other", "distro",
			 vdt_json_text(os->vendor), "product_name", vdt_json_text(os->edition),
			 "major", (int)os->majorVersion, "minor", (int)os->minorVersion, "is_64bit",
			 (int)os->osIs64Bit);
}

static void print_json(const struct vdt_session *s, char *const *disks, size_t n,
		       const VixOsInfo *os, char *const *paths)
{
	json_t *volumes = json_array(), *sources = json_array();
	json_t *doc = vdt_json_document("volume-list");

	for (size_t i = 0; i < n; i++)
		json_array_append_new(sources, vdt_json_text(disks[i]));
	for (size_t i = 0; i < s->n_volumes; i++) {
		const VixVolumeDetails *v = vdt_session_volume(s, i);

		json_array_append_new(volumes, volume_json(v, path_of(v, paths)));
	}
	json_object_set_new(doc, "source", sources);
	if (os != NULL)
		json_object_set_new(doc, "os", os_json(os));
	json_object_set_new(doc, "volumes", volumes);
	json_object_set_new(doc, "problems", problems_json(s));
	vdt_json_print(doc);
}

static void print_os(const VixOsInfo *os)
{
	if (os->family == VIXMNTAPI_NO_OS)
		puts("no operating system was recognised");
	else
		printf("%s (%s, %s)\n", os->edition != NULL ? vu_log_quote(os->edition) : "unnamed",
		       os->vendor != NULL ? vu_log_quote(os->vendor) : "vendor unknown",
		       os->osIs64Bit ? "64-bit" : "32-bit");
}

static enum vdt_exit print_all(const struct vdt_session *s, const struct list_options *o,
			       char *const *disks, size_t n)
{
	VixOsInfo *os = NULL;
	char **paths = NULL;
	VixError err = o->inspect ? VixMntapi_GetOsInfo(s->set, &os) : VIX_OK;
	enum vdt_exit code = VDT_OK;

	vdt_progress(NULL);
	if (err != VIX_OK)
		return vdt_report(err, "cannot inspect %s", disks[0]);
	vdt_lib_flush();
	if (os != NULL)
		paths = guest_paths(s);
	if (os != NULL && !o->json)
		print_os(os);
	if (o->json)
		print_json(s, disks, n, os, paths);
	else
		code = print_table(s, o, paths);
	free_paths(paths, s->n_handles);
	VixMntapi_FreeOsInfo(os);
	return code;
}

static enum vdt_exit list(struct vdt_session *s, struct list_options *o, char *const *disks,
			  size_t n)
{
	/* it may be asked for, which takes signals by itself */
	enum vdt_exit code = vdt_remote_learn(&o->login, disks, n);

	if (code != VDT_OK)
		return code;
	if (vdt_source_is_remote(disks[0]))
		vdt_halt_begin();
	code = vdt_session_open(s, disks, n, &o->login);
	if (code != VDT_OK)
		return code;
	vdt_progress("starting the virtual machine that reads the disk");
	code = vdt_session_scan(s);
	if (code == VDT_OK)
		code = vdt_session_look(s);
	if (code == VDT_OK)
		code = print_all(s, o, disks, n);
	vdt_progress(NULL);
	return code;
}

enum vdt_exit vdt_verb_list(int argc, char **argv)
{
	struct list_options o = { .login = VDT_LOGIN };
	struct vdt_session s = { 0 };
	enum vdt_exit code = parse(argc, argv, &o);

	if (code == VDT_OK)
		code = list(&s, &o, argv + optind, (size_t)(argc - optind));
	vdt_halt_started();
	vdt_session_close(&s);
	vdt_halt_end();
	vdt_login_end(&o.login);
	return vdt_halt_exit(code);
}
