/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One disk at a time, opened as a chain from files in memory, or in a directory of its own where
 * it matters that two names can be one file.
 *
 *	tcase_add_checked_fixture(tc, opened_setup, opened_teardown);
 *	...
 *	memstore_add("/d/a.vmdk", text, strlen(text));
 *	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_OK);
 *	vd_disk_read(disk, …);
 */
#ifndef OPENED_H
#define OPENED_H

#include <check.h>

#include "../../libvdisk/disk-chain.h"
#include "memstore.h"
#include "said.h"
#include "tmpdir.h"

static struct vd_disk *disk; /* the last one that was opened */

static inline void opened_setup(void)
{
	tmpdir_make();
	said_start();
	disk = NULL;
}

static inline void opened_teardown(void)
{
	vd_disk_close(disk);
	ck_assert_uint_eq(memstore_n_open(), 0);
	memstore_reset();
	said_stop();
	tmpdir_remove();
}

static inline VixError open_with(const struct vd_store_ops *store, const char *path, unsigned flags)
{
	VixError err;

	vd_disk_close(disk);
	err = vd_chain_open(store, path, flags, &disk);
	ck_assert((err == VIX_OK) == (disk != NULL));
	return err;
}

static inline VixError open_mem(const char *path)
{
	return open_with(&memstore_ops, path, 0);
}

#endif
