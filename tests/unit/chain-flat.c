/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/disk-chain.c: files that have holes, those of flat extents above all.
 */
#include "config.h"

#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../libvdisk/disk-chain.h"
#include "mkvmdk.h"
#include "said.h"
#include "tmpdir.h"

#define SECTORS 8192u                    /* of the disk: 4 MiB */
#define SKIP    3u                       /* sectors of the file before it */
#define BYTES   ((SKIP + SECTORS) * 512) /* of the file */

static unsigned char bytes[BYTES]; /* what is in the file */
static struct vd_disk *disk;

static const char *flat_path(void)
{
	return in_tmpdir("flat.img");
}

static void put_data(int fd, size_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[off + i] = (unsigned char)(1 + (off + i) % 251);
	ck_assert_int_eq(pwrite(fd, bytes + off, len, (off_t)off), (ssize_t)len);
}

/* Data at places that are no blocks, one of them longer than a read; the rest holes. */
static void setup(void)
{
	const char *path;
	int fd;

	tmpdir_make();
	said_start();
	memset(bytes, 0, sizeof(bytes));
	fd = open(flat_path(), O_CREAT | O_WRONLY, 0600);
	ck_assert_int_eq(ftruncate(fd, BYTES), 0);
	put_data(fd, 100, 5000);
	put_data(fd, 700 * 1024 + 1, 1);
	put_data(fd, 1 << 20, 1536 << 10);
	put_data(fd, BYTES - 9, 9);
	close(fd);
	path = in_tmpdir("d.vmdk");
	put_file(path, "version=1\nCID=1\nRW 8192 FLAT \"flat.img\" 3\n", 43);
	ck_assert_msg(vd_chain_open(&vd_store_local, path, 0, &disk) == VIX_OK, "%s", said_text);
	ck_assert_uint_eq(disk->capacity, SECTORS);
}

static void teardown(void)
{
	vd_disk_close(disk);
	said_stop();
	tmpdir_remove();
}

static const uint64_t steps[] = { 1, 511, 512, 513, 2048, 3001, SECTORS };

START_TEST(data_and_holes_are_read_whatever_the_size_of_calls)
{
	static unsigned char got[SECTORS * 512];
	uint64_t step = steps[_i];

	memset(got, 0xee, sizeof(got));
	for (uint64_t at = 0; at < SECTORS; at += step) {
		uint64_t n = SECTORS - at < step ? SECTORS - at : step;

		ck_assert_uint_eq(vd_disk_read(disk, at, n, got + at * 512), VIX_OK);
	}
	ck_assert_mem_eq(got, bytes + SKIP * 512, sizeof(got));
}
END_TEST

START_TEST(what_was_written_into_a_hole_is_seen)
{
	static unsigned char got[2048 * 512];
	int fd = open(flat_path(), O_WRONLY);

	ck_assert_uint_eq(vd_disk_read(disk, 6000, 2048, got), VIX_OK);
	put_data(fd, (SKIP + 7000) * 512, 512);
	close(fd);
	ck_assert_uint_eq(vd_disk_read(disk, 6000, 2048, got), VIX_OK);
	ck_assert_mem_eq(got, bytes + (SKIP + 6000) * 512, sizeof(got));
}
END_TEST

/* Whether the lost part was data or a hole. */
START_TEST(a_file_that_became_shorter_is_an_error)
{
	static unsigned char got[SECTORS * 512];

	ck_assert_int_eq(truncate(flat_path(), 3 << 20), 0);
	ck_assert_uint_eq(vd_disk_read(disk, 0, 4096, got), VIX_OK);
	ck_assert_uint_eq(vd_disk_read(disk, 0, SECTORS, got), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(vd_disk_read(disk, 7000, 1000, got), VIX_E_FILE_ERROR);
	ck_assert(said("became shorter"));
}
END_TEST

/* Sparse extents. */

static bool add_allocated(uint64_t sector, uint64_t count, bool allocated, void *ctx)
{
	(void)sector;
	*(uint64_t *)ctx += allocated ? count : 0;
	return true;
}

static const struct mk_spec one_sector_grains[] = {
	{ MK_COWD, .capacity = 64, .grain = 1 },
	{ MK_SPARSE, .capacity = 64, .grain = 1 },
};

/* A copy that left out zeros: what the tables name is allocated, and hides what a parent has. */
START_TEST(grains_in_a_hole_of_their_file_are_allocated)
{
	struct mk_image img = mk_build(&one_sector_grains[_i]);
	uint64_t n_allocated = 0;
	struct vd_disk *d;
	const char *path;

	put_file(in_tmpdir("sparse"), img.bytes, mk_grain_off(&img, 0));
	ck_assert_int_eq(truncate(in_tmpdir("sparse"), (off_t)img.len), 0);
	path = in_tmpdir("s.vmdk");
	put_text(path, "version=1\nRW 64 SPARSE \"sparse\"\n");
	ck_assert_msg(vd_chain_open(&vd_store_local, path, 0, &d) == VIX_OK, "%s", said_text);
	ck_assert_uint_eq(vd_disk_extents(d, 0, 64, add_allocated, &n_allocated), VIX_OK);
	ck_assert_uint_eq(n_allocated, 64);
	vd_disk_close(d);
	mk_free(&img);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain-flat");
	TCase *tc = unit_tcase(s, "flat");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, data_and_holes_are_read_whatever_the_size_of_calls, 0,
			    (int)(sizeof(steps) / sizeof(steps[0])));
	tcase_add_test(tc, what_was_written_into_a_hole_is_seen);
	tcase_add_test(tc, a_file_that_became_shorter_is_an_error);

	tc = unit_tcase(s, "sparse");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, grains_in_a_hole_of_their_file_are_allocated, 0,
			    (int)(sizeof(one_sector_grains) / sizeof(one_sector_grains[0])));
	return unit_run(s);
}
