/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/transport/hotadd-device.c, in a directory that stands for the host's root.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "../../libvdisk/transport/hotadd-device.h"
#include "said.h"
#include "tmpdir.h"

#define UUID   "6000C29e-bb2b-1234-5678-9abcdef01234"
#define DIGITS "6000c29ebb2b123456789abcdef01234"
#define FIRST  "0000:03:00.0" /* the controllers */
#define SECOND "0000:0b:00.0"

static struct vd_hotadd_disk wanted;
static struct vd_hotadd_names *before;
static char *name;

static void make_dirs(const char *path)
{
	ck_assert_int_eq(vu_mkdir_p(in_tmpdir(path), 0700), 0);
}

static void put(const char *path, const char *text)
{
	put_text(in_tmpdir(path), text);
}

static void make_link(const char *to, const char *path)
{
	ck_assert_int_eq(symlink(to, in_tmpdir(path)), 0);
}

/* A disk of 100 sectors; @wwid NULL: the kernel does not know. */
static void plug(const char *dev, const char *controller, unsigned target, const char *wwid)
{
	char place[128], path[192], link[192];

	snprintf(place, sizeof(place), "devices/pci0000:00/%s/host2/target2:0:%u/2:0:%u:0",
		 controller, target, target);
	snprintf(path, sizeof(path), "sys/%s", place);
	make_dirs(path);
	if (wwid != NULL) {
		snprintf(path, sizeof(path), "sys/%s/wwid", place);
		put(path, wwid);
	}
	snprintf(path, sizeof(path), "sys/%s/delete", place);
	put(path, "");
	snprintf(path, sizeof(path), "sys/block/%s", dev);
	make_dirs(path);
	snprintf(link, sizeof(link), "../../%s", place);
	snprintf(path, sizeof(path), "sys/block/%s/device", dev);
	make_link(link, path);
	snprintf(path, sizeof(path), "sys/block/%s/size", dev);
	put(path, "100\n");
}

static void know_before(void)
{
	vd_hotadd_names_free(before);
	before = vd_hotadd_list(tmpdir);
	ck_assert_ptr_nonnull(before);
}

static void setup(void)
{
	tmpdir_make();
	said_start();
	make_dirs("sys/block");
	make_dirs("sys/class/dmi/id");
	make_dirs("sys/class/scsi_host/host2");
	make_dirs("sys/bus/pci/slots/160");
	make_dirs("dev/disk/by-id");
	put("sys/bus/pci/slots/160/address", "0000:03:00\n");
	put("sys/class/scsi_host/host2/scan", "");
	name = NULL;
	before = NULL;
	wanted = (struct vd_hotadd_disk){
		.uuid = UUID, .target = 3, .pci_slot = 160, .capacity = 100 * 512
	};
	know_before();
}

static void teardown(void)
{
	free(name);
	vd_hotadd_names_free(before);
	said_stop();
	tmpdir_remove();
}

static VixError find(void)
{
	free(name);
	return vd_hotadd_wait_device(tmpdir, &wanted, before, 0, &name);
}

static void finds(const char *dev)
{
	ck_assert_int_eq(find(), VIX_OK);
	ck_assert_str_eq(name, dev);
}

static void finds_none(void)
{
	ck_assert_int_eq(find(), VIX_E_FILE_ACCESS_ERROR);
	ck_assert(said("no device shows up"));
	ck_assert_ptr_null(name);
}

START_TEST(the_uuid_of_the_kernel_tells)
{
	plug("sda", FIRST, 0, "naa." DIGITS "0\n");
	plug("sdb", FIRST, 3, "naa." DIGITS "\n");
	finds("sdb");
	wanted.uuid = "6000C29e-bb2b-1234-5678-9abcdef01235";
	finds_none();
	ck_assert(said("no device shows up within 0 s for the disk of 51200 bytes"));
}
END_TEST

START_TEST(the_links_of_udev_tell_where_the_kernel_does_not)
{
	plug("sda", FIRST, 3, NULL);
	plug("sdb", SECOND, 3, NULL);
	wanted.pci_slot = -1;
	make_link("../../sdb", "dev/disk/by-id/wwn-0x" DIGITS);
	finds("sdb");
	ck_assert_int_eq(unlink(in_tmpdir("dev/disk/by-id/wwn-0x" DIGITS)), 0);
	make_link("../../sda", "dev/disk/by-id/scsi-3" DIGITS);
	finds("sda");
}
END_TEST

START_TEST(a_link_does_not_count_against_the_kernel)
{
	plug("sda", FIRST, 3, "naa.6000c29e000000000000000000000000\n");
	make_link("../../sda", "dev/disk/by-id/wwn-0x" DIGITS);
	finds_none();
}
END_TEST

START_TEST(without_a_uuid_its_place_tells_if_it_has_come_since)
{
	wanted.uuid = NULL;
	plug("sda", FIRST, 3, NULL);
	finds("sda");
	know_before();
	finds_none();
	plug("sdb", FIRST, 4, NULL);
	plug("sdc", SECOND, 3, NULL);
	finds_none();
}
END_TEST

START_TEST(a_new_disk_at_the_target_of_an_unknown_controller_is_it_if_it_is_the_only_one)
{
	wanted.pci_slot = 7;
	plug("sda", SECOND, 3, NULL);
	finds("sda");
	plug("sdb", FIRST, 3, NULL);
	ck_assert_int_eq(find(), VIX_E_FILE_ACCESS_ERROR);
	ck_assert(said("may be the disk that was attached: none is used"));
}
END_TEST

START_TEST(another_snapshot_of_the_same_disk_is_not_it)
{
	plug("sda", FIRST, 1, "naa." DIGITS);
	plug("sdb", SECOND, 3, "naa." DIGITS);
	finds_none();
	plug("sdc", FIRST, 3, "naa." DIGITS);
	finds("sdc");
	wanted.pci_slot = -1;
	know_before();
	finds_none();
}
END_TEST

START_TEST(adapters_that_number_their_targets_need_a_uuid)
{
	wanted.has_own_targets = true;
	plug("sda", FIRST, 9, NULL);
	finds_none();
	plug("sdb", FIRST, 8, "naa." DIGITS);
	finds("sdb");
}
END_TEST

START_TEST(a_disk_of_another_size_is_not_it)
{
	static const char *const sizes[] = { "99\n", "101\n", "\n", "100x\n", "-100\n" };

	plug("sda", FIRST, 3, "naa." DIGITS);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		put("sys/block/sda/size", sizes[i]);
		finds_none();
	}
	put("sys/block/sda/size", "100\n");
	finds("sda");
}
END_TEST

START_TEST(what_is_no_scsi_disk_is_not_looked_at)
{
	make_dirs("sys/block/loop0");
	make_dirs("sys/block/sdx"); /* without a device */
	put("sys/block/sdx/size", "100\n");
	finds_none();
}
END_TEST

static void *plug_when_told(void *arg)
{
	char *text = NULL;

	while (text == NULL || text[0] == '\0') {
		free(text);
		usleep(1000);
		if (vu_read_file(in_tmpdir("sys/class/scsi_host/host2/scan"), 100, &text, NULL) < 0)
			text = NULL;
	}
	ck_assert_str_eq(text, "- - -");
	free(text);
	plug("sdb", FIRST, 3, "naa." DIGITS);
	return arg;
}

START_TEST(adapters_are_told_to_look)
{
	pthread_t kernel;

	ck_assert_int_eq(pthread_create(&kernel, NULL, plug_when_told, NULL), 0);
	ck_assert_int_eq(vd_hotadd_wait_device(tmpdir, &wanted, before, 30000, &name), VIX_OK);
	ck_assert_str_eq(name, "sdb");
	pthread_join(kernel, NULL);
}
END_TEST

START_TEST(the_kernel_is_told_to_forget_a_device)
{
	char *text;

	plug("sdb", FIRST, 3, NULL);
	vd_hotadd_forget_device(tmpdir, "sdb");
	ck_assert_int_eq(vu_read_file(in_tmpdir("sys/block/sdb/device/delete"), 10, &text, NULL),
			 0);
	ck_assert_str_eq(text, "1");
	free(text);
	vd_hotadd_forget_device(tmpdir, "sdz");
}
END_TEST

START_TEST(a_machine_of_vmware_knows_its_uuid)
{
	char *uuid;

	ck_assert(!vd_hotadd_machine_uuid(tmpdir, &uuid));
	put("sys/class/dmi/id/product_uuid", "564D1234-0000-0000-0000-000000000000\n");
	ck_assert(!vd_hotadd_machine_uuid(tmpdir, &uuid));
	put("sys/class/dmi/id/sys_vendor", "QEMU\n");
	ck_assert(!vd_hotadd_machine_uuid(tmpdir, &uuid));
	ck_assert_ptr_null(uuid);
	put("sys/class/dmi/id/sys_vendor", "VMware, Inc.\n");
	ck_assert(vd_hotadd_machine_uuid(tmpdir, &uuid));
	ck_assert_str_eq(uuid, "564D1234-0000-0000-0000-000000000000");
	free(uuid);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hotadd-device");
	TCase *tc = unit_tcase(s, "hotadd-device");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_uuid_of_the_kernel_tells);
	tcase_add_test(tc, the_links_of_udev_tell_where_the_kernel_does_not);
	tcase_add_test(tc, a_link_does_not_count_against_the_kernel);
	tcase_add_test(tc, without_a_uuid_its_place_tells_if_it_has_come_since);
	tcase_add_test(
		tc, a_new_disk_at_the_target_of_an_unknown_controller_is_it_if_it_is_the_only_one);
	tcase_add_test(tc, another_snapshot_of_the_same_disk_is_not_it);
	tcase_add_test(tc, adapters_that_number_their_targets_need_a_uuid);
	tcase_add_test(tc, a_disk_of_another_size_is_not_it);
	tcase_add_test(tc, what_is_no_scsi_disk_is_not_looked_at);
	tcase_add_test(tc, adapters_are_told_to_look);
	tcase_add_test(tc, the_kernel_is_told_to_forget_a_device);
	tcase_add_test(tc, a_machine_of_vmware_knows_its_uuid);
	return unit_run(s);
}
