/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extents that are a header and grain tables; see table-extent.h.
 */
#include "config.h"

#include "table-extent.h"

#include "table-check.h"

static struct vd_grain_tables *tables_of(struct vd_extent *ex)
{
	return &vd_table_extent_of(ex)->tables;
}

VixError vd_table_extent_open_writes(struct vd_table_extent *te, uint64_t end)
{
	VixError err;

	if (!(te->base.store->mode & VD_STORE_WRITE))
		return VIX_OK;
	err = vd_table_writes_open(&te->base, &te->tables, te->writes_ops, end, te->is_unclean);
	if (err != VIX_OK)
		vd_grain_tables_close(&te->tables);
	return err;
}

void vd_table_extent_close(struct vd_extent *ex)
{
	vd_table_writes_close(tables_of(ex));
	vd_grain_tables_close(tables_of(ex));
}

VixError vd_table_extent_map(struct vd_extent *ex, uint64_t sector, uint64_t count,
			     struct vd_map *m_out)
{
	return vd_grain_tables_map(tables_of(ex), sector, count, m_out);
}

VixError vd_table_extent_alloc(struct vd_extent *ex, uint64_t sector, uint64_t count,
			       struct vd_map *m_out)
{
	return vd_table_writes_alloc(tables_of(ex), sector, count, m_out);
}

void vd_table_extent_commit(struct vd_extent *ex, uint64_t sector, const struct vd_map *m)
{
	vd_table_writes_commit(tables_of(ex), sector, m);
}

VixError vd_table_extent_zero(struct vd_extent *ex, uint64_t sector, uint64_t count,
			      uint64_t *done_out)
{
	return vd_table_writes_zero(tables_of(ex), sector, count, done_out);
}

struct vd_grain_tables *vd_table_extent_tables(struct vd_extent *ex)
{
	return tables_of(ex);
}

VixError vd_table_extent_flush(struct vd_extent *ex)
{
	return vd_table_writes_flush(tables_of(ex));
}

static struct vd_table_check make_check(struct vd_table_extent *te, struct vd_report *r)
{
	return (struct vd_table_check){
		.ex = &te->base,
		.t = &te->tables,
		.report = r,
		.ops = te->writes_ops,
		.capacity = te->capacity,
		.min_end = te->min_end,
		.has_slack = te->has_slack,
		.is_unclean = te->is_unclean,
	};
}

VixError vd_table_extent_settle(struct vd_extent *ex)
{
	struct vd_table_check c = make_check(vd_table_extent_of(ex), NULL);

	return vd_table_settle(&c, &vd_table_extent_of(ex)->is_unclean);
}

VixError vd_table_extent_check_to(struct vd_extent *ex, struct vd_report *r, uint64_t *end_out)
{
	struct vd_table_check c = make_check(vd_table_extent_of(ex), r);
	VixError err = vd_table_check(&c);

	*end_out = c.end;
	return err;
}

VixError vd_table_extent_check(struct vd_extent *ex, struct vd_report *r)
{
	uint64_t end;

	return vd_table_extent_check_to(ex, r, &end);
}
