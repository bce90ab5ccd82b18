/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disk library, as the tools use it; see disklib.h.
 */
#include "config.h"

#include "disklib.h"

#include <string.h>
#include <sys/stat.h>

#include "../common/ascii.h"
#include "../common/log.h"
#include "message.h"
#include "report.h"

enum vdt_exit vdt_disklib_init(void)
{
	VixError err = VixDiskLib_InitEx(8, 0, vdt_lib_log, vdt_lib_warn, vdt_lib_warn, NULL, NULL);

	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot start the disk library");
}

enum vdt_exit vdt_disklib_start(struct vdt_disklib *lib)
{
	enum vdt_exit code = vdt_disklib_init();
	VixError err;

	*lib = (struct vdt_disklib){ .started = code == VDT_OK };
	if (code != VDT_OK)
		return code;
	err = VixDiskLib_Connect(NULL, &lib->conn);
	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot connect to this host");
}

void vdt_disklib_stop(struct vdt_disklib *lib)
{
	if (lib->conn != NULL)
		VixDiskLib_Disconnect(lib->conn);
	if (lib->started)
		VixDiskLib_Exit();
	*lib = (struct vdt_disklib){ 0 };
}

enum vdt_exit vdt_disklib_open(const struct vdt_disklib *lib, const char *path, uint32 flags,
			       VixDiskLibHandle *disk_out)
{
	VixError err = VixDiskLib_Open(lib->conn, path, flags, disk_out);
	enum vdt_exit code;

	if (err == VIX_OK)
		return VDT_OK;
	code = vdt_report(err, "cannot open %s", vu_log_quote(path));
	if (err == VIX_E_DISK_OPENPARENT || err == VIX_E_DISK_CID_MISMATCH ||
	    err == VIX_E_DISK_INVALIDCHAIN)
		vdt_hint("`vdisk chain %s` explains", vu_log_quote(path));
	return code;
}

enum vdt_exit vdt_disklib_close(VixDiskLibHandle disk, const char *path)
{
	VixError err = disk != NULL ? VixDiskLib_Close(disk) : VIX_OK;

	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot write %s", vu_log_quote(path));
}

enum vdt_exit vdt_disklib_links(const struct vdt_disklib *lib, const char *path,
				VixDiskLibLink **links_out, size_t *n_out)
{
	VixError err = VixDiskLib_ListLinks(lib->conn, path, links_out, n_out);

	return err == VIX_OK ? VDT_OK : vdt_report(err, "cannot open %s", vu_log_quote(path));
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

	if (VixDiskLib_ListLinks(lib->conn, path, &links, &n) != VIX_OK)
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
