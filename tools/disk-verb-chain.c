/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdisk chain: the links of a disk, newest first; where the chain is broken, why, and what to do.
 */
#include "config.h"

#include "disk-verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "chain-explain.h"
#include "chain-mend.h"
#include "disklib.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "program.h"
#include "report.h"
#include "size.h"
#include "streams.h"
#include "table.h"

struct chain_options {
	bool json, no_headings, bytes;
	const char *set_parent; /* NULL: only look */
	struct vdt_chain_search search;
};

static enum vdt_exit parse(int argc, char **argv, struct chain_options *o)
{
	const struct vdt_option options[] = {
		{ "search", 0, VDT_OPT_TAKE, &o->search, vdt_take_search,
		  "a directory, 16 at most" },
		{ "set-parent", 0, VDT_OPT_TEXT, &o->set_parent, NULL, NULL },
		{ "bytes", 0, VDT_OPT_FLAG, &o->bytes, NULL, NULL },
		{ "no-headings", 0, VDT_OPT_FLAG, &o->no_headings, NULL, NULL },
		{ NULL, 0, VDT_OPT_FLAG, NULL, NULL, NULL },
	};
	enum vdt_exit code = vdt_parse("chain", argc, argv, options, &o->json);

	if (code != VDT_OK)
		return code;
	return optind + 1 == argc ? VDT_OK : vdt_usage("chain", "which disk?");
}

static const char *state_of(const VixDiskLibLink *ln)
{
	static const struct {
		VixError problem;
		const char *state;
	} states[] = {
		{ VIX_OK, "ok" },
		{ VIX_E_DISK_OPENPARENT, "parent missing" },
		{ VIX_E_DISK_CID_MISMATCH, "parent changed" },
		{ VIX_E_DISK_CAPACITY_MISMATCH, "parent too large" },
		{ VIX_E_DISK_INVALIDCHAIN, "parent is no parent" },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (states[i].problem == ln->problem)
			return states[i].state;
	return "parent unusable";
}

/* Text. */

static const char *cid_text(bool has_one, uint32 cid, char *buf, size_t size)
{
	snprintf(buf, size, "%08x", cid);
	return has_one ? buf : NULL;
}

static const char *size_text(uint64 bytes, bool exact, char *buf, size_t size)
{
	if (exact)
		snprintf(buf, size, "%llu", (unsigned long long)bytes);
	else
		vdt_size_short(bytes, buf, size);
	return buf;
}

static bool add_row(struct vdt_table *t, size_t i, const VixDiskLibLink *ln, bool bytes)
{
	char number[32], cid[16], parent[16], size[32], on_host[32];

	snprintf(number, sizeof(number), "%zu", i);
	return vdt_table_add(t, number) && vdt_table_add(t, ln->path) &&
	       vdt_table_add(t, ln->createType[0] != '\0' ? ln->createType : "raw") &&
	       vdt_table_add(
		       t, cid_text(ln->createType[0] != '\0', ln->contentID, cid, sizeof(cid))) &&
	       vdt_table_add(
		       t, cid_text(ln->hasParent, ln->parentContentID, parent, sizeof(parent))) &&
	       vdt_table_add(t, size_text(ln->capacity * VIXDISKLIB_SECTOR_SIZE, bytes, size,
					  sizeof(size))) &&
	       vdt_table_add(t, size_text(vdt_link_on_host(ln), bytes, on_host, sizeof(on_host))) &&
	       vdt_table_add(t, state_of(ln));
}

static enum vdt_exit print_table(const VixDiskLibLink *links, size_t n,
				 const struct chain_options *o)
{
	static const struct vdt_column columns[] = {
		{ "LINK", true },    { "FILE", false },   { "TYPE", false },
		{ "CID", false },    { "PARENT", false }, { "SIZE", true },
		{ "ON-HOST", true }, { "STATE", false },  { NULL, false },
	};
	struct vdt_table t;
	bool ok = true;

	vdt_table_init(&t, columns);
	for (size_t i = 0; ok && i < n; i++)
		ok = add_row(&t, i, vdt_link(links, i), o->bytes);
	if (ok)
		vdt_table_print(&t, !o->no_headings);
	vdt_table_free(&t);
	return ok ? VDT_OK : vdt_report(VIX_E_OUT_OF_MEMORY, "cannot list");
}

/* JSON. */

static json_t *names_json(const char *names)
{
	json_t *list = json_array();

	for (; *names != '\0'; names += strlen(names) + 1)
		json_array_append_new(list, vdt_json_text(names));
	return list;
}

static json_t *link_json(size_t i, const VixDiskLibLink *ln)
{
	json_t *o = json_object();

	json_object_set_new(o, "depth", json_integer((json_int_t)i));
	json_object_set_new(o, "filename", vdt_json_text(ln->path));
	json_object_set_new(o, "create-type", vdt_json_text(ln->createType));
	json_object_set_new(o, "cid", json_integer(ln->contentID));
	json_object_set_new(o, "parent-cid",
			    ln->hasParent ? json_integer(ln->parentContentID) : json_null());
	json_object_set_new(o, "parent-hint", vdt_json_text(ln->parentHint));
	json_object_set_new(o, "virtual-size",
			    json_integer((json_int_t)(ln->capacity * VIXDISKLIB_SECTOR_SIZE)));
	json_object_set_new(o, "actual-size", json_integer((json_int_t)vdt_link_on_host(ln)));
	json_object_set_new(o, "state", json_string(state_of(ln)));
	json_object_set_new(o, "code", json_string(vdt_exit_name(vdt_exit_from_vix(ln->problem))));
	json_object_set_new(o, "looked-for", names_json(ln->lookedFor));
	return o;
}

static void print_json(const VixDiskLibLink *links, size_t n, const char *path)
{
	json_t *doc = vdt_json_document("disk-chain");
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, link_json(i, vdt_link(links, i)));
	json_object_set_new(doc, "filename", vdt_json_text(path));
	json_object_set_new(doc, "links", list);
	vdt_json_print(doc);
}

static enum vdt_exit show(const struct vdt_disklib *lib, const char *path,
			  const struct chain_options *o)
{
	VixDiskLibLink *links;
	size_t n;
	enum vdt_exit code = vdt_disklib_links(lib, path, &links, &n);

	if (code != VDT_OK)
		return code;
	if (o->json)
		print_json(links, n, path);
	else
		code = print_table(links, n, o);
	if (code == VDT_OK) {
		vdt_streams_flush();
		code = vdt_chain_explain(lib, links, n, &o->search);
	}
	VixDiskLib_FreeLinkList(links);
	return code;
}

enum vdt_exit vdt_verb_chain(int argc, char **argv)
{
	struct chain_options o = { 0 };
	struct vdt_disklib lib = { 0 };
	enum vdt_exit code = parse(argc, argv, &o);

	if (code == VDT_OK)
		code = vdt_disklib_start(&lib, NULL);
	if (code == VDT_OK && o.set_parent != NULL)
		code = vdt_disklib_local("take as a parent", o.set_parent);
	if (code == VDT_OK && o.set_parent != NULL)
		code = vdt_chain_set_parent(&lib, argv[optind], o.set_parent);
	if (code == VDT_OK)
		code = show(&lib, argv[optind], &o);
	vdt_disklib_stop(&lib);
	return code;
}
