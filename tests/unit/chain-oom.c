/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chains without memory: each allocation of opening one fails in turn, and nothing is left behind.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "oom.h"
#include "said.h"

static void teardown(void)
{
	ck_assert_uint_eq(memstore_n_open(), 0);
	memstore_reset();
	said_stop();
}

static void add_text(const char *path, const char *text)
{
	memstore_add(path, text, strlen(text));
}

/* A base of several extents, a sparse link with its descriptor inside, and a child of that. */
static void add_chain(void)
{
	static const char sectors[8 * 512];
	static const struct mk_spec spec = {
		.capacity = 100,
		.grain = 8,
		.descriptor = "CID=2\nparentCID=1\nparentFileNameHint=\"D:\\vm\\a.vmdk\"\n"
			      "RW 100 SPARSE \"b\"\nddb.uuid = \"60 00\"\n",
	};
	struct mk_image img = mk_build(&spec);

	memstore_add("/d/../vm/x.bin", sectors, sizeof(sectors));
	memstore_add("/d/b.vmdk", img.bytes, img.len);
	mk_free(&img);
	add_text("/d/../vm/a.vmdk", "version=1\nCID=1\nRW 8 FLAT \"x.bin\" 0\nRW 4 ZERO\n");
	add_text("/d/c.vmdk", "version=1\nCID=3\nparentCID=2\nparentFileNameHint=\"b.vmdk\"\n"
			      "RW 100 ZERO\nddb.adapterType = \"ide\"\n");
}

/* How many allocations there are until the outcome is @wanted, failing each of them once. */
static unsigned count_failures(const char *path, VixError wanted)
{
	VixError err;
	unsigned n = 0;

	do {
		struct vd_disk *disk;

		oom_countdown = ++n;
		err = vd_chain_open(&memstore_ops, path, 0, &disk);
		oom_countdown = 0;
		ck_assert((err == VIX_OK) == (disk != NULL));
		vd_disk_close(disk);
		ck_assert_uint_eq(memstore_n_open(), 0);
		ck_assert_uint_lt(n, 1000);
		ck_assert_msg(err == wanted || err == VIX_E_OUT_OF_MEMORY, "%u: %u", n,
			      (unsigned)err);
	} while (err == VIX_E_OUT_OF_MEMORY);
	return n - 1;
}

START_TEST(opening_a_chain_reports_each_failing_allocation)
{
	add_chain();
	/* More than three links, two descriptors' texts, six keys with their values. */
	ck_assert_uint_ge(count_failures("/d/c.vmdk", VIX_OK), 40);
}
END_TEST

START_TEST(so_does_opening_a_raw_disk)
{
	static const char sectors[8 * 512];

	memstore_add("/d/disk.img", sectors, sizeof(sectors));
	ck_assert_uint_ge(count_failures("/d/disk.img", VIX_OK), 6);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain-oom");
	TCase *tc = unit_tcase(s, "oom");

	tcase_add_checked_fixture(tc, said_start, teardown);
	tcase_add_test(tc, opening_a_chain_reports_each_failing_allocation);
	tcase_add_test(tc, so_does_opening_a_raw_disk);
	return unit_run(s);
}
