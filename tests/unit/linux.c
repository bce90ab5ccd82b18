/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/engine/linux.c: os-release and fstab.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libmount/engine/linux.h"

static struct vmnt_os os;

static void os_clear(void)
{
	vmnt_os_free(&os);
}

static void release(const char *text)
{
	vmnt_os_free(&os);
	ck_assert_int_eq(vmnt_linux_release(text, &os), VIX_OK);
}

START_TEST(release_is_read)
{
	release("PRETTY_NAME=\"Ubuntu 22.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\n"
		"ID=ubuntu\nID_LIKE=debian\n");
	ck_assert_str_eq(os.vendor, "Canonical");
	ck_assert_str_eq(os.edition, "Ubuntu 22.04.3 LTS");
	ck_assert_uint_eq(os.major, 22);
	ck_assert_uint_eq(os.minor, 4);
	release("NAME='Some \"Linux\"'\r\nID=some\r\nVERSION_ID=9\r\nPRETTY_NAME=Some\\ 9\r\n");
	ck_assert_str_eq(os.vendor, "Some \"Linux\"");
	ck_assert_str_eq(os.edition, "Some 9");
	ck_assert_uint_eq(os.major, 9);
	ck_assert_uint_eq(os.minor, 0);
}
END_TEST

START_TEST(release_may_say_little)
{
	static const char *const texts[] = { "",
					     "\n\n",
					     "ID",
					     "ID=",
					     "=x\n",
					     "ID=\"",
					     "ID=\\",
					     "VERSION_ID=sid\n",
					     "VERSION_ID=-5.-6\n",
					     "XID=debian" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		release(texts[i]);
		ck_assert_uint_eq(os.major, 0);
		ck_assert_uint_eq(os.minor, 0);
		ck_assert_str_eq(os.edition, "");
		ck_assert_uint_eq(strlen(os.vendor) > 1, 0);
	}
}
END_TEST

START_TEST(version_is_read)
{
	os.major = 5;
	vmnt_linux_version("12.4\n", &os);
	ck_assert_uint_eq(os.major, 12);
	ck_assert_uint_eq(os.minor, 4);
	vmnt_linux_version("trixie/sid", &os);
	ck_assert_uint_eq(os.major, 12);
	vmnt_linux_version("99999999999999999999.1", &os);
	ck_assert_uint_eq(os.major, 999999999);
}
END_TEST

/* --- fstab --- */

#define TEXT(s) ((char[]){ s })

static struct vmnt_volume_info volumes[] = {
	{ .device = TEXT("/dev/sda1"),
	  .name = TEXT("disk0 p1"),
	  .label = TEXT("my disk"),
	  .uuid = TEXT("AB-12"),
	  .part_uuid = TEXT("c0ffee"),
	  .type = VIXMNTAPI_GPT_PARTITION,
	  .mountable = true },
	{ .device = TEXT("/dev/sda2"),
	  .name = TEXT("disk0 p2"),
	  .label = TEXT("swap"),
	  .uuid = TEXT("77") },
	{ .device = TEXT("/dev/sdb"), .name = TEXT("disk1"), .mountable = true },
	{ .device = TEXT("/dev/v-g/l-v"),
	  .name = TEXT("v-g/l-v"),
	  .type = VIXMNTAPI_LVM_VOLUME,
	  .mountable = true },
};

/* What @text makes of it: "device path;" for each mount. */
static const char *fstab(const char *text)
{
	static char got[1024];

	vmnt_os_free(&os);
	ck_assert_int_eq(vmnt_linux_fstab(text, volumes, 4, &os), VIX_OK);
	got[0] = '\0';
	for (size_t i = 0; i < os.n; i++)
		sprintf(got + strlen(got), "%s %s;", os.mounts[i].device, os.mounts[i].path);
	return got;
}

START_TEST(every_way_to_name_a_volume_is_known)
{
	static const char *const rows[][2] = {
		{ "UUID=ab-12", "/dev/sda1" },
		{ "UUID=\"ab-12\"", "/dev/sda1" },
		{ "LABEL=my\\040disk", "/dev/sda1" },
		{ "PARTUUID=C0FFEE", "/dev/sda1" },
		{ "/dev/disk/by-uuid/AB-12", "/dev/sda1" },
		{ "/dev/disk/by-label/my\\040disk", "/dev/sda1" },
		{ "/dev/disk/by-partuuid/c0ffee", "/dev/sda1" },
		{ "/dev/sda1", "/dev/sda1" },
		{ "/dev/vda1", "/dev/sda1" },
		{ "/dev/xvda1", "/dev/sda1" },
		{ "/dev/nvme0n1p1", "/dev/sda1" },
		{ "/dev/hdb", "/dev/sdb" },
		{ "/dev/v-g/l-v", "/dev/v-g/l-v" },
		{ "/dev/mapper/v--g-l--v", "/dev/v-g/l-v" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[128], want[128];

		sprintf(line, "%s\t/mnt ext4 defaults 0 2\n", rows[i][0]);
		sprintf(want, "%s /mnt;", rows[i][1]);
		ck_assert_str_eq(fstab(line), want);
	}
}
END_TEST

START_TEST(what_is_not_ours_is_left_out)
{
	static const char *const lines[] = {
		"UUID=77 none swap sw 0 0",
		"UUID=77 /swap swap sw 0 0",
		"# /dev/sda1 / ext4",
		"#/dev/sda1 / ext4",
		"tmpfs /tmp tmpfs",
		"UUID=x / ext4",
		"UUID= / ext4",
		"LABEL= / ext4",
		"/dev/sda12 / ext4",
		"/dev/sda / ext4",
		"/dev/sdz1 / ext4",
		"/dev/mapper/v-g-l-v / ext4",
		"/dev/mapper/v--g / ext4",
		"/dev/mapper/ / ext4",
		"/dev/v-g / ext4",
		"/dev/ / ext4",
		"server:/x /mnt nfs",
		"/dev/sda1",
		"/dev/sda1 relative ext4",
		"   ",
		"",
		"UUID=\" / ext4",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(fstab(lines[i])[0] == '\0', "%s", lines[i]);
}
END_TEST

START_TEST(paths_keep_their_blanks_and_order)
{
	ck_assert_str_eq(
		fstab("\n# static\n/dev/sdb /a\\040b\\134 auto\nLABEL=my\\040disk / ext4\r\n"),
		"/dev/sdb /a b\\;/dev/sda1 /;");
}
END_TEST

START_TEST(number_of_mounts_is_bounded)
{
	char *text = malloc(20000 * 20), *p = text;

	for (int i = 0; i < 20000; i++)
		p += sprintf(p, "/dev/sdb /%d x\n", i);
	vmnt_os_free(&os);
	ck_assert_int_eq(vmnt_linux_fstab(text, volumes, 4, &os), VIX_OK);
	ck_assert_uint_eq(os.n, 256);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("linux");
	TCase *tc = unit_tcase(s, "linux");

	tcase_add_checked_fixture(tc, NULL, os_clear);
	tcase_add_test(tc, release_is_read);
	tcase_add_test(tc, release_may_say_little);
	tcase_add_test(tc, version_is_read);
	tcase_add_test(tc, every_way_to_name_a_volume_is_known);
	tcase_add_test(tc, what_is_not_ours_is_left_out);
	tcase_add_test(tc, paths_keep_their_blanks_and_order);
	tcase_add_test(tc, number_of_mounts_is_bounded);
	return unit_run(s);
}
