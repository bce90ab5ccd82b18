/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/link.c and libvdisk/rawcheck.c.  Files are in memory but where symbolic links matter.
 */
#include "config.h"

#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "../../libvdisk/disk-chain.h"
#include "../../libvdisk/format/cache.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "cleanup.h"
#include "said.h"
#include "strbuf.h"
#include "tmpdir.h"

static struct vd_cache *cache;
static struct vd_link *ln; /* the last one that was opened */

static void setup(void)
{
	tmpdir_make();
	said_start();
	cache = vd_cache_new(1 << 20);
	ln = NULL;
}

static void teardown(void)
{
	vd_link_close(ln);
	ln = NULL;
	vd_cache_free(cache);
	ck_assert_uint_eq(memstore_n_open(), 0);
	memstore_reset();
	said_stop();
	tmpdir_remove();
}

static void add_text(const char *path, const char *text)
{
	memstore_add(path, text, strlen(text));
}

/* @sectors of them, all bytes of sector n being n + 1 */
static void add_sectors(const char *path, size_t sectors)
{
	unsigned char bytes[64 * 512];

	ck_assert_uint_le(sectors, 64);
	for (size_t i = 0; i < sectors; i++)
		memset(bytes + i * 512, (int)i + 1, 512);
	memstore_add(path, bytes, sectors * 512);
}

static VixError open_with(const struct vd_store_ops *store, const char *path, unsigned flags)
{
	struct vd_store *file;
	VixError err;

	vd_link_close(ln);
	ck_assert_int_eq(vd_store_open(store, path, 0, &file), VIX_OK);
	err = vd_link_open(file, flags, cache, &ln);
	ck_assert((err == VIX_OK) == (ln != NULL));
	return err;
}

static VixError open_mem(const char *path)
{
	return open_with(&memstore_ops, path, 0);
}

/* Makes a.vmdk of @text and opens it. */
static VixError open_text(const char *text)
{
	add_text("/d/a.vmdk", text);
	return open_mem("/d/a.vmdk");
}

static void check_extent(size_t i, const char *format, uint64_t first, uint64_t sectors)
{
	const struct vd_extent *ex;

	ck_assert_uint_lt(i, ln->extents.n);
	ex = ln->extents.v[i];
	ck_assert_str_eq(ex->ops->name, format);
	ck_assert_uint_eq(ex->first, first);
	ck_assert_uint_eq(ex->sectors, sectors);
}

START_TEST(a_raw_file_is_one_flat_extent)
{
	add_sectors("/d/disk.img", 5);
	ck_assert_int_eq(open_mem("/d/disk.img"), VIX_OK);
	ck_assert_ptr_null(ln->desc);
	ck_assert_str_eq(ln->path, "/d/disk.img");
	ck_assert_uint_eq(ln->capacity, 5);
	ck_assert_uint_eq(ln->extents.n, 1);
	check_extent(0, "flat", 0, 5);
}
END_TEST

START_TEST(extents_follow_each_other_in_the_order_of_their_lines)
{
	add_sectors("/d/x.bin", 8);
	add_sectors("/d/sub/y.bin", 3);
	ck_assert_int_eq(open_text("version=1\n"
				   "RDONLY 2 FLAT \"x.bin\" 6\n"
				   "RW 5 ZERO\n"
				   "NOACCESS 4 FLAT \"is not there\" 0\n"
				   "RW 3 VMFS \"sub/y.bin\"\n"),
			 VIX_OK);
	ck_assert_uint_eq(ln->capacity, 14);
	ck_assert_uint_eq(ln->extents.n, 4);
	check_extent(0, "flat", 0, 2);
	ck_assert_uint_eq(ln->extents.v[0]->start_off, 6 * 512);
	check_extent(1, "zero", 2, 5);
	check_extent(2, "zero", 7, 4);
	check_extent(3, "flat", 11, 3);
	ck_assert_str_eq(ln->extents.v[3]->store->path, "/d/sub/y.bin");
}
END_TEST

START_TEST(the_extent_of_a_sector_is_found)
{
	static const struct {
		uint64_t sector;
		size_t extent;
	} wanted[] = { { 0, 0 }, { 1, 1 }, { 2, 1 }, { 3, 2 }, { 6, 3 }, { 9, 3 } };

	ck_assert_int_eq(open_text("version=1\nRW 1 ZERO\nRW 2 ZERO\nRW 3 ZERO\nRW 4 ZERO\n"),
			 VIX_OK);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		ck_assert_ptr_eq(vd_link_find_extent(ln, wanted[i].sector),
				 ln->extents.v[wanted[i].extent]);
}
END_TEST

START_TEST(stores_are_writable_only_where_the_line_and_the_caller_say_so)
{
	add_sectors("/d/x.bin", 2);
	add_text("/d/a.vmdk", "version=1\nRW 1 FLAT \"x.bin\" 0\nRDONLY 1 FLAT \"x.bin\" 1\n");
	ck_assert_int_eq(open_with(&memstore_ops, "/d/a.vmdk", VD_CHAIN_WRITE), VIX_OK);
	ck_assert(ln->extents.v[0]->store->mode & VD_STORE_WRITE);
	ck_assert(!(ln->extents.v[1]->store->mode & VD_STORE_WRITE));
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_OK);
	ck_assert(!(ln->extents.v[0]->store->mode & VD_STORE_WRITE));
}
END_TEST

START_TEST(a_missing_extent_is_named_with_its_descriptor)
{
	ck_assert_int_eq(open_text("version=1\nRW 1 FLAT \"gone-flat.vmdk\" 0\n"),
			 VIX_E_FILE_NOT_FOUND);
	ck_assert(said("cannot open /d/a.vmdk: its extent /d/gone-flat.vmdk is missing"));
}
END_TEST

START_TEST(a_flat_extent_longer_than_its_file_is_refused)
{
	add_sectors("/d/x.bin", 2);
	ck_assert_int_eq(open_text("version=1\nRW 3 FLAT \"x.bin\" 0\n"), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("3 sectors") && said("1024 bytes") && said("/d/x.bin"));
	ck_assert_int_eq(open_text("version=1\nRW 2 FLAT \"x.bin\" 1\n"), VIX_E_DISK_INVALIDDISK);
}
END_TEST

START_TEST(raw_device_mappings_are_refused_by_name)
{
	static const char *const types[] = { "VMFSRDM", "VMFSRAW" };
	char text[64];

	snprintf(text, sizeof(text), "version=1\nRW 1 %s \"a-rdm.vmdk\"\n", types[_i]);
	ck_assert_int_eq(open_text(text), VIX_E_DISK_NOTSUPPORTED);
	ck_assert(said("its extent a-rdm.vmdk is of type ") && said(types[_i]));
	ck_assert(said("on a device that only its ESXi host can reach"));
}
END_TEST

static void add_extent_file(const char *path, enum mk_layout layout)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .layout = layout, .capacity = 100 });

	memstore_add(path, img.bytes, img.len);
	mk_free(&img);
}

/* What kind of sparse file it is, its first bytes tell. */
START_TEST(extents_of_every_sparse_type_are_what_their_file_is)
{
	static const char *const types[] = { "SPARSE", "VMFSSPARSE", "SESPARSE" };
	char text[64];

	snprintf(text, sizeof(text), "version=1\nRW 99 %s \"a-part.vmdk\"\n", types[_i]);
	add_extent_file("/d/a-part.vmdk", MK_COWD);
	ck_assert_int_eq(open_text(text), VIX_OK);
	check_extent(0, "cowd", 0, 99);
	vd_link_close(ln);
	ln = NULL;
	add_extent_file("/d/a-part.vmdk", MK_SESPARSE);
	ck_assert_int_eq(open_text(text), VIX_OK);
	check_extent(0, "sesparse", 0, 99);
	vd_link_close(ln);
	ln = NULL;
	add_extent_file("/d/a-part.vmdk", MK_STREAM_FOOTER);
	ck_assert_int_eq(open_text(text), VIX_OK);
	check_extent(0, "streamopt", 0, 99);
	vd_link_close(ln);
	ln = NULL;
	add_sectors("/d/a-part.vmdk", 9);
	ck_assert_int_eq(open_text(text), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("has no sparse header"));
}
END_TEST

START_TEST(a_snapshot_of_esx_alone_is_refused_with_the_name_of_its_descriptor)
{
	add_extent_file("/d/a-000001-delta.vmdk", MK_COWD);
	ck_assert_int_eq(open_mem("/d/a-000001-delta.vmdk"), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("open /d/a-000001.vmdk instead"));
	add_extent_file("/d/a-000001-sesparse.vmdk", MK_SESPARSE);
	ck_assert_int_eq(open_mem("/d/a-000001-sesparse.vmdk"), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("open /d/a-000001.vmdk instead"));
}
END_TEST

/* The bytes of a name in GBK, which has a backslash in it, and the same in UTF-8. */
#define GBK_NAME  "\x81\x5c.bin"
#define UTF8_NAME "\xe4\xb9\x97.bin"

START_TEST(files_are_found_by_their_names_in_utf8_and_as_they_were_written)
{
	static const char text[] = "version=1\nencoding=\"GBK\"\nRW 1 FLAT \"" GBK_NAME "\" 0\n";
	static const char *const paths[] = { "/d/" UTF8_NAME, "/d/" GBK_NAME };

	add_sectors(paths[_i], 1);
	ck_assert_int_eq(open_text(text), VIX_OK);
	ck_assert_str_eq(ln->extents.v[0]->store->path, paths[_i]);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_missing_file_is_named_in_utf8)
{
	ck_assert_int_eq(open_text("version=1\nencoding=\"GBK\"\nRW 1 FLAT \"" GBK_NAME "\" 0\n"),
			 VIX_E_FILE_NOT_FOUND);
	ck_assert(said("its extent /d/" UTF8_NAME " is missing"));
}
END_TEST

/* Which .vmx file belongs to a disk, and which does not. */
static const struct {
	const char *disk, *vmx;
	bool is_found;
} vmx_files[] = {
	{ "/d/a.vmdk", "/d/a.vmx", true },        { "/d/a.VMDK", "/d/a.vmx", true },
	{ "/d/a-000002.vmdk", "/d/a.vmx", true }, { "/d/a_1-000002.vmdk", "/d/a.vmx", true },
	{ "/d/a-0.vmdk", "/d/a.vmx", true },      { "/d/a-s003.vmdk", "/d/a.vmx", true },
	{ "/d/a-1-flat.vmdk", "/d/a.vmx", true }, { "/d/a1.vmdk", "/d/a.vmx", false },
	{ "/d/a.vmdk", "/d/b.vmx", false },       { "/d/a.vmdk", "/a.vmx", false },
};

START_TEST(a_file_of_an_encrypted_virtual_machine_is_told_as_such)
{
	add_text(vmx_files[_i].vmx, ".encoding = \"UTF-8\"\n"
				    "encryption.keySafe = \"vmware:key/list\"\n");
	add_text(vmx_files[_i].disk, "no descriptor but ciphertext");
	ck_assert_int_eq(open_mem(vmx_files[_i].disk),
			 vmx_files[_i].is_found ? VIX_E_DISK_NEEDKEY : VIX_E_DISK_INVALIDDISK);
	ck_assert(said("its virtual machine is encrypted") == vmx_files[_i].is_found);
}
END_TEST

START_TEST(a_file_beside_an_ordinary_vmx_is_just_no_disk)
{
	char *large = calloc(1, (1 << 20) + 1);

	add_text("/d/a.vmdk", "no descriptor");
	add_text("/d/a.vmx", "displayName = \"a\"\n");
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_E_DISK_INVALIDDISK);
	strcpy(large, "encryption.keySafe = \"x\"\n");
	memstore_add("/d/a.vmx", large, (1 << 20) + 1);
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_E_DISK_INVALIDDISK);
	free(large);
}
END_TEST

START_TEST(an_encrypted_machine_does_not_hide_a_disk_that_can_be_read)
{
	add_text("/d/a.vmx", "encryption.keySafe = \"x\"\n");
	ck_assert_int_eq(open_text("version=1\nRW 1 ZERO\n"), VIX_OK);
}
END_TEST

START_TEST(a_sparse_line_wants_a_sparse_file)
{
	add_sectors("/d/x.bin", 2);
	ck_assert_int_eq(open_text("version=1\nRW 2 SPARSE \"x.bin\"\n"), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("cannot open /d/a.vmdk: its extent /d/x.bin has no sparse header"));
}
END_TEST

START_TEST(a_descriptor_as_extent_is_refused)
{
	ck_assert_int_eq(open_text("version=1\nRW 2 SPARSE \"a.vmdk\"\n"), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("its extent /d/a.vmdk is itself a descriptor"));
}
END_TEST

START_TEST(extents_outside_of_the_directory_are_refused_unless_permitted)
{
	static const char *const names[] = { "/etc/x.bin", "../etc/x.bin", "sub/../../etc/x.bin" };
	char text[64];

	add_sectors("/etc/x.bin", 1);
	add_sectors("/d/../etc/x.bin", 1);
	add_sectors("/d/sub/../../etc/x.bin", 1);
	snprintf(text, sizeof(text), "version=1\nRW 1 FLAT \"%s\" 0\n", names[_i]);
	ck_assert_int_eq(open_text(text), VIX_E_FILE_ACCESS_ERROR);
	ck_assert(said("outside of its directory") && said("vixDiskLib.allowExtentsOutside = 1"));
	ck_assert_int_eq(open_with(&memstore_ops, "/d/a.vmdk", VD_CHAIN_EXTENTS_ANYWHERE), VIX_OK);
	ck_assert_uint_eq(ln->capacity, 1);
}
END_TEST

static void make_link(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, in_tmpdir(name)), 0);
}

/* A descriptor in a directory of its own, and a file outside of it. */
static void make_directories(void)
{
	static const char sector[512];

	ck_assert_int_eq(mkdir(in_tmpdir("d"), 0700), 0);
	ck_assert_int_eq(mkdir(in_tmpdir("d/sub"), 0700), 0);
	put_file(in_tmpdir("secret"), sector, sizeof(sector));
	put_file(in_tmpdir("d/sub/inside"), sector, sizeof(sector));
	put_text(in_tmpdir("d/a.vmdk"), "version=1\nRW 1 FLAT \"x\" 0\n");
}

START_TEST(a_link_out_of_the_directory_is_refused_unless_permitted)
{
	make_directories();
	make_link("../secret", "d/x");
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("d/a.vmdk"), 0),
			 VIX_E_FILE_ACCESS_ERROR);
	ck_assert(said("outside of its directory"));
	ck_assert_int_eq(
		open_with(&vd_store_local, in_tmpdir("d/a.vmdk"), VD_CHAIN_EXTENTS_ANYWHERE),
		VIX_OK);
}
END_TEST

START_TEST(a_directory_that_is_a_link_out_is_refused_too)
{
	make_directories();
	make_link("..", "d/up");
	put_text(in_tmpdir("d/a.vmdk"), "version=1\nRW 1 FLAT \"up/secret\" 0\n");
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("d/a.vmdk"), 0),
			 VIX_E_FILE_ACCESS_ERROR);
}
END_TEST

/* A descriptor of @n extents in the files f0 to f2, by different names. */
static void put_lines(unsigned n)
{
	struct vu_strbuf text = { 0 };
	VU_AUTO(free) char *s = NULL;

	vu_strbuf_printf(&text, "version=1\n");
	for (unsigned i = 0; i < n; i++)
		vu_strbuf_printf(&text, "RW 1 FLAT \"%sf%u\" 0\n", i % 2 == 0 ? "./" : "", i % 3);
	s = vu_strbuf_take(&text);
	put_text(in_tmpdir("x.vmdk"), s);
}

START_TEST(a_file_that_is_named_often_is_open_once)
{
	unsigned char sector[512] = { 1 };
	unsigned different = 0;

	for (char name[] = "f0"; name[1] < '3'; name[1]++)
		put_file(in_tmpdir(name), sector, sizeof(sector));
	put_lines(300);
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("x.vmdk"), 0), VIX_OK);
	ck_assert_uint_eq(ln->extents.n, 300);
	for (size_t i = 0; i < 6; i++)
		different += ln->extents.v[i]->store != ln->extents.v[i % 3]->store;
	ck_assert_uint_eq(different, 0);
	ck_assert_uint_eq(ln->extents.v[0]->store->owners, 100);
}
END_TEST

START_TEST(the_descriptor_is_no_extent_of_its_own)
{
	put_text(in_tmpdir("x.vmdk"), "version=1\nRW 1 FLAT \"./x.vmdk\" 0\n");
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("x.vmdk"), 0),
			 VIX_E_DISK_INVALIDDISK);
	ck_assert(said("x.vmdk is itself a descriptor: the same one"));
}
END_TEST

START_TEST(a_link_inside_of_the_directory_is_followed)
{
	make_directories();
	make_link("sub/inside", "d/x");
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("d/a.vmdk"), 0), VIX_OK);
}
END_TEST

START_TEST(the_directory_itself_may_be_reached_through_a_link)
{
	make_directories();
	make_link("sub/inside", "d/x");
	make_link("d", "elsewhere");
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("elsewhere/a.vmdk"), 0), VIX_OK);
}
END_TEST

/* Makes a sparse file /d/s.vmdk of 1000 sectors with @descriptor inside, and opens it. */
static VixError open_sparse(enum mk_layout layout, const char *descriptor)
{
	struct mk_spec spec = { .layout = layout, .capacity = 1000, .descriptor = descriptor };
	struct mk_image img = mk_build(&spec);

	memstore_add("/d/s.vmdk", img.bytes, img.len);
	mk_free(&img);
	return open_mem("/d/s.vmdk");
}

START_TEST(a_sparse_file_with_one_extent_is_that_extent_whatever_it_is_called)
{
	static const char *const formats[] = {
		[MK_SPARSE] = "sparse",
		[MK_STREAM_FOOTER] = "streamopt",
		[MK_STREAM_FRONT] = "streamopt",
		[MK_STREAM_QEMU] = "streamopt",
	};

	ck_assert_int_eq(open_sparse(_i, "# by somebody\nCID=7\nRDONLY 1000 SPARSE \"/a/b\"\n"),
			 VIX_OK);
	ck_assert_uint_eq(ln->desc->cid, 7);
	ck_assert_uint_eq(ln->capacity, 1000);
	ck_assert_uint_eq(ln->extents.n, 1);
	check_extent(0, formats[_i], 0, 1000);
	ck_assert_str_eq(ln->extents.v[0]->store->path, "/d/s.vmdk");
}
END_TEST

START_TEST(the_descriptor_inside_may_use_less_of_the_file_but_not_more)
{
	ck_assert_int_eq(open_sparse(MK_SPARSE, "RW 999 SPARSE \"s\"\n"), VIX_OK);
	ck_assert_uint_eq(ln->capacity, 999);
	check_extent(0, "sparse", 0, 999);
	ck_assert_int_eq(open_sparse(MK_SPARSE, "RW 1001 SPARSE \"s\"\n"), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("its descriptor says 1001 sectors, its header only 1000"));
}
END_TEST

START_TEST(the_descriptor_inside_speaks_of_a_sparse_file)
{
	ck_assert_int_eq(open_sparse(MK_SPARSE, "RW 1000 FLAT \"s.vmdk\" 0\n"),
			 VIX_E_DISK_INVALIDDISK);
	ck_assert(said("it is sparse, but its descriptor calls it FLAT"));
}
END_TEST

START_TEST(a_descriptor_inside_names_no_other_files)
{
	add_sectors("/d/x.bin", 3);
	ck_assert_int_eq(
		open_sparse(MK_SPARSE, "RW 1000 SPARSE \"s.vmdk\"\nRW 3 FLAT \"x.bin\" 0\n"),
		VIX_E_DISK_NOTSUPPORTED);
	ck_assert(said("its embedded descriptor names 2 extents"));
}
END_TEST

START_TEST(a_sparse_file_without_a_descriptor_is_refused)
{
	ck_assert_int_eq(open_sparse(MK_SPARSE, NULL), VIX_E_DISK_INVALIDDISK);
	ck_assert(said(
		"it is one extent of a disk and holds no descriptor; open the descriptor that"));
}
END_TEST

START_TEST(a_sparse_file_is_an_extent_of_a_descriptor_beside_it)
{
	ck_assert_int_eq(open_sparse(_i, NULL), VIX_E_DISK_INVALIDDISK);
	ck_assert_int_eq(open_text("version=1\nRW 900 SPARSE \"s.vmdk\"\nRW 5 ZERO\n"), VIX_OK);
	ck_assert_uint_eq(ln->capacity, 905);
	ck_assert_uint_eq(ln->extents.v[0]->sectors, 900);
}
END_TEST

START_TEST(a_long_file_that_begins_as_a_descriptor_is_none)
{
	size_t len = VD_DESCRIPTOR_MAX + 512;
	char *bytes = calloc(1, len);

	strcpy(bytes, "# Disk DescriptorFile\nRW 1 ZERO\n");
	memstore_add("/d/disk.img", bytes, len);
	ck_assert_int_eq(open_mem("/d/disk.img"), VIX_E_DISK_INVALIDDISK);
	ck_assert(said("longer than 1 MiB"));
	memstore_add("/d/disk.img", bytes, VD_DESCRIPTOR_MAX);
	ck_assert_int_eq(open_mem("/d/disk.img"), VIX_OK);
	free(bytes);
}
END_TEST

static const struct {
	const char *path;
	const char *head;
	size_t head_len, size;
	VixError code;
	const char *message;
} foreign[] = {
	{ "/d/a.vmdk", "garbage", 7, 1024, VIX_E_DISK_INVALIDDISK, "neither a descriptor nor" },
	{ "/d/a.VMDK", "garbage", 7, 1024, VIX_E_DISK_INVALIDDISK, "open the descriptor that" },
	{ "/d/a-flat.vmdk", "", 0, 1024, VIX_E_DISK_INVALIDDISK, "open /d/a.vmdk instead" },
	{ "/d/a-f001.vmdk", "", 0, 1024, VIX_E_DISK_INVALIDDISK, "open /d/a.vmdk instead" },
	{ "/d/a-s1024.vmdk", "", 0, 1024, VIX_E_DISK_INVALIDDISK, "open /d/a.vmdk instead" },
	{ "/d/a-s01.vmdk", "", 0, 1024, VIX_E_DISK_INVALIDDISK, "open the descriptor that" },
	{ "/d/-ctk.vmdk", "", 0, 1024, VIX_E_DISK_INVALIDDISK, "open /d/.vmdk instead" },
	{ "/d/a-000001-delta.vmdk", "", 0, 1024, VIX_E_DISK_INVALIDDISK, "open /d/a-000001.vmdk" },
	{ "/d/a.qcow2", "QFI\xfb", 4, 1024, VIX_E_DISK_NOTSUPPORTED, "qcow2" },
	{ "/d/a.vhdx", "vhdxfile", 8, 1024, VIX_E_DISK_NOTSUPPORTED, "VHDX" },
	{ "/d/a.img", "", 0, 0, VIX_E_DISK_INVALIDDISK, "it is empty" },
	{ "/d/a.vmdk", "", 0, 0, VIX_E_DISK_INVALIDDISK, "it is empty" },
	{ "/d/a.img", "x", 1, 1023, VIX_E_DISK_INVALIDDISK, "1023 bytes are no whole number" },
	{ "/d/a.img", "x", 1, 3, VIX_E_DISK_INVALIDDISK, "3 bytes are no whole number" },
};

START_TEST(other_files_are_refused_with_a_reason)
{
	char bytes[1024] = { 0 };

	memcpy(bytes, foreign[_i].head, foreign[_i].head_len);
	memstore_add(foreign[_i].path, bytes, foreign[_i].size);
	ck_assert_int_eq(open_mem(foreign[_i].path), foreign[_i].code);
	ck_assert_msg(said(foreign[_i].message), "\"%s\" is not said in: %s", foreign[_i].message,
		      said_text);
}
END_TEST

START_TEST(a_read_error_is_passed_on)
{
	add_text("/d/a.vmdk", "version=1\nRW 1 ZERO\n");
	for (unsigned n = 1; n <= 2; n++) {
		memstore_fail_read(n);
		ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_E_FILE_ERROR);
	}
	memstore_fail_read(3);
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("link");
	TCase *tc = unit_tcase(s, "open");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_raw_file_is_one_flat_extent);
	tcase_add_test(tc, extents_follow_each_other_in_the_order_of_their_lines);
	tcase_add_test(tc, the_extent_of_a_sector_is_found);
	tcase_add_test(tc, stores_are_writable_only_where_the_line_and_the_caller_say_so);
	tcase_add_test(tc, a_missing_extent_is_named_with_its_descriptor);
	tcase_add_test(tc, a_flat_extent_longer_than_its_file_is_refused);
	tcase_add_loop_test(tc, raw_device_mappings_are_refused_by_name, 0, 2);
	tcase_add_loop_test(tc, extents_of_every_sparse_type_are_what_their_file_is, 0, 3);
	tcase_add_test(tc, a_snapshot_of_esx_alone_is_refused_with_the_name_of_its_descriptor);
	tcase_add_loop_test(tc, files_are_found_by_their_names_in_utf8_and_as_they_were_written, 0,
			    2);
	tcase_add_test(tc, a_missing_file_is_named_in_utf8);
	tcase_add_loop_test(tc, a_file_of_an_encrypted_virtual_machine_is_told_as_such, 0,
			    sizeof(vmx_files) / sizeof(vmx_files[0]));
	tcase_add_test(tc, a_file_beside_an_ordinary_vmx_is_just_no_disk);
	tcase_add_test(tc, an_encrypted_machine_does_not_hide_a_disk_that_can_be_read);
	tcase_add_test(tc, a_sparse_line_wants_a_sparse_file);
	tcase_add_test(tc, a_descriptor_as_extent_is_refused);
	tcase_add_loop_test(tc, a_sparse_file_with_one_extent_is_that_extent_whatever_it_is_called,
			    0, 4);
	tcase_add_test(tc, the_descriptor_inside_may_use_less_of_the_file_but_not_more);
	tcase_add_test(tc, the_descriptor_inside_speaks_of_a_sparse_file);
	tcase_add_test(tc, a_descriptor_inside_names_no_other_files);
	tcase_add_test(tc, a_sparse_file_without_a_descriptor_is_refused);
	tcase_add_loop_test(tc, a_sparse_file_is_an_extent_of_a_descriptor_beside_it, 0, 4);
	tcase_add_test(tc, a_long_file_that_begins_as_a_descriptor_is_none);
	tcase_add_loop_test(tc, other_files_are_refused_with_a_reason, 0,
			    sizeof(foreign) / sizeof(foreign[0]));
	tcase_add_test(tc, a_read_error_is_passed_on);

	tc = unit_tcase(s, "outside");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, extents_outside_of_the_directory_are_refused_unless_permitted, 0,
			    3);
	tcase_add_test(tc, a_link_out_of_the_directory_is_refused_unless_permitted);
	tcase_add_test(tc, a_directory_that_is_a_link_out_is_refused_too);
	tcase_add_test(tc, a_file_that_is_named_often_is_open_once);
	tcase_add_test(tc, the_descriptor_is_no_extent_of_its_own);
	tcase_add_test(tc, a_link_inside_of_the_directory_is_followed);
	tcase_add_test(tc, the_directory_itself_may_be_reached_through_a_link);
	return unit_run(s);
}
