/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk check: is a disk damaged?  Exit status and words are qemu-img's.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "disklib.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"

/* qemu-img's exit status; it calls leaks 3, which no VMDK has. */
enum { CLEAN = 0, NOT_COMPLETED = 1, CORRUPT = 2, UNSUPPORTED = 63 };

struct check_options {
	bool json, repair;
};

/* What is known of a disk when it was checked. */
struct result {
	bool damaged, repaired;
	char *damage; /* what the library said; NULL: nothing */
};

static enum vdt_exit parse(int argc, char **argv, struct check_options *o)
{
	const struct vdt_option options[] = {
		{ "repair", 'r', VDT_OPT_FLAG, &o->repair, NULL, NULL },
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("check", argc, argv, options, &o->json);

	if (code != VDT_OK)
		return code;
	return optind + 1 == argc ? VDT_OK : vdt_usage("check", "which disk?");
}

static bool is_damage(VixError err)
{
	return err == VIX_E_DISK_NEEDSREPAIR || err == VIX_E_DISK_CANTREPAIR ||
	       vdt_exit_from_vix(err) == VDT_CORRUPT;
}

static int status_of(VixError err)
{
	if (is_damage(err))
		return CORRUPT;
	return vdt_exit_from_vix(err) == VDT_UNSUPPORTED ? UNSUPPORTED : NOT_COMPLETED;
}

static void print_json(const char *path, const struct result *r)
{
	json_t *doc = vdt_json_document("disk-check");

	json_object_set_new(doc, "filename", vdt_json_text(path));
	json_object_set_new(doc, "format", json_string("vmdk"));
	json_object_set_new(doc, "check-errors", json_integer(0));
	if (r->damaged)
		json_object_set_new(doc, r->repaired ? "corruptions-fixed" : "corruptions",
				    json_integer(1));
	json_object_set_new(doc, "damage", vdt_json_text(r->damage));
	vdt_json_print(doc);
}

static void print_text(const char *path, const struct result *r)
{
	if (!r->damaged) {
		puts("No errors were found on the image.");
		return;
	}
	puts(r->damage != NULL ? r->damage : "The tables of the image are damaged.");
	if (r->repaired) {
		puts("The image was repaired.");
		return;
	}
	puts("1 errors were found on the image.");
	printf("`vdisk check --repair %s` repairs what can be repaired.\n", vu_log_quote(path));
}

/* What is repaired is looked for first, so that it can be told. */
static int check(const struct vdt_disklib *lib, const char *path, const struct check_options *o)
{
	struct result r = { 0 };
	VixError err = VixDiskLib_CheckRepair(lib->conn, path, 0);

	r.damaged = err == VIX_E_DISK_NEEDSREPAIR;
	if (err != VIX_OK && !r.damaged) {
		vdt_report(err, "cannot check %s", vu_log_quote(path));
		return status_of(err);
	}
	VU_AUTO(free) char *damage = vdt_lib_take();
	r.damage = damage;
	if (r.damaged && o->repair) {
		err = VixDiskLib_CheckRepair(lib->conn, path, 1);
		r.repaired = err == VIX_OK;
		if (!r.repaired) {
			vdt_report(err, "cannot repair %s", vu_log_quote(path));
			return status_of(err);
		}
	}
	if (o->json)
		print_json(path, &r);
	else
		print_text(path, &r);
	return err == VIX_OK ? CLEAN : CORRUPT;
}

enum vdt_exit vdt_verb_check(int argc, char **argv)
{
	struct check_options o = { 0 };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse(argc, argv, &o);
	int status = NOT_COMPLETED;

	if (code != VDT_OK) /* 2 means something else here */
		return (enum vdt_exit)NOT_COMPLETED;
	code = vdt_disklib_start(&lib);
	if (code == VDT_OK)
		status = check(&lib, argv[optind], &o);
	vdt_disklib_stop(&lib);
	return (enum vdt_exit)status;
}
