/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks that are the bytes of one store; see disk-raw.h.
 */
#include "config.h"

#include "disk-raw.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "../common/ascii.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "format/format.h"
#include "geometry.h"

#define UUID_BYTES 16u

struct raw {
	struct vd_disk disk; /* first: a disk is cast to it */
	struct vd_store *st;
	int links;
	char uuid[UUID_BYTES * 3]; /* as descriptors have it; "": none */
};

static struct raw *raw_of(struct vd_disk *d)
{
	return (struct raw *)d;
}

static void raw_close(struct vd_disk *d)
{
	vd_store_close(raw_of(d)->st);
}

static VixError raw_pread(struct vd_disk *d, uint64_t sector, uint64_t count, void *buf)
{
	return vd_store_pread(raw_of(d)->st, buf, count * VD_SECTOR_SIZE, sector * VD_SECTOR_SIZE);
}

static VixError raw_pwrite(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf)
{
	return vd_store_pwrite(raw_of(d)->st, buf, count * VD_SECTOR_SIZE, sector * VD_SECTOR_SIZE);
}

static VixError raw_pwrite_in_place(struct vd_disk *d, uint64_t sector, uint64_t count,
				    const void *buf, bool *done_out)
{
	*done_out = true;
	return raw_pwrite(d, sector, count, buf);
}

static VixError raw_flush(struct vd_disk *d)
{
	return vd_store_flush(raw_of(d)->st);
}

static VixError raw_flush_in_place(struct vd_disk *d, bool *done_out)
{
	*done_out = true;
	return raw_flush(d);
}

static VixError raw_extents(struct vd_disk *d, uint64_t sector, uint64_t count, vd_run_fn *fn,
			    void *ctx)
{
	(void)d;
	fn(sector, count, true, ctx);
	return VIX_OK;
}

static void raw_info(struct vd_disk *d, struct vd_disk_info *out)
{
	const struct raw *r = raw_of(d);

	out->adapter = VIXDISKLIB_ADAPTER_UNKNOWN;
	out->phys_geo = vd_geometry_default(d->capacity, out->adapter);
	out->bios_geo = out->phys_geo;
	out->links = r->links;
	out->uuid = r->uuid[0] != '\0' ? r->uuid : NULL;
	out->logical_sector_size = out->physical_sector_size = VD_SECTOR_SIZE;
}

static const char *raw_meta_get(struct vd_disk *d, const char *key)
{
	const struct raw *r = raw_of(d);

	return r->uuid[0] != '\0' && vu_ascii_casecmp(key, "uuid") == 0 ? r->uuid : NULL;
}

static VixError raw_meta_each(struct vd_disk *d, vd_key_fn *fn, void *ctx)
{
	const struct raw *r = raw_of(d);

	if (r->uuid[0] != '\0')
		fn("uuid", r->uuid, ctx);
	return VIX_OK;
}

static const struct vd_disk_ops raw_ops = {
	.close = raw_close,
	.pread = raw_pread,
	.pwrite = raw_pwrite,
	.pwrite_in_place = raw_pwrite_in_place,
	.flush = raw_flush,
	.flush_in_place = raw_flush_in_place,
	.extents = raw_extents,
	.info = raw_info,
	.meta_get = raw_meta_get,
	.meta_each = raw_meta_each,
};

/* "60 00 c2 9e .. ..-.. ..", of "6000C29e-...": pairs, in two halves. */
static void write_uuid(const char *from, char to[UUID_BYTES * 3])
{
	size_t n = 0;
	char digits[2 * UUID_BYTES];

	for (; *from != '\0'; from++) {
		if (!isxdigit((unsigned char)*from))
			continue;
		if (n == sizeof(digits))
			return;
		digits[n++] = (char)tolower((unsigned char)*from);
	}
	if (n != sizeof(digits))
		return;
	for (size_t i = 0; i < UUID_BYTES; i++) {
		memcpy(to + 3 * i, digits + 2 * i, 2);
		to[3 * i + 2] = i == UUID_BYTES / 2 - 1 ? '-' : ' ';
	}
	to[3 * UUID_BYTES - 1] = '\0';
}

static VixError refuse_size(const struct vd_store *st)
{
	VU_ERR("disk", "cannot open %s: its %" PRIu64 " bytes are no whole sectors",
	       vu_log_quote(st->path), st->size);
	return VIX_E_DISK_INVALIDDISK;
}

VixError vd_raw_open(struct vd_store *st, const struct vd_raw_facts *facts, struct vd_disk **d_out)
{
	struct raw *r = calloc(1, sizeof(*r));
	VixError err = r != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;

	*d_out = NULL;
	if (err == VIX_OK && (st->size == 0 || st->size % VD_SECTOR_SIZE != 0))
		err = refuse_size(st);
	if (err != VIX_OK) {
		free(r);
		vd_store_close(st);
		return err;
	}
	vd_disk_init(&r->disk, &raw_ops, facts->mode, st->size / VD_SECTOR_SIZE,
		     !(st->mode & VD_STORE_WRITE));
	r->disk.path = st->path;
	r->st = st;
	r->links = facts->links;
	if (facts->uuid != NULL)
		write_uuid(facts->uuid, r->uuid);
	*d_out = &r->disk;
	return VIX_OK;
}
