/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Broken chains explained; see chain-explain.h.
 */
#include "config.h"

#include "chain-explain.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "message.h"
#include "report.h"

bool vdt_take_search(const char *dir, void *ctx)
{
	struct vdt_chain_search *search = ctx;

	if (search->n == sizeof(search->dirs) / sizeof(search->dirs[0]))
		return false;
	search->dirs[search->n++] = dir;
	return true;
}

/* The search for a parent. */

/* Is this the disk that @child wants?  What can't be read is none. */
static bool is_wanted(const struct vdt_disklib *lib, const char *path, const VixDiskLibLink *child)
{
	VixDiskLibLink *links;
	size_t n;
	VixError err = VixDiskLib_ListLinks(lib->conn, path, &links, &n);
	bool wanted = err == VIX_OK && links->createType[0] != '\0' &&
		      links->contentID == child->parentContentID &&
		      links->capacity <= child->capacity;

	free(vdt_lib_take());
	VixDiskLib_FreeLinkList(links);
	return wanted;
}

/* The first place that the library looks at; NULL: the child names no parent. */
static const char *place_of(const VixDiskLibLink *child)
{
	return child->lookedFor[0] != '\0' ? child->lookedFor : NULL;
}

static void tell_found(const char *path, const VixDiskLibLink *child)
{
	vdt_hint("found: %s has content ID %08x", vu_log_quote(path), child->parentContentID);
	if (place_of(child) == NULL || access(place_of(child), F_OK) == 0)
		return;
	vdt_hint("to mend the chain, move or copy it, with its other files, to %s",
		 vu_log_quote(place_of(child)));
	vdt_hint(
		"or, where it lies in or below the directory of %s: vdisk chain --set-parent=%s %s",
		vu_log_quote(child->path), vu_log_quote(path), vu_log_quote(child->path));
}

static size_t search_dir(const struct vdt_disklib *lib, const char *dir,
			 const VixDiskLibLink *child)
{
	VU_AUTO(closedir) DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	if (d == NULL)
		vdt_hint("cannot look in %s: %m", vu_log_quote(dir));
	while (d != NULL && (e = readdir(d)) != NULL) {
		VU_AUTO(free) char *path = NULL;

		if (!vdt_ends_in_vmdk(e->d_name))
			continue;
		path = vu_asprintf("%s/%s", dir, e->d_name);
		if (path == NULL || !is_wanted(lib, path, child))
			continue;
		tell_found(path, child);
		n++;
	}
	return n;
}

static void search_all(const struct vdt_disklib *lib, const VixDiskLibLink *child,
		       const struct vdt_chain_search *search)
{
	size_t n = 0;

	for (size_t i = 0; i < search->n; i++)
		n += search_dir(lib, search->dirs[i], child);
	if (search->n == 0)
		vdt_hint("--search DIR looks for a disk with content ID %08x in a directory",
			 child->parentContentID);
	else if (n == 0)
		vdt_hint("no disk with content ID %08x was found", child->parentContentID);
}

/* The explanations. */

static enum vdt_exit explain_changed(const struct vdt_disklib *lib, const VixDiskLibLink *child,
				     const VixDiskLibLink *parent,
				     const struct vdt_chain_search *search)
{
	vdt_error(VDT_CORRUPT, "%s does not fit its parent %s: that was changed after the snapshot",
		  vu_log_quote(child->path), vu_log_quote(parent->path));
	vdt_hint("%s has content ID %08x, %s expects %08x", vu_log_quote(parent->path),
		 parent->contentID, vu_log_quote(child->path), child->parentContentID);
	vdt_hint("put the parent back as it was then, from a copy: whoever wrote to it has spoilt "
		 "what the snapshot builds on");
	search_all(lib, child, search);
	vdt_hint("where you know that the change did no harm: vdisk chain --set-parent=%s %s",
		 vu_log_quote(parent->path), vu_log_quote(child->path));
	return VDT_CORRUPT;
}

/* A parent that is there lacks a file of its own: that is told by the library. */
static bool is_there(const VixDiskLibLink *child)
{
	for (const char *p = child->lookedFor; *p != '\0'; p += strlen(p) + 1)
		if (access(p, F_OK) == 0)
			return true;
	return false;
}

static enum vdt_exit explain(const struct vdt_disklib *lib, const VixDiskLibLink *ln,
			     const VixDiskLibLink *parent, const struct vdt_chain_search *search)
{
	enum vdt_exit code;

	if (ln->problem == VIX_E_DISK_CID_MISMATCH)
		return explain_changed(lib, ln, parent, search);
	code = vdt_report(ln->problem, "cannot open the parent of %s", vu_log_quote(ln->path));
	if (ln->problem == VIX_E_DISK_OPENPARENT && !is_there(ln))
		search_all(lib, ln, search);
	return code;
}

enum vdt_exit vdt_chain_explain(const struct vdt_disklib *lib, const VixDiskLibLink *links,
				size_t n, const struct vdt_chain_search *search)
{
	enum vdt_exit first = VDT_OK;

	for (size_t i = 0; i < n; i++) {
		const VixDiskLibLink *ln = vdt_link(links, i);
		enum vdt_exit code;

		if (ln->problem == VIX_OK)
			continue;
		code = explain(lib, ln, i + 1 < n ? vdt_link(links, i + 1) : NULL, search);
		if (first == VDT_OK)
			first = code;
	}
	return first;
}
