/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/grow.c, format/grow.c, table-grow.c: a disk keeps what it has when it is made larger, and
 * what comes is zeros; whatever fails, and whenever the power does, it has its old size or its new
 * one, and a check finds nothing that it can't mend.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/check.h"
#include "../../libvdisk/create.h"
#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/geometry.h"
#include "../../libvdisk/grow.h"
#include "bytes.h"
#include "cleanup.h"
#include "crashstore.h"
#include "memstore.h"
#include "said.h"

#define SECTOR 512u
#define PATH   "d.vmdk"
#define NEAR   300u /* sectors at each place that is looked at */
#define PARTS  VD_CREATE_SPLIT_SECTORS
#define FILES  3
#define MANY   UINT32_C(1000000)

static const struct kind {
	const char *name;
	VixDiskLibDiskType type;
	uint64_t was, is; /* sectors */
	const char *files[FILES];
	const char *new_file;
} kinds[] = {
	{ "sparse, in its last table",
	  VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
	  200003,
	  250001,
	  { PATH },
	  NULL },
	{ "sparse, more tables",
	  VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
	  200003,
	  1000001,
	  { PATH },
	  NULL },
	{ "sparse, another directory",
	  VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
	  200003,
	  9000001,
	  { PATH },
	  NULL },
	{ "flat", VIXDISKLIB_DISK_MONOLITHIC_FLAT, 2000, 5003, { PATH, "d-flat.vmdk" }, NULL },
	{ "thin", VIXDISKLIB_DISK_VMFS_THIN, 2000, 5003, { PATH, "d-flat.vmdk" }, NULL },
	{ "ESX", VIXDISKLIB_DISK_VMFS_SPARSE, 2000, 5003, { PATH, "d-delta.vmdk" }, NULL },
	{ "ESX, another directory",
	  VIXDISKLIB_DISK_VMFS_SPARSE,
	  2000,
	  600001,
	  { PATH, "d-delta.vmdk" },
	  NULL },
	{ "split, one part",
	  VIXDISKLIB_DISK_SPLIT_SPARSE,
	  200003,
	  300001,
	  { PATH, "d-s001.vmdk" },
	  NULL },
	{ "split flat", VIXDISKLIB_DISK_SPLIT_FLAT, 2000, 5003, { PATH, "d-f001.vmdk" }, NULL },
	/* behind these: new files, which crashstore does not know */
	{ "split, a new part",
	  VIXDISKLIB_DISK_SPLIT_SPARSE,
	  4000003,
	  PARTS + 5003,
	  { PATH, "d-s001.vmdk" },
	  "d-s002.vmdk" },
	{ "split, only a new part",
	  VIXDISKLIB_DISK_SPLIT_SPARSE,
	  PARTS,
	  PARTS + 1,
	  { PATH, "d-s001.vmdk" },
	  "d-s002.vmdk" },
};
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))
#define N_SAME  (N_KINDS - 2) /* of them: those that keep their files */

static void setup(void)
{
	said_start();
}

static void teardown(void)
{
	memstore_fail_change(0, VIX_OK, 0, 0);
	crashstore_free();
	memstore_reset();
	said_stop();
}

/* The disk. */

/* Where something is written: at the begin, in the middle, and up to the end. */
static uint64_t place(const struct kind *k, unsigned i)
{
	return i == 0 ? 0 : i == 1 ? k->was / 2 : k->was - NEAR;
}

static void fill(unsigned char *buf, uint64_t sector, uint64_t count)
{
	for (uint64_t i = 0; i < count * SECTOR; i += 8)
		vu_put_le64(buf + i, sector + i / SECTOR + 1);
}

static void make_disk(const struct kind *k)
{
	static unsigned char buf[NEAR * SECTOR];
	const struct vd_disk_spec spec = {
		.type = k->type,
		.capacity = k->was,
		.adapter = "lsilogic",
		.hw_version = 4,
		.logical_sector_size = 512,
		.physical_sector_size = 512,
	};
	struct vd_disk *d;

	ck_assert_uint_eq(vd_create(&memstore_ops, PATH, &spec, NULL), VIX_OK);
	ck_assert_uint_eq(vd_chain_open(&memstore_ops, PATH, VD_CHAIN_WRITE, &d), VIX_OK);
	for (unsigned i = 0; i < 3; i++) {
		fill(buf, place(k, i), NEAR);
		ck_assert_uint_eq(vd_disk_write(d, place(k, i), NEAR, buf), VIX_OK);
	}
	vd_disk_close(d);
}

static VixError grow_to(uint64_t capacity, VixDiskLibProgressFunc fn, void *data)
{
	const struct vd_grow_job job = {
		.path = PATH,
		.capacity = capacity,
		.update_geometry = true,
		.fn = fn,
		.data = data,
	};

	return vd_grow(&memstore_ops, &job);
}

static VixError grow(const struct kind *k)
{
	return grow_to(k->is, NULL, NULL);
}

static void expect_bytes(struct vd_disk *d, uint64_t sector, bool is_written, const char *what)
{
	static unsigned char want[NEAR * SECTOR], got[NEAR * SECTOR];
	uint64_t n = vu_min(NEAR, d->capacity - sector);

	memset(want, 0, sizeof(want));
	if (is_written)
		fill(want, sector, n);
	ck_assert_msg(vd_disk_read(d, sector, n, got) == VIX_OK, "%s: sector %u can't be read",
		      what, (unsigned)sector);
	ck_assert_msg(memcmp(got, want, n * SECTOR) == 0, "%s: sector %u and on", what,
		      (unsigned)sector);
}

/* What was written is there and nothing else; it has one of the two sizes.  Return: the new one. */
static bool check_disk(const struct kind *k, const char *what)
{
	struct vd_disk *d;
	VixError err = vd_chain_open(&memstore_ops, PATH, 0, &d);
	bool is_new;

	ck_assert_msg(err == VIX_OK, "%s: open gave %u: %s", what, (unsigned)err, said_text);
	is_new = d->capacity == k->is;
	ck_assert_msg(is_new || d->capacity == k->was, "%s: %u sectors", what,
		      (unsigned)d->capacity);
	for (unsigned i = 0; i < 3; i++)
		expect_bytes(d, place(k, i), true, what);
	expect_bytes(d, NEAR, false, what);
	if (is_new) {
		expect_bytes(d, k->was, false, what);
		expect_bytes(d, k->was + (k->is - k->was) / 2, false, what);
		expect_bytes(d, k->is - 1, false, what);
	}
	vd_disk_close(d);
	ck_assert_uint_eq(memstore_n_open(), 0);
	return is_new;
}

/* Mends the disk; after that it must be sound, and as it was. */
static void mend(const struct kind *k, bool was_new, const char *what)
{
	for (unsigned i = 0; i < 2; i++) {
		struct vd_report r = { .repair = i == 0 };
		VixError err = vd_check_and_mend(&memstore_ops, PATH, 0, &r);

		if (err == VIX_OK)
			err = vd_report_result(&r);
		ck_assert_msg(err == VIX_OK && (r.repair || r.damages + r.leaks == 0),
			      "%s: check gave %u: %s", what, (unsigned)err,
			      r.problems.n != 0 ? r.problems.v[0].what : "");
		vd_report_free(&r);
	}
	ck_assert_msg(check_disk(k, what) == was_new, "%s: mending changed its size", what);
	if (k->type == VIXDISKLIB_DISK_MONOLITHIC_SPARSE)
		ck_assert_msg(vu_le64(memstore_bytes(PATH) + 28) == 1, "%s: the descriptor", what);
}

static void expect_writable(const struct kind *k, const char *what)
{
	unsigned char buf[SECTOR], got[SECTOR];
	struct vd_disk *d;

	fill(buf, 77, 1);
	ck_assert_uint_eq(vd_chain_open(&memstore_ops, PATH, VD_CHAIN_WRITE, &d), VIX_OK);
	ck_assert_msg(vd_disk_write(d, k->is - 1, 1, buf) == VIX_OK, "%s: write", what);
	ck_assert_uint_eq(vd_disk_read(d, k->is - 1, 1, got), VIX_OK);
	ck_assert_mem_eq(buf, got, SECTOR);
	vd_disk_close(d);
}

static void expect_names(const struct kind *k, bool is_new)
{
	VU_AUTO(free) char *got = memstore_list();
	char want[100] = "";
	const char *names[] = { k->files[1], is_new ? k->new_file : NULL, PATH };

	for (unsigned i = 0; i < 3; i++) {
		if (names[i] != NULL)
			strcat(strcat(want, names[i]), " ");
	}
	ck_assert_str_eq(got, want);
}

/* Growing. */

START_TEST(a_larger_disk_has_what_it_had_and_zeros)
{
	const struct kind *k = &kinds[_i];

	make_disk(k);
	ck_assert_uint_eq(grow(k), VIX_OK);
	ck_assert(said_nothing());
	ck_assert(check_disk(k, k->name));
	expect_names(k, true);
	mend(k, true, k->name);
	expect_writable(k, k->name);
	ck_assert_uint_eq(grow_to(k->is + 2001, NULL, NULL), VIX_OK);
	ck_assert(said_nothing());
}
END_TEST

/* The content ID tells of content; geometry is told anew where that is wished for. */
START_TEST(the_descriptor_changes_where_it_must)
{
	const struct kind *k = &kinds[_i];
	VU_AUTO(free) char *before = NULL;
	struct vd_disk *d;
	const struct vd_descriptor *desc;

	make_disk(k);
	ck_assert_uint_eq(vd_chain_open(&memstore_ops, PATH, 0, &d), VIX_OK);
	desc = vd_chain_newest((struct vd_chain *)d)->desc;
	before = strdup(vu_dict_get(&desc->ddb, "longContentID"));
	vd_disk_close(d);
	ck_assert_uint_eq(grow(k), VIX_OK);
	ck_assert_uint_eq(vd_chain_open(&memstore_ops, PATH, 0, &d), VIX_OK);
	desc = vd_chain_newest((struct vd_chain *)d)->desc;
	ck_assert_str_eq(vu_dict_get(&desc->ddb, "longContentID"), before);
	ck_assert_uint_eq(desc->capacity, k->is);
	ck_assert_uint_eq(strtoul(vu_dict_get(&desc->ddb, "geometry.cylinders"), NULL, 10),
			  vd_geometry_default(k->is, VIXDISKLIB_ADAPTER_SCSI_LSILOGIC).cylinders);
	vd_disk_close(d);
}
END_TEST

START_TEST(a_crash_leaves_the_old_disk_or_the_new_one)
{
	const struct kind *k = &kinds[_i];
	unsigned n_new = 0;
	char what[100];

	make_disk(k);
	crashstore_record(k->files, k->files[1] != NULL ? 2 : 1);
	ck_assert_uint_eq(grow(k), VIX_OK);
	crashstore_stop();
	for (size_t n = 0; n <= crashstore_events(); n++) {
		for (unsigned i = 0; i < 4; i++) {
			bool is_new;

			snprintf(what, sizeof(what), "%s, crash after %zu events, fate %u", k->name,
				 n, i);
			crashstore_crash(n, vu_min(i, CRASH_KEEPS_SOME), n * 10 + i);
			is_new = check_disk(k, what);
			n_new += is_new;
			mend(k, is_new, what);
			if (!is_new && i == 2)
				ck_assert_msg(grow(k) == VIX_OK && check_disk(k, what), "%s: again",
					      what);
		}
	}
	ck_assert_uint_gt(n_new, 0);
}
END_TEST

/* Failing. */

static struct {
	const char *path;
	size_t len;
} sizes[FILES];

static void note_sizes(const struct kind *k)
{
	for (unsigned i = 0; i < FILES && k->files[i] != NULL; i++) {
		sizes[i].path = k->files[i];
		sizes[i].len = memstore_len(k->files[i]);
	}
}

/* What each change was when nothing failed. */
static struct {
	enum memstore_change what[200];
	unsigned n;
} changes;

static void note_change(void *ctx, enum memstore_change what, const char *path, const void *buf,
			size_t len, uint64_t off)
{
	(void)ctx;
	(void)path;
	(void)buf;
	(void)len;
	(void)off;
	ck_assert_uint_lt(changes.n, 200);
	changes.what[changes.n++] = what;
}

static bool is_flush(unsigned n)
{
	return changes.what[n - 1] == MEMSTORE_FLUSH || changes.what[n - 1] == MEMSTORE_SYNC;
}

static void note_changes(const struct kind *k)
{
	make_disk(k);
	changes.n = 0;
	memstore_watch(note_change, NULL);
	ck_assert_uint_eq(grow(k), VIX_OK);
	memstore_watch(NULL, NULL);
}

/* After a flush that failed the host has to be asked what is durable: nothing is taken back then. */
START_TEST(whatever_fails_all_files_are_as_they_were)
{
	const struct kind *k = &kinds[_i];
	char what[100];

	note_changes(k);
	for (unsigned n = 1; n <= changes.n; n++) {
		bool is_new;
		VixError err;

		teardown();
		setup();
		make_disk(k);
		note_sizes(k);
		memstore_fail_change(n, VIX_E_DISK_FULL, 1, n % 2 * 512);
		err = grow(k);
		memstore_fail_change(0, VIX_OK, 0, 0);
		snprintf(what, sizeof(what), "%s, change %u", k->name, n);
		is_new = check_disk(k, what);
		if (err == VIX_OK) { /* only what tidies up may fail unnoticed */
			ck_assert_msg(is_new, "%s: the size", what);
			continue;
		}
		ck_assert_msg(err == VIX_E_DISK_FULL, "%s: %u", what, (unsigned)err);
		ck_assert_msg(!is_new || is_flush(n), "%s: the new one", what);
		for (unsigned i = 0; i < FILES && sizes[i].path != NULL && !is_flush(n); i++)
			ck_assert_msg(memstore_len(sizes[i].path) == sizes[i].len, "%s: %s", what,
				      sizes[i].path);
		expect_names(k, is_new);
		mend(k, is_new, what);
	}
}
END_TEST

START_TEST(after_a_kill_the_disk_can_be_made_larger_again)
{
	const struct kind *k = &kinds[_i];
	char what[100];

	note_changes(k);
	for (unsigned n = 1; n <= changes.n; n++) {
		teardown();
		setup();
		make_disk(k);
		memstore_fail_change(n, VIX_E_FILE_ERROR, MANY, 512);
		grow(k);
		memstore_fail_change(0, VIX_OK, 0, 0);
		snprintf(what, sizeof(what), "%s, killed at change %u", k->name, n);
		if (!check_disk(k, what))
			ck_assert_msg(grow(k) == VIX_OK, "%s: again", what);
		ck_assert(check_disk(k, what));
		vd_newfiles_recover(&memstore_ops, PATH);
		expect_names(k, true);
	}
}
END_TEST

/* Cancelling. */

struct asked {
	int n, cancel_at;
	int last;
};

static Bool ask(void *data, int percent)
{
	struct asked *a = data;

	a->last = percent;
	return ++a->n != a->cancel_at;
}

START_TEST(who_cancels_gets_the_old_disk)
{
	const struct kind *k = &kinds[_i];
	struct asked all = { 0 };

	make_disk(k);
	ck_assert_uint_eq(grow_to(k->is, ask, &all), VIX_OK);
	ck_assert_int_eq(all.last, 100);
	for (int n = 2; n < all.n; n++) { /* the first answer only shows that it has answers */
		struct asked a = { .cancel_at = n };

		teardown();
		setup();
		make_disk(k);
		note_sizes(k);
		ck_assert_uint_eq(grow_to(k->is, ask, &a), VIX_E_CANCELLED);
		ck_assert_int_lt(a.last, 100);
		ck_assert(!check_disk(k, k->name));
		expect_names(k, false);
		for (unsigned i = 0; i < FILES && sizes[i].path != NULL; i++)
			ck_assert_uint_eq(memstore_len(sizes[i].path), sizes[i].len);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grow");
	TCase *tc = unit_tcase(s, "grow");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_larger_disk_has_what_it_had_and_zeros, 0, N_KINDS);
	tcase_add_loop_test(tc, the_descriptor_changes_where_it_must, 0, N_KINDS);
	tcase_add_loop_test(tc, a_crash_leaves_the_old_disk_or_the_new_one, 0, N_SAME);
	tcase_add_loop_test(tc, whatever_fails_all_files_are_as_they_were, 0, N_KINDS);
	tcase_add_loop_test(tc, after_a_kill_the_disk_can_be_made_larger_again, 0, N_KINDS);
	tcase_add_loop_test(tc, who_cancels_gets_the_old_disk, 0, N_KINDS);
	return unit_run(s);
}
