/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a chain is broken, and how to mend it.
 */
#ifndef VDT_CHAIN_EXPLAIN_H
#define VDT_CHAIN_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "disklib.h"

/* Where a parent that is missing may be. */
struct vdt_chain_search {
	const char *dirs[16];
	size_t n;
};

/** vdt_take_search() - for VDT_OPT_TAKE: one more directory */
bool vdt_take_search(const char *dir, void *search);

/**
 * vdt_chain_explain() - say for each link with a problem what it is, and what to do
 *
 * Return: VDT_OK where there is none, else the exit code of the first.
 */
enum vdt_exit vdt_chain_explain(const struct vdt_disklib *lib, const VixDiskLibLink *links,
				size_t n, const struct vdt_chain_search *search);

#endif
