/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing disks: libvdisk/disk-chain-write.c, libvdisk/chain-meta.c and, through them,
 * libvdisk/format/table-writes.c.  Crashes and failures: unit/write-crash.c.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "bytes.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"

#define SECTOR  512u
#define GRAIN   8u
#define SECTORS 100u /* the last grain is not whole */

static const char *path;
static struct vd_disk *disk;
static unsigned char model[SECTORS * SECTOR], buf[SECTORS * SECTOR];
static struct mk_image img; /* of disk.vmdk, as it was made */

static const char base_text[] = "# Disk DescriptorFile\nversion=1\nCID=0000abcd\n"
				"parentCID=ffffffff\nodd line\n"
				"RW 100 SPARSE \"disk.vmdk\"\n\n#DDB\n"
				"ddb.longContentID = \"0123456789abcdef0000abcd\"\n";
static const char child_text[] = "version=1\nCID=0000abcd\nparentCID=00000002\n"
				 "parentFileNameHint=\"parent.vmdk\"\n"
				 "RW 100 SPARSE \"disk.vmdk\"\n";
static const char parent_text[] = "version=1\nCID=00000002\nparentCID=ffffffff\n"
				  "RW 48 FLAT \"flat.vmdk\" 0\nRW 52 ZERO\n";

static enum mk_kind absent(uint64_t grain)
{
	(void)grain;
	return MK_ABSENT;
}

static enum mk_kind mixed(uint64_t grain)
{
	return (enum mk_kind)(grain % 3);
}

static void add_sparse(const char *text, enum mk_kind (*kind)(uint64_t), uint32_t flags)
{
	struct mk_spec spec = {
		.layout = MK_SPARSE,
		.capacity = SECTORS,
		.grain = GRAIN,
		.gtes = 128,
		.descriptor = text,
		.kind = kind,
	};

	mk_free(&img);
	img = mk_build(&spec);
	vu_put_le32(img.bytes + 8, flags);
	memstore_add("disk.vmdk", img.bytes, img.len);
	mk_guest(&spec, 0, SECTORS, model);
}

/* A parent of data but for its sectors from 48 on. */
static void add_parent(void)
{
	memset(model, 0, sizeof(model));
	memset(model, 0x77, (size_t)48 * SECTOR);
	memstore_add("flat.vmdk", model, sizeof(model));
	memstore_add("parent.vmdk", parent_text, strlen(parent_text));
}

static void add_child(uint32_t flags)
{
	add_sparse(child_text, absent, flags);
	add_parent();
}

static VixError try_open(unsigned flags)
{
	vd_disk_close(disk);
	return vd_chain_open(&memstore_ops, path, flags, &disk);
}

static void open_disk(unsigned flags)
{
	ck_assert_int_eq(try_open(flags), VIX_OK);
}

static void setup(void)
{
	said_start();
	path = "disk.vmdk";
}

static void teardown(void)
{
	vd_disk_close(disk);
	disk = NULL;
	mk_free(&img);
	memstore_reset();
	said_stop();
}

static VixError write_byte(uint64_t sector, uint64_t count, int byte)
{
	memset(buf, byte, count * SECTOR);
	return vd_disk_write(disk, sector, count, buf);
}

static void write_ok(uint64_t sector, uint64_t count, int byte)
{
	ck_assert_int_eq(write_byte(sector, count, byte), VIX_OK);
	memset(model + sector * SECTOR, byte, count * SECTOR);
}

static void expect_model(void)
{
	ck_assert_int_eq(vd_disk_read(disk, 0, SECTORS, buf), VIX_OK);
	for (unsigned s = 0; s < SECTORS; s++)
		ck_assert_msg(memcmp(buf + s * SECTOR, model + s * SECTOR, SECTOR) == 0,
			      "sector %u differs", s);
}

static void expect_model_now_and_later(void)
{
	expect_model();
	open_disk(0);
	expect_model();
}

static enum vd_map_kind kind_at(uint64_t sector)
{
	const struct vd_chain *chain = (struct vd_chain *)disk;
	struct vd_piece p;

	ck_assert_int_eq(vd_link_map(chain->links.v[chain->links.n - 1], sector, 1, &p), VIX_OK);
	return p.m.kind;
}

static uint32_t cid_in_file(void)
{
	const char *text = (const char *)memstore_bytes("disk.vmdk") + img.desc_off;

	return (uint32_t)strtoul(strstr(text, "CID=") + 4, NULL, 16);
}

static bool is_marked(void)
{
	return memstore_bytes("disk.vmdk")[72] != 0;
}

/* Where it goes. */

START_TEST(a_part_of_a_grain_keeps_what_was_around_it)
{
	add_sparse(base_text, mixed, 3);
	open_disk(VD_CHAIN_WRITE);
	write_ok(1, 1, 0x11);  /* data */
	write_ok(9, 3, 0x22);  /* absent */
	write_ok(18, 1, 0x33); /* zeros */
	write_ok(4, 30, 0x44); /* all of them */
	write_ok(97, 3, 0x55); /* the last one */
	expect_model_now_and_later();
}
END_TEST

START_TEST(what_is_there_is_written_in_place)
{
	size_t len;

	add_sparse(base_text, NULL, 3);
	open_disk(VD_CHAIN_WRITE);
	len = memstore_len("disk.vmdk");
	write_ok(5, 50, 0x11);
	ck_assert_uint_eq(memstore_len("disk.vmdk"), len);
	ck_assert(!is_marked());
	expect_model_now_and_later();
}
END_TEST

START_TEST(new_grains_lie_one_behind_the_other_and_are_one_write)
{
	unsigned before;

	add_sparse(base_text, absent, 3);
	open_disk(VD_CHAIN_WRITE);
	write_ok(0, 8, 0x10); /* the mark, the content ID */
	before = memstore_changes();
	write_ok(8, 64, 0x11);
	ck_assert_uint_eq(memstore_changes() - before, 1);
	ck_assert_uint_eq(memstore_len("disk.vmdk") % ((size_t)GRAIN * SECTOR), 0);
	expect_model_now_and_later();
}
END_TEST

START_TEST(tables_are_written_once_for_many_grains)
{
	unsigned before;

	add_sparse(base_text, absent, 3);
	open_disk(VD_CHAIN_WRITE);
	for (unsigned s = 0; s < 96; s += GRAIN)
		write_ok(s, GRAIN, 0x11);
	before = memstore_changes();
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	ck_assert_uint_eq(memstore_changes() - before, 5); /* flush, flush, two copies, flush */
	before = memstore_changes();
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	ck_assert_uint_eq(memstore_changes() - before, 0);
}
END_TEST

START_TEST(both_copies_of_a_table_are_the_same)
{
	uint64_t off, second;

	add_sparse(base_text, mixed, 3);
	off = mk_gte_off(&img, 0);
	second = (uint64_t)vu_le32(img.bytes + img.rgd_off) * SECTOR;
	open_disk(VD_CHAIN_WRITE);
	write_ok(0, SECTORS, 0x11);
	vd_disk_close(disk);
	disk = NULL;
	ck_assert_mem_eq(memstore_bytes("disk.vmdk") + off, memstore_bytes("disk.vmdk") + second,
			 512);
	ck_assert_mem_ne(memstore_bytes("disk.vmdk") + off, img.bytes + off, 512);
}
END_TEST

START_TEST(raw_data_is_written_in_place)
{
	memset(model, 0x99, sizeof(model));
	path = "disk.img";
	memstore_add(path, model, sizeof(model));
	open_disk(VD_CHAIN_WRITE);
	write_ok(3, 9, 0x11);
	expect_model_now_and_later();
	open_disk(VD_CHAIN_WRITE);
	ck_assert_int_eq(vd_disk_set_meta(disk, "a", "b"), VIX_E_NOT_SUPPORTED);
}
END_TEST

/* Zeros. */

START_TEST(zeros_take_no_room_in_a_base)
{
	size_t len;

	add_sparse(base_text, absent, 3);
	open_disk(VD_CHAIN_WRITE);
	len = memstore_len("disk.vmdk");
	write_ok(0, SECTORS, 0);
	write_ok(50, 3, 0);
	ck_assert_uint_eq(memstore_len("disk.vmdk"), len);
	ck_assert_int_eq(kind_at(0), VD_MAP_ABSENT);
	expect_model_now_and_later();
}
END_TEST

START_TEST(zeros_hide_what_the_parent_has)
{
	add_child(3);
	open_disk(VD_CHAIN_WRITE);
	write_ok(8, 80, 0);
	ck_assert_int_eq(kind_at(8), VD_MAP_DATA);
	ck_assert_int_eq(kind_at(48), VD_MAP_ABSENT); /* zeros there, too */
	expect_model_now_and_later();
}
END_TEST

START_TEST(zeros_take_no_room_where_the_header_permits_that)
{
	size_t len;

	add_child(7);
	open_disk(VD_CHAIN_WRITE);
	len = memstore_len("disk.vmdk");
	write_ok(8, 80, 0);
	ck_assert_int_eq(kind_at(8), VD_MAP_ZERO);
	ck_assert_uint_eq(memstore_len("disk.vmdk"), len);
	write_ok(10, 1, 0x11);
	ck_assert_int_eq(kind_at(8), VD_MAP_DATA);
	expect_model_now_and_later();
}
END_TEST

/* Chains. */

START_TEST(a_child_gets_what_its_parent_has_around_a_write)
{
	add_child(3);
	open_disk(VD_CHAIN_WRITE);
	expect_model();
	write_ok(3, 1, 0x11);
	write_ok(12, 40, 0x22);
	write_ok(99, 1, 0x33);
	expect_model_now_and_later();
	memset(model, 0x77, (size_t)48 * SECTOR);
	ck_assert_mem_eq(memstore_bytes("flat.vmdk"), model, (size_t)48 * SECTOR);
}
END_TEST

START_TEST(a_lone_child_takes_whole_grains_only)
{
	add_child(3);
	open_disk(VD_CHAIN_WRITE | VD_CHAIN_SINGLE_LINK);
	ck_assert_int_eq(write_byte(1, 2, 0x11), VIX_E_NOT_SUPPORTED);
	ck_assert(said("is not known"));
	write_ok(8, 16, 0x11);
	write_ok(24, 8, 0);
	open_disk(0);
	expect_model();
}
END_TEST

/* Content IDs and marks. */

START_TEST(the_content_id_changes_with_the_first_write_and_not_before)
{
	uint32_t cid;

	add_sparse(base_text, mixed, 3);
	open_disk(VD_CHAIN_WRITE);
	expect_model();
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	ck_assert_uint_eq(cid_in_file(), 0xabcd);
	write_ok(0, 1, 1);
	cid = cid_in_file();
	ck_assert_uint_ne(cid, 0xabcd);
	ck_assert_uint_lt(cid, 0xfffffffe);
	write_ok(40, 1, 1);
	ck_assert_uint_eq(cid_in_file(), cid);
	open_disk(VD_CHAIN_WRITE);
	ck_assert_uint_eq(cid_in_file(), cid);
	write_ok(40, 1, 1);
	ck_assert_uint_ne(cid_in_file(), cid);
}
END_TEST

START_TEST(all_else_in_the_descriptor_stays)
{
	const char *text;
	char want[sizeof(base_text)];
	char hex[9];

	add_sparse(base_text, mixed, 3);
	open_disk(VD_CHAIN_WRITE);
	write_ok(0, 1, 1);
	text = (const char *)memstore_bytes("disk.vmdk") + img.desc_off;
	snprintf(hex, sizeof(hex), "%08x", cid_in_file());
	memcpy(want, base_text, sizeof(want));
	memcpy(strstr(want, "CID=") + 4, hex, 8);
	memcpy(strstr(want, "abcdef0000abcd") + 6, hex, 8);
	ck_assert_str_eq(text, want);
}
END_TEST

START_TEST(a_write_is_refused_when_the_content_id_can_not_change)
{
	add_sparse(base_text, NULL, 3);
	open_disk(VD_CHAIN_WRITE);
	memstore_fail_change(1, VIX_E_DISK_FULL, 1, 0);
	ck_assert_int_eq(write_byte(0, 1, 0x11), VIX_E_DISK_FULL);
	expect_model();
	write_ok(0, 1, 0x11);
	ck_assert_uint_ne(cid_in_file(), 0xabcd);
}
END_TEST

START_TEST(the_mark_is_there_while_tables_may_change)
{
	add_sparse(base_text, absent, 3);
	open_disk(VD_CHAIN_WRITE);
	ck_assert(!is_marked());
	write_ok(0, 1, 0x11);
	ck_assert(is_marked());
	ck_assert_int_eq(vd_disk_flush(disk), VIX_OK);
	ck_assert(is_marked());
	vd_disk_close(disk);
	disk = NULL;
	ck_assert(!is_marked());
}
END_TEST

START_TEST(a_mark_that_was_there_goes_when_the_tables_are_sound)
{
	add_sparse(base_text, absent, 3);
	memstore_bytes("disk.vmdk")[72] = 1;
	open_disk(VD_CHAIN_WRITE);
	ck_assert(!is_marked());
	write_ok(0, 1, 0x11);
	ck_assert(is_marked());
	expect_model_now_and_later();
	ck_assert(!is_marked());
}
END_TEST

START_TEST(metadata_is_written_and_kept)
{
	char *value;

	add_sparse(base_text, absent, 3);
	open_disk(VD_CHAIN_WRITE);
	ck_assert_int_eq(vd_disk_set_meta(disk, "uuid", "60 00"), VIX_OK);
	ck_assert_int_eq(vd_disk_set_meta(disk, "uuid", "60 00 C2"), VIX_OK);
	ck_assert_int_eq(vd_disk_set_meta(disk, "bad key", "x"), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(cid_in_file(), 0xabcd);
	open_disk(0);
	ck_assert_int_eq(vd_disk_get_meta(disk, "uuid", &value), VIX_OK);
	ck_assert_str_eq(value, "60 00 C2");
	free(value);
	ck_assert_int_eq(vd_disk_set_meta(disk, "uuid", "x"), VIX_E_FILE_READ_ONLY);
}
END_TEST

START_TEST(metadata_that_does_not_fit_changes_nothing)
{
	static char value[20 * SECTOR];

	add_sparse(base_text, absent, 3);
	open_disk(VD_CHAIN_WRITE);
	memset(value, 'x', sizeof(value) - 1);
	ck_assert_int_eq(vd_disk_set_meta(disk, "comment", value), VIX_E_DISK_FULL);
	ck_assert(said("does not fit"));
	ck_assert_mem_eq(memstore_bytes("disk.vmdk"), img.bytes, img.len);
}
END_TEST

/* What can't be written. */

START_TEST(a_disk_that_is_open_read_only_is_not_written)
{
	add_sparse(base_text, NULL, 3);
	open_disk(0);
	ck_assert_int_eq(write_byte(0, 1, 1), VIX_E_FILE_READ_ONLY);
	ck_assert_mem_eq(memstore_bytes("disk.vmdk"), img.bytes, img.len);
}
END_TEST

static void open_described(const char *lines)
{
	char text[300];

	snprintf(text, sizeof(text), "version=1\nCID=1\nparentCID=ffffffff\n%s", lines);
	memstore_add("disk.vmdk", text, strlen(text));
	memset(model, 0x77, sizeof(model));
	memstore_add("flat.vmdk", model, sizeof(model));
	open_disk(VD_CHAIN_WRITE);
}

START_TEST(extents_that_are_not_for_writing_are_not_written_nor_what_comes_before)
{
	open_described("RW 10 FLAT \"flat.vmdk\" 0\nRW 10 ZERO\n");
	ck_assert_int_eq(write_byte(5, 10, 1), VIX_E_FILE_READ_ONLY);
	open_described("RW 10 FLAT \"flat.vmdk\" 0\nRDONLY 10 FLAT \"flat.vmdk\" 10\n");
	ck_assert_int_eq(write_byte(5, 10, 1), VIX_E_FILE_READ_ONLY);
	open_described("NOACCESS 10 FLAT \"flat.vmdk\" 0\nRW 10 FLAT \"flat.vmdk\" 10\n");
	ck_assert_int_eq(write_byte(5, 10, 1), VIX_E_FILE_READ_ONLY);
	ck_assert_mem_eq(memstore_bytes("flat.vmdk"), model, sizeof(model));
}
END_TEST

START_TEST(streams_are_not_written)
{
	struct mk_spec spec = {
		.layout = MK_STREAM_FOOTER,
		.capacity = SECTORS,
		.descriptor = base_text,
	};

	img = mk_build(&spec);
	memstore_add("disk.vmdk", img.bytes, img.len);
	open_disk(VD_CHAIN_WRITE);
	ck_assert_int_eq(write_byte(5, 10, 1), VIX_E_NOT_SUPPORTED);
	ck_assert(said("written once"));
	ck_assert_mem_eq(memstore_bytes("disk.vmdk"), img.bytes, img.len);
}
END_TEST

START_TEST(a_file_does_not_grow_behind_what_entries_can_tell)
{
	add_sparse(base_text, absent, 3);
	open_disk(VD_CHAIN_WRITE);
	((struct vd_chain *)disk)->links.v[0]->extents.v[0]->store->size = UINT64_C(2) << 40;
	ck_assert_int_eq(write_byte(0, 8, 1), VIX_E_DISK_FULL);
	ck_assert(said("2 TiB"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("write");
	TCase *tc = unit_tcase(s, "write");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_part_of_a_grain_keeps_what_was_around_it);
	tcase_add_test(tc, what_is_there_is_written_in_place);
	tcase_add_test(tc, new_grains_lie_one_behind_the_other_and_are_one_write);
	tcase_add_test(tc, tables_are_written_once_for_many_grains);
	tcase_add_test(tc, both_copies_of_a_table_are_the_same);
	tcase_add_test(tc, raw_data_is_written_in_place);
	tcase_add_test(tc, zeros_take_no_room_in_a_base);
	tcase_add_test(tc, zeros_hide_what_the_parent_has);
	tcase_add_test(tc, zeros_take_no_room_where_the_header_permits_that);
	tcase_add_test(tc, a_child_gets_what_its_parent_has_around_a_write);
	tcase_add_test(tc, a_lone_child_takes_whole_grains_only);
	tcase_add_test(tc, the_content_id_changes_with_the_first_write_and_not_before);
	tcase_add_test(tc, all_else_in_the_descriptor_stays);
	tcase_add_test(tc, a_write_is_refused_when_the_content_id_can_not_change);
	tcase_add_test(tc, the_mark_is_there_while_tables_may_change);
	tcase_add_test(tc, a_mark_that_was_there_goes_when_the_tables_are_sound);
	tcase_add_test(tc, metadata_is_written_and_kept);
	tcase_add_test(tc, metadata_that_does_not_fit_changes_nothing);
	tcase_add_test(tc, a_disk_that_is_open_read_only_is_not_written);
	tcase_add_test(tc, extents_that_are_not_for_writing_are_not_written_nor_what_comes_before);
	tcase_add_test(tc, streams_are_not_written);
	tcase_add_test(tc, a_file_does_not_grow_behind_what_entries_can_tell);
	return unit_run(s);
}
