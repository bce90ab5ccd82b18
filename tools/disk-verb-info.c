/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk info: what a disk is, in the words of qemu-img.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "../common/log.h"
#include "disklib.h"
#include "disktype.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "size.h"

struct info_options {
	bool json, chain;
	struct vdt_login login;
};

static enum vdt_exit parse(int argc, char **argv, struct info_options *o)
{
	const struct vdt_option options[] = {
		{ "backing-chain", 0, VDT_OPT_FLAG, &o->chain, NULL, NULL },
		VDT_OPTIONS_LOGIN(&o->login),
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("info", argc, argv, options, &o->json);

	if (code != VDT_OK)
		return code;
	return optind < argc ? VDT_OK : vdt_usage("info", "which disk?");
}

static uint64 bytes_of(VixDiskLibSectorType sectors)
{
	return sectors * VIXDISKLIB_SECTOR_SIZE;
}

/* 0: not the same for all, or all is allocated. */
static uint64 cluster_size(const VixDiskLibLink *ln)
{
	uint32 grain = vdt_extent(ln, 0)->grainSectors;

	for (size_t i = 1; i < ln->numExtents; i++)
		if (vdt_extent(ln, i)->grainSectors != grain)
			return 0;
	return grain > 1 ? bytes_of(grain) : 0;
}

/* Text. */

static void print_extents(const VixDiskLibLink *ln)
{
	puts("    extents:");
	for (size_t i = 0; i < ln->numExtents; i++) {
		const VixDiskLibExtent *ex = vdt_extent(ln, i);

		printf("        [%zu]:\n", i);
		if (ex->compressed)
			puts("            compressed: true");
		printf("            virtual size: %" PRIu64 "\n", bytes_of(ex->numSectors));
		if (ex->path[0] != '\0')
			printf("            filename: %s\n", vu_log_quote(ex->path));
		if (ex->grainSectors > 1)
			printf("            cluster size: %" PRIu64 "\n",
			       bytes_of(ex->grainSectors));
		printf("            format: %s\n", ex->format);
	}
}

static void print_geometry(const char *name, const VixDiskLibGeometry *g)
{
	printf("    %s: %u cylinders, %u heads, %u sectors\n", name, g->cylinders, g->heads,
	       g->sectors);
}

/* What the library tells of disks everywhere. */
static void print_common(const VixDiskLibInfo *info)
{
	printf("    adapter: %s\n", vdt_adapter_name(info->adapterType));
	print_geometry("geometry", &info->physGeo);
	if (info->uuid != NULL)
		printf("    uuid: %s\n", vu_log_quote(info->uuid));
	if (info->logicalSectorSize != VIXDISKLIB_SECTOR_SIZE ||
	    info->physicalSectorSize != VIXDISKLIB_SECTOR_SIZE)
		printf("    sector size: %u (physical %u)\n", info->logicalSectorSize,
		       info->physicalSectorSize);
}

static void print_specific(const VixDiskLibLink *ln, const VixDiskLibInfo *info)
{
	puts("Format specific information:");
	printf("    cid: %08x\n", ln->contentID);
	if (ln->hasParent)
		printf("    parent cid: %08x\n", ln->parentContentID);
	printf("    create type: %s\n", vu_log_quote(ln->createType));
	print_common(info);
	print_extents(ln);
}

static void print_text(const VixDiskLibLink *ln, const char *parent, const VixDiskLibInfo *info)
{
	char size[32], on_host[32];

	vdt_size_long(bytes_of(ln->capacity), size, sizeof(size));
	vdt_size_long(vdt_link_on_host(ln), on_host, sizeof(on_host));
	printf("image: %s\n", vu_log_quote(ln->path));
	printf("file format: %s\n", vdt_link_is_vmdk(ln) ? "vmdk" : "raw");
	printf("virtual size: %s (%" PRIu64 " bytes)\n", size, bytes_of(ln->capacity));
	printf("disk size: %s\n", on_host);
	if (cluster_size(ln) != 0)
		printf("cluster_size: %" PRIu64 "\n", cluster_size(ln));
	if (ln->hasParent && parent == NULL)
		printf("backing file: %s (not found)\n", vu_log_quote(ln->parentHint));
	else if (ln->hasParent)
		printf("backing file: %s (actual path: %s)\n", vu_log_quote(ln->parentHint),
		       vu_log_quote(parent));
	if (vdt_link_is_vmdk(ln))
		print_specific(ln, info);
}

/* JSON: the names of qemu-img, and a few of ours. */

static json_t *extents_json(const VixDiskLibLink *ln)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ln->numExtents; i++) {
		const VixDiskLibExtent *ex = vdt_extent(ln, i);
		json_t *o = json_object();

		if (ex->compressed)
			json_object_set_new(o, "compressed", json_true());
		json_object_set_new(o, "virtual-size",
				    json_integer((json_int_t)bytes_of(ex->numSectors)));
		json_object_set_new(o, "filename", vdt_json_text(ex->path));
		if (ex->grainSectors > 1)
			json_object_set_new(o, "cluster-size",
					    json_integer((json_int_t)bytes_of(ex->grainSectors)));
		json_object_set_new(o, "format", json_string(ex->format));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *geometry_json(const VixDiskLibGeometry *g)
{
	return json_pack("{s:I, s:I, s:I}", "cylinders", (json_int_t)g->cylinders, "heads",
			 (json_int_t)g->heads, "sectors", (json_int_t)g->sectors);
}

static void set_common(json_t *data, const VixDiskLibInfo *info)
{
	json_object_set_new(data, "adapter", json_string(vdt_adapter_name(info->adapterType)));
	json_object_set_new(data, "geometry", geometry_json(&info->physGeo));
	json_object_set_new(data, "bios-geometry", geometry_json(&info->biosGeo));
	json_object_set_new(data, "uuid", vdt_json_text(info->uuid));
	json_object_set_new(data, "logical-sector-size", json_integer(info->logicalSectorSize));
	json_object_set_new(data, "physical-sector-size", json_integer(info->physicalSectorSize));
}

static json_t *specific_json(const VixDiskLibLink *ln, const VixDiskLibInfo *info)
{
	json_t *data = json_object();

	json_object_set_new(data, "cid", json_integer(ln->contentID));
	json_object_set_new(data, "parent-cid", json_integer(ln->parentContentID));
	json_object_set_new(data, "create-type", vdt_json_text(ln->createType));
	set_common(data, info);
	json_object_set_new(data, "extents", extents_json(ln));
	return json_pack("{s:s, s:o}", "type", "vmdk", "data", data);
}

static json_t *link_json(const VixDiskLibLink *ln, const char *parent, const VixDiskLibInfo *info)
{
	json_t *o = vdt_json_document("disk-info");

	json_object_set_new(o, "filename", vdt_json_text(ln->path));
	json_object_set_new(o, "format", json_string(vdt_link_is_vmdk(ln) ? "vmdk" : "raw"));
	json_object_set_new(o, "virtual-size", json_integer((json_int_t)bytes_of(ln->capacity)));
	json_object_set_new(o, "actual-size", json_integer((json_int_t)vdt_link_on_host(ln)));
	if (cluster_size(ln) != 0)
		json_object_set_new(o, "cluster-size", json_integer((json_int_t)cluster_size(ln)));
	if (ln->hasParent) {
		json_object_set_new(o, "backing-filename", vdt_json_text(ln->parentHint));
		json_object_set_new(o, "full-backing-filename", vdt_json_text(parent));
	}
	if (vdt_link_is_vmdk(ln))
		json_object_set_new(o, "format-specific", specific_json(ln, info));
	return o;
}

/* One link.  @list: where its JSON goes; NULL: it is text. */
static enum vdt_exit show_link(const struct vdt_disklib *lib, const VixDiskLibLink *ln,
			       const char *parent, json_t *list)
{
	VixDiskLibHandle disk = NULL;
	VixDiskLibInfo *info = NULL;
	enum vdt_exit code = vdt_disklib_open(
		lib, ln->path, VIXDISKLIB_FLAG_OPEN_READ_ONLY | VIXDISKLIB_FLAG_OPEN_SINGLE_LINK,
		&disk);
	VixError err = code == VDT_OK ? VixDiskLib_GetInfo(disk, &info) : VIX_OK;

	if (err != VIX_OK)
		code = vdt_report(err, "cannot describe %s", vu_log_quote(ln->path));
	if (code == VDT_OK && list != NULL)
		json_array_append_new(list, link_json(ln, parent, info));
	else if (code == VDT_OK)
		print_text(ln, parent, info);
	VixDiskLib_FreeInfo(info);
	if (disk != NULL)
		VixDiskLib_Close(disk);
	return code;
}

/* Of a server: what a disk is, and not which files it has. */

static void print_remote(const char *url, const char *mode, const VixDiskLibInfo *info)
{
	char size[32];

	vdt_size_long(bytes_of(info->capacity), size, sizeof(size));
	printf("image: %s\n", vu_log_quote(url));
	puts("file format: vmdk");
	printf("virtual size: %s (%" PRIu64 " bytes)\n", size, bytes_of(info->capacity));
	if (info->parentFileNameHint != NULL)
		printf("backing file: %s\n", vu_log_quote(info->parentFileNameHint));
	puts("Format specific information:");
	print_common(info);
	printf("    links: %d\n", info->numLinks);
	printf("    transport: %s\n", mode);
}

static json_t *remote_json(const char *url, const char *mode, const VixDiskLibInfo *info)
{
	json_t *o = vdt_json_document("disk-info");
	json_t *data = json_object();

	json_object_set_new(o, "filename", vdt_json_text(url));
	json_object_set_new(o, "format", json_string("vmdk"));
	json_object_set_new(o, "virtual-size", json_integer((json_int_t)bytes_of(info->capacity)));
	if (info->parentFileNameHint != NULL)
		json_object_set_new(o, "backing-filename", vdt_json_text(info->parentFileNameHint));
	set_common(data, info);
	json_object_set_new(data, "links", json_integer(info->numLinks));
	json_object_set_new(data, "transport", json_string(mode));
	json_object_set_new(o, "format-specific",
			    json_pack("{s:s, s:o}", "type", "vmdk", "data", data));
	return o;
}

static enum vdt_exit show_remote(const struct vdt_disklib *lib, const char *url, bool json)
{
	VixDiskLibHandle disk;
	VixDiskLibInfo *info = NULL;
	enum vdt_exit code = vdt_disklib_open(lib, url, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);
	VixError err;

	if (code != VDT_OK)
		return code;
	err = VixDiskLib_GetInfo(disk, &info);
	if (err != VIX_OK)
		code = vdt_report(err, "cannot describe %s", vu_log_quote(url));
	else if (json)
		vdt_json_print(remote_json(url, VixDiskLib_GetTransportMode(disk), info));
	else
		print_remote(url, VixDiskLib_GetTransportMode(disk), info);
	VixDiskLib_FreeInfo(info);
	VixDiskLib_Close(disk);
	return code;
}

static void print_list(json_t *list, bool all)
{
	vdt_json_print(all ? json_incref(list) : json_incref(json_array_get(list, 0)));
}

static enum vdt_exit show(const struct vdt_disklib *lib, const char *path,
			  const struct info_options *o)
{
	VixDiskLibLink *links;
	size_t n;
	enum vdt_exit code = vdt_disklib_links(lib, path, &links, &n);
	json_t *list = o->json ? json_array() : NULL;

	for (size_t i = 0; code == VDT_OK && i < (o->chain ? n : 1); i++) {
		const char *parent = i + 1 < n ? vdt_link(links, i + 1)->path : NULL;

		if (i > 0 && list == NULL)
			putchar('\n');
		code = show_link(lib, vdt_link(links, i), parent, list);
	}
	if (code == VDT_OK && o->json)
		print_list(list, o->chain);
	json_decref(list);
	vdt_lib_flush(); /* why a parent was not found */
	VixDiskLib_FreeLinkList(links);
	return code;
}

static enum vdt_exit show_all(const struct vdt_disklib *lib, char *const *paths, int n,
			      const struct info_options *o)
{
	enum vdt_exit last = VDT_OK;
	int n_failed = 0;

	for (int i = 0; i < n; i++) {
		enum vdt_exit code;

		if (i > 0 && !o->json)
			putchar('\n');
		code = vdt_source_is_remote(paths[i]) ? show_remote(lib, paths[i], o->json)
						      : show(lib, paths[i], o);
		if (code == VDT_OK)
			continue;
		last = code;
		n_failed++;
	}
	return n_failed == 0 || n_failed == n ? last : VDT_PARTIAL;
}

enum vdt_exit vdt_verb_info(int argc, char **argv)
{
	struct info_options o = { .login = VDT_LOGIN };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, &o.login);
	if (code == VDT_OK)
		code = show_all(&lib, argv + optind, argc - optind, &o);
	vdt_disklib_stop(&lib);
	vdt_login_end(&o.login);
	return code;
}
