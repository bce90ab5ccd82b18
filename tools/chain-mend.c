/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mending chains; see chain-mend.h.
 */
#include "config.h"

#include "chain-mend.h"

#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "message.h"
#include "report.h"

/* Which parent a link has. */
struct parent {
	char *hint;
	uint32 cid;
};

static inline void vu_auto_parent(struct parent *p)
{
	free(p->hint);
}

/* How a descriptor in the directory of @path names @parent: as short as it can. */
static char *hint_for(const char *path, const char *parent)
{
	VU_AUTO(free) char *child = realpath(path, NULL);
	VU_AUTO(free) char *target = realpath(parent, NULL);
	size_t dir_len;

	if (child == NULL || target == NULL)
		return NULL;
	dir_len = (size_t)(vu_path_basename(child) - child);
	return strdup(strncmp(child, target, dir_len) == 0 ? target + dir_len : target);
}

/* The parent that @path has now. */
static enum vdt_exit get_parent(const struct vdt_disklib *lib, const char *path,
				struct parent *p_out)
{
	VixDiskLibLink *links;
	size_t n;
	enum vdt_exit code = vdt_disklib_links(lib, path, &links, &n);

	free(vdt_lib_take()); /* that the parent is missing is why we were called */
	if (code == VDT_OK) {
		p_out->cid = links->parentContentID;
		p_out->hint = strdup(links->parentHint);
		if (p_out->hint == NULL)
			code = vdt_report(VIX_E_OUT_OF_MEMORY, "cannot set the parent");
	}
	VixDiskLib_FreeLinkList(links);
	return code;
}

/* What @parent would be as one. */
static enum vdt_exit new_parent(const struct vdt_disklib *lib, const char *path, const char *parent,
				struct parent *p_out)
{
	VixDiskLibLink *links;
	size_t n;
	enum vdt_exit code = vdt_disklib_links(lib, parent, &links, &n);

	free(vdt_lib_take());
	if (code == VDT_OK && links->createType[0] == '\0') {
		vdt_error(VDT_CORRUPT, "%s can't be a parent: it is no VMDK", vu_log_quote(parent));
		code = VDT_CORRUPT;
	}
	if (code == VDT_OK) {
		p_out->cid = links->contentID;
		p_out->hint = hint_for(path, parent);
		if (p_out->hint == NULL)
			code = vdt_report(VIX_E_FILE_NOT_FOUND, "cannot find %s",
					  vu_log_quote(path));
	}
	VixDiskLib_FreeLinkList(links);
	return code;
}

static enum vdt_exit set_parent(const struct vdt_disklib *lib, const char *path,
				const struct parent *p)
{
	VixDiskLibHandle disk = NULL;
	enum vdt_exit code = vdt_disklib_open(lib, path, VIXDISKLIB_FLAG_OPEN_SINGLE_LINK, &disk);
	VixError err;

	if (code != VDT_OK)
		return code;
	err = VixDiskLib_SetParent(disk, p->hint, p->cid);
	code = vdt_disklib_close(disk, path);
	return err != VIX_OK ? vdt_report(err, "cannot set the parent of %s", vu_log_quote(path))
			     : code;
}

/* Is its parent found, and fit? */
static enum vdt_exit check_parent(const struct vdt_disklib *lib, const char *path)
{
	VixDiskLibLink *links;
	size_t n;
	enum vdt_exit code = vdt_disklib_links(lib, path, &links, &n);

	if (code == VDT_OK && links->problem != VIX_OK) {
		code = vdt_report(links->problem, "%s does not fit", vu_log_quote(path));
		vdt_hint("a parent must lie in the directory of its child, or below; nothing was "
			 "changed");
	}
	VixDiskLib_FreeLinkList(links);
	return code;
}

enum vdt_exit vdt_chain_set_parent(const struct vdt_disklib *lib, const char *path,
				   const char *parent)
{
	VU_AUTO(parent) struct parent before = { 0 };
	VU_AUTO(parent) struct parent after = { 0 };
	enum vdt_exit code = get_parent(lib, path, &before);

	if (code == VDT_OK)
		code = new_parent(lib, path, parent, &after);
	if (code == VDT_OK)
		code = set_parent(lib, path, &after);
	if (code != VDT_OK)
		return code;
	code = check_parent(lib, path);
	if (code != VDT_OK)
		set_parent(lib, path, &before);
	else
		vdt_note("%s builds on %s now, with content ID %08x", vu_log_quote(path),
			 vu_log_quote(parent), after.cid);
	return code;
}
