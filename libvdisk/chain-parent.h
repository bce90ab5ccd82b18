/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parent of a link: where it is looked for, and what will do.
 */
#ifndef VD_CHAIN_PARENT_H
#define VD_CHAIN_PARENT_H

#include "disk-chain.h"

/* Where the files of a chain are, and how they are opened. */
struct vd_chain_source {
	const struct vd_store_ops *store;
	unsigned flags;            /* enum vd_chain_flags */
	const char *const *listed; /* the files, newest first; NULL: hints lead to parents */
	size_t n_listed;
};

/** vd_chain_store_mode() - enum vd_store_mode for the files of links; @flags: enum vd_chain_flags */
unsigned vd_chain_store_mode(unsigned flags);

/**
 * vd_chain_find_parent() - open the parent of the link that was opened last
 * @chain:  so far, newest link first
 * @ln_out: filled; vd_link_close().  Never open for writing.
 *
 * Errors: DISK_OPENPARENT, DISK_CID_MISMATCH, DISK_INVALIDCHAIN as vd_chain_open() and
 *         vd_chain_open_listed() tell; those of vd_store_open() and vd_link_open()
 */
VixError vd_chain_find_parent(struct vd_chain *chain, const struct vd_chain_source *src,
			      struct vd_link **ln_out);

/**
 * vd_chain_parent_places() - where the parent of @child is looked for
 * @places_out: filled: paths, each with its NUL, and one NUL more; for free()
 * @len_out:    filled: bytes, with all NULs
 *
 * Errors: OUT_OF_MEMORY
 */
VixError vd_chain_parent_places(const struct vd_link *child, const struct vd_chain_source *src,
				char **places_out, size_t *len_out);

#endif
