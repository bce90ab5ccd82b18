/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosted sparse extents ("KDMV") whose grains are stored as they are: monolithicSparse and the
 * parts of twoGbMaxExtentSparse.  Layout: docs/formats/vmdk-sparse.md.
 */
#include "config.h"

#include "format.h"

#include "../../common/cleanup.h"
#include "kdmv.h"
#include "table-extent.h"

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

static VixError sparse_check(struct vd_extent *ex, struct vd_report *r)
{
	vd_kdmv_check_header(&sparse_of(ex)->header, ex->store, r);
	return vd_table_extent_check(ex, r);
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
	.check = sparse_check,
};
