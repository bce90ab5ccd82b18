/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The metadata of disks: ReadMetadata, GetMetadataKeys.
 */
#include "config.h"

#include <string.h>

#include "client.h"
#include "disks.h"

static VixDiskLibConnection conn;
static VixDiskLibHandle disk;

static void open_one(void)
{
	conn = connect_local();
	make_flat("meta.vmdk", GRAIN);
	disk = open_disk(conn, "meta.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
}

static void close_one(void)
{
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

START_TEST(read_gives_the_value_of_a_key)
{
	char buf[64];
	size_t len = 0;

	ck_assert_ok(VixDiskLib_ReadMetadata(disk, "uuid", buf, sizeof(buf), &len));
	ck_assert_str_eq(buf, DISK_UUID);
	ck_assert_uint_eq(len, strlen(DISK_UUID) + 1);
	ck_assert_ok(VixDiskLib_ReadMetadata(disk, "geometry.heads", buf, sizeof(buf), NULL));
	ck_assert_str_eq(buf, "64");
	ck_assert_ok(VixDiskLib_ReadMetadata(disk, "ADAPTERTYPE", buf, sizeof(buf), NULL));
	ck_assert_str_eq(buf, "lsilogic");
}
END_TEST

START_TEST(read_tells_the_length_when_the_buffer_is_too_small)
{
	const size_t need = strlen(DISK_UUID) + 1;
	char buf[64] = "as it was";
	size_t len = 0;

	ck_assert_err(VixDiskLib_ReadMetadata(disk, "uuid", NULL, 0, &len), BUFFER_TOOSMALL);
	ck_assert_uint_eq(len, need);
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "uuid", buf, need - 1, &len), BUFFER_TOOSMALL);
	ck_assert_str_eq(buf, "as it was");
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "uuid", buf, 0, NULL), BUFFER_TOOSMALL);
	ck_assert_ok(VixDiskLib_ReadMetadata(disk, "uuid", buf, need, NULL));
	ck_assert_str_eq(buf, DISK_UUID);
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(read_of_an_unknown_key_says_so_without_a_message)
{
	char buf[8];
	size_t len = 77;

	ck_assert_err(VixDiskLib_ReadMetadata(disk, "nothing", buf, sizeof(buf), &len),
		      DISK_KEY_NOTFOUND);
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "", NULL, 0, NULL), DISK_KEY_NOTFOUND);
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(read_with_bad_arguments_is_an_error)
{
	char buf[8];

	ck_assert_err(VixDiskLib_ReadMetadata(disk, NULL, buf, sizeof(buf), NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_ReadMetadata(disk, "uuid", NULL, 8, NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_GetMetadataKeys(disk, NULL, 8, NULL), INVALID_ARG);
}
END_TEST

static unsigned count_keys(const char *keys, const char *wanted)
{
	unsigned n = 0;

	for (const char *k = keys; *k != '\0'; k += strlen(k) + 1)
		n += wanted == NULL || strcmp(k, wanted) == 0;
	return n;
}

START_TEST(keys_are_listed_as_clients_read_them)
{
	size_t need = 0, len = 0;
	char *keys;

	ck_assert_err(VixDiskLib_GetMetadataKeys(disk, NULL, 0, &need), BUFFER_TOOSMALL);
	ck_assert_uint_gt(need, 2);
	keys = malloc(need);
	memset(keys, 'x', need);
	ck_assert_err(VixDiskLib_GetMetadataKeys(disk, keys, need - 1, &len), BUFFER_TOOSMALL);
	ck_assert_uint_eq(len, need);
	ck_assert_int_eq(keys[0], 'x');

	ck_assert_ok(VixDiskLib_GetMetadataKeys(disk, keys, need, NULL));
	ck_assert_mem_eq(keys + need - 2, "\0", 2);
	ck_assert_uint_eq(count_keys(keys, NULL), 6);
	ck_assert_uint_eq(count_keys(keys, "uuid"), 1);
	ck_assert_uint_eq(count_keys(keys, "geometry.sectors"), 1);
	ck_assert_uint_eq(count_keys(keys, "virtualHWVersion"), 1);
	for (const char *k = keys; *k != '\0'; k += strlen(k) + 1)
		ck_assert_err(VixDiskLib_ReadMetadata(disk, k, NULL, 0, NULL), BUFFER_TOOSMALL);
	free(keys);
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(keys_of_raw_data_are_a_list_that_ends_well)
{
	VixDiskLibHandle raw;
	char keys[256];
	size_t len = 0;

	make_raw("raw.img", GRAIN);
	raw = open_disk(conn, "raw.img", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_GetMetadataKeys(raw, keys, sizeof(keys), &len));
	ck_assert_uint_ge(len, 1);
	ck_assert_int_eq(keys[len - 1], '\0');
	ck_assert_err(VixDiskLib_ReadMetadata(raw, "uuid", NULL, 0, NULL), DISK_KEY_NOTFOUND);
	ck_assert_ok(VixDiskLib_Close(raw));
}
END_TEST

START_TEST(write_checks_its_arguments)
{
	VixDiskLibHandle rw = open_disk(conn, "meta.vmdk", 0);

	ck_assert_err(VixDiskLib_WriteMetadata(rw, NULL, "x"), INVALID_ARG);
	ck_assert_err(VixDiskLib_WriteMetadata(rw, "", "x"), INVALID_ARG);
	ck_assert_err(VixDiskLib_WriteMetadata(rw, "uuid", NULL), INVALID_ARG);
	ck_assert_err(VixDiskLib_WriteMetadata(rw, "a b", "x"), INVALID_ARG);
	ck_assert_err(VixDiskLib_WriteMetadata(rw, "a", "x\nRW 1 ZERO"), INVALID_ARG);
	ck_assert_ok(VixDiskLib_Close(rw));
}
END_TEST

static void expect_value(VixDiskLibHandle h, const char *key, const char *want)
{
	char got[256];

	ck_assert_ok(VixDiskLib_ReadMetadata(h, key, got, sizeof(got), NULL));
	ck_assert_str_eq(got, want);
}

START_TEST(what_is_written_is_there_at_once_and_later)
{
	VixDiskLibHandle rw = open_disk(conn, "meta.vmdk", 0);

	ck_assert_ok(VixDiskLib_WriteMetadata(rw, "uuid", "x"));
	ck_assert_ok(VixDiskLib_WriteMetadata(rw, "new", ""));
	ck_assert_ok(VixDiskLib_WriteMetadata(rw, "new", "a longer value"));
	expect_value(rw, "uuid", "x");
	expect_value(rw, "new", "a longer value");
	ck_assert_ok(VixDiskLib_Close(rw));
	rw = open_disk(conn, "meta.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	expect_value(rw, "uuid", "x");
	expect_value(rw, "new", "a longer value");
	ck_assert_ok(VixDiskLib_Close(rw));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("meta");
	TCase *tc = client_tcase(s, "meta");

	tcase_add_checked_fixture(tc, open_one, close_one);
	tcase_add_test(tc, read_gives_the_value_of_a_key);
	tcase_add_test(tc, read_tells_the_length_when_the_buffer_is_too_small);
	tcase_add_test(tc, read_of_an_unknown_key_says_so_without_a_message);
	tcase_add_test(tc, read_with_bad_arguments_is_an_error);
	tcase_add_test(tc, keys_are_listed_as_clients_read_them);
	tcase_add_test(tc, keys_of_raw_data_are_a_list_that_ends_well);
	tcase_add_test(tc, write_checks_its_arguments);
	tcase_add_test(tc, what_is_written_is_there_at_once_and_later);
	return client_run(s);
}
