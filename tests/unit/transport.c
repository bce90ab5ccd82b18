/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/transport/transport.c and file.c.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/conn.h"
#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/transport/transport.h"
#include "said.h"
#include "tmpdir.h"

static struct vd_conn conn;
static struct vd_disk *disk; /* the last one that was opened */

static void setup(void)
{
	tmpdir_make();
	said_start();
	memset(&conn, 0, sizeof(conn));
	disk = NULL;
	put_text(in_tmpdir("a.vmdk"),
		 "version=1\nCID=1\nparentCID=2\nparentFileNameHint=\"b.vmdk\"\n"
		 "RW 8 ZERO\n");
	put_text(in_tmpdir("b.vmdk"), "version=1\nCID=2\nRW 8 ZERO\n");
}

static void teardown(void)
{
	vd_disk_close(disk);
	said_stop();
	tmpdir_remove();
}

static VixError open_disk(const char *name, uint32 flags)
{
	vd_disk_close(disk);
	return vd_transport_open(&conn, in_tmpdir(name), flags, &disk);
}

START_TEST(the_list_has_what_is_built_in)
{
#ifdef HAVE_VSPHERE
	ck_assert_str_eq(vd_transport_list(), "file:hotadd:https");
#else
	ck_assert_str_eq(vd_transport_list(), "file");
#endif
}
END_TEST

START_TEST(a_list_is_taken_as_the_client_wrote_it)
{
	static const char *const lists[] = {
		NULL,       "",  ":::",        "file",     "FILE", "san:hotadd:file:nbd",
		"::file::", "x", "nbdssl:nbd", "fil:files"
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		conn.transport_modes = (char *)lists[i];
		ck_assert_int_eq(open_disk("a.vmdk", 0), VIX_OK);
		ck_assert_str_eq(disk->mode, "file");
	}
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_server_is_not_served_by_files)
{
	static const char *const lists[] = { "", "file", "nbdssl:nbd" };

	conn.remote = true;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		conn.transport_modes = (char *)lists[i];
		ck_assert_int_eq(open_disk("a.vmdk", 0), VIX_E_NOT_SUPPORTED);
		ck_assert_ptr_null(disk);
	}
	ck_assert(said(
		"none of the transports \"nbdssl:nbd\" serves this connection; built in: file"));
}
END_TEST

START_TEST(a_disk_is_read_only_by_its_flag_or_its_connection)
{
	ck_assert_int_eq(open_disk("a.vmdk", 0), VIX_OK);
	ck_assert(!disk->readonly);
	ck_assert_int_eq(open_disk("a.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY), VIX_OK);
	ck_assert(disk->readonly);
	conn.readonly = true;
	ck_assert_int_eq(open_disk("a.vmdk", 0), VIX_OK);
	ck_assert(disk->readonly);
}
END_TEST

START_TEST(a_single_link_has_no_parents)
{
	ck_assert_int_eq(open_disk("a.vmdk", 0), VIX_OK);
	ck_assert_uint_eq(((struct vd_chain *)disk)->links.n, 2);
	ck_assert_int_eq(open_disk("a.vmdk", VIXDISKLIB_FLAG_OPEN_SINGLE_LINK), VIX_OK);
	ck_assert_uint_eq(((struct vd_chain *)disk)->links.n, 1);
}
END_TEST

START_TEST(unbuffered_reaches_the_files)
{
	static const char sectors[8 * 512] = "x";
	char buf[512];

	put_file(in_tmpdir("raw.img"), sectors, sizeof(sectors));
	ck_assert_int_eq(open_disk("raw.img", VIXDISKLIB_FLAG_OPEN_UNBUFFERED), VIX_OK);
	ck_assert(((struct vd_chain *)disk)->links.v[0]->extents.v[0]->store->mode &
		  VD_STORE_UNBUFFERED);
	ck_assert_int_eq(vd_disk_read(disk, 0, 1, buf), VIX_OK);
	ck_assert_int_eq(buf[0], 'x');
}
END_TEST

START_TEST(extents_lie_outside_where_the_connection_permits_it)
{
	static const char sector[512];

	ck_assert_int_eq(mkdir(in_tmpdir("d"), 0700), 0);
	put_file(in_tmpdir("x.bin"), sector, sizeof(sector));
	put_text(in_tmpdir("d/a.vmdk"), "version=1\nRW 1 FLAT \"../x.bin\" 0\n");
	ck_assert_int_eq(open_disk("d/a.vmdk", 0), VIX_E_FILE_ACCESS_ERROR);
	conn.extents_outside = true;
	ck_assert_int_eq(open_disk("d/a.vmdk", 0), VIX_OK);
}
END_TEST

START_TEST(a_missing_file_is_not_found)
{
	ck_assert_int_eq(open_disk("gone.vmdk", 0), VIX_E_FILE_NOT_FOUND);
	ck_assert_ptr_null(disk);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("transport");
	TCase *tc = unit_tcase(s, "transport");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_list_has_what_is_built_in);
	tcase_add_test(tc, a_list_is_taken_as_the_client_wrote_it);
	tcase_add_test(tc, a_server_is_not_served_by_files);

	tc = unit_tcase(s, "file");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_disk_is_read_only_by_its_flag_or_its_connection);
	tcase_add_test(tc, a_single_link_has_no_parents);
	tcase_add_test(tc, unbuffered_reaches_the_files);
	tcase_add_test(tc, a_missing_file_is_not_found);
	tcase_add_test(tc, extents_lie_outside_where_the_connection_permits_it);
	return unit_run(s);
}
