/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk check: is a disk damaged?  Exit status, words and JSON are qemu-img's, and each problem with
 * what to do about it.
 *
 * 1. What was mended is looked at again: what is said to be so, is so after it.
 * 2. People get the first SHOWN problems of each report, unless they ask for more.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "disklib.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"

/* qemu-img's exit status. */
enum { CLEAN = 0, NOT_COMPLETED = 1, CORRUPT = 2, LEAKED = 3, UNSUPPORTED = 63 };

#define SHOWN 20u /* problems */

struct check_options {
	bool json, repair;
};

/* What was done, and how the disk is now. */
struct outcome {
	VixDiskLibCheckReport *mended; /* NULL: nothing was mended */
	VixDiskLibCheckReport *now;
};

/* What stops a check, as qemu-img's status. */
static int status_of_stop(enum vdt_exit code)
{
	return code == VDT_UNSUPPORTED || code == VDT_LOCKED ? UNSUPPORTED : NOT_COMPLETED;
}

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
	if (r->troubles > 0)
		return NOT_COMPLETED;
	if (damages_left(r) > 0)
		return CORRUPT;
	return leaks_left(r) > 0 ? LEAKED : CLEAN;
}

/* Text. */

static const char *word_of(const VixDiskLibProblem *p)
{
	if (p->isMended)
		return "Repaired";
	if (p->kind == VIXDISKLIB_PROBLEM_LEAK)
		return "Leaked";
	return p->kind == VIXDISKLIB_PROBLEM_TROUBLE ? "Not checked" : "ERROR";
}

static const char *advice_of(const VixDiskLibProblem *p)
{
	if (p->isMended)
		return "";
	return p->canMend ? "`vdisk check --repair` mends this" : p->advice;
}

static void print_problem(const VixDiskLibProblem *p)
{
	printf("%s: %s: ", word_of(p), vu_log_quote(p->file));
	if (p->offset != VIXDISKLIB_OFFSET_NONE)
		printf("byte %" PRIu64 ": ", p->offset);
	puts(p->what);
}

/* Those that were mended, or those that were not; an advice once for all that follow each other. */
static void print_problems(const VixDiskLibCheckReport *r, bool mended)
{
	size_t n = 0, most = vdt_message_is_verbose() ? r->numProblems : SHOWN;
	const char *advice = "";

	for (size_t i = 0; i < r->numProblems; i++) {
		const VixDiskLibProblem *p = problem_at(r, i);

		if ((p->isMended != 0) != mended || n++ >= most)
			continue;
		if (advice[0] != '\0' && strcmp(advice, advice_of(p)) != 0)
			printf("  %s\n", advice);
		print_problem(p);
		advice = advice_of(p);
	}
	if (advice[0] != '\0')
		printf("  %s\n", advice);
	if (n > most)
		printf("%zu more are shown with --verbose or --json\n", n - most);
}

static double percent_of(uint64 part, uint64 whole)
{
	return whole > 0 ? (double)part * 100 / (double)whole : 0;
}

static void print_usage(const VixDiskLibCheckReport *r)
{
	if (r->clusters > 0)
		printf("%" PRIu64 "/%" PRIu64 " = %.2f%% allocated, %.2f%% fragmented, %.2f%% "
		       "compressed clusters\n",
		       r->allocated, r->clusters, percent_of(r->allocated, r->clusters),
		       percent_of(r->fragmented, r->allocated),
		       percent_of(r->compressed, r->allocated));
	if (r->endOffset > 0)
		printf("Image end offset: %" PRIu64 "\n", r->endOffset);
}

static void print_mended(const VixDiskLibCheckReport *r)
{
	print_problems(r, true);
	printf("The following inconsistencies were found and repaired:\n\n"
	       "    %" PRIu64 " leaked clusters\n    %" PRIu64 " corruptions\n\n",
	       r->leaksMended, r->damagesMended);
}

static void print_left(const VixDiskLibCheckReport *r)
{
	print_problems(r, false);
	if (status_of(r) == CLEAN)
		puts("No errors were found on the image.");
	if (damages_left(r) > 0)
		printf("%" PRIu64 " errors were found on the image.\n"
		       "The guest may read wrong data there, and writing may do more harm.\n",
		       damages_left(r));
	if (leaks_left(r) > 0)
		printf("%" PRIu64 " leaked clusters were found on the image.\n"
		       "They take space, and do no harm.\n",
		       leaks_left(r));
	if (r->troubles > 0)
		printf("%" PRIu64 " places could not be checked.\n", r->troubles);
}

/* JSON. */

static const char *kind_of(const VixDiskLibProblem *p)
{
	if (p->kind == VIXDISKLIB_PROBLEM_LEAK)
		return "leak";
	return p->kind == VIXDISKLIB_PROBLEM_TROUBLE ? "check-error" : "corruption";
}

static json_t *problem_json(const VixDiskLibProblem *p)
{
	bool has_offset = p->offset != VIXDISKLIB_OFFSET_NONE;
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(kind_of(p)));
	json_object_set_new(o, "filename", vdt_json_text(p->file));
	json_object_set_new(o, "offset",
			    has_offset ? json_integer((json_int_t)p->offset) : json_null());
	json_object_set_new(o, "message", vdt_json_text(p->what));
	json_object_set_new(o, "advice", vdt_json_text(advice_of(p)));
	json_object_set_new(o, "repairable", json_boolean(p->canMend));
	json_object_set_new(o, "repaired", json_boolean(p->isMended));
	return o;
}

static void add_problems(json_t *list, const VixDiskLibCheckReport *r, bool mended)
{
	for (size_t i = 0; i < r->numProblems; i++) {
		const VixDiskLibProblem *p = problem_at(r, i);

		if ((p->isMended != 0) == mended)
			json_array_append_new(list, problem_json(p));
	}
}

/* As qemu-img: what is 0 is left out. */
static void set_count(json_t *doc, const char *key, uint64 n)
{
	if (n > 0)
		json_object_set_new(doc, key, json_integer((json_int_t)n));
}

static void set_counts(json_t *doc, const VixDiskLibCheckReport *r)
{
	json_object_set_new(doc, "check-errors", json_integer((json_int_t)r->troubles));
	set_count(doc, "image-end-offset", r->endOffset);
	set_count(doc, "corruptions", damages_left(r));
	set_count(doc, "leaks", leaks_left(r));
	set_count(doc, "total-clusters", r->clusters);
	set_count(doc, "allocated-clusters", r->allocated);
	set_count(doc, "fragmented-clusters", r->fragmented);
	set_count(doc, "compressed-clusters", r->compressed);
}

/* What is damaged too much to be listed was to be a VMDK. */
static const char *format_of(const struct vdt_disklib *lib, const char *path)
{
	VixDiskLibLink *links;
	const char *format = "vmdk";
	size_t n;

	if (VixDiskLib_ListLinks(lib->conn, path, &links, &n) != VIX_OK)
		return format;
	if (n > 0 && !vdt_link_is_vmdk(links))
		format = "raw";
	VixDiskLib_FreeLinkList(links);
	return format;
}

static void print_json(const struct vdt_disklib *lib, const char *path, const struct outcome *o)
{
	json_t *doc = vdt_json_document("disk-check");
	json_t *list = json_array();

	json_object_set_new(doc, "filename", vdt_json_text(path));
	json_object_set_new(doc, "format", json_string(format_of(lib, path)));
	set_counts(doc, o->now);
	if (o->mended != NULL) {
		set_count(doc, "corruptions-fixed", o->mended->damagesMended);
		set_count(doc, "leaks-fixed", o->mended->leaksMended);
		add_problems(list, o->mended, true);
	}
	add_problems(list, o->now, false);
	json_object_set_new(doc, "problems", list);
	vdt_json_print(doc);
}

/* The check. */

static void print_text(const struct outcome *o)
{
	if (o->mended != NULL)
		print_mended(o->mended);
	print_left(o->now);
	print_usage(o->now);
}

/* With -q, as qemu-img: what is wrong, and no sums. */
static void print_outcome(const struct vdt_disklib *lib, const char *path,
			  const struct check_options *o, const struct outcome *out)
{
	if (o->json)
		print_json(lib, path, out);
	else if (vdt_message_is_quiet())
		print_problems(out->now, false);
	else
		print_text(out);
}

/* A disk that is not damaged, but not for us. */
static bool tell_unsupported(const VixDiskLibCheckReport *r)
{
	enum vdt_exit code = vdt_exit_from_vix(r->result);

	if (status_of_stop(code) != UNSUPPORTED)
		return false;
	for (size_t i = 0; i < r->numProblems; i++) {
		const VixDiskLibProblem *p = problem_at(r, i);

		if (p->code != r->result)
			continue;
		vdt_error(code, "cannot check %s: %s", vu_log_quote(p->file), p->what);
		vdt_hint("%s", p->advice);
		break;
	}
	return true;
}

static VixError run(const struct vdt_disklib *lib, const char *path, bool repair,
		    struct outcome *out)
{
	VixError err = VixDiskLib_CheckDisk(lib->conn, path, repair, &out->now);

	if (err != VIX_OK || out->now->damagesMended + out->now->leaksMended == 0)
		return err;
	out->mended = out->now;
	return VixDiskLib_CheckDisk(lib->conn, path, 0, &out->now);
}

static int check(const struct vdt_disklib *lib, const char *path, const struct check_options *o)
{
	struct outcome out = { 0 };
	VixError err = run(lib, path, o->repair, &out);
	int status;

	if (err != VIX_OK) {
		status = status_of_stop(vdt_report(err, "cannot check %s", vu_log_quote(path)));
	} else if (tell_unsupported(out.now)) {
		status = UNSUPPORTED;
	} else {
		vdt_lib_flush();
		print_outcome(lib, path, o, &out);
		status = status_of(out.now);
	}
	VixDiskLib_FreeCheckReport(out.mended);
	VixDiskLib_FreeCheckReport(out.now);
	return status;
}

enum vdt_exit vdt_verb_check(int argc, char **argv)
{
	struct check_options o = { 0 };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code;
	int status;

	vdt_message_map_exit(status_of_stop);
	code = parse(argc, argv, &o);
	if (code == VDT_OK)
		code = vdt_disklib_local("check", argv[optind]);
	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	/* a wrong call, too: 2 means something else here */
	status = code == VDT_OK ? check(&lib, argv[optind], &o) : status_of_stop(code);
	vdt_disklib_stop(&lib);
	return (enum vdt_exit)status;
}
