/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/chain-open.c and chain-parent.c: finding parents and checking them.  Files are in memory
 * but where it matters that two names can be one file.
 */
#include "config.h"

#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "mkvmdk.h"
#include "opened.h"

#define NO_PARENT 0xffffffffu

/* A link without a file of data. */
static const char *link_text(uint32_t cid, uint32_t parent_cid, const char *hint, unsigned sectors)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "version=1\nCID=%08x\nparentCID=%08x\nparentFileNameHint=\"%s\"\nRW %u ZERO\n",
		 cid, parent_cid, hint, sectors);
	return text;
}

static void add_link(const char *path, uint32_t cid, uint32_t parent_cid, const char *hint)
{
	const char *text = link_text(cid, parent_cid, hint, 8);

	memstore_add(path, text, strlen(text));
}

static size_t n_links(void)
{
	return ((struct vd_chain *)disk)->links.n;
}

static const char *link_path(size_t i)
{
	ck_assert_uint_lt(i, n_links());
	return ((struct vd_chain *)disk)->links.v[i]->path;
}

START_TEST(a_base_is_a_chain_of_one)
{
	add_link("/d/a.vmdk", 1, NO_PARENT, "");
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_OK);
	ck_assert_uint_eq(n_links(), 1);
	ck_assert_uint_eq(disk->capacity, 8);
	ck_assert(disk->readonly);
	ck_assert_str_eq(disk->mode, "file");
	ck_assert(!((struct vd_chain *)disk)->partial);
}
END_TEST

START_TEST(links_are_kept_base_first)
{
	add_link("/d/a.vmdk", 1, NO_PARENT, "");
	add_link("/d/b.vmdk", 2, 1, "a.vmdk");
	add_link("/d/c.vmdk", 3, 2, "b.vmdk");
	ck_assert_int_eq(open_mem("/d/c.vmdk"), VIX_OK);
	ck_assert_uint_eq(n_links(), 3);
	ck_assert_str_eq(link_path(0), "/d/a.vmdk");
	ck_assert_str_eq(link_path(1), "/d/b.vmdk");
	ck_assert_str_eq(link_path(2), "/d/c.vmdk");
}
END_TEST

/* Where a parent may lie, for a child /d/c/child.vmdk. */
static const struct {
	const char *hint, *parent;
	unsigned flags;
} places[] = {
	{ "p.vmdk", "/d/c/p.vmdk", 0 },
	{ "/gone/p.vmdk", "/d/c/p.vmdk", 0 },
	{ "../gone/p.vmdk", "/d/c/p.vmdk", 0 },
	{ "C:\\gone\\p.vmdk", "/d/c/p.vmdk", 0 },
	{ "sub/p.vmdk", "/d/c/sub/p.vmdk", 0 },
	{ "sub\\p.vmdk", "/d/c/sub/p.vmdk", 0 },
	{ "../base/p.vmdk", "/d/c/../base/p.vmdk", 0 },
	{ "/vmfs/volumes/x/base/p.vmdk", "/d/c/../base/p.vmdk", 0 },
	{ "D:\\vm\\base\\p.vmdk", "/d/c/../base/p.vmdk", 0 },
	{ "odd\\name.vmdk", "/d/c/odd\\name.vmdk", 0 },
	{ "/far/p.vmdk", "/far/p.vmdk", VD_CHAIN_EXTENTS_ANYWHERE },
	{ "../../far/p.vmdk", "/d/c/../../far/p.vmdk", VD_CHAIN_EXTENTS_ANYWHERE },
};

START_TEST(a_parent_is_found_by_its_hint)
{
	add_link(places[_i].parent, 1, NO_PARENT, "");
	add_link("/d/c/child.vmdk", 2, 1, places[_i].hint);
	ck_assert_msg(open_with(&memstore_ops, "/d/c/child.vmdk", places[_i].flags) == VIX_OK, "%s",
		      said_text);
	ck_assert_str_eq(link_path(0), places[_i].parent);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_hint_leads_out_of_the_directory_only_where_permitted)
{
	add_link("/far/p.vmdk", 1, NO_PARENT, "");
	add_link("/d/c/child.vmdk", 2, 1, "/far/p.vmdk");
	ck_assert_int_eq(open_mem("/d/c/child.vmdk"), VIX_E_DISK_OPENPARENT);
	ck_assert(said("which only vixDiskLib.allowExtentsOutside = 1 lets lead there"));
}
END_TEST

START_TEST(a_missing_parent_is_told_with_where_it_was_looked_for)
{
	add_link("/d/c/child.vmdk", 2, 0x7b70d1bc, "/vm/base/p.vmdk");
	ck_assert_int_eq(open_mem("/d/c/child.vmdk"), VIX_E_DISK_OPENPARENT);
	ck_assert(said("cannot open /d/c/child.vmdk: its parent p.vmdk is missing"));
	ck_assert(said("looked for /d/c/p.vmdk, /d/c/../base/p.vmdk "));
	ck_assert(said("(hint \"/vm/base/p.vmdk\""));
	ck_assert(said("expects a parent with CID 7b70d1bc"));
}
END_TEST

START_TEST(a_child_without_a_hint_is_refused)
{
	add_link("/d/a.vmdk", 2, 1, "");
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_E_DISK_OPENPARENT);
	ck_assert(said("needs a parent with CID 00000001 but names no file for it"));
	add_link("/d/a.vmdk", 2, 1, "dir/");
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_E_DISK_OPENPARENT);
}
END_TEST

START_TEST(a_changed_parent_is_refused_with_both_cids)
{
	add_link("/d/a.vmdk", 0xabc, NO_PARENT, "");
	add_link("/d/b.vmdk", 2, 0xdef, "a.vmdk");
	ck_assert_int_eq(open_mem("/d/b.vmdk"), VIX_E_DISK_CID_MISMATCH);
	ck_assert(said("cannot open /d/b.vmdk: its parent /d/a.vmdk was changed"));
	ck_assert(said("00000abc") && said("00000def"));
}
END_TEST

START_TEST(of_several_files_of_that_name_the_one_with_the_right_cid_is_taken)
{
	add_link("/d/c/p.vmdk", 7, NO_PARENT, "");
	add_link("/d/c/../base/p.vmdk", 1, NO_PARENT, "");
	add_link("/d/c/child.vmdk", 2, 1, "../base/p.vmdk");
	ck_assert_int_eq(open_mem("/d/c/child.vmdk"), VIX_OK);
	ck_assert_str_eq(link_path(0), "/d/c/../base/p.vmdk");
}
END_TEST

START_TEST(a_parent_may_have_the_name_of_its_child)
{
	add_link("/d/c/disk.vmdk", 2, 1, "../base/disk.vmdk");
	ck_assert_int_eq(open_mem("/d/c/disk.vmdk"), VIX_E_DISK_OPENPARENT);
	ck_assert(said("its parent disk.vmdk is missing"));
	add_link("/d/c/../base/disk.vmdk", 1, NO_PARENT, "");
	ck_assert_int_eq(open_mem("/d/c/disk.vmdk"), VIX_OK);
	ck_assert_uint_eq(n_links(), 2);
}
END_TEST

START_TEST(raw_data_is_no_parent)
{
	static const char sectors[8 * 512];

	memstore_add("/d/a.img", sectors, sizeof(sectors));
	add_link("/d/b.vmdk", 2, 1, "a.img");
	ck_assert_int_eq(open_mem("/d/b.vmdk"), VIX_E_DISK_INVALIDCHAIN);
	ck_assert(said("its parent /d/a.img is no VMDK"));
}
END_TEST

START_TEST(of_several_files_that_will_not_do_the_changed_parent_is_told)
{
	static const char sectors[8 * 512];

	add_link("/d/c/p.img", 7, NO_PARENT, "");
	memstore_add("/d/c/../c/p.img", sectors, sizeof(sectors));
	add_link("/d/c/child.vmdk", 2, 1, "../c/p.img");
	ck_assert_int_eq(open_mem("/d/c/child.vmdk"), VIX_E_DISK_CID_MISMATCH);
	ck_assert(said("its parent /d/c/p.img was changed"));
}
END_TEST

/* A child of /d/a.bin in a sparse file. */
static void add_sparse_child(const char *path)
{
	struct mk_image img = mk_build(&(struct mk_spec){
		.capacity = 8,
		.descriptor = "CID=2\nparentCID=1\nparentFileNameHint=\"a.bin\"\n"
			      "RW 8 SPARSE \"x\"\n" });

	memstore_add(path, img.bytes, img.len);
	mk_free(&img);
}

/* Names under which a guest may have written what looks like a child into its own disk. */
static const char *const raw_names[] = { "/d/b.img",       "/d/b",           "/d/b.vmdk.raw",
					 "/d/b-flat.vmdk", "/d/b-f001.vmdk", "/d/b-rdm.vmdk",
					 "/d/b-rdmp.vmdk", "/d/b-pt.vmdk" };

START_TEST(a_sparse_child_that_may_be_a_raw_disk_is_refused_unless_permitted)
{
	add_link("/d/a.bin", 1, NO_PARENT, "");
	add_sparse_child(raw_names[_i]);
	ck_assert_int_eq(open_mem(raw_names[_i]), VIX_E_DISK_NOTSUPPORTED);
	ck_assert(said("it may be a raw disk that only claims to have a parent") &&
		  said(raw_names[_i]) && said("vixDiskLib.allowExtentsOutside = 1"));
	ck_assert_int_eq(open_with(&memstore_ops, raw_names[_i], VD_CHAIN_SINGLE_LINK), VIX_OK);
	ck_assert_int_eq(open_with(&memstore_ops, raw_names[_i], VD_CHAIN_EXTENTS_ANYWHERE),
			 VIX_OK);
}
END_TEST

START_TEST(a_sparse_child_has_any_other_name_that_ends_in_vmdk)
{
	static const char *const good[] = { "/d/b.vmdk", "/d/b.VMDK", "/d/b-000001.vmdk",
					    "/d/b-s001.vmdk", "/d/b-delta.vmdk" };

	add_link("/d/a.bin", 1, NO_PARENT, "");
	add_sparse_child(good[_i]);
	ck_assert_int_eq(open_mem(good[_i]), VIX_OK);
	ck_assert_uint_eq(n_links(), 2);
}
END_TEST

START_TEST(a_child_with_a_descriptor_of_its_own_has_any_name)
{
	add_link("/d/a", 1, NO_PARENT, "");
	add_link("/d/b", 2, 1, "a");
	add_link("/d/c.img", 3, 2, "b");
	ck_assert_int_eq(open_mem("/d/c.img"), VIX_OK);
	ck_assert_uint_eq(n_links(), 3);
}
END_TEST

START_TEST(a_parent_in_the_middle_may_not_be_a_raw_disk_either)
{
	add_link("/d/a.bin", 1, NO_PARENT, "");
	add_sparse_child("/d/b.img");
	add_link("/d/c.vmdk", 3, 2, "b.img");
	ck_assert_int_eq(open_mem("/d/c.vmdk"), VIX_E_DISK_NOTSUPPORTED);
	ck_assert(said("/d/b.img"));
}
END_TEST

/* A hint in GBK, which has a backslash in it, and in UTF-8. */
#define GBK_HINT  "\x81\x5c.vmdk"
#define UTF8_HINT "\xe4\xb9\x97.vmdk"

static const struct {
	const char *hint, *parent;
	unsigned flags;
} encoded[] = {
	{ GBK_HINT, "/d/c/" UTF8_HINT, 0 },
	{ GBK_HINT, "/d/c/" GBK_HINT, 0 },
	{ "/vm/base/" GBK_HINT, "/d/c/../base/" UTF8_HINT, 0 },
	{ "C:\\vm\\base\\" GBK_HINT, "/d/c/../base/" UTF8_HINT, 0 },
	{ "sub/" GBK_HINT, "/d/c/sub/" GBK_HINT, 0 },
	{ "/far/" GBK_HINT, "/far/" GBK_HINT, VD_CHAIN_EXTENTS_ANYWHERE },
};

START_TEST(a_parent_is_found_by_a_hint_in_another_encoding)
{
	char text[256];

	add_link(encoded[_i].parent, 1, NO_PARENT, "");
	snprintf(text, sizeof(text), "version=1\nencoding=\"GBK\"\n%s",
		 link_text(2, 1, encoded[_i].hint, 8));
	memstore_add("/d/c/child.vmdk", text, strlen(text));
	ck_assert_msg(open_with(&memstore_ops, "/d/c/child.vmdk", encoded[_i].flags) == VIX_OK,
		      "%s", said_text);
	ck_assert_str_eq(link_path(0), encoded[_i].parent);
}
END_TEST

START_TEST(a_parent_that_cannot_be_opened_keeps_its_code)
{
	static const char lacking[] = "version=1\nCID=1\nRW 1 FLAT \"gone\" 0\n";
	static const char newer[] = "version=9\nCID=1\nRW 1 ZERO\n";

	add_link("/d/b.vmdk", 2, 1, "a.vmdk");
	memstore_add("/d/a.vmdk", newer, strlen(newer));
	ck_assert_int_eq(open_mem("/d/b.vmdk"), VIX_E_DISK_UNSUPPORTEDDISKVERSION);
	memstore_add("/d/a.vmdk", lacking, strlen(lacking));
	ck_assert_int_eq(open_mem("/d/b.vmdk"), VIX_E_DISK_OPENPARENT);
	ck_assert(said("cannot open /d/a.vmdk: its extent /d/gone is missing"));
}
END_TEST

START_TEST(a_link_that_is_its_own_parent_is_refused)
{
	add_link("/d/a.vmdk", 1, 1, "a.vmdk");
	ck_assert_int_eq(open_mem("/d/a.vmdk"), VIX_E_DISK_INVALIDCHAIN);
	ck_assert(said("the chain is cyclic: /d/a.vmdk comes twice"));
}
END_TEST

START_TEST(a_loop_of_several_links_is_refused)
{
	add_link("/d/a.vmdk", 1, 3, "c.vmdk");
	add_link("/d/b.vmdk", 2, 1, "a.vmdk");
	add_link("/d/c.vmdk", 3, 2, "/elsewhere/b.vmdk");
	ck_assert_int_eq(open_mem("/d/c.vmdk"), VIX_E_DISK_INVALIDCHAIN);
	ck_assert(said("cannot open /d/a.vmdk: the chain is cyclic: /d/c.vmdk comes twice"));
}
END_TEST

START_TEST(a_loop_through_another_name_is_refused)
{
	put_text(in_tmpdir("a.vmdk"), link_text(1, 1, "b.vmdk", 8));
	ck_assert_int_eq(symlink("a.vmdk", in_tmpdir("b.vmdk")), 0);
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("a.vmdk"), 0),
			 VIX_E_DISK_INVALIDCHAIN);
	ck_assert(said("comes twice"));
	unlink(in_tmpdir("b.vmdk"));
	ck_assert_int_eq(link(in_tmpdir("a.vmdk"), in_tmpdir("b.vmdk")), 0);
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("a.vmdk"), 0),
			 VIX_E_DISK_INVALIDCHAIN);
}
END_TEST

/* links 1 .. @n of a chain, link n at /d/n.vmdk */
static void add_chain(unsigned n)
{
	char path[32], hint[32];

	for (unsigned i = 1; i <= n; i++) {
		snprintf(path, sizeof(path), "/d/%u.vmdk", i);
		snprintf(hint, sizeof(hint), "%u.vmdk", i - 1);
		add_link(path, i, i == 1 ? NO_PARENT : i - 1, hint);
	}
}

START_TEST(the_number_of_links_is_bounded)
{
	add_chain(VD_CHAIN_MAX + 1);
	ck_assert_int_eq(open_mem("/d/255.vmdk"), VIX_OK);
	ck_assert_uint_eq(n_links(), VD_CHAIN_MAX);
	ck_assert_int_eq(open_mem("/d/256.vmdk"), VIX_E_DISK_TOOMANYREDO);
	ck_assert(said("cannot open /d/256.vmdk: its chain has more than 255 links"));
}
END_TEST

START_TEST(a_child_may_be_larger_than_its_parent_but_not_smaller)
{
	const char *text = link_text(1, NO_PARENT, "", 7);

	memstore_add("/d/a.vmdk", text, strlen(text));
	add_link("/d/b.vmdk", 2, 1, "a.vmdk");
	ck_assert_int_eq(open_mem("/d/b.vmdk"), VIX_OK);
	ck_assert_uint_eq(disk->capacity, 8);
	text = link_text(1, NO_PARENT, "", 9);
	memstore_add("/d/a.vmdk", text, strlen(text));
	ck_assert_int_eq(open_mem("/d/b.vmdk"), VIX_E_DISK_CAPACITY_MISMATCH);
	ck_assert(said("it has 8 sectors, its parent /d/a.vmdk has more: 9"));
}
END_TEST

START_TEST(a_single_link_leaves_its_parents_alone)
{
	add_link("/d/b.vmdk", 2, 1, "a.vmdk");
	ck_assert_int_eq(open_with(&memstore_ops, "/d/b.vmdk", VD_CHAIN_SINGLE_LINK), VIX_OK);
	ck_assert_uint_eq(n_links(), 1);
	ck_assert(((struct vd_chain *)disk)->partial);
}
END_TEST

START_TEST(only_the_newest_link_is_opened_for_writing)
{
	static const char sectors[8 * 512];

	put_file(in_tmpdir("x.bin"), sectors, sizeof(sectors));
	put_text(in_tmpdir("a.vmdk"), "version=1\nCID=1\nRW 8 FLAT \"x.bin\" 0\n");
	put_text(in_tmpdir("b.vmdk"),
		 "version=1\nCID=2\nparentCID=1\nparentFileNameHint=\"a.vmdk\"\n"
		 "RW 8 FLAT \"x.bin\" 0\n");
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("b.vmdk"), VD_CHAIN_WRITE), VIX_OK);
	ck_assert(!disk->readonly);
	for (size_t i = 0; i < 2; i++) {
		const struct vd_link *ln = ((struct vd_chain *)disk)->links.v[i];

		ck_assert_int_eq((ln->extents.v[0]->store->mode & VD_STORE_WRITE) != 0, i == 1);
	}
}
END_TEST

/* Chains whose files are listed. */

#define LISTED(...)                                       \
	open_listed((const char *const[]){ __VA_ARGS__ }, \
		    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *), 0)

/* As datastores are: only read, and paths are no files of this host. */
static VixError open_listed(const char *const *paths, size_t n, unsigned flags)
{
	static struct vd_store_ops store; /* the disk's */
	VixError err;

	store = memstore_ops;
	store.pwrite = NULL;
	store.names = NULL;
	vd_disk_close(disk);
	err = vd_chain_open_listed(&store, paths, n, flags, &disk);
	ck_assert((err == VIX_OK) == (disk != NULL));
	return err;
}

static void add_listed_chain(void)
{
	add_link("[ds] d/a.vmdk", 1, NO_PARENT, "");
	add_link("[other] e/a-000001.vmdk", 2, 1, "/vmfs/volumes/5f/d/a.vmdk");
	add_link("[ds] f/a-000002.vmdk", 3, 2, "a-000001.vmdk");
}

START_TEST(a_list_decides_whatever_hints_say)
{
	add_listed_chain();
	add_link("[ds] f/a-000001.vmdk", 2, NO_PARENT, ""); /* where the hint leads */
	ck_assert_msg(LISTED("[ds] f/a-000002.vmdk", "[other] e/a-000001.vmdk", "[ds] d/a.vmdk") ==
			      VIX_OK,
		      "%s", said_text);
	ck_assert_uint_eq(n_links(), 3);
	ck_assert_str_eq(link_path(1), "[other] e/a-000001.vmdk");
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_listed_parent_needs_no_hint)
{
	add_link("[ds] a.vmdk", 1, NO_PARENT, "");
	add_link("[ds] b.vmdk", 2, 1, "");
	ck_assert_int_eq(LISTED("[ds] b.vmdk", "[ds] a.vmdk"), VIX_OK);
}
END_TEST

START_TEST(a_listed_parent_must_be_there)
{
	add_listed_chain();
	add_link("[ds] f/gone.vmdk", 2, NO_PARENT, "");
	ck_assert_int_eq(LISTED("[ds] f/a-000002.vmdk", "[ds] e/gone.vmdk"), VIX_E_DISK_OPENPARENT);
	ck_assert(said("its parent gone.vmdk is missing; looked for [ds] e/gone.vmdk"));
}
END_TEST

START_TEST(a_listed_parent_must_be_the_one_the_child_was_made_on)
{
	add_listed_chain();
	ck_assert_int_eq(LISTED("[ds] f/a-000002.vmdk", "[ds] d/a.vmdk"), VIX_E_DISK_CID_MISMATCH);
	ck_assert(said("its parent [ds] d/a.vmdk was changed"));
}
END_TEST

START_TEST(a_list_must_go_down_to_the_base)
{
	add_listed_chain();
	ck_assert_int_eq(LISTED("[ds] f/a-000002.vmdk"), VIX_E_DISK_OPENPARENT);
	ck_assert(said("cannot open [ds] f/a-000002.vmdk: it needs a parent with CID 00000002 but "
		       "the list of its chain has no file for it"));
}
END_TEST

START_TEST(a_list_must_not_go_beyond_the_base)
{
	add_listed_chain();
	ck_assert_int_eq(LISTED("[ds] d/a.vmdk", "[ds] f/a-000002.vmdk"), VIX_E_DISK_INVALIDCHAIN);
	ck_assert(said("[ds] d/a.vmdk has no parent, but is listed as a child of [ds] f/a-"));
}
END_TEST

START_TEST(a_list_with_a_loop_is_refused)
{
	add_link("[ds] a.vmdk", 1, 1, "");
	ck_assert_int_eq(LISTED("[ds] a.vmdk", "[ds] a.vmdk", "[ds] a.vmdk"),
			 VIX_E_DISK_INVALIDCHAIN);
	ck_assert(said("the chain is cyclic: [ds] a.vmdk comes twice"));
}
END_TEST

START_TEST(of_a_list_a_single_link_needs_the_first_only)
{
	add_listed_chain();
	ck_assert_int_eq(open_listed((const char *const[]){ "[ds] f/a-000002.vmdk" }, 1,
				     VD_CHAIN_SINGLE_LINK),
			 VIX_OK);
}
END_TEST

START_TEST(a_missing_disk_is_not_found)
{
	ck_assert_int_eq(open_with(&vd_store_local, in_tmpdir("gone.vmdk"), 0),
			 VIX_E_FILE_NOT_FOUND);
	ck_assert(said("gone.vmdk"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain-open");
	TCase *tc = unit_tcase(s, "parents");

	tcase_add_checked_fixture(tc, opened_setup, opened_teardown);
	tcase_add_test(tc, a_base_is_a_chain_of_one);
	tcase_add_test(tc, links_are_kept_base_first);
	tcase_add_loop_test(tc, a_parent_is_found_by_its_hint, 0,
			    sizeof(places) / sizeof(places[0]));
	tcase_add_test(tc, a_hint_leads_out_of_the_directory_only_where_permitted);
	tcase_add_test(tc, a_missing_parent_is_told_with_where_it_was_looked_for);
	tcase_add_test(tc, a_child_without_a_hint_is_refused);
	tcase_add_test(tc, a_changed_parent_is_refused_with_both_cids);
	tcase_add_test(tc, of_several_files_of_that_name_the_one_with_the_right_cid_is_taken);
	tcase_add_test(tc, a_parent_may_have_the_name_of_its_child);
	tcase_add_test(tc, raw_data_is_no_parent);
	tcase_add_test(tc, of_several_files_that_will_not_do_the_changed_parent_is_told);
	tcase_add_loop_test(tc, a_sparse_child_that_may_be_a_raw_disk_is_refused_unless_permitted,
			    0, sizeof(raw_names) / sizeof(raw_names[0]));
	tcase_add_loop_test(tc, a_sparse_child_has_any_other_name_that_ends_in_vmdk, 0, 5);
	tcase_add_test(tc, a_child_with_a_descriptor_of_its_own_has_any_name);
	tcase_add_test(tc, a_parent_in_the_middle_may_not_be_a_raw_disk_either);
	tcase_add_loop_test(tc, a_parent_is_found_by_a_hint_in_another_encoding, 0,
			    sizeof(encoded) / sizeof(encoded[0]));
	tcase_add_test(tc, a_parent_that_cannot_be_opened_keeps_its_code);
	tcase_add_test(tc, a_link_that_is_its_own_parent_is_refused);
	tcase_add_test(tc, a_loop_of_several_links_is_refused);
	tcase_add_test(tc, a_loop_through_another_name_is_refused);
	tcase_add_test(tc, the_number_of_links_is_bounded);
	tcase_add_test(tc, a_child_may_be_larger_than_its_parent_but_not_smaller);
	tcase_add_test(tc, a_single_link_leaves_its_parents_alone);
	tcase_add_test(tc, only_the_newest_link_is_opened_for_writing);
	tcase_add_test(tc, a_missing_disk_is_not_found);

	tc = unit_tcase(s, "listed");
	tcase_add_checked_fixture(tc, opened_setup, opened_teardown);
	tcase_add_test(tc, a_list_decides_whatever_hints_say);
	tcase_add_test(tc, a_listed_parent_needs_no_hint);
	tcase_add_test(tc, a_listed_parent_must_be_there);
	tcase_add_test(tc, a_listed_parent_must_be_the_one_the_child_was_made_on);
	tcase_add_test(tc, a_list_must_go_down_to_the_base);
	tcase_add_test(tc, a_list_must_not_go_beyond_the_base);
	tcase_add_test(tc, a_list_with_a_loop_is_refused);
	tcase_add_test(tc, of_a_list_a_single_link_needs_the_first_only);
	return unit_run(s);
}
