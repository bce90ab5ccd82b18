/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk in memory with zeros and holes between its data, for the tests of reading:
 *
 *	img = mk_build(&spec);		a spec of this capacity, descriptor and kind
 *	somedisk_open();
 */
#ifndef SOMEDISK_H
#define SOMEDISK_H

#include <check.h>

#include "../../libvdisk/disk-chain.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"

#define CAPACITY 40000u /* sectors: 312 whole grains and a half */
#define GRAIN    128u
#define PATH     "s.vmdk"

#define SOMEDISK_DESCRIPTOR "CID=1\nRW 40000 SPARSE \"" PATH "\"\n"

static struct vd_disk *disk;
static struct mk_image img;

static inline enum mk_kind somedisk_kind(uint64_t grain)
{
	return grain % 17 == 5 ? MK_ZERO : grain % 17 == 6 ? MK_ABSENT : MK_DATA;
}

static inline void somedisk_open(void)
{
	memstore_add(PATH, img.bytes, img.len);
	ck_assert_msg(vd_chain_open(&memstore_ops, PATH, 0, &disk) == VIX_OK, "%s", said_text);
}

static inline void somedisk_teardown(void)
{
	vd_disk_close(disk);
	disk = NULL;
	mk_free(&img);
	ck_assert_uint_eq(memstore_n_open(), 0);
	memstore_reset();
	said_stop();
}

#endif
