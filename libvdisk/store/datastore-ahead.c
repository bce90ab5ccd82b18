/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which part of a file a reader is going to want next; see datastore-ahead.h.
 */
#include "config.h"

#include "datastore-ahead.h"

#include "../../common/bytes.h"

void vd_ahead_limit_init(struct vd_ahead_limit *limit)
{
	*limit = (struct vd_ahead_limit){ .bytes = VD_AHEAD_MAX };
}

void vd_ahead_limit_note(struct vd_ahead_limit *limit, bool is_busy)
{
	if (is_busy) {
		limit->bytes = vu_max(limit->bytes / 2, VD_AHEAD_MIN);
		limit->n_good = 0;
	} else if (++limit->n_good >= VD_AHEAD_GOOD) {
		limit->bytes = vu_min(limit->bytes * 2, VD_AHEAD_MAX);
		limit->n_good = 0;
	}
}

bool vd_reader_is_in_order(const struct vd_reader *r)
{
	return r->hits >= VD_AHEAD_HITS;
}

/* Goes on from where it was, or near that. */
static bool is_near(const struct vd_reader *r, uint64_t off)
{
	return off <= r->at ? r->at - off <= VD_AHEAD_NEAR : off - r->at <= VD_AHEAD_NEAR;
}

/* Does it still have half of a window before it? */
static bool has_enough(const struct vd_reader *r)
{
	return r->until > r->at && r->until - r->at > r->window / 2;
}

uint64_t vd_reader_note(struct vd_reader *r, uint64_t off, uint64_t len, uint64_t limit,
			uint64_t size, uint64_t *off_out)
{
	uint64_t end;

	if (!is_near(r, off))
		*r = (struct vd_reader){ .at = off };
	else if (off + len > r->at)
		r->hits++;
	r->at = vu_max(r->at, off + len);
	*off_out = r->until = vu_max(r->until, r->at);
	if (!vd_reader_is_in_order(r) || has_enough(r))
		return 0;
	r->window = vu_min(vu_max(2 * r->window, VD_AHEAD_FIRST), limit);
	end = vu_min(r->at + r->window, size);
	if (end <= r->until)
		return 0;
	r->until = end;
	return end - *off_out;
}
