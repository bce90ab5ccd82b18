/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk compare: do two disks hold the same?  Words and exit status are qemu-img's: 0 they do,
 * 1 they do not, more: it could not be found out.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "disklib.h"
#include "job.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "zeros.h"

#define CHUNK_SECTORS 4096u /* 2 MiB: large enough to be shared by the library's threads */
#define SAME          UINT64_MAX

struct compare_options {
	bool json, strict;
	struct vdt_job_options job;
	struct vdt_login login;
};

struct side {
	const char *path;
	VixDiskLibHandle disk;
	uint64 capacity;
	struct vdt_zeros zeros;
	uint8 *buf; /* CHUNK_SECTORS */
};

static enum vdt_exit parse(int argc, char **argv, struct compare_options *o)
{
	const struct vdt_option options[] = {
		{ "strict", 's', VDT_OPT_FLAG, &o->strict, NULL, NULL },
		VDT_OPTIONS_JOB(&o->job),
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("compare", argc, argv, options, &o->json);

	if (code != VDT_OK)
		return code;
	return optind + 2 == argc ? VDT_OK : vdt_usage("compare", "two disks are needed");
}

static enum vdt_exit open_side(const struct vdt_disklib *lib, const char *path, struct side *s)
{
	enum vdt_exit code;

	s->path = path;
	s->buf = malloc((size_t)CHUNK_SECTORS * VIXDISKLIB_SECTOR_SIZE);
	if (s->buf == NULL)
		return vdt_report(VIX_E_OUT_OF_MEMORY, "cannot compare");
	code = vdt_disklib_open(lib, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &s->disk);
	if (code == VDT_OK)
		code = vdt_disklib_capacity(s->disk, path, &s->capacity);
	if (code == VDT_OK)
		vdt_zeros_init(&s->zeros, s->disk, s->capacity);
	return code;
}

static void close_side(struct side *s)
{
	vdt_zeros_free(&s->zeros);
	if (s->disk != NULL)
		VixDiskLib_Close(s->disk);
	free(s->buf);
}

/* What is behind the end of the shorter disk counts as zeros. */
static VixError read_side(struct side *s, uint64 sector, uint64 count)
{
	uint64 inside = sector < s->capacity ? vu_min(count, s->capacity - sector) : 0;

	memset(s->buf + inside * VIXDISKLIB_SECTOR_SIZE, 0,
	       (count - inside) * VIXDISKLIB_SECTOR_SIZE);
	return inside > 0 ? VixDiskLib_Read(s->disk, sector, inside, s->buf) : VIX_OK;
}

/* The sector of the first difference of a chunk; SAME: there is none. */
static uint64 find_difference(const struct side *a, const struct side *b, uint64 sector,
			      uint64 count)
{
	if (memcmp(a->buf, b->buf, count * VIXDISKLIB_SECTOR_SIZE) == 0)
		return SAME;
	for (uint64 i = 0; i < count; i++) {
		size_t at = i * VIXDISKLIB_SECTOR_SIZE;

		if (memcmp(a->buf + at, b->buf + at, VIXDISKLIB_SECTOR_SIZE) != 0)
			return sector + i;
	}
	return SAME;
}

static VixError compare(struct side *a, struct side *b, uint64 *at_out)
{
	uint64 end = vu_max(a->capacity, b->capacity);
	uint64 sector = 0;

	for (*at_out = SAME; *at_out == SAME && sector < end;) {
		uint64 skip = vu_min(vdt_zeros_end(&a->zeros, sector),
				     vdt_zeros_end(&b->zeros, sector));
		uint64 count;

		if (!vdt_job_at(sector, end))
			return VIX_E_CANCELLED;
		if (skip > sector) {
			sector = skip;
			continue;
		}
		count = vu_min(CHUNK_SECTORS, end - sector);
		VD_TRY(read_side(a, sector, count));
		VD_TRY(read_side(b, sector, count));
		*at_out = find_difference(a, b, sector, count);
		sector += count;
	}
	vdt_job_progress(NULL, 100);
	return VIX_OK;
}

static void print_result(const struct compare_options *o, bool sizes_differ, uint64 at)
{
	bool same = at == SAME && !(o->strict && sizes_differ);

	if (o->json) {
		json_t *doc = vdt_json_document("disk-compare");

		json_object_set_new(doc, "identical", json_boolean(same));
		json_object_set_new(doc, "size-mismatch", json_boolean(sizes_differ));
		json_object_set_new(
			doc, "offset",
			at != SAME ? json_integer((json_int_t)(at * VIXDISKLIB_SECTOR_SIZE))
				   : json_null());
		vdt_json_print(doc);
		return;
	}
	if (sizes_differ)
		puts(o->strict ? "Strict mode: Image size mismatch!"
			       : "Warning: Image size mismatch!");
	if (same)
		puts("Images are identical.");
	else if (at != SAME)
		printf("Content mismatch at offset %" PRIu64 "!\n", at * VIXDISKLIB_SECTOR_SIZE);
}

static enum vdt_exit compare_sides(struct side *a, struct side *b, const struct compare_options *o,
				   bool *differ_out)
{
	bool sizes_differ = a->capacity != b->capacity;
	uint64 at = SAME;
	enum vdt_exit code = VDT_OK;

	if (!o->strict || !sizes_differ) {
		vdt_job_begin(&o->job, "comparing", a->path);
		code = vdt_job_end(compare(a, b, &at), "cannot compare %s and %s",
				   vu_log_quote(a->path), vu_log_quote(b->path));
	}
	if (code != VDT_OK)
		return code;
	print_result(o, sizes_differ, at);
	*differ_out = at != SAME || (o->strict && sizes_differ);
	return VDT_OK;
}

/* 1 says that they differ. */
static int status_of_stop(enum vdt_exit code)
{
	return code == VDT_FAILED ? VDT_USAGE : code;
}

enum vdt_exit vdt_verb_compare(int argc, char **argv)
{
	struct compare_options o = { .job = { .fd = -1, .may_die = true }, .login = VDT_LOGIN };
	struct side a = { 0 }, b = { 0 };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code;
	bool differ = false;

	vdt_message_map_exit(status_of_stop);
	code = parse(argc, argv, &o);
	if (code == VDT_OK &&
	    (vdt_source_is_remote(argv[optind]) || vdt_source_is_remote(argv[optind + 1])))
		o.job.may_die = false; /* without logging out */
	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, &o.login);
	if (code == VDT_OK)
		code = open_side(&lib, argv[optind], &a);
	if (code == VDT_OK)
		code = open_side(&lib, argv[optind + 1], &b);
	if (code == VDT_OK)
		code = compare_sides(&a, &b, &o, &differ);
	close_side(&a);
	close_side(&b);
	vdt_disklib_stop(&lib);
	vdt_login_end(&o.login);
	return differ ? VDT_FAILED : (enum vdt_exit)status_of_stop(code);
}
