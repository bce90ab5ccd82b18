/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Renaming a disk; see rename.h.
 *
 * A single file is moved, and what its descriptor calls it changed afterwards: nobody needs that to
 * open it, but some readers do.  Several files get second names, then a new descriptor that names
 * those appears, then the old names go: at each moment one of the two is a whole disk.  Where a file
 * can't have two names, files are moved one after the other, and back when something fails.
 */
#include "config.h"

#include "rename.h"

#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "descriptor-write.h"
#include "diskfiles.h"
#include "hint.h"
#include "newfiles.h"
#include "store/names.h"

#define VMDK ".vmdk"

struct renaming {
	const struct vd_store_ops *store;
	struct vd_diskfiles disk;
	const char *new_path;
	bool is_same_dir;
	char **names;        /* new ones of disk.files; NULL: it keeps its name, and stays */
	struct vd_text text; /* of the new descriptor */
};

/* Bytes of a disk's name without ".vmdk". */
static size_t stem_len(const char *name)
{
	return strlen(name) - (vu_path_has_suffix(name, VMDK) ? strlen(VMDK) : 0);
}

/* What the file @name of the disk is to be called: "old-flat.vmdk" becomes "new-flat.vmdk". */
static char *renamed(const struct renaming *r, const char *name)
{
	const char *old = vu_path_last(r->disk.path), *new = vu_path_last(r->new_path);
	size_t len = stem_len(old);

	if (strncmp(name, old, len) == 0 && (name[len] == '-' || name[len] == '.'))
		return vu_asprintf("%.*s%s", (int)stem_len(new), new, name + len);
	return strdup(name);
}

static VixError refuse_parts(const struct renaming *r, const char *name)
{
	VU_ERR("disk", "cannot move %s to another directory: its file %s can't be moved with it",
	       vu_log_quote(r->disk.path), vu_log_quote(name));
	return VIX_E_NOT_SUPPORTED;
}

static VixError find_dirs(struct renaming *r)
{
	VU_AUTO(free) char *dir = vu_path_dirname(r->new_path);
	VU_AUTO(free) char *real = NULL;
	VU_AUTO(free) char *old = vu_path_dirname(r->disk.path);

	if (dir == NULL || old == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_names_resolve(r->store, dir, &real));
	r->is_same_dir = strcmp(real, old) == 0;
	return VIX_OK;
}

/* What lies in a directory below stays there. */
static VixError name_file(struct renaming *r, size_t i)
{
	const char *name = r->disk.files.v[i].name;
	bool is_below = strchr(name, '/') != NULL;
	VU_AUTO(free) char *new = NULL;

	if (is_below)
		return r->is_same_dir ? VIX_OK : refuse_parts(r, name);
	new = renamed(r, name);
	if (new == NULL)
		return VIX_E_OUT_OF_MEMORY;
	if (!r->is_same_dir || strcmp(new, name) != 0)
		r->names[i] = VU_STEAL(new);
	return VIX_OK;
}

static bool names_file(const struct vd_extent_line *line, const char *name)
{
	return (line->file != NULL && strcmp(line->file, name) == 0) ||
	       (line->file_as_written != NULL && strcmp(line->file_as_written, name) == 0);
}

/* The one of disk.files that a line names; as many as there are: none of them. */
static size_t find_file(const struct renaming *r, const struct vd_extent_line *line)
{
	size_t i = 0;

	while (i < r->disk.files.n &&
	       (r->disk.files.v[i].line == NULL || !names_file(line, r->disk.files.v[i].name)))
		i++;
	return i;
}

/* What stays behind must be found from the new directory, too. */
static VixError check_others(const struct renaming *r)
{
	if (r->is_same_dir || r->disk.is_single_file)
		return VIX_OK;
	VU_ARRAY_FOREACH(&r->disk.desc->extents, line) {
		if (line->file != NULL && line->file[0] != '/' &&
		    find_file(r, line) == r->disk.files.n)
			return refuse_parts(r, line->file);
	}
	return VIX_OK;
}

static VixError name_files(struct renaming *r)
{
	VD_TRY(find_dirs(r));
	VD_TRY(check_others(r));
	r->names = vu_calloc_array(r->disk.files.n, sizeof(*r->names));
	if (r->names == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = 0; i < r->disk.files.n; i++)
		VD_TRY(name_file(r, i));
	return VIX_OK;
}

/* The new descriptor. */

static VixError rename_line(struct renaming *r, const struct vd_extent_line *line)
{
	const char *name = NULL;
	size_t i = find_file(r, line);

	if (r->disk.is_single_file)
		name = line->file != NULL ? vu_path_last(r->new_path) : NULL;
	else if (i < r->disk.files.n)
		name = r->names[i];
	return name != NULL ? vd_descriptor_put(&r->text, line->file_at, line->file_len, name)
			    : VIX_OK;
}

static VixError rename_tracking(struct renaming *r)
{
	for (size_t i = 0; i < r->disk.files.n; i++) {
		if (r->disk.files.v[i].line == NULL && r->names[i] != NULL)
			VD_TRY(vd_descriptor_set(&r->text, "changeTrackPath", r->names[i]));
	}
	return VIX_OK;
}

/* Where the parent is now, by the hint: beside the child, or where it says; NULL: neither. */
static char *find_parent(const struct renaming *r, const char *hint)
{
	VU_AUTO(free) char *beside = vu_path_beside(r->disk.path, vu_path_basename(hint));
	VU_AUTO(free) char *there = vu_path_beside(r->disk.path, hint);

	if (beside != NULL && vd_names_exists(r->store, beside))
		return VU_STEAL(beside);
	if (there != NULL && vd_names_exists(r->store, there))
		return VU_STEAL(there);
	return NULL;
}

static VixError move_hint(struct renaming *r)
{
	const char *hint = vd_descriptor_parent_hint(r->disk.desc);
	VU_AUTO(free) char *parent = NULL;
	VU_AUTO(free) char *new_hint = NULL;

	if (r->is_same_dir || hint == NULL)
		return VIX_OK;
	parent = find_parent(r, hint);
	if (parent == NULL) {
		VU_INFO("disk", "%s: its parent is not where its hint leads, which stays as it is",
			vu_log_quote(r->disk.path));
		return VIX_OK;
	}
	VD_TRY(vd_hint_make(r->store, r->new_path, parent, &new_hint));
	return vd_descriptor_set(&r->text, "parentFileNameHint", new_hint);
}

/* From the last line on, so that the places of those before stay true. */
static VixError make_text(struct renaming *r)
{
	r->text.bytes = strdup(r->disk.text);
	r->text.len = r->disk.text_len;
	if (r->text.bytes == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (size_t i = r->disk.desc->extents.n; i > 0; i--)
		VD_TRY(rename_line(r, &r->disk.desc->extents.v[i - 1]));
	VD_TRY(rename_tracking(r));
	return move_hint(r);
}

/* Moving. */

static char *new_place(const struct renaming *r, size_t i)
{
	return r->names[i] != NULL ? vu_path_beside(r->new_path, r->names[i]) : NULL;
}

/* The first @n of the files, to their new names or back. */
static VixError move_files(const struct renaming *r, size_t n, bool is_back, size_t *done_out)
{
	for (*done_out = 0; *done_out < n; ++*done_out) {
		const char *old = r->disk.files.v[*done_out].path;
		VU_AUTO(free) char *new = new_place(r, *done_out);

		if (new != NULL)
			VD_TRY(vd_names_move(r->store, is_back ? new : old, is_back ? old : new,
					     false));
	}
	return VIX_OK;
}

/* A single file. */

/* It is renamed already: that its descriptor calls it otherwise is no reason to fail. */
static void update_embedded(const struct renaming *r)
{
	VixError err = vd_kdmv_set_descriptor(r->disk.file, &r->disk.header, r->text.bytes,
					      r->text.len);

	if (err == VIX_OK)
		err = vd_store_flush(r->disk.file);
	if (err != VIX_OK)
		VU_WARN("disk", "%s: the descriptor inside has its old name",
			vu_log_quote(r->new_path));
}

static VixError sync_both(const struct renaming *r)
{
	VD_TRY(vd_names_sync(r->store, r->new_path));
	return r->is_same_dir ? VIX_OK : vd_names_sync(r->store, r->disk.path);
}

static VixError rename_single(const struct renaming *r)
{
	size_t done, undone;
	VixError err = move_files(r, r->disk.files.n, false, &done);

	if (err == VIX_OK)
		err = vd_names_move(r->store, r->disk.path, r->new_path, false);
	if (err != VIX_OK) {
		move_files(r, done, true, &undone);
		return err;
	}
	VD_TRY(sync_both(r));
	update_embedded(r);
	return VIX_OK;
}

/* Several files. */

static VixError write_descriptor(const struct renaming *r, struct vd_newfiles *nf)
{
	struct vd_store *st;
	VixError err;

	VD_TRY(vd_newfiles_add(nf, vu_path_last(r->new_path), &st));
	err = vd_store_append(st, r->text.bytes, r->text.len, 0);
	if (err == VIX_OK)
		err = vd_store_flush(st);
	vd_store_close(st);
	if (err == VIX_OK)
		vd_names_take_after(r->store, vd_newfiles_path(nf), r->disk.path);
	return err;
}

/* @with_files: the files get their new names with it. */
static VixError make_new(const struct renaming *r, bool with_files)
{
	VU_AUTO(newfiles) struct vd_newfiles *nf = NULL;

	VD_TRY(vd_newfiles_begin(r->store, r->new_path, false, &nf));
	for (size_t i = 0; with_files && i < r->disk.files.n; i++) {
		if (r->names[i] != NULL)
			VD_TRY(vd_newfiles_link(nf, r->names[i], r->disk.files.v[i].path));
	}
	VD_TRY(write_descriptor(r, nf));
	return vd_newfiles_commit(VU_STEAL(nf));
}

/* The other names of the files: those that it had, or has got. */
static void remove_files(const struct renaming *r, bool are_new)
{
	for (size_t i = 0; i < r->disk.files.n; i++) {
		VU_AUTO(free) char *new = new_place(r, i);

		if (new != NULL)
			vd_names_remove(r->store, are_new ? new : r->disk.files.v[i].path);
	}
}

static VixError remove_old(const struct renaming *r)
{
	VixError err = vd_names_remove(r->store, r->disk.path);

	if (err != VIX_OK)
		return err;
	return vd_names_sync(r->store, r->disk.path);
}

static VixError rename_by_links(const struct renaming *r)
{
	VixError err;

	VD_TRY(make_new(r, true));
	err = remove_old(r);
	if (err != VIX_OK && vd_names_exists(r->store, r->disk.path)) {
		vd_names_remove(r->store, r->new_path);
		remove_files(r, true);
		return err;
	}
	remove_files(r, false);
	return vd_names_sync(r->store, r->disk.path);
}

static VixError rename_by_moves(const struct renaming *r)
{
	size_t done, undone;
	VixError err = move_files(r, r->disk.files.n, false, &done);

	if (err == VIX_OK)
		err = make_new(r, false);
	if (err != VIX_OK) {
		move_files(r, done, true, &undone);
		return err;
	}
	err = remove_old(r);
	if (err == VIX_OK || !vd_names_exists(r->store, r->disk.path))
		return err;
	vd_names_remove(r->store, r->new_path);
	move_files(r, done, true, &undone);
	return err;
}

static VixError rename_many(const struct renaming *r)
{
	VixError err = rename_by_links(r);

	return err == VIX_E_NOT_SUPPORTED ? rename_by_moves(r) : err;
}

/* The whole. */

static VixError check_new_name(const struct renaming *r)
{
	const char *name = vu_path_last(r->new_path);

	if (*name == '\0' || strpbrk(name, "\r\n") != NULL) {
		VU_ERR("disk", "cannot rename %s to \"%s\": no disk can have that name",
		       vu_log_quote(r->disk.path), vu_log_quote(name));
		return VIX_E_FILE_NAME_INVALID;
	}
	if (!vd_names_exists(r->store, r->new_path))
		return VIX_OK;
	VU_ERR("disk", "cannot rename %s: %s exists", vu_log_quote(r->disk.path),
	       vu_log_quote(r->new_path));
	return VIX_E_FILE_ALREADY_EXISTS;
}

static VixError do_rename(struct renaming *r, const char *path)
{
	VD_TRY(vd_diskfiles_open(r->store, path, &r->disk));
	VD_TRY(vd_diskfiles_check_unread(&r->disk));
	VD_TRY(check_new_name(r));
	VD_TRY(name_files(r));
	VD_TRY(make_text(r));
	return r->disk.is_single_file ? rename_single(r) : rename_many(r);
}

VixError vd_rename(const struct vd_store_ops *store, const char *path, const char *new_path)
{
	VU_LOG_ABOUT(path);
	struct renaming r = { .store = store, .new_path = new_path };
	VixError err = do_rename(&r, path);

	for (size_t i = 0; r.names != NULL && i < r.disk.files.n; i++)
		free(r.names[i]);
	free(r.names);
	free(r.text.bytes);
	vd_diskfiles_close(&r.disk);
	return err;
}
