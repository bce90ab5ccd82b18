/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disk library, as the tools use it; see disklib.h.
 */
#include "config.h"

#include "disklib.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/ascii.h"
#include "../common/log.h"
#include "message.h"
#include "remote.h"
#include "report.h"
#include "source.h"

enum vdt_exit vdt_disklib_init(const struct vdt_login *login)
{
	VixError err = vdt_login_init_library(login);

	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot start the disk library");
}

static enum vdt_exit prepare_remotes(struct vdt_disklib *lib, struct vdt_login *login)
{
	if (login == NULL)
		return VDT_OK;
	lib->remotes = calloc(1, sizeof(*lib->remotes));
	if (lib->remotes == NULL)
		return vdt_report(VIX_E_OUT_OF_MEMORY, "cannot start");
	lib->remotes->login = login;
	return VDT_OK;
}

enum vdt_exit vdt_disklib_start(struct vdt_disklib *lib, struct vdt_login *login)
{
	enum vdt_exit code = vdt_disklib_init(login);
	VixError err;

	*lib = (struct vdt_disklib){ .started = code == VDT_OK };
	if (code == VDT_OK)
		code = prepare_remotes(lib, login);
	if (code != VDT_OK)
		return code;
	err = VixDiskLib_Connect(NULL, &lib->conn);
	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot connect to this host");
}

void vdt_disklib_disconnect(struct vdt_disklib *lib)
{
	if (lib->remotes != NULL)
		vdt_remotes_end(lib->remotes);
	if (lib->conn != NULL)
		VixDiskLib_Disconnect(lib->conn);
	lib->conn = NULL;
}

void vdt_disklib_stop(struct vdt_disklib *lib)
{
	vdt_disklib_disconnect(lib);
	free(lib->remotes);
	if (lib->started)
		VixDiskLib_Exit();
	*lib = (struct vdt_disklib){ 0 };
}

static enum vdt_exit refuse(const char *doing, const char *name)
{
	vdt_error(VDT_UNSUPPORTED, "cannot %s %s: that works for disks of this host only", doing,
		  vu_log_quote(name));
	return VDT_UNSUPPORTED;
}

enum vdt_exit vdt_disklib_local(const char *doing, const char *name)
{
	enum vdt_exit code;

	if (!vdt_source_is_remote(name))
		return VDT_OK;
	code = vdt_remote_check(name);
	return code == VDT_OK ? refuse(doing, name) : code;
}

enum vdt_exit vdt_disklib_at(const struct vdt_disklib *lib, const char *name, struct vdt_at *at_out)
{
	if (!vdt_source_is_remote(name)) {
		*at_out = (struct vdt_at){ lib->conn, name };
		return VDT_OK;
	}
	*at_out = (struct vdt_at){ NULL, NULL };
	if (lib->remotes == NULL)
		return vdt_disklib_local("use", name);
	return vdt_remote_find(lib->remotes, name, &at_out->conn, &at_out->path);
}

static enum vdt_exit tell_not_open(VixError err, const char *name)
{
	enum vdt_exit code = vdt_report(err, "cannot open %s", vu_log_quote(name));

	if (!vdt_source_is_remote(name) &&
	    (err == VIX_E_DISK_OPENPARENT || err == VIX_E_DISK_CID_MISMATCH ||
	     err == VIX_E_DISK_INVALIDCHAIN))
		vdt_hint("`vdisk chain %s` explains", vu_log_quote(name));
	return code;
}

enum vdt_exit vdt_disklib_open(const struct vdt_disklib *lib, const char *name, uint32 flags,
			       VixDiskLibHandle *disk_out)
{
	enum vdt_exit code = VDT_OK;
	struct vdt_at at;
	VixError err;

	*disk_out = NULL;
	if (!(flags & VIXDISKLIB_FLAG_OPEN_READ_ONLY))
		code = vdt_disklib_local("change", name);
	if (code == VDT_OK)
		code = vdt_disklib_at(lib, name, &at);
	if (code != VDT_OK)
		return code;
	err = VixDiskLib_Open(at.conn, at.path, flags, disk_out);
	return err == VIX_OK ? VDT_OK : tell_not_open(err, name);
}

enum vdt_exit vdt_disklib_capacity(VixDiskLibHandle disk, const char *name, uint64 *sectors_out)
{
	VixDiskLibInfo *info;
	VixError err = VixDiskLib_GetInfo(disk, &info);

	if (err != VIX_OK)
		return vdt_report(err, "cannot describe %s", vu_log_quote(name));
	*sectors_out = info->capacity;
	VixDiskLib_FreeInfo(info);
	return VDT_OK;
}

enum vdt_exit vdt_disklib_close(VixDiskLibHandle disk, const char *path)
{
	VixError err = disk != NULL ? VixDiskLib_Close(disk) : VIX_OK;

	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot write %s", vu_log_quote(path));
}

enum vdt_exit vdt_disklib_links(const struct vdt_disklib *lib, const char *name,
				VixDiskLibLink **links_out, size_t *n_out)
{
	enum vdt_exit code = vdt_disklib_local("list the files of", name);
	VixError err;

	*links_out = NULL;
	if (code != VDT_OK)
		return code;
	err = VixDiskLib_ListLinks(lib->conn, name, links_out, n_out);
	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot open %s", vu_log_quote(name));
}

static bool is_file(const char *path, const struct stat *file)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

static bool link_uses(const VixDiskLibLink *ln, const struct stat *file)
{
	bool found = is_file(ln->path, file);

	for (size_t i = 0; !found && i < ln->numExtents; i++)
		found = is_file(vdt_extent(ln, i)->path, file);
	return found;
}

bool vdt_disklib_uses(const struct vdt_disklib *lib, const char *path, const struct stat *file)
{
	VixDiskLibLink *links;
	size_t n;
	bool found = false;

	if (vdt_source_is_remote(path) ||
	    VixDiskLib_ListLinks(lib->conn, path, &links, &n) != VIX_OK)
		return false;
	for (size_t i = 0; !found && i < n; i++)
		found = link_uses(vdt_link(links, i), file);
	VixDiskLib_FreeLinkList(links);
	return found;
}

bool vdt_ends_in_vmdk(const char *path)
{
	size_t len = strlen(path);

	return len >= 5 && vu_ascii_casecmp(path + len - 5, ".vmdk") == 0;
}

const VixDiskLibLink *vdt_link(const VixDiskLibLink *links, size_t i)
{
	return (const VixDiskLibLink *)((const char *)links + i * links->structSize);
}

bool vdt_link_is_vmdk(const VixDiskLibLink *ln)
{
	return ln->createType[0] != '\0';
}

const VixDiskLibExtent *vdt_extent(const VixDiskLibLink *ln, size_t i)
{
	return (const VixDiskLibExtent *)((const char *)ln->extents + i * ln->extents->structSize);
}

static uint64 file_on_host(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64)st.st_blocks * 512 : 0;
}

/* Parts of one file stand beside each other. */
uint64 vdt_link_on_host(const VixDiskLibLink *ln)
{
	uint64 sum = file_on_host(ln->path);
	const char *last = ln->path;

	for (size_t i = 0; i < ln->numExtents; i++) {
		const char *path = vdt_extent(ln, i)->path;

		if (path[0] == '\0' || strcmp(path, last) == 0)
			continue;
		sum += file_on_host(path);
		last = path;
	}
	return sum;
}
