/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdmount list: the volumes of disks, without mounting them.
 */
#include "config.h"

#include "verbs.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "message.h"
#include "session.h"

struct list_options {
	bool json, bytes, no_headings, inspect;
};

enum { OPT_JSON = 256, OPT_BYTES, OPT_NO_HEADINGS, OPT_INSPECT };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "bytes", no_argument, NULL, OPT_BYTES },
	{ "no-headings", no_argument, NULL, OPT_NO_HEADINGS },
	{ "inspect", no_argument, NULL, OPT_INSPECT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static enum vdt_exit parse(int argc, char **argv, struct list_options *o)
{
	bool quiet = false;
	int opt, verbose = 0;

	while ((opt = getopt_long(argc, argv, "qvh", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_JSON:
			o->json = true;
			break;
		case OPT_BYTES:
			o->bytes = true;
			break;
		case OPT_NO_HEADINGS:
			o->no_headings = true;
			break;
		case OPT_INSPECT:
			o->inspect = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 'v':
			verbose++;
			break;
		case 'h':
			exit(vdt_help("list"));
		default:
			return vdt_usage("list", NULL);
		}
	}
	vdt_message_set(quiet, verbose);
	vdt_message_set_json(o->json);
	return optind < argc ? VDT_OK : vdt_usage("list", "which disk?");
}

/* Text of the table, all columns as strings. */
enum { COL_VOL, COL_NAME, COL_TYPE, COL_FS, COL_LABEL, COL_SIZE, COL_STATE, COLS };

struct row {
	char *col[COLS];
};

static char *size_text(uint64 bytes, bool exact)
{
	char buf[32];

	if (exact)
		snprintf(buf, sizeof(buf), "%llu", (unsigned long long)bytes);
	else
		vdt_format_size(bytes, buf, sizeof(buf));
	return strdup(buf);
}

static char *or_dash(const char *s)
{
	return strdup(s[0] != '\0' ? vu_log_quote(s) : "-");
}

static void fill_row(struct row *r, const VixVolumeDetails *v, const struct list_options *o)
{
	char number[16];

	snprintf(number, sizeof(number), v->number != 0 ? "%u" : "-", v->number);
	r->col[COL_VOL] = strdup(number);
	r->col[COL_NAME] = or_dash(v->name);
	r->col[COL_TYPE] = or_dash(v->kind);
	r->col[COL_FS] = or_dash(v->fileSystem);
	r->col[COL_LABEL] = or_dash(v->label);
	r->col[COL_SIZE] = size_text(v->sizeBytes, o->bytes);
	r->col[COL_STATE] = or_dash(v->state);
}

static size_t column_width(const struct row *rows, size_t n, int col)
{
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i].col[col] != NULL && strlen(rows[i].col[col]) > width)
			width = strlen(rows[i].col[col]);
	return width;
}

static void print_rows(const struct row *rows, size_t n, bool headings)
{
	size_t width[COLS];

	for (int c = 0; c < COLS; c++)
		width[c] = column_width(rows + !headings, n - !headings, c);
	for (size_t i = headings ? 0 : 1; i < n; i++) {
		for (int c = 0; c < COLS - 1; c++) {
			const char *text = rows[i].col[c] != NULL ? rows[i].col[c] : "";

			printf(c == COL_SIZE ? "%*s  " : "%-*s  ", (int)width[c], text);
		}
		puts(rows[i].col[COLS - 1] != NULL ? rows[i].col[COLS - 1] : "");
	}
}

static enum vdt_exit print_table(const struct vdt_session *s, const struct list_options *o)
{
	static const char *const headings[COLS] = { "VOL",   "NAME", "TYPE", "FS",
						    "LABEL", "SIZE", "STATE" };
	struct row *rows = calloc(s->n_volumes + 1, sizeof(*rows));

	if (rows == NULL)
		return vdt_report(VIX_E_OUT_OF_MEMORY, "cannot list");
	for (int c = 0; c < COLS; c++)
		rows[0].col[c] = strdup(headings[c]);
	for (size_t i = 0; i < s->n_volumes; i++)
		fill_row(&rows[i + 1], vdt_session_volume(s, i), o);
	print_rows(rows, s->n_volumes + 1, !o->no_headings);
	for (size_t i = 0; i <= s->n_volumes; i++)
		for (int c = 0; c < COLS; c++)
			free(rows[i].col[c]);
	free(rows);
	return VDT_OK;
}

/* A guest's text: what is not UTF-8 is shown escaped, so that the document stays valid. */
static json_t *guest_string(const char *s)
{
	json_t *j = s[0] != '\0' ? json_string(s) : json_null();

	return j != NULL ? j : json_string(vu_log_quote(s));
}

static json_t *volume_json(const VixVolumeDetails *v)
{
	json_t *o = json_object();

	json_object_set_new(o, "number", v->number != 0 ? json_integer(v->number) : json_null());
	json_object_set_new(o, "id", guest_string(v->name));
	json_object_set_new(o, "type", json_string(v->kind));
	json_object_set_new(o, "disk", json_integer(v->disk));
	json_object_set_new(o, "device", json_string(v->device));
	json_object_set_new(o, "fs", guest_string(v->fileSystem));
	json_object_set_new(o, "label", guest_string(v->label));
	json_object_set_new(o, "uuid", guest_string(v->uuid));
	json_object_set_new(o, "size", json_integer((json_int_t)v->sizeBytes));
	json_object_set_new(o, "used",
			    v->usedBytes != VIXMNTAPI_SIZE_UNKNOWN
				    ? json_integer((json_int_t)v->usedBytes)
				    : json_null());
	json_object_set_new(o, "state", guest_string(v->state));
	json_object_set_new(o, "mountable", json_boolean(v->mountable));
	return o;
}

static json_t *os_json(const VixOsInfo *os)
{
	static const char *const families[] = { "none", "windows" };

	return json_pack("{s:s, s:s*, s:s*, s:i, s:i, s:b}", "type",
			 os->family <= VIXMNTAPI_WINDOWS ? families[os->family] : "other", "distro",
			 os->vendor, "product_name", os->edition, "major", (int)os->majorVersion,
			 "minor", (int)os->minorVersion, "is_64bit", (int)os->osIs64Bit);
}

static enum vdt_exit print_json(const struct vdt_session *s, char *const *disks, size_t n,
				const VixOsInfo *os)
{
	json_t *volumes = json_array(), *sources = json_array(), *doc;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(sources, guest_string(disks[i]));
	for (size_t i = 0; i < s->n_volumes; i++)
		json_array_append_new(volumes, volume_json(vdt_session_volume(s, i)));
	doc = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o*}", "schema", "vdisk/1", "tool",
			"vdmount", "version", PACKAGE_VERSION, "type", "volume-list", "source",
			sources, "volumes", volumes, "os", os != NULL ? os_json(os) : NULL);
	json_dumpf(doc, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(doc);
	return VDT_OK;
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

static enum vdt_exit print_all(struct vdt_session *s, const struct list_options *o,
			       char *const *disks, size_t n)
{
	VixOsInfo *os = NULL;
	VixError err = o->inspect ? VixMntapi_GetOsInfo(s->set, &os) : VIX_OK;
	enum vdt_exit code;

	if (err != VIX_OK)
		return vdt_report(err, "cannot inspect %s", disks[0]);
	if (os != NULL && !o->json)
		print_os(os);
	code = o->json ? print_json(s, disks, n, os) : print_table(s, o);
	VixMntapi_FreeOsInfo(os);
	return code;
}

enum vdt_exit vdt_verb_list(int argc, char **argv)
{
	struct list_options o = { 0 };
	struct vdt_session s = { 0 };
	enum vdt_exit code = parse(argc, argv, &o);
	size_t n = (size_t)(argc - optind);

	if (code != VDT_OK)
		return code;
	code = vdt_session_open(&s, argv + optind, n);
	if (code == VDT_OK) {
		vdt_progress("starting the virtual machine that reads the disk");
		code = vdt_session_scan(&s);
		vdt_progress(NULL);
	}
	if (code == VDT_OK) {
		vdt_lib_flush();
		code = print_all(&s, &o, argv + optind, n);
	}
	vdt_session_close(&s);
	return code;
}
