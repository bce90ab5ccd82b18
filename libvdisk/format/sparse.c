/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosted sparse extents ("KDMV") whose grains are stored as they are: monolithicSparse and the
 * parts of twoGbMaxExtentSparse.  Layout: docs/formats/vmdk-sparse.md.
 */
#include "config.h"

#include "format.h"

#include "../../common/cleanup.h"
#include "kdmv.h"

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

static VixError sparse_open(struct vd_extent *ex)
{
	struct sparse *sp = sparse_of(ex);

	VD_TRY(vd_kdmv_open(ex, false, &sp->header));
	return vd_kdmv_open_tables(&sp->header, ex->store, ex->cache, &sp->tables);
}

static void sparse_close(struct vd_extent *ex)
{
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

const struct vd_format_ops vd_format_sparse = {
	.name = "sparse",
	.state_size = sizeof(struct sparse),
	.score = sparse_score,
	.open = sparse_open,
	.close = sparse_close,
	.map = sparse_map,
	.descriptor = sparse_descriptor,
};
