/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/copy.c: copying between disks of every kind that copying treats in its own way.
 */
#include "config.h"

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../../libvdisk/copy.h"
#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/format/streamopt-write.h"
#include "bytes.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"
#include "tmpdir.h"

#define SECTOR   512u
#define CAPACITY 20011u /* 40 chunks; neither whole grains nor whole blocks */

static struct vd_disk *from, *to;
static unsigned char *model, *buf;

/* Sources. */

static enum mk_kind some(uint64_t grain)
{
	return grain < 20 || grain % 3 == 1 ? MK_DATA : MK_ABSENT;
}

/* Data with zeros in it: whole grains, and parts. */
static void make_model(void)
{
	for (uint64_t s = 0; s < CAPACITY; s++) {
		bool is_data = some(s / 128) == MK_DATA && s / 128 % 10 != 4 && s % 30 < 25;

		memset(model + s * SECTOR, is_data ? (int)(s % 251 + 1) : 0, SECTOR);
	}
}

static void add_image(const char *path, enum mk_layout layout, enum mk_kind (*kind)(uint64_t),
		      const char *text)
{
	struct mk_image img = mk_build(&(struct mk_spec){
		.layout = layout,
		.capacity = CAPACITY,
		.kind = kind,
		.descriptor = text,
		.guest = model,
	});

	memstore_add(path, img.bytes, img.len);
	mk_free(&img);
}

#define HEAD "version=1\nCID=0000abcd\nparentCID=ffffffff\n"

static void from_sparse(void)
{
	add_image("from.vmdk", MK_SPARSE, some, HEAD "RW 20011 SPARSE \"from.vmdk\"\n");
}

static void from_stream(void)
{
	add_image("from.vmdk", MK_STREAM_QEMU, some, HEAD "RW 20011 SPARSE \"from.vmdk\"\n");
}

static void from_flat(void)
{
	static const char text[] = HEAD "RW 20011 FLAT \"flat\" 0\n";

	memstore_add("flat", model, (size_t)CAPACITY * SECTOR);
	memstore_add("from.vmdk", text, sizeof(text) - 1);
}

/* A child with some grains of its own, which hide those of its parent. */
static void from_chain(void)
{
	static const char parent[] = "version=1\nCID=00000002\nparentCID=ffffffff\n"
				     "RW 20011 FLAT \"flat\" 0\n";
	unsigned char *old = malloc((size_t)CAPACITY * SECTOR);

	ck_assert_ptr_nonnull(old);
	memcpy(old, model, (size_t)CAPACITY * SECTOR);
	memset(old, 0xee, 20u * 128 * SECTOR);
	memstore_add("flat", old, (size_t)CAPACITY * SECTOR);
	memstore_add("parent.vmdk", parent, sizeof(parent) - 1);
	add_image("from.vmdk", MK_SPARSE, some,
		  "version=1\nCID=0000abcd\nparentCID=00000002\n"
		  "parentFileNameHint=\"parent.vmdk\"\nRW 20011 SPARSE \"from.vmdk\"\n");
	free(old);
}

static void (*const sources[])(void) = { from_sparse, from_stream, from_flat, from_chain };

/* Targets. */

static enum mk_kind nothing(uint64_t grain)
{
	(void)grain;
	return MK_ABSENT;
}

static void to_sparse(void)
{
	add_image("to", MK_SPARSE, nothing, HEAD "RW 20011 SPARSE \"to\"\n");
}

static void to_flat(void)
{
	static const char text[] = HEAD "RW 5 FLAT \"a\" 0\nRW 20006 FLAT \"b\" 0\n";
	unsigned char *zeros = calloc(CAPACITY, SECTOR);

	ck_assert_ptr_nonnull(zeros);
	memstore_add("a", zeros, 5 * SECTOR);
	memstore_add("b", zeros, (size_t)20006 * SECTOR);
	memstore_add("to", text, sizeof(text) - 1);
	free(zeros);
}

static void to_stream(void)
{
	static const char text[] = HEAD "RW 20011 SPARSE \"to\"\n";
	struct vd_store *st;

	memstore_add("to", "", 0);
	ck_assert_int_eq(vd_store_open(&memstore_ops, "to", VD_STORE_WRITE, &st), VIX_OK);
	ck_assert_int_eq(vd_stream_create(st, CAPACITY, text, sizeof(text) - 1), VIX_OK);
	vd_store_close(st);
}

static void (*const targets[])(void) = { to_sparse, to_flat, to_stream };

#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))
#define N_TARGETS (sizeof(targets) / sizeof(targets[0]))

static void open_both(void)
{
	ck_assert_msg(vd_chain_open(&memstore_ops, "from.vmdk", 0, &from) == VIX_OK, "%s",
		      said_text);
	ck_assert_msg(vd_chain_open(&memstore_ops, "to", VD_CHAIN_WRITE, &to) == VIX_OK, "%s",
		      said_text);
}

static void close_both(void)
{
	vd_disk_close(from);
	vd_disk_close(to);
	from = to = NULL;
}

static void make(size_t source, size_t target)
{
	sources[source]();
	targets[target]();
	open_both();
}

static void setup(void)
{
	said_start();
	model = calloc(CAPACITY, SECTOR);
	buf = malloc((size_t)CAPACITY * SECTOR);
	ck_assert(model != NULL && buf != NULL);
	make_model();
}

static void teardown(void)
{
	close_both();
	memstore_reset();
	free(model);
	free(buf);
	said_stop();
}

static void expect_copy(struct vd_disk *d)
{
	ck_assert_msg(vd_disk_read(d, 0, CAPACITY, buf) == VIX_OK, "%s", said_text);
	ck_assert_int_eq(memcmp(buf, model, (size_t)CAPACITY * SECTOR), 0);
}

START_TEST(each_kind_is_copied_into_each)
{
	make((size_t)_i % N_SOURCES, (size_t)_i / N_SOURCES);
	ck_assert_msg(vd_copy(from, to, _i % 2 == 0, NULL) == VIX_OK, "%s", said_text);
	expect_copy(to);
	close_both();
	open_both();
	expect_copy(to);
}
END_TEST

static uint64_t place_of(uint64_t grain)
{
	struct vd_place place;

	ck_assert_int_eq(vd_disk_locate(to, grain * 128, 1, &place), VIX_OK);
	return place.st != NULL ? place.off : 0;
}

START_TEST(grains_come_in_guest_order_and_zeros_take_no_room)
{
	uint64_t last = 0;

	make(2, 0); /* of a flat file without holes */
	ck_assert_int_eq(vd_copy(from, to, false, NULL), VIX_OK);
	for (uint64_t g = 0; g * 128 < CAPACITY; g++) {
		uint64_t off = place_of(g);
		uint64_t len = vu_min(128, CAPACITY - g * 128) * SECTOR;

		ck_assert_int_eq(off == 0, vu_is_zero(model + g * 128 * SECTOR, len));
		ck_assert(off == 0 || off > last);
		last = vu_max(off, last);
	}
}
END_TEST

START_TEST(zeros_are_not_written_to_flat_targets)
{
	static const char text[] = HEAD "RW 20011 FLAT \"flat\" 0\n";
	unsigned before;

	memset(model, 0, (size_t)CAPACITY * SECTOR);
	memset(model + (size_t)5000 * SECTOR, 1, SECTOR);
	memstore_add("flat", model, (size_t)CAPACITY * SECTOR);
	memstore_add("from.vmdk", text, sizeof(text) - 1);
	to_flat();
	open_both();
	before = memstore_changes();
	ck_assert_int_eq(vd_copy(from, to, true, NULL), VIX_OK);
	ck_assert_uint_le(memstore_changes() - before, 4); /* the content ID, one block */
	expect_copy(to);
}
END_TEST

/* Progress. */

static int told[200];
static unsigned n_told;
static int cancel_at;

static Bool on_progress(void *data, int percent)
{
	(void)data;
	if (n_told < 200)
		told[n_told++] = percent;
	return percent < cancel_at;
}

START_TEST(progress_goes_up_to_all_of_the_work)
{
	struct vd_progress p;

	n_told = 0;
	cancel_at = 101;
	make((size_t)_i % N_SOURCES, (size_t)_i / N_SOURCES);
	vd_progress_start(&p, on_progress, NULL, CAPACITY);
	ck_assert_int_eq(vd_copy(from, to, false, &p), VIX_OK);
	ck_assert_uint_eq(p.done, CAPACITY);
	for (unsigned i = 1; i < n_told; i++)
		ck_assert_int_ge(told[i], told[i - 1]);
}
END_TEST

START_TEST(a_copy_can_be_cancelled_at_any_percent)
{
	struct vd_progress p;

	for (cancel_at = 1; cancel_at < 99; cancel_at += 7) {
		close_both();
		memstore_reset();
		n_told = 0;
		make((size_t)_i % N_SOURCES, (size_t)_i / N_SOURCES);
		vd_progress_start(&p, on_progress, NULL, CAPACITY);
		ck_assert_int_eq(vd_copy(from, to, false, &p), VIX_E_CANCELLED);
	}
}
END_TEST

/* Failures. */

START_TEST(a_write_that_fails_ends_the_copy)
{
	unsigned n;

	make((size_t)_i % N_SOURCES, (size_t)_i / N_SOURCES);
	n = memstore_changes();
	ck_assert_int_eq(vd_copy(from, to, false, NULL), VIX_OK);
	ck_assert_int_eq(vd_disk_flush(to), VIX_OK);
	n = memstore_changes() - n;
	for (unsigned i = 1; i <= n; i += 1 + n / 20) {
		VixError err;

		close_both();
		memstore_reset();
		make((size_t)_i % N_SOURCES, (size_t)_i / N_SOURCES);
		memstore_fail_change(i, VIX_E_DISK_FULL, 1000000, 100);
		err = vd_copy(from, to, false, NULL);
		if (err == VIX_OK)
			err = vd_disk_flush(to);
		ck_assert_int_eq(err, VIX_E_DISK_FULL);
	}
}
END_TEST

START_TEST(a_read_that_fails_ends_the_copy)
{
	make((size_t)_i % N_SOURCES, (size_t)_i / N_SOURCES);
	memstore_fail_at(_i % N_SOURCES < 2 ? "from.vmdk" : "flat", (size_t)50 * 128 * SECTOR);
	if (_i % N_SOURCES == 1) /* compressed: it is shorter */
		memstore_fail_at("from.vmdk", memstore_len("from.vmdk") - 1);
	ck_assert_int_eq(vd_copy(from, to, false, NULL), VIX_E_FILE_ERROR);
}
END_TEST

/* Files of the host, which the kernel copies. */

static void put_flat(const char *name, const char *data_name, const void *bytes)
{
	char text[256];

	snprintf(text, sizeof(text), HEAD "RW %u FLAT \"%s\" 0\n", CAPACITY, data_name);
	put_text(in_tmpdir(name), text);
	put_file(in_tmpdir(data_name), bytes, (size_t)CAPACITY * SECTOR);
}

START_TEST(files_of_the_host_are_copied)
{
	unsigned char *zeros = calloc(CAPACITY, SECTOR);

	ck_assert_ptr_nonnull(zeros);
	put_flat("from.vmdk", "from-flat.vmdk", model);
	put_flat("to.vmdk", "to-flat.vmdk", zeros);
	ck_assert_int_eq(vd_chain_open(&vd_store_local, in_tmpdir("from.vmdk"), 0, &from), VIX_OK);
	ck_assert_int_eq(vd_chain_open(&vd_store_local, in_tmpdir("to.vmdk"), VD_CHAIN_WRITE, &to),
			 VIX_OK);
	ck_assert_int_eq(vd_copy(from, to, false, NULL), VIX_OK);
	ck_assert_int_eq(vd_disk_flush(to), VIX_OK);
	expect_copy(to);
	close_both();
	free(zeros);
}
END_TEST

int main(void)
{
	const int all = (int)(N_SOURCES * N_TARGETS);
	Suite *s = suite_create("copy");
	TCase *tc = unit_tcase(s, "copy");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, each_kind_is_copied_into_each, 0, all);
	tcase_add_test(tc, grains_come_in_guest_order_and_zeros_take_no_room);
	tcase_add_test(tc, zeros_are_not_written_to_flat_targets);
	tcase_add_loop_test(tc, progress_goes_up_to_all_of_the_work, 0, all);
	tcase_add_loop_test(tc, a_copy_can_be_cancelled_at_any_percent, 0, all);
	tcase_add_loop_test(tc, a_write_that_fails_ends_the_copy, 0, all);
	tcase_add_loop_test(tc, a_read_that_fails_ends_the_copy, 0, all);

	tc = unit_tcase(s, "host");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(tc, tmpdir_make, tmpdir_remove);
	tcase_add_test(tc, files_of_the_host_are_copied);
	return unit_run(s);
}
