/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/disk-raw.c, on files.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/disk-raw.h"
#include "said.h"
#include "tmpdir.h"

#define SECTOR 512u

static struct vd_disk *disk;
static struct vd_raw_facts facts;

static void setup(void)
{
	/* the header of a sparse extent, in the first sector of a disk of a guest */
	static char content[8 * SECTOR] = "KDMV\1\0\0\0";

	tmpdir_make();
	said_start();
	memset(content + SECTOR, 'b', SECTOR);
	put_file(in_tmpdir("disk"), content, sizeof(content));
	disk = NULL;
	facts = (struct vd_raw_facts){ .mode = "hotadd", .links = 3 };
}

static void teardown(void)
{
	vd_disk_close(disk);
	said_stop();
	tmpdir_remove();
}

static VixError open_disk(unsigned mode)
{
	struct vd_store *st;

	ck_assert_int_eq(vd_store_open(&vd_store_local, in_tmpdir("disk"), mode, &st), VIX_OK);
	return vd_raw_open(st, &facts, &disk);
}

START_TEST(what_looks_like_a_format_is_data)
{
	char buf[2 * SECTOR];

	ck_assert_int_eq(open_disk(0), VIX_OK);
	ck_assert_uint_eq(disk->capacity, 8);
	ck_assert_str_eq(disk->mode, "hotadd");
	ck_assert_int_eq(vd_disk_read(disk, 0, 2, buf), VIX_OK);
	ck_assert_mem_eq(buf, "KDMV\1", 5);
	ck_assert_int_eq(buf[SECTOR], 'b');
	ck_assert_int_eq(vd_disk_read(disk, 7, 2, buf), VIX_E_DISK_OUTOFRANGE);
	ck_assert_int_eq(vd_disk_write(disk, 0, 1, buf), VIX_E_FILE_READ_ONLY);
}
END_TEST

START_TEST(what_is_written_is_there)
{
	char buf[SECTOR], got[SECTOR];

	memset(buf, 'w', sizeof(buf));
	ck_assert_int_eq(open_disk(VD_STORE_WRITE | VD_STORE_UNBUFFERED), VIX_OK);
	ck_assert_int_eq(vd_disk_write(disk, 7, 1, buf), VIX_OK);
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	ck_assert_int_eq(vd_disk_read(disk, 7, 1, got), VIX_OK);
	ck_assert_mem_eq(got, buf, SECTOR);
	ck_assert_int_eq(vd_disk_write(disk, 8, 1, buf), VIX_E_DISK_OUTOFRANGE);
}
END_TEST

static bool count_run(uint64_t sector, uint64_t count, bool allocated, void *ctx)
{
	ck_assert(allocated);
	*(uint64_t *)ctx += sector * 1000 + count;
	return true;
}

START_TEST(all_of_it_is_allocated)
{
	uint64_t sum = 0;

	ck_assert_int_eq(open_disk(0), VIX_OK);
	ck_assert_int_eq(vd_disk_extents(disk, 1, 5, count_run, &sum), VIX_OK);
	ck_assert_uint_eq(sum, 1005);
}
END_TEST

static VixError check_info(const struct vd_disk_info *info, void *ctx)
{
	ck_assert_uint_eq(info->capacity, 8);
	ck_assert_int_eq(info->links, 3);
	ck_assert_ptr_null(info->parent_hint);
	ck_assert_uint_ne(info->phys_geo.sectors, 0);
	if (ctx != NULL)
		ck_assert_str_eq(info->uuid, ctx);
	else
		ck_assert_ptr_null(info->uuid);
	return VIX_OK;
}

static const struct {
	const char *told;
	const char *has;
} uuids[] = {
	{ NULL, NULL },
	{ "6000C29e-bb2b-1234-5678-9abcdef01234",
	  "60 00 c2 9e bb 2b 12 34-56 78 9a bc de f0 12 34" },
	{ "6000C29e-bb2b-1234-5678-9abcdef0123", NULL },
	{ "6000C29e-bb2b-1234-5678-9abcdef012345", NULL },
	{ "", NULL },
};

START_TEST(a_uuid_is_told_as_descriptors_have_it)
{
	char *value;

	facts.uuid = uuids[_i].told;
	ck_assert_int_eq(open_disk(0), VIX_OK);
	ck_assert_int_eq(vd_disk_get_info(disk, check_info, (void *)uuids[_i].has), VIX_OK);
	ck_assert_int_eq(vd_disk_get_meta(disk, "UUID", &value), VIX_OK);
	if (uuids[_i].has != NULL)
		ck_assert_str_eq(value, uuids[_i].has);
	else
		ck_assert_ptr_null(value);
	free(value);
}
END_TEST

START_TEST(there_is_no_other_metadata)
{
	char *value;

	ck_assert_int_eq(open_disk(VD_STORE_WRITE), VIX_OK);
	ck_assert_int_eq(vd_disk_get_meta(disk, "adapterType", &value), VIX_OK);
	ck_assert_ptr_null(value);
	ck_assert_int_eq(vd_disk_set_meta(disk, "x", "y"), VIX_E_NOT_SUPPORTED);
}
END_TEST

START_TEST(parts_of_sectors_are_no_disk)
{
	put_text(in_tmpdir("disk"), "x");
	ck_assert_int_eq(open_disk(0), VIX_E_DISK_INVALIDDISK);
	put_text(in_tmpdir("disk"), "");
	ck_assert_int_eq(open_disk(0), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("are no whole sectors"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk-raw");
	TCase *tc = unit_tcase(s, "disk-raw");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_looks_like_a_format_is_data);
	tcase_add_test(tc, what_is_written_is_there);
	tcase_add_test(tc, all_of_it_is_allocated);
	tcase_add_loop_test(tc, a_uuid_is_told_as_descriptors_have_it, 0,
			    sizeof(uuids) / sizeof(uuids[0]));
	tcase_add_test(tc, there_is_no_other_metadata);
	tcase_add_test(tc, parts_of_sectors_are_no_disk);
	return unit_run(s);
}
