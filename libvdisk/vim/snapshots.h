/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of a virtual machine: its server tells of them, makes and removes them.
 */
#ifndef VIM_SNAPSHOTS_H
#define VIM_SNAPSHOTS_H

#include "task.h"
#include "vixDiskLibExt.h"

/**
 * vim_snapshots_lookup() - ask for the snapshots of a machine
 * @list_out: filled: @n_out elements, each before its children; vu_proglist_free()
 *
 * Errors: those of vim_session_call() and vim_props_need()
 */
VixError vim_snapshots_lookup(struct vim_session *s, struct vim_ref vm,
			      VixDiskLibSnapshot **list_out, size_t *n_out);

/* How to make or remove one; strings are borrowed for the call. */
struct vim_snapshot_how {
	const char *name, *description; /* of a new one */
	bool is_quiesced;               /* the guest makes its file systems ready */
	bool has_memory;                /* of the machine, if it is on */
	bool with_children;             /* remove those that were made since, too */
	vim_task_fn *fn;                /* as of struct vim_task */
	void *ctx;                      /* of it */
};

/**
 * vim_snapshot_create() - make a snapshot
 * @moref_out: filled: its reference, for free()
 *
 * Waits for an hour at most: what is quiesced may take a quarter of that, and memory is written out.
 * Errors: those of vim_task_run(); NET_HTTP_TRANSFER  the server does not say which it is (logged)
 * Test:   unit/snapshots.c, api/server.c
 */
VixError vim_snapshot_create(struct vim_session *s, struct vim_ref vm,
			     const struct vim_snapshot_how *how, char **moref_out);

/**
 * vim_snapshot_remove() - remove a snapshot
 * @moref: its reference
 *
 * What was written since is merged into older files, which takes hours for large disks: waits for a
 * day at most.
 * Errors: OBJECT_NOT_FOUND  @vm has no such snapshot (logged); those of vim_task_run() and
 *         vim_snapshots_lookup()
 * Test:   unit/snapshots.c, api/server.c
 */
VixError vim_snapshot_remove(struct vim_session *s, struct vim_ref vm, const char *moref,
			     const struct vim_snapshot_how *how);

#endif
