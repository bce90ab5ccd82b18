/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk check: is a disk damaged?  Exit status, words and JSON are qemu-img's, and each problem with
 * what to do about it.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "../common/log.h"
#include "disklib.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"

/* qemu-img's exit status. */
enum { CLEAN = 0, NOT_COMPLETED = 1, CORRUPT = 2, LEAKED = 3, UNSUPPORTED = 63 };

struct check_options {
	bool json, repair;
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

static const VixDiskLibProblem *problem_at(const VixDiskLibCheckReport *r, size_t i)
{
	const char *first = (const char *)r->problems;

	return (const VixDiskLibProblem *)(first + i * r->problems->structSize);
}

static uint64 damages_left(const VixDiskLibCheckReport *r)
{
	return r->damages - r->damagesMended;
}

static uint64 leaks_left(const VixDiskLibCheckReport *r)
{
	return r->leaks - r->leaksMended;
}

static int status_of(const VixDiskLibCheckReport *r)
{
	if (damages_left(r) > 0)
		return CORRUPT;
	if (r->troubles > 0)
		return NOT_COMPLETED;
	return leaks_left(r) > 0 ? LEAKED : CLEAN;
}

/* Text. */

static void print_problem(const VixDiskLibProblem *p)
{
	static const char *const kinds[] = {
		[VIXDISKLIB_PROBLEM_DAMAGE] = "ERROR",
		[VIXDISKLIB_PROBLEM_LEAK] = "Leaked",
		[VIXDISKLIB_PROBLEM_TROUBLE] = "Not checked",
	};

	printf("%s%s: %s: ", p->isMended ? "Repaired " : "", kinds[p->kind], vu_log_quote(p->file));
	if (p->offset != VIXDISKLIB_OFFSET_NONE)
		printf("byte %" PRIu64 ": ", p->offset);
	puts(p->what);
	if (!p->isMended && p->advice[0] != '\0')
		printf("  %s\n", p->advice);
}

static double percent_of(uint64 part, uint64 whole)
{
	return whole > 0 ? (double)part * 100 / (double)whole : 0;
}

static void print_sums(const VixDiskLibCheckReport *r)
{
	if (r->damagesMended + r->leaksMended > 0)
		printf("%" PRIu64 " errors and %" PRIu64 " leaked clusters were repaired.\n",
		       r->damagesMended, r->leaksMended);
	if (status_of(r) == CLEAN)
		puts("No errors were found on the image.");
	if (damages_left(r) > 0)
		printf("%" PRIu64 " errors were found on the image.\n", damages_left(r));
	if (leaks_left(r) > 0)
		printf("%" PRIu64 " leaked clusters were found on the image: room that nothing "
		       "uses, no harm.\n",
		       leaks_left(r));
	if (r->troubles > 0)
		printf("%" PRIu64 " places could not be checked.\n", r->troubles);
	if (r->clusters > 0)
		printf("%" PRIu64 "/%" PRIu64 " = %.2f%% allocated, %.2f%% fragmented, %.2f%% "
		       "compressed clusters\n",
		       r->allocated, r->clusters, percent_of(r->allocated, r->clusters),
		       percent_of(r->fragmented, r->allocated),
		       percent_of(r->compressed, r->allocated));
	if (r->endOffset > 0)
		printf("Image end offset: %" PRIu64 "\n", r->endOffset);
}

static void print_text(const VixDiskLibCheckReport *r)
{
	for (size_t i = 0; i < r->numProblems; i++)
		print_problem(problem_at(r, i));
	print_sums(r);
}

/* JSON. */

static json_t *problem_json(const VixDiskLibProblem *p)
{
	static const char *const kinds[] = {
		[VIXDISKLIB_PROBLEM_DAMAGE] = "corruption",
		[VIXDISKLIB_PROBLEM_LEAK] = "leak",
		[VIXDISKLIB_PROBLEM_TROUBLE] = "check-error",
	};
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(kinds[p->kind]));
	json_object_set_new(o, "filename", vdt_json_text(p->file));
	json_object_set_new(o, "offset",
			    p->offset != VIXDISKLIB_OFFSET_NONE
				    ? json_integer((json_int_t)p->offset)
				    : json_null());
	json_object_set_new(o, "message", vdt_json_text(p->what));
	json_object_set_new(o, "advice", vdt_json_text(p->advice));
	json_object_set_new(o, "repairable", json_boolean(p->canMend));
	json_object_set_new(o, "repaired", json_boolean(p->isMended));
	return o;
}

/* As qemu-img: what is 0 is left out. */
static void set_count(json_t *doc, const char *key, uint64 n)
{
	if (n > 0)
		json_object_set_new(doc, key, json_integer((json_int_t)n));
}

static void print_json(const char *path, const VixDiskLibCheckReport *r)
{
	json_t *doc = vdt_json_document("disk-check");
	json_t *list = json_array();

	for (size_t i = 0; i < r->numProblems; i++)
		json_array_append_new(list, problem_json(problem_at(r, i)));
	json_object_set_new(doc, "filename", vdt_json_text(path));
	json_object_set_new(doc, "format", json_string("vmdk"));
	json_object_set_new(doc, "check-errors", json_integer((json_int_t)r->troubles));
	set_count(doc, "image-end-offset", r->endOffset);
	set_count(doc, "corruptions", damages_left(r));
	set_count(doc, "leaks", leaks_left(r));
	set_count(doc, "corruptions-fixed", r->damagesMended);
	set_count(doc, "leaks-fixed", r->leaksMended);
	set_count(doc, "total-clusters", r->clusters);
	set_count(doc, "allocated-clusters", r->allocated);
	set_count(doc, "fragmented-clusters", r->fragmented);
	set_count(doc, "compressed-clusters", r->compressed);
	json_object_set_new(doc, "problems", list);
	vdt_json_print(doc);
}

static int check(const struct vdt_disklib *lib, const char *path, const struct check_options *o)
{
	VixDiskLibCheckReport *r;
	VixError err = VixDiskLib_CheckDisk(lib->conn, path, o->repair, &r);
	int status;

	if (err != VIX_OK)
		return vdt_report(err, "cannot check %s", vu_log_quote(path)) == VDT_UNSUPPORTED
			       ? UNSUPPORTED
			       : NOT_COMPLETED;
	vdt_lib_flush();
	if (o->json)
		print_json(path, r);
	else
		print_text(r);
	status = status_of(r);
	VixDiskLib_FreeCheckReport(r);
	return status;
}

enum vdt_exit vdt_verb_check(int argc, char **argv)
{
	struct check_options o = { 0 };
	struct vdt_disklib lib = { 0 };
	int status = NOT_COMPLETED; /* also for a wrong call: 2 means something else here */

	if (parse(argc, argv, &o) == VDT_OK && vdt_disklib_start(&lib) == VDT_OK)
		status = check(&lib, argv[optind], &o);
	vdt_disklib_stop(&lib);
	return (enum vdt_exit)status;
}
