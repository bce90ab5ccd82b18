/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making disks that hold nothing yet; see create.h.
 */
#include "config.h"

#include "create.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/alloc.h"
#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "../common/strbuf.h"
#include "descriptor-new.h"
#include "format/create.h"
#include "format/format.h"
#include "format/streamopt-write.h"
#include "geometry.h"

#define ROOM_SECTORS (UINT64_C(1) << 17) /* 64 MiB, that are made room for at a time */
#define HW_USUAL     4u
#define SECTOR_4K    4096u
#define LINE_BYTES   40u /* of an extent in a descriptor, at most, without its name */
#define VMDK         ".vmdk"

/* The kinds of disk.  A kind without a suffix is one file, its descriptor inside. */
static const struct kind {
	const char *create_type;
	enum vd_extent_type extent;
	const char *suffix; /* of the names of its extents; with the number of the part */
	bool is_split;
} kinds[] = {
	[VIXDISKLIB_DISK_MONOLITHIC_SPARSE] = { "monolithicSparse", VD_EXTENT_SPARSE, NULL, false },
	[VIXDISKLIB_DISK_MONOLITHIC_FLAT] = { "monolithicFlat", VD_EXTENT_FLAT, "-flat", false },
	[VIXDISKLIB_DISK_SPLIT_SPARSE] = { "twoGbMaxExtentSparse", VD_EXTENT_SPARSE, "-s", true },
	[VIXDISKLIB_DISK_SPLIT_FLAT] = { "twoGbMaxExtentFlat", VD_EXTENT_FLAT, "-f", true },
	[VIXDISKLIB_DISK_VMFS_FLAT] = { "vmfs", VD_EXTENT_VMFS, "-flat", false },
	[VIXDISKLIB_DISK_STREAM_OPTIMIZED] = { "streamOptimized", VD_EXTENT_SPARSE, NULL, false },
	[VIXDISKLIB_DISK_VMFS_THIN] = { "vmfs", VD_EXTENT_VMFS, "-flat", false },
	[VIXDISKLIB_DISK_VMFS_SPARSE] = { "vmfsSparse", VD_EXTENT_VMFSSPARSE, "-delta", false },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A disk that is being made. */
struct making {
	struct vd_newfiles *nf;
	const struct vd_disk_spec *spec;
	const struct kind *kind;
	struct vd_progress *progress;
	struct vd_new_descriptor desc;
	uint32_t cid;
	struct vu_strbuf text; /* of the descriptor, so far */
};

static bool is_kind(VixDiskLibDiskType type)
{
	return type >= 1 && (size_t)type < N_KINDS;
}

/* A client's words. */

static uint32_t sector_size(uint32_t said)
{
	return said == SECTOR_4K ? SECTOR_4K : VD_SECTOR_SIZE;
}

static VixError bad_params(const char *what, uint64_t value)
{
	VU_ERR("create", "cannot make a disk: %s %" PRIu64 " makes no sense", what, value);
	return VIX_E_INVALID_ARG;
}

VixError vd_create_spec(const VixDiskLibCreateParams *p, bool has_sizes,
			struct vd_disk_spec *spec_out)
{
	*spec_out = (struct vd_disk_spec){
		.type = p->diskType,
		.capacity = p->capacity,
		.adapter = vd_adapter_name(p->adapterType),
		.hw_version = p->hwVersion != 0 ? p->hwVersion : HW_USUAL,
		.logical_sector_size = sector_size(has_sizes ? p->logicalSectorSize : 0),
		.physical_sector_size = sector_size(has_sizes ? p->physicalSectorSize : 0),
	};
	if (!is_kind(p->diskType))
		return bad_params("diskType", p->diskType);
	if (spec_out->adapter == NULL)
		return bad_params("adapterType", p->adapterType);
	return p->capacity != 0 ? VIX_OK : bad_params("capacity", p->capacity);
}

/* Parts. */

static uint64_t part_sectors(const struct vd_disk_spec *spec)
{
	return kinds[spec->type].is_split ? VD_CREATE_SPLIT_SECTORS : spec->capacity;
}

static uint64_t count_parts(const struct vd_disk_spec *spec)
{
	return vu_div_up(spec->capacity, part_sectors(spec));
}

/* Room that is written or reserved is work; a part is work, too. */
uint64_t vd_create_work(const struct vd_disk_spec *spec)
{
	bool has_room = spec->type == VIXDISKLIB_DISK_MONOLITHIC_FLAT ||
			spec->type == VIXDISKLIB_DISK_SPLIT_FLAT ||
			spec->type == VIXDISKLIB_DISK_VMFS_FLAT;

	return count_parts(spec) + (has_room ? spec->capacity : 0);
}

static VixError too_large(const struct vd_disk_spec *spec)
{
	VU_ERR("create", "cannot make a disk of %" PRIu64 " sectors: too large for the kind %s",
	       spec->capacity, kinds[spec->type].create_type);
	return VIX_E_INVALID_ARG;
}

static VixError check_size(const struct vd_disk_spec *spec)
{
	uint64_t most = VD_SECTORS_MAX;

	if (kinds[spec->type].extent == VD_EXTENT_SPARSE)
		most = VD_CREATE_SPARSE_MAX;
	if (kinds[spec->type].extent == VD_EXTENT_VMFSSPARSE)
		most = VD_CREATE_COWD_MAX;
	return spec->capacity <= most && count_parts(spec) <= VD_EXTENT_LINES_MAX ? VIX_OK
										  : too_large(spec);
}

/* The name of a part, for the caller to free(). */
static char *part_name(const struct making *m, uint64_t number)
{
	const char *name = vd_newfiles_name(m->nf);
	int stem = (int)strlen(name) - (vu_path_has_suffix(name, VMDK) ? (int)strlen(VMDK) : 0);

	if (!m->kind->is_split)
		return vu_asprintf("%.*s%s" VMDK, stem, name, m->kind->suffix);
	return vu_asprintf("%.*s%s%03" PRIu64 VMDK, stem, name, m->kind->suffix, number);
}

VixError vd_create_room(struct vd_store *st, uint64_t sectors, bool is_thin, struct vd_progress *p)
{
	if (is_thin)
		return vd_store_resize(st, st->size + sectors * VD_SECTOR_SIZE);
	while (sectors > 0) {
		uint64_t n = vu_min(sectors, ROOM_SECTORS);

		VD_TRY(vd_store_allocate(st, n * VD_SECTOR_SIZE));
		VD_TRY(vd_progress_add(p, n));
		sectors -= n;
	}
	return VIX_OK;
}

static VixError make_sparse(const struct making *m, struct vd_store *st, uint64_t sectors)
{
	const struct vd_new_sparse how = {
		.capacity = sectors,
		.text = m->kind->suffix == NULL ? m->text.s : NULL,
		.text_len = m->text.len,
	};

	if (m->spec->type == VIXDISKLIB_DISK_STREAM_OPTIMIZED)
		return vd_stream_create(st, sectors, m->text.s, m->text.len);
	return vd_sparse_create(st, &how);
}

static VixError make_cowd(const struct making *m, struct vd_store *st, uint64_t sectors)
{
	const struct vd_new_cowd how = {
		.capacity = sectors,
		.parent = m->spec->parent_hint,
		.cylinders = m->desc.geometry.cylinders,
		.heads = m->desc.geometry.heads,
		.sectors = m->desc.geometry.sectors,
	};

	return vd_cowd_create(st, &how);
}

static VixError fill_part(const struct making *m, struct vd_store *st, uint64_t sectors)
{
	switch (m->kind->extent) {
	case VD_EXTENT_SPARSE:
		return make_sparse(m, st, sectors);
	case VD_EXTENT_VMFSSPARSE:
		return make_cowd(m, st, sectors);
	default:
		return vd_create_room(st, sectors, m->spec->type == VIXDISKLIB_DISK_VMFS_THIN,
				      m->progress);
	}
}

static VixError make_part(const struct making *m, const char *name, uint64_t sectors)
{
	struct vd_store *st;
	VixError err;

	VD_TRY(vd_newfiles_add(m->nf, name, &st));
	err = fill_part(m, st, sectors);
	if (err == VIX_OK)
		err = vd_store_flush(st);
	vd_store_close(st);
	VD_TRY(err);
	return vd_progress_add(m->progress, 1);
}

static VixError make_parts(struct making *m, uint64_t number)
{
	for (uint64_t left = m->spec->capacity; left > 0; number++) {
		uint64_t sectors = vu_min(left, part_sectors(m->spec));
		VU_AUTO(free) char *name = part_name(m, number);

		if (name == NULL)
			return VIX_E_OUT_OF_MEMORY;
		vd_descriptor_add_extent(&m->text, sectors, m->kind->extent, name);
		VD_TRY(make_part(m, name, sectors));
		left -= sectors;
	}
	return VIX_OK;
}

/* The whole. */

static VixError check_text(const struct making *m)
{
	if (m->text.failed)
		return VIX_E_OUT_OF_MEMORY;
	return m->text.len <= VD_DESCRIPTOR_MAX ? VIX_OK : too_large(m->spec);
}

static VixError write_descriptor(const struct making *m)
{
	struct vd_store *st;
	VixError err;

	VD_TRY(vd_newfiles_add(m->nf, vd_newfiles_name(m->nf), &st));
	err = vd_store_append(st, m->text.s, m->text.len, 0);
	if (err == VIX_OK)
		err = vd_store_flush(st);
	vd_store_close(st);
	return err;
}

static VixError make_many_files(struct making *m)
{
	VD_TRY(make_parts(m, 1));
	vd_descriptor_end(&m->text, &m->desc, m->cid);
	VD_TRY(check_text(m));
	return write_descriptor(m);
}

static VixError make_one_file(struct making *m)
{
	const char *name = vd_newfiles_name(m->nf);

	vd_descriptor_add_extent(&m->text, m->spec->capacity, m->kind->extent, name);
	vd_descriptor_end(&m->text, &m->desc, m->cid);
	VD_TRY(check_text(m));
	return make_part(m, name, m->spec->capacity);
}

/* Before thousands of files are made for nothing. */
static VixError check_room(const struct making *m)
{
	uint64_t line = strlen(vd_newfiles_name(m->nf)) + LINE_BYTES;

	return count_parts(m->spec) * line <= VD_DESCRIPTOR_MAX ? VIX_OK : too_large(m->spec);
}

static VixError check_name(const char *name)
{
	if (name == NULL || strpbrk(name, "\r\n") == NULL)
		return VIX_OK;
	VU_ERR("create", "cannot make a disk: the name \"%s\" can't stand in a descriptor",
	       vu_log_quote(name));
	return VIX_E_FILE_NAME_INVALID;
}

static struct vd_new_descriptor describe(const struct vd_disk_spec *spec)
{
	struct vd_new_descriptor d = {
		.create_type = kinds[spec->type].create_type,
		.parent_hint = spec->parent_hint,
		.parent_cid = spec->parent_cid,
		.adapter = spec->adapter,
		.geometry = spec->geometry,
		.hw_version = spec->hw_version,
		.logical_sector_size = spec->logical_sector_size,
		.physical_sector_size = spec->physical_sector_size,
		.is_thin = spec->type == VIXDISKLIB_DISK_VMFS_THIN,
	};

	if (d.geometry.cylinders == 0)
		d.geometry = vd_geometry_default(spec->capacity, vd_adapter_of(spec->adapter));
	return d;
}

VixError vd_create_more_parts(struct vd_newfiles *nf, const struct vd_disk_spec *spec,
			      uint64_t number, struct vd_progress *p, struct vu_strbuf *lines)
{
	struct making m = { .nf = nf, .spec = spec, .kind = &kinds[spec->type], .progress = p };
	VixError err = make_parts(&m, number);

	if (err == VIX_OK && m.text.failed)
		err = VIX_E_OUT_OF_MEMORY;
	*lines = m.text;
	return err;
}

VixError vd_create_files(struct vd_newfiles *nf, const struct vd_disk_spec *spec,
			 struct vd_progress *p)
{
	struct making m = {
		.nf = nf,
		.spec = spec,
		.kind = &kinds[spec->type],
		.progress = p,
		.desc = describe(spec),
		.cid = vd_cid_new(VD_CID_NONE),
	};
	VixError err;

	VD_TRY(check_size(spec));
	VD_TRY(check_name(vd_newfiles_name(nf)));
	VD_TRY(check_name(spec->parent_hint));
	VD_TRY(check_room(&m));
	vd_descriptor_begin(&m.text, &m.desc, m.cid);
	err = m.kind->suffix == NULL ? make_one_file(&m) : make_many_files(&m);
	vu_strbuf_free(&m.text);
	return err;
}

VixError vd_create(const struct vd_store_ops *store, const char *path,
		   const struct vd_disk_spec *spec, struct vd_progress *p)
{
	VU_LOG_ABOUT(path);
	struct vd_newfiles *nf;
	VixError err;

	VD_TRY(check_size(spec));
	VD_TRY(vd_newfiles_begin(store, path, false, &nf));
	err = vd_create_files(nf, spec, p);
	if (err == VIX_OK)
		return vd_newfiles_commit(nf);
	vd_newfiles_abandon(nf);
	return err;
}
