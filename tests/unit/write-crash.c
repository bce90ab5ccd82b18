/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing a disk while the power fails, the process is killed, or the host refuses to write: at
 * each moment, what was flushed is there, and each other sector is one that was written or the one
 * before.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/check.h"
#include "../../libvdisk/disk-chain.h"
#include "bytes.h"
#include "crashstore.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"

#define SECTOR   512u
#define GRAIN    8u
#define GTES     64u
#define CAPACITY 1300u /* three tables; the last grain is not whole */
#define OPS      24u
#define LONGEST  150u

/* What is done to the disk.  Each sector of a write is filled with its tag; 0: zeros. */
struct op {
	size_t begin, end; /* events before it, events when it returned */
	bool is_flush, has_failed;
	uint64_t sector, count, tag;
};

static struct op ops[OPS + 2];
static unsigned n_ops;
static uint64_t originally[CAPACITY]; /* tags */
static uint64_t seed;

/* The disks. */

static const char base_text[] = "version=1\nCID=00000001\nparentCID=ffffffff\n"
				"RW 1300 SPARSE \"disk.vmdk\"\n"
				"ddb.longContentID = \"0123456700000001\"\n";
static const char child_text[] = "version=1\nCID=00000001\nparentCID=00000002\n"
				 "parentFileNameHint=\"parent.vmdk\"\n"
				 "RW 1300 SPARSE \"disk.vmdk\"\n";
static const char split_text[] = "version=1\nCID=00000001\nparentCID=ffffffff\n"
				 "RW 503 SPARSE \"a.vmdk\"\nRW 797 SPARSE \"b.vmdk\"\n";
static const char esx_text[] = "version=1\nCID=00000001\nparentCID=00000002\n"
			       "parentFileNameHint=\"parent.vmdk\"\n"
			       "RW 1300 VMFSSPARSE \"a.vmdk\"\n";
static const char parent_text[] = "version=1\nCID=00000002\nparentCID=ffffffff\n"
				  "RW 1300 FLAT \"flat.vmdk\" 0\n";

struct disk_kind {
	const char *name;
	const char *text; /* of disk.vmdk */
	bool has_no_empty_tables;
	const char *files[3];
	void (*make)(const struct disk_kind *k);
};

static uint64_t draw(uint64_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % n;
}

static enum mk_kind absent_or_data(uint64_t grain)
{
	return grain % 5 == 1 || (grain > 40 && grain < 60) ? MK_DATA : MK_ABSENT;
}

static enum mk_kind all_absent(uint64_t grain)
{
	(void)grain;
	return MK_ABSENT;
}

static enum mk_kind some_zeros(uint64_t grain)
{
	return grain % 7 == 3 ? MK_ZERO : absent_or_data(grain);
}

static void add_sparse(const struct disk_kind *k, const char *path, uint64_t first, uint64_t count,
		       const char *text, bool has_zeros)
{
	struct mk_spec spec = {
		.layout = MK_SPARSE,
		.capacity = count,
		.grain = GRAIN,
		.gtes = GTES,
		.descriptor = text,
		.kind = has_zeros ? some_zeros : absent_or_data,
		.has_no_empty_tables = k->has_no_empty_tables,
	};
	unsigned char *guest = calloc(count, SECTOR);
	struct mk_image img;

	for (uint64_t s = 0; s < count; s++) {
		enum mk_kind kind = spec.kind(s / GRAIN);

		if (kind == MK_DATA)
			originally[first + s] = first + s + 1;
		if (kind == MK_ZERO)
			originally[first + s] = 0;
		for (unsigned i = 0; i < SECTOR / 8; i++)
			vu_put_le64(guest + s * SECTOR + 8 * i, first + s + 1);
	}
	spec.guest = guest;
	img = mk_build(&spec);
	if (has_zeros)
		vu_put_le32(img.bytes + 8, 7);
	memstore_add(path, img.bytes, img.len);
	mk_free(&img);
	free(guest);
}

static void make_sparse(const struct disk_kind *k)
{
	add_sparse(k, "disk.vmdk", 0, CAPACITY, k->text, false);
}

static void make_split(const struct disk_kind *k)
{
	memstore_add("disk.vmdk", k->text, strlen(k->text));
	add_sparse(k, "a.vmdk", 0, 503, NULL, false);
	add_sparse(k, "b.vmdk", 503, 797, NULL, true);
}

static void add_parent(void)
{
	unsigned char *flat = calloc(CAPACITY, SECTOR);

	for (uint64_t s = 0; s < CAPACITY; s++) {
		originally[s] = s % 100 < 70 ? s + 100000 : 0;
		for (unsigned i = 0; i < SECTOR / 8; i++)
			vu_put_le64(flat + s * SECTOR + 8 * i, originally[s]);
	}
	memstore_add("flat.vmdk", flat, (size_t)CAPACITY * SECTOR);
	memstore_add("parent.vmdk", parent_text, strlen(parent_text));
	free(flat);
}

static void make_child(const struct disk_kind *k)
{
	add_parent();
	add_sparse(k, "disk.vmdk", 0, CAPACITY, k->text, false);
}

static void make_child_with_zeros(const struct disk_kind *k)
{
	add_parent();
	add_sparse(k, "disk.vmdk", 0, CAPACITY, k->text, true);
}

/* A snapshot of ESX: one grain is one sector, and there is one table. */
static void make_esx(const struct disk_kind *k)
{
	struct mk_spec spec = {
		.layout = MK_COWD,
		.capacity = CAPACITY,
		.grain = 1,
		.gtes = 4096,
		.kind = k->has_no_empty_tables ? all_absent : absent_or_data,
		.has_no_empty_tables = k->has_no_empty_tables,
	};
	unsigned char *guest = calloc(CAPACITY, SECTOR);
	struct mk_image img;

	add_parent();
	memstore_add("disk.vmdk", k->text, strlen(k->text));
	for (uint64_t s = 0; s < CAPACITY; s++) {
		if (spec.kind(s) == MK_DATA)
			originally[s] = s + 1;
		for (unsigned i = 0; i < SECTOR / 8; i++)
			vu_put_le64(guest + s * SECTOR + 8 * i, s + 1);
	}
	spec.guest = guest;
	img = mk_build(&spec);
	memstore_add("a.vmdk", img.bytes, img.len);
	mk_free(&img);
	free(guest);
}

static const struct disk_kind kinds[] = {
	{ "sparse", base_text, false, { "disk.vmdk" }, make_sparse },
	{ "sparse, tables missing", base_text, true, { "disk.vmdk" }, make_sparse },
	{ "split", split_text, false, { "disk.vmdk", "a.vmdk", "b.vmdk" }, make_split },
	{ "child", child_text, false, { "disk.vmdk" }, make_child },
	{ "child with zeros", child_text, false, { "disk.vmdk" }, make_child_with_zeros },
	{ "snapshot of ESX", esx_text, false, { "disk.vmdk", "a.vmdk" }, make_esx },
	{ "empty snapshot of ESX", esx_text, true, { "disk.vmdk", "a.vmdk" }, make_esx },
	{ "child, tables missing", child_text, true, { "disk.vmdk" }, make_child },
};
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static size_t count_files(const struct disk_kind *k)
{
	size_t n = 0;

	while (n < 3 && k->files[n] != NULL)
		n++;
	return n;
}

/* The work. */

static void do_op(struct vd_disk *d, struct op *op)
{
	static unsigned char buf[LONGEST * SECTOR];

	op->begin = crashstore_events();
	for (uint64_t i = 0; i < op->count * SECTOR; i += 8)
		vu_put_le64(buf + i, op->tag);
	op->has_failed = (op->is_flush ? vd_disk_flush(d)
				       : vd_disk_write(d, op->sector, op->count, buf)) != VIX_OK;
	op->end = crashstore_events();
}

static void draw_op(struct op *op, unsigned n)
{
	static const unsigned longest[] = { 3, 20, 20, LONGEST };

	*op = (struct op){ .is_flush = n == OPS || draw(7) == 0 };
	if (op->is_flush)
		return;
	op->sector = draw(CAPACITY);
	op->count = vu_min(1 + draw(longest[draw(4)]), CAPACITY - op->sector);
	op->tag = draw(4) == 0 ? 0 : 1000000 + n;
}

/* The same for the same @s. */
static void work(struct vd_disk *d, uint64_t s)
{
	seed = s;
	for (n_ops = 0; n_ops <= OPS; n_ops++) {
		draw_op(&ops[n_ops], n_ops);
		do_op(d, &ops[n_ops]);
	}
}

static VixError open_disk(unsigned flags, struct vd_disk **d_out)
{
	return vd_chain_open(&memstore_ops, "disk.vmdk", flags, d_out);
}

/* What must be there. */

/* The last flush that had succeeded when there were @n events; -1: none. */
static int flushed_at(size_t n)
{
	int last = -1;

	for (unsigned i = 0; i < n_ops; i++) {
		if (ops[i].is_flush && !ops[i].has_failed && ops[i].end <= n)
			last = (int)i;
	}
	return last;
}

static bool covers(const struct op *op, uint64_t sector)
{
	return !op->is_flush && sector >= op->sector && sector - op->sector < op->count;
}

static bool is_possible(uint64_t sector, uint64_t tag, size_t n, int flushed)
{
	bool is_it = tag == originally[sector];

	for (int i = 0; i < (int)n_ops; i++) {
		const struct op *op = &ops[i];

		if (!covers(op, sector) || op->begin > n)
			continue;
		if (i < flushed && !op->has_failed)
			is_it = tag == op->tag;
		else
			is_it |= tag == op->tag;
	}
	return is_it;
}

static void check_sector(const unsigned char *bytes, uint64_t sector, size_t n, int flushed,
			 const char *what)
{
	uint64_t tag = vu_le64(bytes);

	ck_assert_msg(memcmp(bytes, bytes + 8, SECTOR - 8) == 0, "%s: sector %u is torn", what,
		      (unsigned)sector);
	ck_assert_msg(is_possible(sector, tag, n, flushed), "%s: sector %u is %u, flushed op %d",
		      what, (unsigned)sector, (unsigned)tag, flushed);
}

/* After @n events: is the disk one that may be? */
static void check_disk(size_t n, const char *what)
{
	static unsigned char buf[CAPACITY * SECTOR];
	int flushed = flushed_at(n);
	struct vd_disk *d;
	VixError err = open_disk(0, &d);
	bool is_changed = false;

	ck_assert_msg(err == VIX_OK, "%s: open gave %d", what, (int)err);
	err = vd_disk_read(d, 0, CAPACITY, buf);
	ck_assert_msg(err == VIX_OK, "%s: read gave %d", what, (int)err);
	for (uint64_t s = 0; s < CAPACITY; s++) {
		check_sector(buf + s * SECTOR, s, n, flushed, what);
		is_changed |= vu_le64(buf + s * SECTOR) != originally[s];
	}
	if (is_changed)
		ck_assert_uint_ne(((struct vd_chain *)d)->links.v[0]->desc->cid, 1);
	vd_disk_close(d);
}

/* Of moments to crash at, every first or, when time is short, every third. */
static size_t step(void)
{
	return getenv("VDISK_TEST_QUICK") != NULL ? 3 : 1;
}

static void prepare(const struct disk_kind *k)
{
	memset(originally, 0, sizeof(originally));
	k->make(k);
}

static void setup(void)
{
	said_start();
}

static void teardown(void)
{
	crashstore_free();
	memstore_reset();
	said_stop();
}

static void record_work(const struct disk_kind *k, uint64_t s)
{
	struct vd_disk *d;

	prepare(k);
	crashstore_record(k->files, count_files(k));
	ck_assert_int_eq(open_disk(VD_CHAIN_WRITE, &d), VIX_OK);
	work(d, s);
	vd_disk_close(d);
	crashstore_stop();
	ck_assert_uint_gt(crashstore_events(), OPS);
}

START_TEST(a_crash_at_any_moment_leaves_what_was_flushed)
{
	const struct disk_kind *k = &kinds[_i];
	char what[100];

	record_work(k, (uint64_t)_i + 1);
	for (size_t n = 0; n <= crashstore_events(); n += step()) {
		for (unsigned i = 0; i < 4; i++) {
			enum crashstore_fate fate = vu_min(i, CRASH_KEEPS_SOME);

			snprintf(what, sizeof(what), "%s, crash after %zu events, fate %u", k->name,
				 n, i);
			crashstore_crash(n, fate, n * 10 + i);
			check_disk(n, what);
		}
	}
}
END_TEST

/* Mends the disk; after that it must be sound. */
static void mend_disk(const char *what)
{
	for (unsigned i = 0; i < 2; i++) {
		struct vd_report r = { .repair = i == 0 };
		VixError err = vd_check_and_mend(&memstore_ops, "disk.vmdk", 0, &r);

		if (err == VIX_OK)
			err = vd_report_result(&r);
		ck_assert_msg(err == VIX_OK && (r.repair || r.damages == 0),
			      "%s: check gave %d: %s", what, (int)err,
			      r.problems.n != 0 ? r.problems.v[0].what : "");
		vd_report_free(&r);
	}
}

START_TEST(what_a_crash_leaves_can_be_mended_and_nothing_flushed_is_lost)
{
	const struct disk_kind *k = &kinds[_i];
	char what[100];

	record_work(k, (uint64_t)_i + 50);
	for (size_t n = 0; n <= crashstore_events(); n += 2 * step() - 1) {
		for (unsigned i = 0; i < 4; i++) {
			enum crashstore_fate fate = vu_min(i, CRASH_KEEPS_SOME);

			snprintf(what, sizeof(what), "%s, mended after %zu events, fate %u",
				 k->name, n, i);
			crashstore_crash(n, fate, n * 10 + i);
			mend_disk(what);
			check_disk(n, what);
		}
	}
}
END_TEST

START_TEST(what_is_written_after_a_crash_harms_nothing_that_was_there)
{
	const struct disk_kind *k = &kinds[_i];
	struct vd_disk *d;
	char what[100];

	record_work(k, (uint64_t)_i + 100);
	n_ops = OPS + 2;
	for (size_t n = 0; n <= crashstore_events(); n += 7) {
		struct op again = { .sector = n * 37 % CAPACITY, .count = 1, .tag = 7777777 };

		snprintf(what, sizeof(what), "%s, written after crash at %zu", k->name, n);
		crashstore_crash(n, CRASH_KEEPS_SOME, n);
		ck_assert_int_eq(open_disk(VD_CHAIN_WRITE, &d), VIX_OK);
		do_op(d, &again);
		vd_disk_close(d);
		ck_assert(!again.has_failed);
		again.begin = again.end = 0;
		ops[OPS + 1] = again;
		check_disk(n, what);
	}
}
END_TEST

/* How the n-th change fails. */
static const struct failure {
	VixError code;
	unsigned n_fail;
	size_t part; /* whole sectors: disks tear no smaller ones */
} failures[] = {
	{ VIX_E_FILE_ERROR, 1, 0 },
	{ VIX_E_DISK_FULL, 3, 1024 },
	{ VIX_E_FILE_ERROR, 1000000, 512 },
};

/* The work, with the @n-th change failing as @f says; 0: none.  Return: changes. */
static unsigned work_failing(const struct disk_kind *k, unsigned n, const struct failure *f)
{
	struct vd_disk *d;
	unsigned changes;

	prepare(k);
	ck_assert_int_eq(open_disk(VD_CHAIN_WRITE, &d), VIX_OK);
	memstore_fail_change(n, f->code, f->n_fail, f->part);
	changes = memstore_changes();
	work(d, 5);
	changes = memstore_changes() - changes;
	vd_disk_close(d);
	memstore_fail_change(0, VIX_OK, 0, 0);
	return changes;
}

START_TEST(a_change_that_fails_is_told_and_nothing_flushed_is_lost)
{
	const struct disk_kind *k = &kinds[_i];
	unsigned changes = work_failing(k, 0, &failures[0]);
	char what[100];

	for (unsigned n = 1; n <= changes; n += (unsigned)step()) {
		const struct failure *f = &failures[n % 3];
		unsigned failed = 0;

		work_failing(k, n, f);
		for (unsigned i = 0; i < n_ops; i++)
			failed += ops[i].has_failed;
		snprintf(what, sizeof(what), "%s, change %u fails with %d", k->name, n,
			 (int)f->code);
		ck_assert_msg(failed > 0, "%s: nobody was told", what);
		check_disk(0, what);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("write-crash");
	TCase *tc = unit_tcase(s, "crash");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_crash_at_any_moment_leaves_what_was_flushed, 0, N_KINDS);
	tcase_add_loop_test(tc, what_a_crash_leaves_can_be_mended_and_nothing_flushed_is_lost, 0,
			    N_KINDS);
	tcase_add_loop_test(tc, what_is_written_after_a_crash_harms_nothing_that_was_there, 0,
			    N_KINDS);

	tc = unit_tcase(s, "failure");
	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_change_that_fails_is_told_and_nothing_flushed_is_lost, 0,
			    N_KINDS);
	return unit_run(s);
}
