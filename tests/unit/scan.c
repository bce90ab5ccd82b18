/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount/engine/scan.c and scan-text.c: volumes from what the appliance prints.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libmount/engine/scan-text.h"
#include "../../libmount/engine/scan.h"
#include "tmpdir.h"

#define MAX_TEXT 8192
#define VG       "fuH2hftr4vvI7iZqSEeGYfa1NWRpDQcN"
#define LV       "V351xO6E55SNB8Dp1p6SgcY6WCfaf7ff"
#define DRIVERS  "F ext4\nF xfs.ko\nF btrfs\nF ntfs-3g\nF vfat.ko.xz\n"

static struct vmnt_volume_info *volumes;
static size_t n_volumes;

static void scan(const char *devices, const char *blkid, size_t n_disks)
{
	char text[MAX_TEXT];

	snprintf(text, sizeof(text), "%s" DRIVERS "B\n%s", devices, blkid);
	ck_assert_int_eq(vmnt_scan_parse(text, n_disks, &volumes, &n_volumes), VIX_OK);
}

static void forget(void)
{
	vmnt_volume_info_free_all(volumes, n_volumes);
	volumes = NULL;
}

/* "name device kind filesystem state": what tells volumes apart in these tests. */
static void expect(size_t i, const char *text)
{
	char got[256];

	ck_assert_uint_lt(i, n_volumes);
	snprintf(got, sizeof(got), "%s %s %s %s %s", volumes[i].name, volumes[i].device,
		 volumes[i].kind, volumes[i].filesystem, volumes[i].state);
	ck_assert_str_eq(got, text);
	ck_assert_int_eq(volumes[i].mountable, strstr(text, " ok") != NULL);
}

/* Whatever it is called. */
START_TEST(what_lies_on_a_partition_comes_after_it)
{
	scan("X dm-0 8\nN dm-0 a-b\nU dm-0 LVM-" VG LV "\nS dm-0 sda1\n"
	     "D sda 4194304 2:0:0:0\nP sda1 65536 2048 1 sda\n",
	     "DEVNAME=/dev/dm-0\nTYPE=ext4\nUSAGE=filesystem\n\n"
	     "DEVNAME=/dev/sda1\nTYPE=LVM2_member\nUSAGE=raid\nPART_ENTRY_SCHEME=gpt\n",
	     1);
	ck_assert_uint_eq(n_volumes, 2);
	expect(0, "disk0 p1 /dev/sda1 partition LVM2_member not mountable");
	expect(1, "a/b /dev/a/b lv ext4 ok");
	forget();
}
END_TEST

START_TEST(gpt_disk_with_lvm_comes_in_order_of_place)
{
	scan("X dm-0 131072\nN dm-0 vg--0-my--root\nU dm-0 LVM-" VG LV "\nS dm-0 sda3\n"
	     "X dm-1 8\nN dm-1 vg--0-pool_tdata\nU dm-1 LVM-" VG LV "-tdata\nS dm-1 sda3\n"
	     "X dm-2 1000\nN dm-2 vg--0-data\nU dm-2 LVM-" VG LV "\nS dm-2 sda3\n"
	     "D sda 4194304 2:0:0:0\n"
	     "P sda2 65536 133120 2 sda\nP sda1 131072 2048 1 sda\nP sda3 300000 200000 3 sda\n"
	     "D sdb 8388608 2:0:1:0\n",
	     "DEVNAME=/dev/dm-0\nTYPE=ext4\nUSAGE=filesystem\nLABEL=root\n\n"
	     "DEVNAME=/dev/sda\nPTTYPE=gpt\n\n"
	     "DEVNAME=/dev/sda1\nUUID=ab-12\nTYPE=xfs\nUSAGE=filesystem\nPART_ENTRY_SCHEME=gpt\n\n"
	     "DEVNAME=/dev/sda2\nTYPE=swap\nUSAGE=other\nPART_ENTRY_SCHEME=gpt\n\n"
	     "DEVNAME=/dev/sda3\nTYPE=LVM2_member\nUSAGE=raid\nPART_ENTRY_SCHEME=gpt\n\n"
	     "DEVNAME=/dev/dm-2\nTYPE=xfs\nUSAGE=filesystem\n",
	     1);
	ck_assert_uint_eq(n_volumes, 5);
	expect(0, "disk0 p1 /dev/sda1 partition xfs ok");
	expect(1, "disk0 p2 /dev/sda2 partition swap not mountable");
	expect(2, "disk0 p3 /dev/sda3 partition LVM2_member not mountable");
	expect(3, "vg-0/data /dev/vg-0/data lv xfs ok");
	expect(4, "vg-0/my-root /dev/vg-0/my-root lv ext4 ok");
	ck_assert_str_eq(volumes[0].uuid, "ab-12");
	ck_assert_ptr_null(volumes[0].label);
	ck_assert_str_eq(volumes[4].label, "root");
	ck_assert_int_eq(volumes[0].type, VIXMNTAPI_GPT_PARTITION);
	ck_assert_int_eq(volumes[4].type, VIXMNTAPI_LVM_VOLUME);
	ck_assert_uint_eq(volumes[0].offset, 2048 * 512);
	ck_assert_uint_eq(volumes[0].bytes, 131072 * 512);
	ck_assert_uint_eq(volumes[0].used_bytes, UINT64_MAX);
	ck_assert_uint_eq(volumes[4].offset, 200000 * 512);
	forget();
}
END_TEST

START_TEST(mbr_types_are_told)
{
	scan("D sda 4194304 0:0:0:0\n"
	     "P sda1 131072 2048 1 sda\nP sda2 2 200000 2 sda\nP sda5 100 200002 5 sda\n"
	     "P sda3 100 400000 3 sda\n",
	     "DEVNAME=/dev/sda1\nTYPE=ntfs\nUSAGE=filesystem\nPART_ENTRY_SCHEME=dos\n"
	     "PART_ENTRY_TYPE=0x7\n\n"
	     "DEVNAME=/dev/sda2\nPART_ENTRY_SCHEME=dos\nPART_ENTRY_TYPE=0x5\n\n"
	     "DEVNAME=/dev/sda3\nPART_ENTRY_SCHEME=dos\nPART_ENTRY_TYPE=0x42\n\n"
	     "DEVNAME=/dev/sda5\nTYPE=vfat\nUSAGE=filesystem\nPART_ENTRY_SCHEME=dos\n",
	     1);
	expect(0, "disk0 p1 /dev/sda1 partition ntfs ok");
	expect(1, "disk0 p2 /dev/sda2 partition extended not mountable");
	expect(2, "disk0 p5 /dev/sda5 partition vfat ok");
	expect(3, "disk0 p3 /dev/sda3 partition ldm_member not mountable");
	ck_assert_int_eq(volumes[0].type, VIXMNTAPI_BASIC_PARTITION);
	forget();
}
END_TEST

START_TEST(encrypted_and_unsupported_volumes_say_so)
{
	scan("D sda 4194304 0:0:0:0\n"
	     "P sda1 8 8 1 sda\nP sda2 8 16 2 sda\nP sda3 8 24 3 sda\nP sda4 8 32 4 sda\n",
	     "DEVNAME=/dev/sda1\nTYPE=crypto_LUKS\nUSAGE=crypto\n\n"
	     "DEVNAME=/dev/sda2\nTYPE=BitLocker\nUSAGE=crypto\n\n"
	     "DEVNAME=/dev/sda3\nTYPE=zfs_member\nUSAGE=filesystem\n",
	     1);
	expect(0, "disk0 p1 /dev/sda1 partition crypto_LUKS locked: LUKS-encrypted");
	expect(1, "disk0 p2 /dev/sda2 partition BitLocker locked: BitLocker");
	expect(2, "disk0 p3 /dev/sda3 partition zfs_member unsupported: zfs_member");
	expect(3, "disk0 p4 /dev/sda4 partition unknown not mountable");
	forget();
}
END_TEST

START_TEST(disks_are_numbered_by_their_place_on_the_bus)
{
	/* The kernel found them in another order; the last one is the appliance's own. */
	scan("D sda 100 2:0:10:0\nD sdb 200 2:0:0:0\nD sdc 300 2:0:2:0\n",
	     "DEVNAME=/dev/sda\nTYPE=ext4\nUSAGE=filesystem\n\n"
	     "DEVNAME=/dev/sdb\nTYPE=xfs\nUSAGE=filesystem\n\n"
	     "DEVNAME=/dev/sdc\nTYPE=btrfs\nUSAGE=filesystem\n",
	     2);
	ck_assert_uint_eq(n_volumes, 2);
	expect(0, "disk0 /dev/sda whole-disk xfs ok");
	expect(1, "disk1 /dev/sdb whole-disk btrfs ok");
	ck_assert_int_eq(volumes[0].type, VIXMNTAPI_UNKNOWN_VOLTYPE);
	forget();
}
END_TEST

START_TEST(the_28th_disk_has_two_letters)
{
	char text[MAX_TEXT] = "";

	for (int i = 0; i < 28; i++)
		sprintf(text + strlen(text), "D x%d %d 0:0:%d:0\n", i, i + 1, i);
	scan(text, "", 28);
	ck_assert_uint_eq(n_volumes, 28);
	expect(25, "disk25 /dev/sdz whole-disk unknown not mountable");
	expect(27, "disk27 /dev/sdab whole-disk unknown not mountable");
	forget();
}
END_TEST

START_TEST(array_lies_where_its_first_member_lies)
{
	scan("D sda 100 0:0:0:0\nP sda1 50 10 1 sda\nD sdb 100 0:0:1:0\nP sdb1 50 10 1 sdb\n"
	     "M md127 40\nS md127 sdb1\nS md127 sda1\nM md9 0\nP md127p1 10 2 1 md127\n",
	     "DEVNAME=/dev/sda1\nTYPE=linux_raid_member\nUSAGE=raid\n\n"
	     "DEVNAME=/dev/md127p1\nTYPE=ext4\nUSAGE=filesystem\n",
	     2);
	ck_assert_uint_eq(n_volumes, 3);
	expect(0, "disk0 p1 /dev/sda1 partition linux_raid_member not mountable");
	expect(1, "md127 p1 /dev/md127p1 partition ext4 ok");
	expect(2, "disk1 p1 /dev/sdb1 partition unknown not mountable");
	forget();
}
END_TEST

START_TEST(array_without_partitions_is_a_volume)
{
	scan("D sda 100 0:0:0:0\nM md0 40\nS md0 sda\n",
	     "DEVNAME=/dev/md0\nTYPE=xfs\nUSAGE=filesystem\n", 1);
	expect(0, "disk0 /dev/sda whole-disk unknown not mountable");
	expect(1, "md0 /dev/md0 md xfs ok");
	forget();
}
END_TEST

START_TEST(dynamic_volume_of_windows_is_recognised)
{
	scan("D sda 100 0:0:0:0\nP sda1 50 10 1 sda\nX dm-0 40\nN dm-0 ldm_vol_PC-Dg0_Volume1\n"
	     "U dm-0 LDM-x\nS dm-0 dm-1\nX dm-1 40\nN dm-1 ldm_part_PC-Dg0_Disk1-01\n"
	     "U dm-1 LDM-y\nS dm-1 sda1\n",
	     "DEVNAME=/dev/dm-0\nTYPE=ntfs\nUSAGE=filesystem\n", 1);
	ck_assert_uint_eq(n_volumes, 2);
	expect(1, "PC-Dg0_Volume1 /dev/mapper/ldm_vol_PC-Dg0_Volume1 dynamic ntfs ok");
	ck_assert_int_eq(volumes[1].type, VIXMNTAPI_DYNAMIC_VOLUME);
	forget();
}
END_TEST

START_TEST(second_device_of_a_btrfs_is_not_mounted_again)
{
	scan("D sda 100 0:0:0:0\nD sdb 100 0:0:1:0\nD sdc 100 0:0:2:0\n",
	     "DEVNAME=/dev/sda\nTYPE=btrfs\nUSAGE=filesystem\nUUID=1\nUUID_SUB=a\n\n"
	     "DEVNAME=/dev/sdb\nTYPE=btrfs\nUSAGE=filesystem\nUUID=1\nUUID_SUB=b\n\n"
	     "DEVNAME=/dev/sdc\nTYPE=btrfs\nUSAGE=filesystem\nUUID=2\nUUID_SUB=a\n",
	     3);
	expect(0, "disk0 /dev/sda whole-disk btrfs ok");
	expect(1, "disk1 /dev/sdb whole-disk btrfs not mountable");
	expect(2, "disk2 /dev/sdc whole-disk btrfs ok");
	forget();
}
END_TEST

START_TEST(escaped_labels_are_read)
{
	scan("D sda 100 0:0:0:0\n",
	     "DEVNAME=/dev/sda\nLABEL=my\\ disk\\x0a\\xc3\\xa4\\\\\\x00=x\nTYPE=vfat\n", 1);
	ck_assert_str_eq(volumes[0].label, "my disk\n\xc3\xa4\\ =x");
	forget();
}
END_TEST

START_TEST(drivers_are_found_under_other_names)
{
	char text[] = "F ext4\nF isofs.ko\nF ntfs-3g\nF xfs.ko.zst\nB\n";
	struct vmnt_scan_text t;

	ck_assert_int_eq(vmnt_scan_text_parse(text, &t), 0);
	ck_assert(vmnt_scan_text_has_driver(&t, "ext2"));
	ck_assert(vmnt_scan_text_has_driver(&t, "iso9660"));
	ck_assert(vmnt_scan_text_has_driver(&t, "ntfs"));
	ck_assert(vmnt_scan_text_has_driver(&t, "xfs"));
	ck_assert(!vmnt_scan_text_has_driver(&t, "btrfs"));
	ck_assert(!vmnt_scan_text_has_driver(&t, "ext"));
	vmnt_scan_text_free(&t);
}
END_TEST

START_TEST(nonsense_makes_no_volumes)
{
	static const char *const texts[] = {
		"",
		"B\n",
		"P sda1 1 1 1 sda\nB\nDEVNAME=/dev/sda1\nTYPE=ext4\n",
		"P a 1 1 1 a\nB\n",
		"M a 5\nM b 5\nS a b\nS b a\nB\n",
		"X a 5\nX b 5\nN b b\nS q b\nB\n",
		"D\nP\nS\nN\nU \nF\nM \nX",
		"D a 18446744073709551615 1:1\nP b 1\nP c\nB\nTYPE=ext4\nDEVNAME=sda\nTYPE=x\n=\n",
		"Dsda 5\nZ a b c\n\n\nB\nDEVNAME=\nDEVNAME=/dev/\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = strdup(texts[i]);

		ck_assert_int_eq(vmnt_scan_parse(text, 0, &volumes, &n_volumes), VIX_OK);
		ck_assert_uint_eq(n_volumes, 0);
		forget();
		free(text);
	}
}
END_TEST

START_TEST(number_of_devices_is_bounded)
{
	size_t n = VMNT_SCAN_DEVICES_MAX + 10;
	char *text = malloc(n * 32), *p = text;
	struct vmnt_scan_text t;

	for (size_t i = 0; i < n; i++)
		p += sprintf(p, "D d%zu 1 0:0:0:0\n", i);
	ck_assert_int_eq(vmnt_scan_text_parse(text, &t), 0);
	ck_assert_uint_eq(t.devices.n, VMNT_SCAN_DEVICES_MAX);
	vmnt_scan_text_free(&t);
	free(text);
}
END_TEST

START_TEST(script_is_good_shell)
{
	char command[] = "/tmp/vdisk-scan-XXXXXX";
	char check[128];
	int fd = mkstemp(command);
	FILE *f = fdopen(fd, "w");

	fputs(vmnt_scan_script, f);
	fclose(f);
	snprintf(check, sizeof(check), "sh -n %s", command);
	ck_assert_int_eq(system(check), 0);
	remove(command);
}
END_TEST

/* The script, where "/sys/class/block" is the directory "block" of tmpdir and "blkid" lies there. */
static void write_script(void)
{
	static const char sys[] = "/sys/class/block";
	FILE *f = fopen(in_tmpdir("script"), "w");
	const char *p = vmnt_scan_script, *hit;

	fprintf(f, "PATH=%s:$PATH\n", tmpdir);
	for (; (hit = strstr(p, sys)) != NULL; p = hit + strlen(sys))
		fprintf(f, "%.*s%s/block", (int)(hit - p), p, tmpdir);
	fputs(p, f);
	fclose(f);
}

/* Runs it on a disk of two partitions with a blkid of these lines; what it prints. */
static void run_script(const char *blkid, char *out, size_t size)
{
	char command[4096];
	size_t len;
	FILE *f;

	tmpdir_make();
	write_script();
	snprintf(command, sizeof(command),
		 "cd %s && mkdir -p block/sda/sda1 block/sda/sda2 0:0:0:0 && "
		 "ln -s ../../0:0:0:0 block/sda/device && ln -s sda/sda1 sda/sda2 block/ && "
		 "for n in 1 2; do echo $n >block/sda$n/partition; echo $n >block/sda$n/start; "
		 "done && "
		 "echo 8 | tee block/sda/size block/sda1/size >block/sda2/size && "
		 "printf '#!/bin/sh\n%%s\n' '%s' >blkid && chmod +x blkid && ln -s /bin/true sleep "
		 "&& "
		 "sh script",
		 tmpdir, blkid);
	f = popen(command, "r");
	len = fread(out, 1, size - 1, f);
	out[len] = '\0';
	ck_assert_int_eq(pclose(f), 0);
	tmpdir_remove();
}

START_TEST(what_ends_blkid_costs_no_partition_its_name)
{
	char out[8192];

	/* It ends silently when asked for several, and tells of the second one on the second try. */
	run_script("[ $# -eq 6 ] || exit 2; d=$6; [ $d = /dev/sda1 -o -e tried ] || "
		   "{ : >tried; exit 2; }; printf \"DEVNAME=%s\\nTYPE=ext4\\n\" $d",
		   out, sizeof(out));
	ck_assert_ptr_nonnull(strstr(out, "P sda2 8 2 2 sda\n"));
	ck_assert_ptr_nonnull(strstr(out, "DEVNAME=/dev/sda1\nTYPE=ext4\n"));
	ck_assert_ptr_nonnull(strstr(out, "DEVNAME=/dev/sda2\nTYPE=ext4\n"));
	ck_assert_ptr_null(strstr(out, "\nE "));
}
END_TEST

START_TEST(silence_about_a_partition_is_explained)
{
	char out[8192];

	run_script("echo \"no such thing\" >&2; exit 2", out, sizeof(out));
	ck_assert_ptr_nonnull(strstr(out, "\nE sda1 status 2 no such thing \n"));
	ck_assert_ptr_nonnull(strstr(out, "\nE sda2 status 2 no such thing \n"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scan");
	TCase *tc = unit_tcase(s, "scan");

	tcase_add_test(tc, what_lies_on_a_partition_comes_after_it);
	tcase_add_test(tc, gpt_disk_with_lvm_comes_in_order_of_place);
	tcase_add_test(tc, mbr_types_are_told);
	tcase_add_test(tc, encrypted_and_unsupported_volumes_say_so);
	tcase_add_test(tc, disks_are_numbered_by_their_place_on_the_bus);
	tcase_add_test(tc, the_28th_disk_has_two_letters);
	tcase_add_test(tc, array_lies_where_its_first_member_lies);
	tcase_add_test(tc, array_without_partitions_is_a_volume);
	tcase_add_test(tc, dynamic_volume_of_windows_is_recognised);
	tcase_add_test(tc, second_device_of_a_btrfs_is_not_mounted_again);
	tcase_add_test(tc, escaped_labels_are_read);
	tcase_add_test(tc, drivers_are_found_under_other_names);
	tcase_add_test(tc, nonsense_makes_no_volumes);
	tcase_add_test(tc, number_of_devices_is_bounded);
	tcase_add_test(tc, script_is_good_shell);
	tcase_add_test(tc, what_ends_blkid_costs_no_partition_its_name);
	tcase_add_test(tc, silence_about_a_partition_is_explained);
	return unit_run(s);
}
