/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shrinking and defragmenting chains; see chain-compact.h.
 *
 * Both go extent by extent, in steps, each under the disk's lock: between them the client is told how
 * far they are, and others read and write.
 */
#include "config.h"

#include "chain-compact.h"

#include <stdlib.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "disk-chain-write.h"
#include "disk-chain.h"
#include "format/compact.h"
#include "format/table-writes.h"
#include "progress.h"
#include "writers.h"

#define SCAN_BYTES (1u << 20) /* looked at under the lock at a time, or one grain */

/* One extent. */
struct compacting {
	struct vd_chain *chain;
	struct vd_extent *ex;
	struct vd_grain_tables *tables;
	struct vd_progress *p;
};

/* Looking for zeros. */

/* Sectors of some grains that are in the file, one behind the other; those of zeros are given up. */
static VixError drop_zeros(const struct compacting *k, uint64_t sector, const struct vd_map *m,
			   unsigned char *buf)
{
	uint64_t unit = k->ex->grain_sectors, n;

	VD_TRY(vd_store_pread(k->ex->store, buf, m->sectors * VD_SECTOR_SIZE, m->off));
	for (uint64_t i = 0; i < m->sectors; i += n) {
		n = vu_min(unit, m->sectors - i);
		if (vu_is_zero(buf + i * VD_SECTOR_SIZE, n * VD_SECTOR_SIZE))
			VD_TRY(vd_table_writes_set(k->tables, sector + i, VD_PLACE_ABSENT));
	}
	return VIX_OK;
}

static VixError scan_some(const struct compacting *k, uint64_t sector, uint64_t most,
			  unsigned char *buf, uint64_t *done_out)
{
	struct vd_map m;

	VD_TRY(vd_extent_map(k->ex, sector, k->ex->sectors - sector, &m));
	if (m.kind == VD_MAP_DATA) {
		VD_TRY(vd_chain_expect_tables(k->chain, k->ex));
		m.sectors = vu_min(m.sectors, most);
		VD_TRY(drop_zeros(k, sector, &m, buf));
	}
	*done_out = m.sectors;
	return VIX_OK;
}

static VixError scan(const struct compacting *k)
{
	uint64_t most = vu_max(SCAN_BYTES / VD_SECTOR_SIZE, k->ex->grain_sectors), done;
	VU_AUTO(free) unsigned char *buf = malloc(most * VD_SECTOR_SIZE);
	VixError err;

	if (buf == NULL)
		return VIX_E_OUT_OF_MEMORY;
	for (uint64_t s = 0; s < k->ex->sectors; s += done) {
		pthread_rwlock_wrlock(&k->chain->disk.lock);
		err = scan_some(k, s, most, buf, &done);
		pthread_rwlock_unlock(&k->chain->disk.lock);
		VD_TRY(err);
		VD_TRY(vd_progress_add(k->p, done));
	}
	return VIX_OK;
}

/* Moving grains. */

static VixError step(const struct compacting *k, struct vd_compact *c, uint64_t *done_out,
		     bool *is_last_out)
{
	VixError err;

	pthread_rwlock_wrlock(&k->chain->disk.lock);
	err = vd_chain_expect_tables(k->chain, k->ex);
	if (err == VIX_OK)
		err = vd_compact_step(c, done_out, is_last_out);
	pthread_rwlock_unlock(&k->chain->disk.lock);
	return err;
}

/* What the extent's sectors count for is told in proportion to the grains that are done. */
static VixError move_all(const struct compacting *k, struct vd_compact *c)
{
	uint64_t grains = vu_max(vd_compact_work(c), 1), left = k->ex->sectors, done, part;
	bool is_last = false;
	VixError err = VIX_OK;

	while (!is_last && err == VIX_OK) {
		VD_TRY(step(k, c, &done, &is_last));
		part = is_last ? left : vu_min(left, done * (k->ex->sectors / grains));
		left -= part;
		err = vd_progress_add(k->p, part);
	}
	return err;
}

static VixError compact(const struct compacting *k, enum vd_compact_order order)
{
	struct vd_compact *c;
	VixError err;

	pthread_rwlock_wrlock(&k->chain->disk.lock);
	err = vd_compact_begin(k->ex, k->tables, order, &c);
	pthread_rwlock_unlock(&k->chain->disk.lock);
	VD_TRY(err);
	err = move_all(k, c);
	vd_compact_end(c);
	return err;
}

/* Disks. */

static struct vd_grain_tables *tables_of(struct vd_extent *ex)
{
	return ex->ops->tables != NULL ? ex->ops->tables(ex) : NULL;
}

static VixError refuse_shrink(const struct vd_disk *d, const char *why)
{
	VU_ERR("disk", "%s: cannot shrink: %s", vu_log_quote(d->path), why);
	return VIX_E_DISK_CANTSHRINK;
}

static VixError check_shrinkable(struct vd_chain *chain)
{
	if (chain->links.n > 1 || chain->partial)
		return refuse_shrink(&chain->disk, "zeros of a snapshot hide what its parent has");
	VU_ARRAY_FOREACH(&vd_chain_newest(chain)->extents, ex) {
		if (tables_of(*ex) == NULL)
			return refuse_shrink(&chain->disk, "it does not consist of sparse extents");
		VD_TRY(vd_extent_check_writable(*ex));
	}
	return VIX_OK;
}

static bool has_tables(const struct vd_chain *chain)
{
	VU_ARRAY_FOREACH(&vd_chain_newest(chain)->extents, ex) {
		if (tables_of(*ex) != NULL)
			return true;
	}
	return false;
}

/* Goes through all extents of the newest link. */
typedef VixError compact_fn(struct vd_chain *chain, struct vd_progress *p);

/* @total: work that @compact_all tells of */
static VixError compact_alone(struct vd_disk *d, compact_fn *compact_all, VixDiskLibProgressFunc fn,
			      void *data, uint64_t total)
{
	struct vd_chain *chain = (struct vd_chain *)d;
	struct vd_writer *w = has_tables(chain) ? d->writer : NULL;
	struct vd_progress p;
	VixError err;

	VD_TRY(vd_writer_begin_moving(w));
	vd_progress_start(&p, fn, data, total);
	err = compact_all(chain, &p);
	vd_writer_end_moving(w);
	if (err == VIX_OK)
		vd_progress_end(&p);
	return err;
}

static VixError shrink_all(struct vd_chain *chain, struct vd_progress *p)
{
	VU_ARRAY_FOREACH(&vd_chain_newest(chain)->extents, ex) {
		struct compacting k = { chain, *ex, tables_of(*ex), p };

		VD_TRY(scan(&k));
		VD_TRY(compact(&k, VD_COMPACT_ANY));
	}
	return VIX_OK;
}

VixError vd_chain_shrink(struct vd_disk *d, VixDiskLibProgressFunc fn, void *data)
{
	VU_LOG_ABOUT(d->path);

	VD_TRY(check_shrinkable((struct vd_chain *)d));
	return compact_alone(d, shrink_all, fn, data, 2 * d->capacity);
}

static VixError defragment_all(struct vd_chain *chain, struct vd_progress *p)
{
	VU_ARRAY_FOREACH(&vd_chain_newest(chain)->extents, ex) {
		struct compacting k = { chain, *ex, tables_of(*ex), p };

		if (k.tables == NULL) {
			VD_TRY(vd_progress_add(p, (*ex)->sectors));
			continue;
		}
		VD_TRY(vd_extent_check_writable(*ex));
		VD_TRY(compact(&k, VD_COMPACT_GUEST));
	}
	return VIX_OK;
}

VixError vd_chain_defragment(struct vd_disk *d, VixDiskLibProgressFunc fn, void *data)
{
	VU_LOG_ABOUT(d->path);

	return compact_alone(d, defragment_all, fn, data, d->capacity);
}
