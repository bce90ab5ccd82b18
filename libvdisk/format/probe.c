/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which format a file has, and the table of all formats that are built in.
 */
#include "config.h"

#include "format.h"

static const struct vd_format_ops *const formats[] = {
#define FORMAT(name) &vd_format_##name,
#include "../drivers.def"
};

const struct vd_format_ops *vd_format_probe(const struct vd_probe *p)
{
	const struct vd_format_ops *best = NULL;
	int best_score = 0;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		int score = formats[i]->score != NULL ? formats[i]->score(p) : 0;

		if (score > best_score) {
			best = formats[i];
			best_score = score;
		}
	}
	return best;
}
