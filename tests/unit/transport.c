/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/transport/: the choice of a transport, and files of this host.
 */
#include "config.h"

#include "unit.h"

#include "../../libvdisk/conn.h"
#include "../../libvdisk/transport/transport.h"
#include "said.h"
#include "tmpdir.h"

#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

static struct vd_conn conn;

static void set_up(void)
{
	static const char sectors[2 * 512] = "first";

	memset(&conn, 0, sizeof(conn));
	tmpdir_make();
	put_file(in_tmpdir("two.img"), sectors, sizeof(sectors));
	said_start();
}

static VixError open_img(struct vd_disk **d_out)
{
	return vd_transport_open(&conn, in_tmpdir("two.img"), READ_ONLY, d_out);
}

START_TEST(list_names_what_is_built)
{
	ck_assert_str_eq(vd_transport_list(), "file");
}
END_TEST

static const char *const local_lists[] = {
	NULL, "", "file", "FILE", ":file:", "nbdssl:nbd", "san:file", "no such thing", ":::",
};

START_TEST(local_connection_gets_files_whatever_it_lists)
{
	struct vd_disk *d;
	char buf[512];

	conn.transport_modes = (char *)local_lists[_i];
	ck_assert_int_eq(open_img(&d), VIX_OK);
	ck_assert_str_eq(d->mode, "file");
	ck_assert_uint_eq(d->capacity, 2);
	ck_assert_int_eq(vd_disk_read(d, 0, 1, buf), VIX_OK);
	ck_assert_str_eq(buf, "first");
	vd_disk_close(d);
}
END_TEST

START_TEST(remote_connection_gets_no_files)
{
	struct vd_disk *d = (struct vd_disk *)&conn;

	conn.remote = true;
	ck_assert_int_eq(open_img(&d), VIX_E_NOT_SUPPORTED);
	ck_assert_ptr_null(d);
	ck_assert(said("two.img"));
	conn.transport_modes = (char *)"nbdssl:file";
	ck_assert_int_eq(open_img(&d), VIX_E_NOT_SUPPORTED);
	ck_assert(said("nbdssl:file"));
}
END_TEST

/* A disk whose descriptor names a file above its directory. */
static VixError open_outside(struct vd_disk **d_out)
{
	mkdir(in_tmpdir("sub"), 0700);
	put_text(in_tmpdir("sub/d.vmdk"), "# Disk DescriptorFile\nversion=1\nCID=1\n"
					  "parentCID=ffffffff\ncreateType=\"monolithicFlat\"\n"
					  "RW 2 FLAT \"../two.img\" 0\n");
	return vd_transport_open(&conn, in_tmpdir("sub/d.vmdk"), READ_ONLY, d_out);
}

START_TEST(extents_outside_need_the_connection_to_allow_them)
{
	struct vd_disk *d;

	ck_assert_int_eq(open_outside(&d), VIX_E_FILE_ACCESS_ERROR);
	ck_assert_ptr_null(d);
	conn.extents_outside = true;
	ck_assert_int_eq(open_outside(&d), VIX_OK);
	vd_disk_close(d);
}
END_TEST

START_TEST(missing_file_is_not_found)
{
	struct vd_disk *d;

	ck_assert_int_eq(vd_transport_open(&conn, in_tmpdir("no.vmdk"), READ_ONLY, &d),
			 VIX_E_FILE_NOT_FOUND);
	ck_assert_ptr_null(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("transport");
	TCase *tc = unit_tcase(s, "transport");

	tcase_add_checked_fixture(tc, set_up, tmpdir_remove);
	tcase_add_test(tc, list_names_what_is_built);
	tcase_add_loop_test(tc, local_connection_gets_files_whatever_it_lists, 0,
			    sizeof(local_lists) / sizeof(local_lists[0]));
	tcase_add_test(tc, remote_connection_gets_no_files);
	tcase_add_test(tc, extents_outside_need_the_connection_to_allow_them);
	tcase_add_test(tc, missing_file_is_not_found);
	return unit_run(s);
}
