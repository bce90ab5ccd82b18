/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosted sparse extents ("KDMV") whose grains are stored as they are: monolithicSparse and the
 * parts of twoGbMaxExtentSparse.  Layout: docs/formats/vmdk-sparse.md.
 */
#include "config.h"

#include "format.h"

#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "create.h"
#include "grow.h"
#include "kdmv.h"
#include "kdmv-text.h"
#include "table-extent.h"
#include "table-grow.h"

struct sparse {
	struct vd_table_extent te;
	struct vd_kdmv header; /* set in open, then constant */
};

static struct sparse *sparse_of(struct vd_extent *ex)
{
	return (struct sparse *)ex;
}

static int sparse_score(const struct vd_probe *p)
{
	return vd_kdmv_score(p->head, p->head_len, false);
}

static VixError set_unclean(struct vd_extent *ex, bool is_unclean)
{
	unsigned char mark = is_unclean;

	return vd_store_pwrite(ex->store, &mark, sizeof(mark), VD_KDMV_OFF_UNCLEAN);
}

static const struct vd_table_writes_ops writes_ops = { .set_unclean = set_unclean };

static VixError sparse_open(struct vd_extent *ex)
{
	struct sparse *sp = sparse_of(ex);
	struct vd_table_extent *te = &sp->te;

	VD_TRY(vd_kdmv_open(ex, false, &sp->header));
	VD_TRY(vd_kdmv_open_tables(&sp->header, ex->store, ex->cache, &te->tables));
	ex->has_zeros = sp->header.flags & VD_KDMV_ZERO_GTE;
	te->capacity = sp->header.capacity;
	te->min_end = sp->header.overhead;
	te->is_unclean = sp->header.is_unclean;
	te->writes_ops = &writes_ops;
	return vd_table_extent_open_writes(te, 0);
}

static VixError sparse_descriptor(struct vd_extent *ex, char **text_out, size_t *len_out)
{
	return vd_kdmv_descriptor(ex->store, &sparse_of(ex)->header, text_out, len_out);
}

static VixError sparse_set_descriptor(struct vd_extent *ex, const char *text, size_t len)
{
	return vd_kdmv_set_descriptor(ex->store, &sparse_of(ex)->header, text, len);
}

/* Both directories must be where they are said to be: each is continued. */
static bool has_its_directories(const struct sparse *sp)
{
	const struct vd_kdmv *h = &sp->header;

	return !h->is_gd_lost && !h->is_rgd_lost && sp->te.tables.gd == h->gd &&
	       sp->te.tables.rgd == h->rgd;
}

static VixError sparse_grow(struct vd_extent *ex, uint64_t sectors, unsigned char *header)
{
	struct sparse *sp = sparse_of(ex);
	struct vd_table_growth g = {
		.ex = ex,
		.t = &sp->te.tables,
		.sectors = sectors,
		.has_all_tables = true,
	};

	if (sectors > VD_CREATE_SPARSE_MAX)
		return vd_grow_refuse_size(ex, VD_CREATE_SPARSE_MAX);
	if (!has_its_directories(sp))
		return vd_format_bad(ex->store, VIX_E_DISK_NEEDSREPAIR,
				     "one of its grain directories can't be used: it can't be made "
				     "longer; clone it");
	VD_TRY(vd_table_grow(&g));
	vu_put_le64(header + VD_KDMV_OFF_CAPACITY, sectors);
	vu_put_le64(header + VD_KDMV_OFF_GD, g.gd);
	if (g.rgd != 0)
		vu_put_le64(header + VD_KDMV_OFF_RGD, g.rgd);
	return VIX_OK;
}

static VixError sparse_check(struct vd_extent *ex, struct vd_report *r)
{
	struct sparse *sp = sparse_of(ex);

	vd_kdmv_check_header(&sp->header, ex->store, r);
	VD_TRY(vd_table_extent_check(ex, r));
	return vd_kdmv_check_text(ex, &sp->te.tables, &sp->header, r);
}

const struct vd_format_ops vd_format_sparse = {
	.name = "sparse",
	.state_size = sizeof(struct sparse),
	.score = sparse_score,
	.open = sparse_open,
	.close = vd_table_extent_close,
	.map = vd_table_extent_map,
	.descriptor = sparse_descriptor,
	.set_descriptor = sparse_set_descriptor,
	.is_writable = true,
	.alloc = vd_table_extent_alloc,
	.commit = vd_table_extent_commit,
	.zero = vd_table_extent_zero,
	.tables = vd_table_extent_tables,
	.flush = vd_table_extent_flush,
	.settle = vd_table_extent_settle,
	.grow = sparse_grow,
	.check = sparse_check,
};
