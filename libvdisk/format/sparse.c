/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosted sparse extents ("KDMV") whose grains are stored as they are: monolithicSparse and the
 * parts of twoGbMaxExtentSparse.  Layout: docs/formats/vmdk-sparse.md.
 */
#include "config.h"

#include "format.h"

#include "../../common/cleanup.h"
#include "kdmv.h"
#include "table-check.h"
#include "table-writes.h"

struct sparse {
	struct vd_extent base;
	struct vd_kdmv header; /* set in open, then constant */
	struct vd_grain_tables tables;
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

static VixError open_writes(struct sparse *sp)
{
	VixError err = vd_table_writes_open(&sp->base, &sp->tables, &writes_ops, 0,
					    sp->header.is_unclean);

	if (err != VIX_OK)
		vd_grain_tables_close(&sp->tables);
	return err;
}

static VixError sparse_open(struct vd_extent *ex)
{
	struct sparse *sp = sparse_of(ex);

	VD_TRY(vd_kdmv_open(ex, false, &sp->header));
	VD_TRY(vd_kdmv_open_tables(&sp->header, ex->store, ex->cache, &sp->tables));
	ex->has_zeros = sp->header.flags & VD_KDMV_ZERO_GTE;
	return ex->store->mode & VD_STORE_WRITE ? open_writes(sp) : VIX_OK;
}

static void sparse_close(struct vd_extent *ex)
{
	vd_table_writes_close(&sparse_of(ex)->tables);
	vd_grain_tables_close(&sparse_of(ex)->tables);
}

static VixError sparse_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
			   struct vd_map *m_out)
{
	return vd_grain_tables_map(&sparse_of(ex)->tables, sector, count, m_out);
}

static VixError sparse_descriptor(struct vd_extent *ex, char **text_out, size_t *len_out)
{
	return vd_kdmv_descriptor(ex->store, &sparse_of(ex)->header, text_out, len_out);
}

static VixError sparse_set_descriptor(struct vd_extent *ex, const char *text, size_t len)
{
	return vd_kdmv_set_descriptor(ex->store, &sparse_of(ex)->header, text, len);
}

static VixError sparse_alloc(struct vd_extent *ex, uint64_t sector, uint64_t count,
			     struct vd_map *m_out)
{
	return vd_table_writes_alloc(&sparse_of(ex)->tables, sector, count, m_out);
}

static void sparse_commit(struct vd_extent *ex, uint64_t sector, const struct vd_map *m)
{
	vd_table_writes_commit(&sparse_of(ex)->tables, sector, m);
}

static VixError sparse_zero(struct vd_extent *ex, uint64_t sector, uint64_t count,
			    uint64_t *done_out)
{
	return vd_table_writes_zero(&sparse_of(ex)->tables, sector, count, done_out);
}

static struct vd_grain_tables *sparse_tables(struct vd_extent *ex)
{
	return &sparse_of(ex)->tables;
}

static VixError sparse_flush(struct vd_extent *ex)
{
	return vd_table_writes_flush(&sparse_of(ex)->tables);
}

static struct vd_table_check make_check(struct sparse *sp, struct vd_report *r)
{
	return (struct vd_table_check){
		.ex = &sp->base,
		.t = &sp->tables,
		.report = r,
		.ops = &writes_ops,
		.capacity = sp->header.capacity,
		.min_end = sp->header.overhead,
		.is_unclean = sp->header.is_unclean,
	};
}

static VixError sparse_settle(struct vd_extent *ex)
{
	struct sparse *sp = sparse_of(ex);
	struct vd_table_check c = make_check(sp, NULL);

	return vd_table_settle(&c, &sp->header.is_unclean);
}

static VixError sparse_check(struct vd_extent *ex, struct vd_report *r)
{
	struct sparse *sp = sparse_of(ex);
	struct vd_table_check c = make_check(sp, r);

	vd_kdmv_check_header(&sp->header, ex->store, r);
	return vd_table_check(&c);
}

const struct vd_format_ops vd_format_sparse = {
	.name = "sparse",
	.state_size = sizeof(struct sparse),
	.score = sparse_score,
	.open = sparse_open,
	.close = sparse_close,
	.map = sparse_map,
	.descriptor = sparse_descriptor,
	.set_descriptor = sparse_set_descriptor,
	.is_writable = true,
	.alloc = sparse_alloc,
	.commit = sparse_commit,
	.zero = sparse_zero,
	.tables = sparse_tables,
	.flush = sparse_flush,
	.settle = sparse_settle,
	.check = sparse_check,
};
