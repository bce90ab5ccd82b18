/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checking the files of a disk; see check-files.h.
 */
#include "config.h"

#include "check-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "newfiles.h"
#include "store/lckdir.h"

#define DRAWN 6u /* characters of a temporary name */

/* Sizes. */

/* What can't be read is not known to be zeros. */
static bool is_zero_from(struct vd_store *st, uint64_t off)
{
	bool is_zero;

	return vd_store_is_zero(st, off, &is_zero) == VIX_OK && is_zero;
}

static VixError check_size(struct vd_extent *ex, struct vd_report *r)
{
	struct vd_store *st = ex->store;
	uint64_t end = ex->start_off + ex->sectors * VD_SECTOR_SIZE;
	struct vd_problem p = {
		.kind = VD_PROBLEM_LEAK,
		.file = st->path,
		.off = end,
		.clusters = vu_div_up(st->size - end, VD_GRAIN_SECTORS * VD_SECTOR_SIZE),
	};

	p.can_mend = is_zero_from(st, end) && (!r->repair || st->mode & VD_STORE_WRITE);
	p.advice = p.can_mend ? VD_ADVICE_REPAIR : "save what is there, then cut the file off";
	if (!vd_report_problem(r, &p, "the file is %" PRIu64 " bytes longer than the disk needs%s",
			       st->size - end, p.can_mend ? "" : ", and they are not only zeros"))
		return VIX_OK;
	VD_TRY(vd_store_resize(st, end));
	VD_TRY(vd_store_flush(st));
	vd_report_mended(r);
	return VIX_OK;
}

/* Files that several extents share, and devices, may have more that is somebody's. */
VixError vd_check_sizes(const struct vd_link *ln, struct vd_report *r)
{
	if (ln->desc == NULL)
		return VIX_OK;
	VU_ARRAY_FOREACH(&ln->extents, it) {
		struct vd_extent *ex = *it;

		if (ex->ops->is_flat && ex->store != NULL && !ex->store->is_device &&
		    atomic_load(&ex->store->owners) == 1 && ex->start_off == 0 &&
		    ex->store->size > ex->sectors * VD_SECTOR_SIZE)
			VD_TRY(check_size(ex, r));
	}
	return VIX_OK;
}

/* Left over. */

static bool tell_left_over(struct vd_report *r, const char *path, bool is_work)
{
	struct vd_problem p = {
		.kind = VD_PROBLEM_LEAK,
		.file = (char *)path,
		.off = VD_NO_OFF,
		.advice = VD_ADVICE_REPAIR,
		.can_mend = true,
	};

	return vd_report_problem(r, &p, "it was left over when %s was interrupted",
				 is_work ? "making or replacing the disk" : "a change of the disk");
}

/* Whoever makes such a file has it open for writing, with a lock. */
static bool is_in_use(const char *path)
{
	struct vd_store *st;
	VixError err;

	vu_log_hush();
	err = vd_store_open(&vd_store_local, path, VD_STORE_WRITE, &st);
	vu_log_unhush();
	if (err == VIX_OK)
		vd_store_close(st);
	return err != VIX_OK;
}

/* Is @entry what is called after @name, with a mark and six drawn characters behind it? */
static bool is_called_after(const char *entry, const char *name, const char *mark)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && strncmp(entry + len, mark, strlen(mark)) == 0 &&
	       strlen(entry + len + strlen(mark)) == DRAWN;
}

/* A descriptor that was about to take the place of the old one: see vd_store_replace(). */
static void look_at_replacement(const char *path, struct vd_report *r)
{
	if (!is_in_use(path) && tell_left_over(r, path, false) && unlink(path) == 0)
		vd_report_mended(r);
}

/* New files, or old ones that were about to be replaced: see newfiles.h. */
static void look_at_work(const char *path, const char *disk, struct vd_report *r)
{
	VU_AUTO(free) char *lock = vu_path_join(path, ".lock");

	if (lock == NULL || is_in_use(lock) || !tell_left_over(r, path, true))
		return;
	vd_newfiles_recover(&vd_store_local, disk);
	if (access(path, F_OK) < 0)
		vd_report_mended(r);
}

static VixError look_at_entry(const char *disk, const char *entry, struct vd_report *r)
{
	const char *name = vu_path_basename(disk);
	bool is_new = is_called_after(entry, name, ".new-");
	VU_AUTO(free) char *path = NULL;

	if (!is_new && !is_called_after(entry, name, ".part-"))
		return VIX_OK;
	path = vu_path_beside(disk, entry);
	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (is_new)
		look_at_replacement(path, r);
	else
		look_at_work(path, disk, r);
	return VIX_OK;
}

static void tell_lock(void *ctx, const char *path, const char *whose, bool is_removed)
{
	struct vd_report *r = ctx;
	struct vd_problem p = {
		.kind = VD_PROBLEM_LEAK,
		.file = (char *)path,
		.off = VD_NO_OFF,
		.advice = "whoever opens the disk for writing removes it",
		.can_mend = true,
	};

	vd_report_problem(r, &p, "a lock was left over by a process that is gone: %s",
			  vu_log_quote(whose));
	if (is_removed)
		vd_report_mended(r);
}

VixError vd_check_left_over(const char *path, struct vd_report *r)
{
	VU_AUTO(free) char *dir = vu_path_dirname(path);
	VU_AUTO(closedir) DIR *d = dir != NULL ? opendir(dir) : NULL;
	const struct dirent *e;

	if (dir == NULL)
		return VIX_E_OUT_OF_MEMORY;
	vd_lckdir_look(path, r->repair, tell_lock, r);
	while (d != NULL && (e = readdir(d)) != NULL)
		VD_TRY(look_at_entry(path, e->d_name, r));
	return VIX_OK;
}
