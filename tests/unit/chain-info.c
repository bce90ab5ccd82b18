/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/chain-info.c.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "alloc.h"
#include "memstore.h"
#include "said.h"

#define GIB 2097152ull /* sectors */

static struct vd_disk *disk;
static struct vd_disk_info info;

static void setup(void)
{
	said_start();
	disk = NULL;
}

static void teardown(void)
{
	vd_disk_close(disk);
	memstore_reset();
	said_stop();
}

/* /d/@cid.vmdk, of @sectors, the child of the one before unless @cid is 1 */
static void add_link(unsigned cid, unsigned long long sectors, const char *ddb)
{
	char *path = vu_asprintf("/d/%u.vmdk", cid);
	char *text = vu_asprintf("version=1\nCID=%u\nparentCID=%x\nparentFileNameHint=\"%u.vmdk\"\n"
				 "RW %llu ZERO\n%s",
				 cid, cid == 1 ? VD_CID_NONE : cid - 1, cid - 1, sectors, ddb);

	memstore_add(path, text, strlen(text));
	free(path);
	free(text);
}

/* Its strings stay where they are: nobody writes. */
static VixError keep_info(const struct vd_disk_info *from, void *ctx)
{
	(void)ctx;
	info = *from;
	return VIX_OK;
}

static void open_disk(const char *path, unsigned flags)
{
	vd_disk_close(disk);
	ck_assert_int_eq(vd_chain_open(&memstore_ops, path, flags, &disk), VIX_OK);
	ck_assert_int_eq(vd_disk_get_info(disk, keep_info, NULL), VIX_OK);
}

static void expect_meta(const char *key, const char *want)
{
	char *got;

	ck_assert_int_eq(vd_disk_get_meta(disk, key, &got), VIX_OK);
	ck_assert_pstr_eq(got, want);
	free(got);
}

/* A disk of one link. */
static void open_one(unsigned long long sectors, const char *ddb)
{
	add_link(1, sectors, ddb);
	open_disk("/d/1.vmdk", 0);
}

static void check_geometry(const VixDiskLibGeometry *g, unsigned cylinders, unsigned heads,
			   unsigned sectors)
{
	ck_assert_uint_eq(g->cylinders, cylinders);
	ck_assert_uint_eq(g->heads, heads);
	ck_assert_uint_eq(g->sectors, sectors);
}

START_TEST(geometry_is_what_the_data_base_says)
{
	open_one(100, "ddb.geometry.cylinders = \"301\"\nddb.geometry.heads = \"4\"\n"
		      "ddb.geometry.sectors = \"17\"\n");
	check_geometry(&info.phys_geo, 301, 4, 17);
	check_geometry(&info.bios_geo, 301, 4, 17);
	open_one(100, "ddb.geometry.cylinders = \"0\"\nddb.geometry.heads = \"16\"\n"
		      "ddb.geometry.sectors = \"63\"\nddb.geometry.biosCylinders = \"5\"\n"
		      "ddb.geometry.biosHeads = \"255\"\nddb.geometry.biosSectors = \"62\"\n");
	check_geometry(&info.phys_geo, 0, 16, 63);
	check_geometry(&info.bios_geo, 5, 255, 62);
}
END_TEST

static const struct {
	unsigned long long capacity;
	const char *adapter;
	unsigned cylinders, heads, sectors;
} defaults[] = {
	{ 1, "ide", 1, 16, 63 },
	{ 1008 * 7 + 1, "ide", 7, 16, 63 },
	{ 1024 * GIB, "ide", 16383, 16, 63 },
	{ 4096, "lsilogic", 2, 64, 32 },
	{ GIB - 1, "lsilogic", 1023, 64, 32 },
	{ GIB, "buslogic", 512, 128, 32 },
	{ 2 * GIB, "lsilogic", 261, 255, 63 },
	{ 60 * GIB, "lsilogic", 7832, 255, 63 },
	{ 2048 * GIB, "lsilogic", 65535, 255, 63 },
	{ 2 * GIB, "", 261, 255, 63 },
};

START_TEST(geometry_that_is_not_told_is_computed)
{
	char *ddb = vu_asprintf("ddb.adapterType = \"%s\"\nddb.geometry.heads = \"3\"\n"
				"ddb.geometry.sectors = \"x\"\n",
				defaults[_i].adapter);

	open_one(defaults[_i].capacity, ddb);
	check_geometry(&info.phys_geo, defaults[_i].cylinders, defaults[_i].heads,
		       defaults[_i].sectors);
	check_geometry(&info.bios_geo, defaults[_i].cylinders, defaults[_i].heads,
		       defaults[_i].sectors);
	free(ddb);
}
END_TEST

START_TEST(adapters_have_the_numbers_of_the_interface)
{
	static const struct {
		const char *name;
		VixDiskLibAdapterType type;
	} adapters[] = {
		{ "ide", VIXDISKLIB_ADAPTER_IDE },
		{ "BusLogic", VIXDISKLIB_ADAPTER_SCSI_BUSLOGIC },
		{ "lsilogic", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
		{ "legacyESX", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
		{ "pvscsi", VIXDISKLIB_ADAPTER_SCSI_LSILOGIC },
		{ "nvme", VIXDISKLIB_ADAPTER_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++) {
		char *ddb = vu_asprintf("ddb.adapterType = \"%s\"\n", adapters[i].name);

		open_one(8, ddb);
		ck_assert_int_eq(info.adapter, adapters[i].type);
		free(ddb);
	}
	open_one(8, "");
	ck_assert_int_eq(info.adapter, VIXDISKLIB_ADAPTER_UNKNOWN);
}
END_TEST

START_TEST(sector_sizes_are_512_or_4096)
{
	open_one(8, "ddb.logicalSectorSize = \"4096\"\nddb.physicalSectorSize = \"4096\"\n");
	ck_assert_uint_eq(info.logical_sector_size, 4096);
	ck_assert_uint_eq(info.physical_sector_size, 4096);
	open_one(8, "ddb.logicalSectorSize = \"1024\"\nddb.physicalSectorSize = \"-4096\"\n");
	ck_assert_uint_eq(info.logical_sector_size, 512);
	ck_assert_uint_eq(info.physical_sector_size, 512);
	open_one(8, "");
	ck_assert_uint_eq(info.logical_sector_size, 512);
	ck_assert_uint_eq(info.physical_sector_size, 512);
}
END_TEST

START_TEST(links_hint_and_uuid_are_told)
{
	open_one(8, "ddb.uuid = \"60 00 C2 9a\"\n");
	ck_assert_int_eq(info.links, 1);
	ck_assert_ptr_null(info.parent_hint);
	ck_assert_str_eq(info.uuid, "60 00 C2 9a");
	add_link(2, 8, "");
	add_link(3, 8, "");
	open_disk("/d/3.vmdk", 0);
	ck_assert_int_eq(info.links, 3);
	ck_assert_str_eq(info.parent_hint, "2.vmdk");
	ck_assert_str_eq(info.uuid, "60 00 C2 9a");
	open_disk("/d/3.vmdk", VD_CHAIN_SINGLE_LINK);
	ck_assert_int_eq(info.links, 1);
	ck_assert_str_eq(info.parent_hint, "2.vmdk");
	ck_assert_ptr_null(info.uuid);
}
END_TEST

START_TEST(a_raw_disk_has_defaults)
{
	static const char sectors[100 * 512];

	memstore_add("/d/disk.img", sectors, sizeof(sectors));
	open_disk("/d/disk.img", 0);
	check_geometry(&info.phys_geo, 1, 64, 32);
	ck_assert_int_eq(info.adapter, VIXDISKLIB_ADAPTER_UNKNOWN);
	ck_assert_int_eq(info.links, 1);
	ck_assert_ptr_null(info.parent_hint);
	ck_assert_ptr_null(info.uuid);
	ck_assert_uint_eq(info.logical_sector_size, 512);
	expect_meta("uuid", NULL);
}
END_TEST

START_TEST(values_are_looked_up_from_the_newest_link_down)
{
	add_link(1, 8, "ddb.a = \"base\"\nddb.b = \"base\"\n");
	add_link(2, 8, "ddb.B = \"child\"\nddb.c = \"child\"\n");
	open_disk("/d/2.vmdk", 0);
	expect_meta("a", "base");
	expect_meta("b", "child");
	expect_meta("C", "child");
	expect_meta("d", NULL);
	expect_meta("CID", NULL);
}
END_TEST

struct list {
	char text[256];
	unsigned left;
};

static bool add_key(const char *key, const char *value, void *ctx)
{
	struct list *l = ctx;
	size_t len = strlen(l->text);

	snprintf(l->text + len, sizeof(l->text) - len, "%s=%s ", key, value);
	return --l->left > 0;
}

static const char *list_keys(unsigned most)
{
	static struct list l;

	l = (struct list){ .left = most };
	vd_disk_each_meta(disk, add_key, &l);
	return l.text;
}

START_TEST(every_key_comes_once_with_its_newest_value)
{
	add_link(1, 8, "ddb.a = \"1\"\nddb.b = \"1\"\nddb.z = \"1\"\n");
	add_link(2, 8, "ddb.B = \"2\"\nddb.c = \"2\"\n");
	add_link(3, 8, "ddb.c = \"3\"\nddb.a = \"3\"\n");
	open_disk("/d/3.vmdk", 0);
	ck_assert_str_eq(list_keys(100), "c=3 a=3 B=2 z=1 ");
	ck_assert_str_eq(list_keys(3), "c=3 a=3 B=2 ");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain-info");
	TCase *tc = unit_tcase(s, "info");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, geometry_is_what_the_data_base_says);
	tcase_add_loop_test(tc, geometry_that_is_not_told_is_computed, 0,
			    sizeof(defaults) / sizeof(defaults[0]));
	tcase_add_test(tc, adapters_have_the_numbers_of_the_interface);
	tcase_add_test(tc, sector_sizes_are_512_or_4096);
	tcase_add_test(tc, links_hint_and_uuid_are_told);
	tcase_add_test(tc, a_raw_disk_has_defaults);

	tc = unit_tcase(s, "metadata");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, values_are_looked_up_from_the_newest_link_down);
	tcase_add_test(tc, every_key_comes_once_with_its_newest_value);
	return unit_run(s);
}
