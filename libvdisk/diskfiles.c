/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All files of one disk; see diskfiles.h.
 */
#include "config.h"

#include "diskfiles.h"

#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "rawcheck.h"
#include "store/names.h"
#include "writers.h"

#define VMDK ".vmdk"

/* The descriptor. */

static VixError refuse(const struct vd_diskfiles *d, const char *why)
{
	VU_ERR("disk", "%s: %s", vu_log_quote(d->path), why);
	return VIX_E_DISK_INVALIDDISK;
}

static VixError read_embedded(struct vd_diskfiles *d)
{
	VD_TRY(vd_kdmv_load(d->file, 0, &d->header));
	VD_TRY(vd_kdmv_descriptor(d->file, &d->header, &d->text, &d->text_len));
	if (d->text == NULL || d->text_len == 0)
		return vd_raw_refuse_part(d->path,
					  "it is one extent of a disk and holds no descriptor");
	d->is_single_file = true;
	return VIX_OK;
}

static VixError read_separate(struct vd_diskfiles *d)
{
	if (d->file->size > VD_DESCRIPTOR_MAX)
		return refuse(d, "it begins as a descriptor but is longer than 1 MiB");
	d->text = calloc(1, d->file->size + 1);
	if (d->text == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_pread(d->file, d->text, d->file->size, 0));
	d->text_len = strlen(d->text);
	return VIX_OK;
}

static VixError read_text(struct vd_diskfiles *d)
{
	unsigned char head[VD_PROBE_BYTES];
	size_t len = vu_min(d->file->size, sizeof(head));

	VD_TRY(vd_store_pread(d->file, head, len, 0));
	if (vd_kdmv_score(head, len, false) > 0 || vd_kdmv_score(head, len, true) > 0)
		return read_embedded(d);
	if (vd_descriptor_looks_like(head, len))
		return read_separate(d);
	return refuse(d, "it is no VMDK disk");
}

/* Its files. */

static bool is_known(const struct vd_diskfiles *d, const struct vd_store *file)
{
	VU_ARRAY_FOREACH(&d->files, f) {
		if (vd_file_id_equal(&file->id, &file->id)
			    ? vd_file_id_equal(&f->file->id, &file->id)
			    : strcmp(f->file->path, file->path) == 0)
			return true;
	}
	return false;
}

static VixError keep_file(struct vd_diskfiles *d, const struct vd_extent_line *line,
			  const char *name, struct vd_store *file)
{
	struct vd_diskfile f = { .line = line, .name = name, .file = file };

	f.path = strdup(file->path);
	if (f.path != NULL && VU_ARRAY_PUSH(&d->files, f) == 0)
		return VIX_OK;
	free(f.path);
	vd_store_close(file);
	return VIX_E_OUT_OF_MEMORY;
}

static VixError leave_alone(const struct vd_diskfiles *d, const char *name)
{
	VU_INFO("disk", "%s: %s is not its own file: it is left alone", vu_log_quote(d->path),
		vu_log_quote(name));
	return VIX_OK;
}

/* The file called @name, if it is the disk's own; *@found_out: it is there. */
static VixError add_file(struct vd_diskfiles *d, const struct vd_extent_line *line,
			 const char *name, bool *found_out)
{
	VU_AUTO(free) char *path = vu_path_beside(d->path, name);
	struct vd_store *file;
	VixError err;

	*found_out = false;
	if (path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	err = vd_store_open_inside(d->store, path, strlen(path) - strlen(name),
				   VD_STORE_WRITE | VD_STORE_MAY_BE_ABSENT, &file);
	if (err == VIX_E_FILE_NOT_FOUND)
		return VIX_OK;
	VD_TRY(err);
	*found_out = true;
	if (vd_file_id_equal(&file->id, &d->file->id) || is_known(d, file)) {
		vd_store_close(file);
		return VIX_OK;
	}
	return keep_file(d, line, name, file);
}

static bool is_own_name(const char *name)
{
	return !vu_path_escapes(name) && vu_path_has_suffix(name, VMDK);
}

static VixError add_extent(struct vd_diskfiles *d, const struct vd_extent_line *line)
{
	bool is_found;

	if (line->file == NULL)
		return VIX_OK;
	if (!is_own_name(line->file))
		return leave_alone(d, line->file);
	VD_TRY(add_file(d, line, line->file, &is_found));
	if (!is_found && line->file_as_written != NULL && is_own_name(line->file_as_written))
		return add_file(d, line, line->file_as_written, &is_found);
	return VIX_OK;
}

static VixError add_files(struct vd_diskfiles *d)
{
	const char *tracking = vu_dict_get(&d->desc->header, "changeTrackPath");
	bool is_found;

	VU_ARRAY_FOREACH(&d->desc->extents, line) {
		if (!d->is_single_file)
			VD_TRY(add_extent(d, line));
	}
	if (tracking == NULL || !is_own_name(tracking))
		return VIX_OK;
	return add_file(d, NULL, tracking, &is_found);
}

VixError vd_diskfiles_open(const struct vd_store_ops *store, const char *path,
			   struct vd_diskfiles *d)
{
	*d = (struct vd_diskfiles){ .store = store };
	VD_TRY(vd_names_check(store, path));
	VD_TRY(vd_names_resolve(store, path, &d->path));
	VD_TRY(vd_writers_keep_out(d->path, &d->writer));
	VD_TRY(vd_store_open(store, d->path, VD_STORE_WRITE | VD_STORE_CLAIM, &d->file));
	VD_TRY(read_text(d));
	VD_TRY(vd_descriptor_parse(d->text, d->text_len, d->path, &d->desc));
	return add_files(d);
}

VixError vd_diskfiles_look(const struct vd_store_ops *store, const char *path,
			   struct vd_diskfiles *d)
{
	*d = (struct vd_diskfiles){ .store = store, .path = strdup(path) };
	if (d->path == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vd_store_open(store, path, 0, &d->file));
	VD_TRY(read_text(d));
	return vd_descriptor_parse(d->text, d->text_len, d->path, &d->desc);
}

VixError vd_diskfiles_check_unread(const struct vd_diskfiles *d)
{
	if (!vd_writers_is_read(d->path))
		return VIX_OK;
	VU_ERR("disk", "%s: this process has it open: close it first", vu_log_quote(d->path));
	return VIX_E_FILE_ALREADY_LOCKED;
}

void vd_diskfiles_close(struct vd_diskfiles *d)
{
	VU_ARRAY_FOREACH(&d->files, f) {
		vd_store_close(f->file);
		free(f->path);
	}
	VU_ARRAY_FREE(&d->files);
	vd_descriptor_free(d->desc);
	vd_store_close(d->file);
	vd_writer_end(d->writer);
	free(d->text);
	free(d->path);
	*d = (struct vd_diskfiles){ 0 };
}

/* Removing. */

static VixError unlink_all(const struct vd_diskfiles *d)
{
	VD_TRY(vd_diskfiles_check_unread(d));
	VU_ARRAY_FOREACH(&d->files, f)
		VD_TRY(vd_names_remove(d->store, f->path));
	if (d->files.n > 0)
		VD_TRY(vd_names_sync(d->store, d->path));
	VD_TRY(vd_names_remove(d->store, d->path));
	return vd_names_sync(d->store, d->path);
}

VixError vd_diskfiles_unlink(const struct vd_store_ops *store, const char *path)
{
	VU_LOG_ABOUT(path);
	struct vd_diskfiles d;
	VixError err = vd_diskfiles_open(store, path, &d);

	if (err == VIX_OK)
		err = unlink_all(&d);
	if (err == VIX_OK && strcmp(d.path, path) != 0 && vd_names_exists(store, path))
		err = vd_names_remove(store, path); /* the symbolic link that led there */
	vd_diskfiles_close(&d);
	return err;
}
