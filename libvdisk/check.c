/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for damage in one disk; see check.h.
 */
#include "config.h"

#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/bytes.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "../common/path.h"
#include "check-files.h"
#include "disk-chain.h"
#include "format/cache.h"
#include "link.h"
#include "store/lock.h"
#include "writers.h"

struct checking {
	const struct vd_store_ops *store;
	const char *path;
	unsigned flags; /* enum vd_chain_flags */
	struct vd_report *r;
	struct vd_cache *cache;
	struct vd_link *ln;
	char caught[1024]; /* what the layers below have said */
};

static const char *advice_for(VixError err)
{
	switch (err) {
	case VIX_E_DISK_OPENPARENT:
	case VIX_E_DISK_CID_MISMATCH:
	case VIX_E_DISK_INVALIDCHAIN:
	case VIX_E_DISK_CAPACITY_MISMATCH:
		return "vdisk chain tells what is missing";
	case VIX_E_FILE_NOT_FOUND:
		return "put the file back";
	case VIX_E_DISK_UNSUPPORTEDDISKVERSION:
	case VIX_E_DISK_NOTSUPPORTED:
		return "use the product that made it";
	default:
		return VD_ADVICE_RESTORE;
	}
}

static void tell_caught(struct checking *ck, const char *file, VixError err)
{
	struct vd_problem p = {
		.kind = VD_PROBLEM_DAMAGE,
		.code = err,
		.file = (char *)file,
		.off = VD_NO_OFF,
		.advice = advice_for(err),
	};

	vd_report_problem(ck->r, &p, "%s", vd_report_words(ck->caught, file));
	ck->caught[0] = '\0';
}

static void begin_catching(struct checking *ck)
{
	vu_log_catch(ck->caught, sizeof(ck->caught));
}

static void end_catching(void)
{
	vu_log_catch(NULL, 0);
}

/* Files. */

static void tell_bad_extent(void *ctx, const char *name, VixError err)
{
	struct checking *ck = ctx;
	VU_AUTO(free) char *path = name != NULL ? vu_path_beside(ck->path, name) : NULL;

	tell_caught(ck, path != NULL ? path : ck->path, err);
}

static VixError open_file(struct checking *ck, struct vd_store **file_out)
{
	unsigned mode = VD_STORE_DEVICE;

	if (ck->r->repair)
		mode |= VD_STORE_WRITE | VD_STORE_CLAIM;
	return vd_store_open(ck->store, ck->path, mode, file_out);
}

/* ck->ln stays NULL where there is nothing to look at. */
static VixError open_link(struct checking *ck)
{
	unsigned flags = ck->flags & VD_CHAIN_EXTENTS_ANYWHERE;
	struct vd_store *file;
	VixError err;

	VD_TRY(open_file(ck, &file));
	if (ck->r->repair)
		flags |= VD_CHAIN_WRITE;
	begin_catching(ck);
	err = vd_link_open_partly(file, flags, ck->cache, tell_bad_extent, ck, &ck->ln);
	end_catching();
	if (err == VIX_E_OUT_OF_MEMORY)
		return err;
	if (err != VIX_OK)
		tell_caught(ck, ck->path, err);
	return VIX_OK;
}

/* The links below: are they there, and the ones that were there when this one was made? */
static VixError check_parents(struct checking *ck)
{
	struct vd_disk *d;
	VixError err;

	if (ck->ln->desc == NULL || !vd_descriptor_has_parent(ck->ln->desc))
		return VIX_OK;
	begin_catching(ck);
	err = vd_chain_open(ck->store, ck->path, ck->flags & VD_CHAIN_EXTENTS_ANYWHERE, &d);
	end_catching();
	if (err == VIX_OK)
		vd_disk_close(d);
	else if (err != VIX_E_OUT_OF_MEMORY)
		tell_caught(ck, ck->path, err);
	return err == VIX_E_OUT_OF_MEMORY ? err : VIX_OK;
}

/* A second extent over tables that were looked at already adds nothing. */
static bool was_looked_at(const struct checking *ck, size_t n)
{
	const struct vd_extent *const *v = (const struct vd_extent *const *)ck->ln->extents.v;

	if (v[n]->ops->check == NULL || atomic_load(&v[n]->store->owners) == 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (v[i]->store == v[n]->store)
			return true;
	}
	return false;
}

static VixError check_extents(struct checking *ck)
{
	for (size_t i = 0; i < ck->ln->extents.n; i++) {
		if (!was_looked_at(ck, i))
			VD_TRY(vd_extent_check(ck->ln->extents.v[i], ck->r));
	}
	return VIX_OK;
}

static VixError check(struct checking *ck)
{
	uint64_t damages;

	VD_TRY(open_link(ck));
	if (ck->ln == NULL)
		return VIX_OK;
	damages = ck->r->damages;
	VD_TRY(check_extents(ck));
	VD_TRY(vd_check_sizes(ck->ln, ck->r));
	if (damages == 0)
		VD_TRY(check_parents(ck));
	return VIX_OK;
}

VixError vd_check_and_mend(const struct vd_store_ops *store, const char *path, unsigned flags,
			   struct vd_report *r)
{
	struct checking ck = { .store = store, .path = path, .flags = flags, .r = r };
	struct vd_writer *w;
	VixError err;

	VD_TRY(vd_writers_keep_out(path, &w));
	ck.cache = vd_cache_new(VD_CACHE_BYTES);
	err = ck.cache != NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
	/* Whoever writes has tables in memory, and a mark in the header, that look like damage. */
	if (err == VIX_OK && store == &vd_store_local && !r->repair)
		err = vd_lock_look(path, "be checked");
	if (err == VIX_OK && store == &vd_store_local)
		err = vd_check_left_over(path, r);
	if (err == VIX_OK)
		err = check(&ck);
	vd_link_close(ck.ln);
	vd_cache_free(ck.cache);
	vd_writer_end(w);
	return err;
}
