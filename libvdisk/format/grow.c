/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making one extent longer; see grow.h.
 */
#include "config.h"

#include "grow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "kdmv.h"

VixError vd_grow_refuse_size(const struct vd_extent *ex, uint64_t most)
{
	VU_ERR("format", "%s: cannot make it longer than %" PRIu64 " sectors",
	       vu_log_quote(ex->store->path), most);
	return VIX_E_INVALID_ARG;
}

VixError vd_growth_begin(struct vd_extent *ex, struct vd_growth *g)
{
	*g = (struct vd_growth){ .ex = ex, .old_size = ex->store->size };
	if (ex->ops->grow == NULL)
		return VIX_OK;
	VD_TRY(vd_store_pread(ex->store, g->was, sizeof(g->was), 0));
	memcpy(g->now, g->was, sizeof(g->now));
	return VIX_OK;
}

void vd_growth_end(struct vd_growth *g)
{
	free(g->text);
	free(g->old_text);
	*g = (struct vd_growth){ 0 };
}

VixError vd_growth_lay(struct vd_growth *g, uint64_t sectors)
{
	if (g->ex->ops->grow == NULL) {
		VU_ERR("format",
		       "%s: disks of this kind can't be made longer; convert it to another",
		       vu_log_quote(g->ex->store->path));
		return VIX_E_NOT_SUPPORTED;
	}
	g->has_header = true;
	return g->ex->ops->grow(g->ex, sectors, g->now);
}

/* Descriptors are inside of hosted sparse extents only. */

static VixError refuse_text(const struct vd_growth *g, size_t len)
{
	VU_ERR("format",
	       "%s: its new descriptor of %zu bytes does not fit into the %zu bytes that the file "
	       "has for it",
	       vu_log_quote(g->ex->store->path), len, g->text_len);
	return VIX_E_DISK_FULL;
}

VixError vd_growth_set_text(struct vd_growth *g, const char *text, size_t len)
{
	struct vd_store *st = g->ex->store;
	uint64_t room = vu_le64(g->was + VD_KDMV_OFF_DESC_SIZE) * VD_SECTOR_SIZE;

	g->text_off = vu_le64(g->was + VD_KDMV_OFF_DESC) * VD_SECTOR_SIZE;
	g->text_len = vu_min(room, st->size - g->text_off);
	if (len > g->text_len)
		return refuse_text(g, len);
	g->text = calloc(1, g->text_len);
	g->old_text = malloc(g->text_len);
	if (g->text == NULL || g->old_text == NULL)
		return VIX_E_OUT_OF_MEMORY;
	memcpy(g->text, text, len);
	VD_TRY(vd_store_pread(st, g->old_text, g->text_len, g->text_off));
	g->has_header = true;
	g->end = st->size;
	g->copy_off = vu_round_up(g->end, VD_SECTOR_SIZE);
	return vd_store_append(st, g->text, g->text_len, g->copy_off);
}

/* Writing. */

static VixError put_durably(struct vd_store *st, const void *buf, size_t len, uint64_t off)
{
	VD_TRY(vd_store_pwrite(st, buf, len, off));
	return vd_store_flush(st);
}

static VixError put_header(struct vd_growth *g)
{
	g->is_switched = true;
	return put_durably(g->ex->store, g->now, sizeof(g->now), 0);
}

/* The new header, with the descriptor at @off. */
static VixError put_header_with_text(struct vd_growth *g, uint64_t off)
{
	vu_put_le64(g->now + VD_KDMV_OFF_DESC, off / VD_SECTOR_SIZE);
	return put_header(g);
}

VixError vd_growth_commit(struct vd_growth *g)
{
	struct vd_store *st = g->ex->store;

	VD_TRY(vd_store_flush(st));
	if (!g->has_header)
		return VIX_OK;
	if (g->text == NULL)
		return put_header(g);
	VD_TRY(put_header_with_text(g, g->copy_off));
	VD_TRY(put_durably(st, g->text, g->text_len, g->text_off));
	VD_TRY(put_header_with_text(g, g->text_off));
	return vd_store_resize(st, g->end);
}

/* The same way back: while the descriptor is written the header must not name it. */
static VixError switch_back(struct vd_growth *g)
{
	struct vd_store *st = g->ex->store;

	if (g->text != NULL) {
		VD_TRY(put_header_with_text(g, g->copy_off));
		VD_TRY(put_durably(st, g->old_text, g->text_len, g->text_off));
	}
	return put_durably(st, g->was, sizeof(g->was), 0);
}

void vd_growth_undo(struct vd_growth *g)
{
	struct vd_store *st = g->ex->store;
	VixError err = g->is_switched ? switch_back(g) : VIX_OK;

	if (err == VIX_OK) /* what failed may have left more than the store knows of */
		err = vd_store_resize(st, g->old_size);
	if (err != VIX_OK)
		VU_WARN("format", "%s: it can't be made as it was: CheckRepair tells how it is",
			vu_log_quote(st->path));
}
