/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that the extents of one link lie in, while it is opened: each is open once, however
 * many extents name it and under whatever names.
 */
#ifndef VD_LINK_FILES_H
#define VD_LINK_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct vd_link_files {
	const struct vd_store_ops *store;
	const char *beside; /* path of the descriptor */
	bool anywhere;      /* files outside of its directory are welcome */

	struct vd_store **table; /* by identity; NULL: free */
	size_t n, cap;           /* cap is 0 or a power of two */
	struct vd_store *last;   /* of the line before */
};

/**
 * vd_link_files_open() - the file of an extent
 * @name: as the descriptor has it
 * @mode: enum vd_store_mode
 * @st_out: filled; vd_store_close()
 *
 * Errors: those of vd_store_open_inside(); FILE_ACCESS_ERROR for a @name that leads outside,
 *         FILE_NOT_FOUND, which alone is the caller's to report
 */
VixError vd_link_files_open(struct vd_link_files *f, const char *name, unsigned mode,
			    struct vd_store **st_out);

/** vd_link_files_free() - give them all up; those who were given one keep it */
void vd_link_files_free(struct vd_link_files *f);

#endif
