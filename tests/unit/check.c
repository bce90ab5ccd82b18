/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for damage and mending it: libvdisk/check.c, libvdisk/format/table-check.c, table-mend.c.
 *
 * Each damage is made on purpose in a disk that is sound, must be told, and be mended or not; what
 * is mended stays so, also when mending is interrupted at any moment.
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
#define GTES     32u
#define CAPACITY 1000u /* 125 grains, 4 tables */
#define TABLES   4u
#define PATH     "disk.vmdk"

#define OFF_UNCLEAN 72u

static const char text[] = "# Disk DescriptorFile\nversion=1\nCID=0000abcd\nparentCID=ffffffff\n"
			   "RW 1000 SPARSE \"disk.vmdk\"\n";

static struct mk_image img;
static struct vd_report report;
static unsigned char before[CAPACITY * SECTOR], after[CAPACITY * SECTOR];

static enum mk_kind mixed(uint64_t grain)
{
	return grain % 3 == 2 ? MK_ABSENT : grain % 7 == 3 ? MK_ZERO : MK_DATA;
}

static void make(enum mk_layout layout)
{
	struct mk_spec spec = {
		.layout = layout,
		.capacity = CAPACITY,
		.grain = GRAIN,
		.gtes = GTES,
		.descriptor = text,
		.kind = mixed,
	};

	mk_free(&img);
	img = mk_build(&spec);
	memstore_add(PATH, img.bytes, img.len);
}

static void setup(void)
{
	said_start();
	make(MK_SPARSE);
}

static void teardown(void)
{
	vd_report_free(&report);
	crashstore_free();
	memstore_reset();
	mk_free(&img);
	said_stop();
}

static VixError check(bool repair)
{
	vd_report_free(&report);
	report = (struct vd_report){ .repair = repair };
	ck_assert_int_eq(vd_check_and_mend(&memstore_ops, PATH, 0, &report), VIX_OK);
	ck_assert_uint_eq(memstore_n_open(), 0);
	return vd_report_result(&report);
}

static bool is_told(const char *words)
{
	VU_ARRAY_FOREACH(&report.problems, p) {
		if (strstr(p->what, words) != NULL)
			return true;
	}
	return false;
}

static void print_report(void)
{
	VU_ARRAY_FOREACH(&report.problems, p)
		printf("# %s:%lld: %s%s\n", p->file, (long long)p->off, p->what,
		       p->is_mended ? " (mended)" : "");
}

/* What can't be read is 0xee. */
static void read_all(unsigned char *buf)
{
	struct vd_disk *d;

	memset(buf, 0xee, CAPACITY * SECTOR);
	vu_log_hush();
	if (vd_chain_open(&memstore_ops, PATH, 0, &d) == VIX_OK) {
		for (uint64_t s = 0; s < CAPACITY; s++)
			vd_disk_read(d, s, 1, buf + s * SECTOR);
		vd_disk_close(d);
	}
	vu_log_unhush();
	said_start();
}

/* The damages. */

enum where { HEADER, GDE, RGDE, GTE, SECOND_GTE, TAIL };

/* A number at a place of the file: byte @i of the header, table @i, grain @i; TAIL: bytes more. */
struct patch {
	enum where where;
	unsigned i;
	enum { VALUE, OF_GRAIN, OF_TABLE, OF_DIRECTORY } what;
	uint64_t number;
};

struct damage {
	const char *words;
	struct patch patch[3];
	unsigned n_patch;
	bool is_mended;  /* all of it, by repair */
	bool loses_none; /* all that was there is read again then */
	bool is_leak;
};

static uint64_t sector_at(uint64_t off)
{
	return vu_le32(memstore_bytes(PATH) + off);
}

static uint64_t gte_off(unsigned grain, uint64_t directory)
{
	return sector_at(directory + 4 * (grain / GTES)) * SECTOR + 4 * (grain % GTES);
}

static uint64_t value_of(const struct patch *p)
{
	switch (p->what) {
	case OF_GRAIN:
		return sector_at(gte_off((unsigned)p->number, img.gd_off));
	case OF_TABLE:
		return sector_at(img.gd_off + 4 * p->number);
	case OF_DIRECTORY:
		return img.gd_off / SECTOR;
	default:
		return p->number;
	}
}

static uint64_t place_of(const struct patch *p)
{
	switch (p->where) {
	case GDE:
		return img.gd_off + 4 * p->i;
	case RGDE:
		return img.rgd_off + 4 * p->i;
	case GTE:
		return gte_off(p->i, img.gd_off);
	case SECOND_GTE:
		return gte_off(p->i, img.rgd_off);
	default:
		return p->i;
	}
}

static void apply(const struct patch *p)
{
	static unsigned char bytes[1 << 20];
	size_t len = memstore_len(PATH);

	memcpy(bytes, memstore_bytes(PATH), len);
	if (p->where == TAIL) {
		memset(bytes + len, 0xaa, p->number);
		len += p->number;
	} else {
		vu_put_le32(bytes + place_of(p), (uint32_t)value_of(p));
	}
	memstore_add(PATH, bytes, len);
}

static void make_damage(const struct damage *d)
{
	for (unsigned i = 0; i < d->n_patch; i++)
		apply(&d->patch[i]);
}

#define FAR 0x7fffff80u

static const struct damage damages[] = {
	/* entries */
	{ "grain 4 is said to be at sector 2147483520, outside the file",
	  { { GTE, 4, VALUE, FAR } },
	  1,
	  true,
	  true,
	  false },
	{ "outside the file",
	  { { GTE, 4, VALUE, FAR }, { SECOND_GTE, 4, VALUE, FAR } },
	  2,
	  false,
	  false,
	  false },
	{ "inside metadata", { { GTE, 4, OF_DIRECTORY, 0 } }, 1, true, true, false },
	{ "inside metadata",
	  { { GTE, 4, OF_DIRECTORY, 0 }, { SECOND_GTE, 4, VALUE, 2 } },
	  2,
	  false,
	  false,
	  false },
	{ "differ in 1 entries, the first of them of grain 4",
	  { { GTE, 4, VALUE, 0 } },
	  1,
	  true,
	  true,
	  false },
	{ "differ in 2 entries, the first of them of grain 4",
	  { { SECOND_GTE, 4, VALUE, 0 }, { SECOND_GTE, 6, VALUE, 1 } },
	  2,
	  true,
	  true,
	  false },
	{ "differ in 1 entries", { { SECOND_GTE, 4, VALUE, FAR } }, 1, true, true, false },
	{ "differ in 1 entries", { { SECOND_GTE, 2, OF_GRAIN, 4 } }, 1, true, true, false },
	{ "grain 6 is at sector",
	  { { GTE, 6, OF_GRAIN, 4 }, { SECOND_GTE, 6, OF_GRAIN, 4 } },
	  2,
	  false,
	  false,
	  false },
	{ "which another grain or a table uses, too",
	  { { GTE, 6, OF_TABLE, 1 }, { SECOND_GTE, 6, OF_TABLE, 1 } },
	  2,
	  false,
	  false,
	  false },
	/* directories */
	{ "grain table 1 is said to be at sector 2147483520, outside",
	  { { GDE, 1, VALUE, FAR } },
	  1,
	  true,
	  true,
	  false },
	{ "grain table 1 is said to be", { { GDE, 1, OF_DIRECTORY, 0 } }, 1, true, true, false },
	{ "grain table 1 is missing: there is only its other copy",
	  { { GDE, 1, VALUE, 0 } },
	  1,
	  true,
	  true,
	  false },
	{ "the second copy of grain table 3 is said to be",
	  { { RGDE, 3, VALUE, FAR } },
	  1,
	  true,
	  true,
	  false },
	{ "the second copy of grain table 0 is missing",
	  { { RGDE, 0, VALUE, 0 } },
	  1,
	  true,
	  true,
	  false },
	{ "outside the file",
	  { { GDE, 1, VALUE, FAR }, { RGDE, 1, VALUE, FAR } },
	  2,
	  false,
	  false,
	  false },
	{ "shares sectors with another table",
	  { { GDE, 1, OF_TABLE, 2 } },
	  1,
	  false,
	  false,
	  false },
	/* header */
	{ "the grain directory is not inside the file",
	  { { HEADER, 56, VALUE, FAR } },
	  1,
	  false,
	  true,
	  false },
	{ "the redundant directory is not inside the file",
	  { { HEADER, 48, VALUE, FAR } },
	  1,
	  false,
	  true,
	  false },
	{ "overlap", { { HEADER, 48, OF_DIRECTORY, 0 } }, 1, false, true, false },
	{ "neither a descriptor nor a sparse extent",
	  { { HEADER, 0, VALUE, 0 } },
	  1,
	  false,
	  false,
	  false },
	{ "version 9", { { HEADER, 4, VALUE, 9 } }, 1, false, false, false },
	{ "its header only 999", { { HEADER, 12, VALUE, 999 } }, 1, false, false, false },
	{ "it was not closed properly",
	  { { HEADER, OFF_UNCLEAN, VALUE, 0x0d200a01 } },
	  1,
	  true,
	  true,
	  false },
	{ "it was not closed properly",
	  { { HEADER, OFF_UNCLEAN, VALUE, 0x0d200a01 }, { GTE, 100, VALUE, 0 } },
	  2,
	  true,
	  true,
	  false },
	/* room */
	{ "the last 12288 bytes are not used",
	  { { TAIL, 0, VALUE, 3 * GRAIN *SECTOR } },
	  1,
	  true,
	  true,
	  true },
	{ "room for 1 grains inside the file is not used",
	  { { GTE, 4, VALUE, 0 }, { SECOND_GTE, 4, VALUE, 0 } },
	  2,
	  false,
	  false,
	  true },
};
#define N_DAMAGES ((int)(sizeof(damages) / sizeof(damages[0])))

START_TEST(a_sound_disk_has_no_problems)
{
	static const enum mk_layout layouts[] = { MK_SPARSE, MK_STREAM_FOOTER, MK_STREAM_FRONT,
						  MK_STREAM_QEMU };

	make(layouts[_i]);
	for (int repair = 0; repair < 2; repair++) {
		if (repair && layouts[_i] != MK_SPARSE)
			break;
		ck_assert_int_eq(check(repair), VIX_OK);
		print_report();
		ck_assert_uint_eq(report.problems.n, 0);
		ck_assert_uint_eq(report.clusters, 125);
		ck_assert_uint_eq(report.allocated, 72);
		ck_assert_uint_eq(report.compressed, layouts[_i] != MK_SPARSE ? 72 : 0);
		ck_assert_uint_eq(report.cluster_bytes, GRAIN * SECTOR);
	}
	ck_assert_mem_eq(memstore_bytes(PATH), img.bytes, img.len);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(each_damage_is_told_and_nothing_changed_by_looking)
{
	const struct damage *d = &damages[_i];
	static unsigned char was[1 << 20];

	make_damage(d);
	memcpy(was, memstore_bytes(PATH), memstore_len(PATH));
	if (d->is_leak)
		ck_assert_int_eq(check(false), VIX_OK);
	else
		ck_assert_int_ne(check(false), VIX_OK);
	print_report();
	ck_assert_msg(is_told(d->words), "%s", d->words);
	ck_assert(d->is_leak ? report.leaks > 0 : report.damages > 0);
	ck_assert_uint_eq(report.damages_mended + report.leaks_mended, 0);
	ck_assert_mem_eq(memstore_bytes(PATH), was, memstore_len(PATH));
	VU_ARRAY_FOREACH(&report.problems, p) {
		ck_assert_str_eq(p->file, PATH);
		ck_assert_ptr_nonnull(p->advice);
	}
}
END_TEST

/* What is mended by repair is told as mended, and is not there any more. */
static void expect_mended(const struct damage *d)
{
	print_report();
	ck_assert_msg(is_told(d->words), "%s", d->words);
	ck_assert_uint_eq(report.damages, report.damages_mended);
	ck_assert_uint_eq(report.leaks, report.leaks_mended);
	ck_assert_int_eq(check(false), VIX_OK);
	print_report();
	ck_assert_uint_eq(report.damages, 0);
}

START_TEST(each_damage_is_mended_as_far_as_it_can_be)
{
	const struct damage *d = &damages[_i];
	VixError err;

	read_all(before);
	make_damage(d);
	err = check(true);
	if (d->is_mended) {
		ck_assert_int_eq(err, VIX_OK);
		expect_mended(d);
	} else if (!d->is_leak) {
		ck_assert(err == VIX_E_DISK_CANTREPAIR || err == VIX_E_DISK_UNSUPPORTEDDISKVERSION);
		ck_assert_uint_gt(report.damages, report.damages_mended);
	}
	read_all(after);
	if (d->loses_none)
		ck_assert_mem_eq(before, after, sizeof(before));
}
END_TEST

/* What a sector may be: as it was before mending, or, if that could not be read, as it is after. */
static void expect_nothing_lost(const unsigned char *damaged, const unsigned char *mended,
				const char *what)
{
	static unsigned char now[CAPACITY * SECTOR];

	read_all(now);
	for (unsigned s = 0; s < CAPACITY; s++) {
		const unsigned char *p = now + s * SECTOR;

		ck_assert_msg(memcmp(p, damaged + s * SECTOR, SECTOR) == 0 ||
				      memcmp(p, mended + s * SECTOR, SECTOR) == 0,
			      "%s: sector %u", what, s);
	}
}

START_TEST(mending_that_is_interrupted_loses_nothing_and_can_be_done_again)
{
	static const char *const files[] = { PATH };
	const struct damage *d = &damages[_i];
	char what[100];

	make_damage(d);
	read_all(before);
	crashstore_record(files, 1);
	check(true);
	crashstore_stop();
	read_all(after);
	for (size_t n = 0; n <= crashstore_events(); n++) {
		for (unsigned i = 0; i < 5; i++) {
			snprintf(what, sizeof(what), "damage %d, crash after %zu, %u", _i, n, i);
			crashstore_crash(n, vu_min(i, CRASH_KEEPS_SOME), n * 10 + i);
			expect_nothing_lost(before, after, what);
			check(true);
			if (d->is_mended)
				ck_assert_msg(check(false) == VIX_OK, "%s", what);
			expect_nothing_lost(after, after, what);
		}
	}
}
END_TEST

START_TEST(a_write_that_fails_is_told_and_mending_again_ends_well)
{
	const struct damage *d = &damages[_i];
	unsigned changes = 0, n = 0;

	do {
		make(MK_SPARSE);
		make_damage(d);
		memstore_fail_change(++n, VIX_E_FILE_ERROR, 1, 0);
		changes = memstore_changes();
		vd_report_free(&report);
		report = (struct vd_report){ .repair = true };
		vd_check_and_mend(&memstore_ops, PATH, 0, &report);
		changes = memstore_changes() - changes;
		memstore_fail_change(0, VIX_OK, 0, 0);
		check(true);
		if (d->is_mended)
			ck_assert_int_eq(check(false), VIX_OK);
	} while (n < changes);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_error_of_the_call)
{
	memstore_reset();
	ck_assert_int_eq(vd_check_and_mend(&memstore_ops, PATH, 0, &report), VIX_E_FILE_NOT_FOUND);
}
END_TEST

START_TEST(a_damaged_compressed_grain_is_told)
{
	make(MK_STREAM_FRONT + _i % 2);
	memset(memstore_bytes(PATH) + mk_grain_off(&img, 12) + 20, 0x55, 20);
	ck_assert_int_eq(check(false), VIX_E_DISK_NEEDSREPAIR);
	ck_assert(is_told("grain 12: the compressed grain at byte"));
	ck_assert_int_eq(check(true), VIX_E_DISK_CANTREPAIR);
}
END_TEST

static VixError open_for_writing(struct vd_disk **d_out)
{
	return vd_chain_open(&memstore_ops, PATH, VD_CHAIN_WRITE, d_out);
}

/* Reading does not care; writing begins where all is well. */
START_TEST(a_disk_that_was_not_closed_is_settled_before_it_is_written)
{
	const struct damage *d = &damages[_i];
	static const struct patch mark = { HEADER, OFF_UNCLEAN, VALUE, 0x0d200a01 };
	struct vd_disk *disk;
	VixError err;

	read_all(before);
	make_damage(d);
	apply(&mark);
	err = open_for_writing(&disk);
	if (err == VIX_OK)
		vd_disk_close(disk);
	if (d->is_mended) {
		ck_assert_int_eq(err, VIX_OK);
		ck_assert_uint_eq(memstore_bytes(PATH)[OFF_UNCLEAN], 0);
		check(false);
		ck_assert_uint_eq(report.damages, 0);
	} else if (err == VIX_E_DISK_NEEDSREPAIR) {
		ck_assert_msg(said("CheckRepair (vdisk check --repair)"), "%s", said_text);
		ck_assert_uint_eq(memstore_bytes(PATH)[OFF_UNCLEAN], 1);
	}
	ck_assert(d->loses_none || d->is_leak || err != VIX_OK);
	read_all(after);
	if (d->loses_none)
		ck_assert_mem_eq(before, after, sizeof(before));
}
END_TEST

START_TEST(a_disk_that_was_closed_is_not_looked_through)
{
	static unsigned char was[1 << 20];
	struct vd_disk *disk;

	make_damage(&damages[4]);
	memcpy(was, memstore_bytes(PATH), memstore_len(PATH));
	ck_assert_int_eq(open_for_writing(&disk), VIX_OK);
	vd_disk_close(disk);
	ck_assert_mem_eq(memstore_bytes(PATH), was, memstore_len(PATH));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("check");
	TCase *tc = unit_tcase(s, "check");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_sound_disk_has_no_problems, 0, 4);
	tcase_add_loop_test(tc, each_damage_is_told_and_nothing_changed_by_looking, 0, N_DAMAGES);
	tcase_add_loop_test(tc, each_damage_is_mended_as_far_as_it_can_be, 0, N_DAMAGES);
	tcase_add_loop_test(tc, mending_that_is_interrupted_loses_nothing_and_can_be_done_again, 0,
			    N_DAMAGES);
	tcase_add_loop_test(tc, a_write_that_fails_is_told_and_mending_again_ends_well, 0,
			    N_DAMAGES);
	tcase_add_loop_test(tc, a_disk_that_was_not_closed_is_settled_before_it_is_written, 0,
			    N_DAMAGES);
	tcase_add_test(tc, a_disk_that_was_closed_is_not_looked_through);
	tcase_add_test(tc, a_file_that_is_not_there_is_an_error_of_the_call);
	tcase_add_loop_test(tc, a_damaged_compressed_grain_is_told, 0, 2);
	return unit_run(s);
}
