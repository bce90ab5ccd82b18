/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answers of ListLinks and QueryMap: a chain as programs see it.
 */
#ifndef VD_LINKLIST_H
#define VD_LINKLIST_H

#include "disk.h"
#include "store/store.h"

/**
 * vd_linklist_new() - the links of a disk, as far down as they go
 * @flags:     of the chain
 * @links_out: filled: @n_out elements, for vd_linklist_free()
 *
 * Errors: those of vd_chain_survey()
 */
VixError vd_linklist_new(const struct vd_store_ops *store, const char *path, unsigned flags,
			 VixDiskLibLink **links_out, size_t *n_out);

/** vd_linklist_free() - NULL is fine */
void vd_linklist_free(VixDiskLibLink *links);

/**
 * vd_maplist_new() - what there is in the first runs of a range
 * @runs_out: filled: @n_out elements, VIXDISKLIB_MAP_RUNS_MAX at most, for free()
 *
 * Errors: those of vd_disk_map(); OUT_OF_MEMORY
 */
VixError vd_maplist_new(struct vd_disk *d, uint64_t sector, uint64_t count,
			VixDiskLibMapRun **runs_out, size_t *n_out);

#endif
