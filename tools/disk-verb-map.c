/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk map: where the data of a disk lies, in the shapes of qemu-img.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/log.h"
#include "disklib.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "size.h"

struct map_options {
	bool json;
	uint64_t offset, length;
	struct vdt_login login;
};

struct mapping {
	const char *path;
	VixDiskLibHandle disk;
	const VixDiskLibLink *links; /* NULL: nobody tells */
	uint64 capacity;             /* sectors */
	bool json, any;
	VixDiskLibMapRun run; /* that may still grow; none: numSectors is 0 */
};

static enum vdt_exit parse(int argc, char **argv, struct map_options *o)
{
	const struct vdt_option options[] = {
		{ "start-offset", 's', VDT_OPT_SIZE, &o->offset, NULL, NULL },
		{ "max-length", 'l', VDT_OPT_SIZE, &o->length, NULL, NULL },
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("map", argc, argv, options, &o->json);

	if (code != VDT_OK)
		return code;
	if (optind + 1 != argc)
		return vdt_usage("map", "which disk?");
	return (o->offset | o->length) % VIXDISKLIB_SECTOR_SIZE == 0
		       ? VDT_OK
		       : vdt_usage("map", "offset and length are in whole sectors of 512 bytes");
}

static const char *file_of(const struct mapping *m)
{
	const VixDiskLibLink *ln = vdt_link(m->links, m->run.link);

	return m->run.extent < ln->numExtents ? vdt_extent(ln, m->run.extent)->path : ln->path;
}

static bool has_bytes(VixDiskLibMapKind kind)
{
	return kind == VIXDISKLIB_MAP_DATA || kind == VIXDISKLIB_MAP_HOLE;
}

/* qemu-img lists what is not zeros. */
static void print_row(const struct mapping *m)
{
	const VixDiskLibMapRun *r = &m->run;
	char at[32] = "compressed";

	if (r->kind != VIXDISKLIB_MAP_DATA && r->kind != VIXDISKLIB_MAP_COMPRESSED)
		return;
	if (r->kind == VIXDISKLIB_MAP_DATA)
		snprintf(at, sizeof(at), "%#" PRIx64, r->fileOffset);
	printf("%#-16" PRIx64 "%#-16" PRIx64 "%-16s%s\n", r->firstSector * VIXDISKLIB_SECTOR_SIZE,
	       r->numSectors * VIXDISKLIB_SECTOR_SIZE, at,
	       m->links != NULL ? vu_log_quote(file_of(m)) : "-");
}

static const char *truth(bool is_true)
{
	return is_true ? "true" : "false";
}

/* A disk may have millions of these: they are printed as they come. */
static void print_object(const struct mapping *m)
{
	const VixDiskLibMapRun *r = &m->run;
	bool is_data = has_bytes(r->kind) || r->kind == VIXDISKLIB_MAP_COMPRESSED;
	bool is_zero = r->kind != VIXDISKLIB_MAP_DATA && r->kind != VIXDISKLIB_MAP_COMPRESSED;

	printf("%s{ \"start\": %" PRIu64 ", \"length\": %" PRIu64 ", \"depth\": %u, "
	       "\"present\": %s, \"zero\": %s, \"data\": %s",
	       m->any ? ",\n" : "[", r->firstSector * VIXDISKLIB_SECTOR_SIZE,
	       r->numSectors * VIXDISKLIB_SECTOR_SIZE, r->link,
	       truth(r->kind != VIXDISKLIB_MAP_ABSENT), truth(is_zero), truth(is_data));
	if (r->kind == VIXDISKLIB_MAP_COMPRESSED)
		printf(", \"compressed\": true");
	if (has_bytes(r->kind))
		printf(", \"offset\": %" PRIu64, r->fileOffset);
	if (is_data && m->links != NULL) {
		json_t *name = vdt_json_text(file_of(m));

		printf(", \"filename\": ");
		json_dumpf(name, stdout, JSON_ENCODE_ANY);
		json_decref(name);
	}
	putchar('}');
}

static void end_run(struct mapping *m)
{
	if (m->run.numSectors == 0)
		return;
	if (m->json)
		print_object(m);
	else
		print_row(m);
	m->any = true;
	m->run.numSectors = 0;
}

/* Answers of the library end where it likes. */
static bool continues(const VixDiskLibMapRun *run, const VixDiskLibMapRun *next)
{
	return run->numSectors > 0 && run->kind == next->kind && run->link == next->link &&
	       (run->extent == next->extent || run->kind == VIXDISKLIB_MAP_ZERO) &&
	       (!has_bytes(run->kind) ||
		run->fileOffset + run->numSectors * VIXDISKLIB_SECTOR_SIZE == next->fileOffset);
}

static void add_run(struct mapping *m, const VixDiskLibMapRun *next)
{
	if (continues(&m->run, next)) {
		m->run.numSectors += next->numSectors;
		return;
	}
	end_run(m);
	memcpy(&m->run, next, sizeof(m->run));
}

static enum vdt_exit map(struct mapping *m, uint64 sector, uint64 end)
{
	while (sector < end) {
		VixDiskLibMapRun *runs;
		size_t n;
		VixError err = VixDiskLib_QueryMap(m->disk, sector, end - sector, &runs, &n);

		if (err != VIX_OK)
			return vdt_report(err, "cannot map %s", vu_log_quote(m->path));
		for (size_t i = 0; i < n; i++) {
			const char *at = (const char *)runs + i * runs->structSize;

			add_run(m, (const VixDiskLibMapRun *)at);
			sector += ((const VixDiskLibMapRun *)at)->numSectors;
		}
		VixDiskLib_FreeMap(runs);
	}
	end_run(m);
	return VDT_OK;
}

static enum vdt_exit map_part(struct mapping *m, const struct map_options *o)
{
	uint64 first = vu_min(o->offset / VIXDISKLIB_SECTOR_SIZE, m->capacity);
	uint64 count = vu_min(o->length / VIXDISKLIB_SECTOR_SIZE, m->capacity - first);
	enum vdt_exit code;

	if (!m->json)
		printf("%-16s%-16s%-16s%s\n", "Offset", "Length", "Mapped to", "File");
	code = map(m, first, first + count);
	if (m->json)
		puts(m->any ? "]" : "[]");
	return code;
}

static enum vdt_exit map_disk(const struct vdt_disklib *lib, const char *path,
			      const struct map_options *o)
{
	struct mapping m = { .path = path, .json = o->json };
	VixDiskLibLink *links = NULL;
	size_t n;
	enum vdt_exit code = vdt_disklib_open(lib, path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &m.disk);

	if (code == VDT_OK)
		code = vdt_disklib_capacity(m.disk, path, &m.capacity);
	if (code == VDT_OK && !vdt_source_is_remote(path))
		code = vdt_disklib_links(lib, path, &links, &n);
	m.links = links;
	if (code == VDT_OK)
		code = map_part(&m, o);
	VixDiskLib_FreeLinkList(links);
	if (m.disk != NULL)
		VixDiskLib_Close(m.disk);
	return code;
}

enum vdt_exit vdt_verb_map(int argc, char **argv)
{
	struct map_options o = {
		.length = INT64_MAX / VIXDISKLIB_SECTOR_SIZE * VIXDISKLIB_SECTOR_SIZE,
		.login = VDT_LOGIN,
	};
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, &o.login);
	if (code == VDT_OK)
		code = map_disk(&lib, argv[optind], &o);
	vdt_disklib_stop(&lib);
	vdt_login_end(&o.login);
	return code;
}
