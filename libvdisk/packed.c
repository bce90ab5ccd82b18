/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compressed grains of one request; see packed.h.
 */
#include "config.h"

#include "packed.h"

#include "../common/cleanup.h"
#include "../common/log.h"
#include "format/workers.h"

void vd_packed_init(struct vd_packed_batch *b)
{
	b->n = 0;
	b->n_seen = 0;
}

VixError vd_packed_add(struct vd_packed_batch *b, struct vd_extent *ex, const struct vd_map *m,
		       uint64_t sector, void *to)
{
	if (b->n == VD_PACKED_BATCH)
		VD_TRY(vd_packed_finish(b, true));
	b->v[b->n++] = (struct vd_packed_piece){ .ex = ex, .m = *m, .sector = sector, .to = to };
	b->n_seen++;
	return VIX_OK;
}

/* On any thread. */
static void read_silently(void *ctx, size_t i)
{
	struct vd_packed_piece *p = &((struct vd_packed_batch *)ctx)->v[i];

	vu_log_hush();
	p->err = vd_extent_read_packed(p->ex, &p->m, p->sector, p->m.sectors, p->to);
	vu_log_unhush();
}

static VixError read_shared(struct vd_packed_batch *b, size_t n)
{
	struct vd_job job = {
		.fn = read_silently,
		.ctx = b,
		.n = n,
		.helpers = vd_workers_cpus() - 1,
	};

	vd_job_start(&job);
	vd_job_finish(&job);
	for (size_t i = 0; i < n; i++)
		VD_TRY(b->v[i].err);
	return VIX_OK;
}

VixError vd_packed_finish(struct vd_packed_batch *b, bool is_shared)
{
	size_t n = b->n;

	b->n = 0;
	if (is_shared && n > 1 && vd_workers_cpus() > 1)
		return read_shared(b, n);
	for (size_t i = 0; i < n; i++) {
		read_silently(b, i);
		VD_TRY(b->v[i].err);
	}
	return VIX_OK;
}

void vd_packed_read_ahead(const struct vd_packed_batch *b)
{
	const struct vd_packed_piece *last = &b->v[b->n - 1];

	vd_extent_read_ahead(last->ex, last->sector + last->m.sectors);
}
