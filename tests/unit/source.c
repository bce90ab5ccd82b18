/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tools/: how users name disks of this host and of servers.
 */
#include "config.h"

#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../../tools/source.h"

static const struct {
	const char *text;
	struct vdt_source is; /* strings are not owned */
} good[] = {
	{ "vsphere://vc.example.com/moref=vm-57",
	  { .host = (char *)"vc.example.com", .port = 443, .vmx_spec = (char *)"moref=vm-57" } },
	{ "VSphere://root@ESX.Example.com:8443/moRef=153",
	  { .user = (char *)"root",
	    .host = (char *)"esx.example.com",
	    .port = 8443,
	    .vmx_spec = (char *)"moref=153" } },
	{ "vsphere://administrator@vsphere.local@vc/moref=vm-1",
	  { .user = (char *)"administrator@vsphere.local",
	    .host = (char *)"vc",
	    .port = 443,
	    .vmx_spec = (char *)"moref=vm-1" } },
	{ "vsphere://DOM%5cjane%3a@vc/moref=vm-1",
	  { .user = (char *)"DOM\\jane:",
	    .host = (char *)"vc",
	    .port = 443,
	    .vmx_spec = (char *)"moref=vm-1" } },
	{ "vsphere://[2001:DB8::1]:443/moref=vm-1",
	  { .host = (char *)"2001:db8::1", .port = 443, .vmx_spec = (char *)"moref=vm-1" } },
	{ "vsphere://[fe80::1%25Eth0]/moref=vm-1",
	  { .host = (char *)"fe80::1%Eth0", .port = 443, .vmx_spec = (char *)"moref=vm-1" } },
	{ "vsphere://vc/moref=vm-1?disk=[ds 1] "
	  "web/web%2301.vmdk&snapshot=snapshot-9&transport=nbdssl:https",
	  { .host = (char *)"vc",
	    .port = 443,
	    .vmx_spec = (char *)"moref=vm-1",
	    .disk = (char *)"[ds 1] web/web#01.vmdk",
	    .snapshot = (char *)"snapshot-9",
	    .transport = (char *)"nbdssl:https" } },
	{ "vsphere://vc/moref=vm-1?DISK=2000",
	  { .host = (char *)"vc",
	    .port = 443,
	    .vmx_spec = (char *)"moref=vm-1",
	    .disk = (char *)"2000" } },
	{ "vsphere://vc/web/web.vmx?dsName=ds%26co&dcPath=Europe/DC1",
	  { .host = (char *)"vc",
	    .port = 443,
	    .vmx_spec = (char *)"web/web.vmx?dcPath=Europe/DC1&dsName=ds%26co" } },
	{ "vsphere://vc/%5bweb] 1/a.vmtx?dsName=ds",
	  { .host = (char *)"vc",
	    .port = 443,
	    .vmx_spec = (char *)"%5Bweb]%201/a.vmtx?dsName=ds" } },
	{ "vsphere://vc/[ds%5B1] web 1/a%3fb.VMX",
	  { .host = (char *)"vc",
	    .port = 443,
	    .vmx_spec = (char *)"web%201/a%3Fb.VMX?dsName=ds[1" } },
};

static void expect_same(const char *what, const char *is, const char *wanted)
{
	if (wanted == NULL)
		ck_assert_msg(is == NULL, "%s: %s", what, is);
	else
		ck_assert_msg(is != NULL && strcmp(is, wanted) == 0, "%s: %s", what, is);
}

START_TEST(a_url_is_taken_apart)
{
	struct vdt_source src;
	const char *wrong = vdt_source_parse(good[_i].text, &src);

	ck_assert_msg(wrong == NULL, "%s: %s", good[_i].text, wrong);
	ck_assert(vdt_source_is_remote(good[_i].text));
	ck_assert_ptr_null(src.file);
	expect_same("user", src.user, good[_i].is.user);
	expect_same("host", src.host, good[_i].is.host);
	ck_assert_uint_eq(src.port, good[_i].is.port);
	expect_same("vmx_spec", src.vmx_spec, good[_i].is.vmx_spec);
	expect_same("disk", src.disk, good[_i].is.disk);
	expect_same("snapshot", src.snapshot, good[_i].is.snapshot);
	expect_same("transport", src.transport, good[_i].is.transport);
	vdt_source_free(&src);
}
END_TEST

static const struct {
	const char *text, *wrong; /* what has to be said of it */
} bad[] = {
	{ "vsphere:", "vsphere://HOST/" },
	{ "vsphere:disk.vmdk", "./vsphere:" },
	{ "vsphere:/vc/moref=vm-1", "vsphere://HOST/" },
	{ "vsphere://", "no host" },
	{ "vsphere:///moref=vm-1", "no host" },
	{ "vsphere://:443/moref=vm-1", "no host" },
	{ "vsphere://vc", "no virtual machine" },
	{ "vsphere://vc/", "no virtual machine" },
	{ "vsphere://vc?disk=2000", "no virtual machine" },
	{ "vsphere://vc/moref=", "nothing follows moref=" },
	{ "vsphere://vc/moref=vm 1", "no reference" },
	{ "vsphere://vc/moref=vm-1/disk", "no reference" },
	{ "vsphere://vc/vm-57", "no virtual machine" },
	{ "vsphere://vc/DC0/vm/web", "no virtual machine" },
	{ "vsphere://vc/web/web.vmx", "dsName" },
	{ "vsphere://vc/[] web/web.vmx", "[DATASTORE]" },
	{ "vsphere://vc/[ds]web.vmx", "[DATASTORE]" },
	{ "vsphere://vc/moref=vm-1?dsName=ds", "go with a .vmx" },
	{ "vsphere://root:secret@vc/moref=vm-1", "password" },
	{ "vsphere://root:@vc/moref=vm-1", "password" },
	{ "vsphere://@vc/moref=vm-1", "empty" },
	{ "vsphere://root:se/cret@vc/moref=vm-1", "no port" },
	{ "vsphere://vc:/moref=vm-1", "port" },
	{ "vsphere://vc:0/moref=vm-1", "port" },
	{ "vsphere://vc:65536/moref=vm-1", "port" },
	{ "vsphere://vc:99999999999999999999/moref=vm-1", "port" },
	{ "vsphere://vc:+1/moref=vm-1", "port" },
	{ "vsphere://fe80::1/moref=vm-1", "brackets" },
	{ "vsphere://[fe80::1/moref=vm-1", "no ]" },
	{ "vsphere://[fe80::1]443/moref=vm-1", ":PORT" },
	{ "vsphere://[fe80::g]/moref=vm-1", "IPv6" },
	{ "vsphere://[fe80::1%25]/moref=vm-1", "IPv6" },
	{ "vsphere://[]/moref=vm-1", "empty" },
	{ "vsphere://v c/moref=vm-1", "no host has" },
	{ "vsphere://vc%00/moref=vm-1", "%25" },
	{ "vsphere://vc/moref=vm-1?disk=%0a", "control" },
	{ "vsphere://vc/moref=vm-1?disk=a\nb", "control" },
	{ "vsphere://vc/moref=vm-1?disk=100%", "%25" },
	{ "vsphere://vc/moref=vm-1?disk=%4", "%25" },
	{ "vsphere://vc/moref=vm-1?disk=%g0", "%25" },
	{ "vsphere://vc/moref=vm-1?", "KEY=VALUE" },
	{ "vsphere://vc/moref=vm-1?disk", "KEY=VALUE" },
	{ "vsphere://vc/moref=vm-1?disk=", "empty" },
	{ "vsphere://vc/moref=vm-1?disk=1&", "KEY=VALUE" },
	{ "vsphere://vc/moref=vm-1?disk=1&disk=2", "twice" },
	{ "vsphere://vc/moref=vm-1?password=secret", "none of disk" },
	{ "vsphere://vc/moref=vm-1?transport=nbd%20ssl", "transport" },
	{ "vsphere://vc/moref=vm-1#1", "%23" },
};

START_TEST(what_is_no_url_of_ours_is_refused_without_a_word_of_it)
{
	struct vdt_source src;
	const char *wrong = vdt_source_parse(bad[_i].text, &src);

	ck_assert_msg(wrong != NULL, "%s", bad[_i].text);
	ck_assert_msg(strstr(wrong, bad[_i].wrong) != NULL, "%s: %s", bad[_i].text, wrong);
	ck_assert_ptr_null(strstr(wrong, "secret"));
	vdt_source_free(&src);
}
END_TEST

START_TEST(all_else_is_a_file)
{
	static const char *const names[] = { "web.vmdk",    "./vsphere:a.vmdk", "vsphere",
					     "/vsphere://", "http://vc/a.vmdk", "" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct vdt_source src;

		ck_assert(!vdt_source_is_remote(names[i]));
		ck_assert_ptr_null(vdt_source_parse(names[i], &src));
		ck_assert_str_eq(src.file, names[i]);
		vdt_source_free(&src);
	}
}
END_TEST

START_TEST(a_disk_of_digits_is_a_key)
{
	static const struct {
		const char *text;
		bool has_key;
	} rows[] = { { "vsphere://vc/moref=vm-1?disk=2000", true },
		     { "vsphere://vc/moref=vm-1?disk=2000.vmdk", false },
		     { "vsphere://vc/moref=vm-1", false },
		     { "2000", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vdt_source src;

		ck_assert_ptr_null(vdt_source_parse(rows[i].text, &src));
		ck_assert(vdt_source_has_key(&src) == rows[i].has_key);
		vdt_source_free(&src);
	}
}
END_TEST

static void expect_id(const char *text, const char *wanted)
{
	char *id = vdt_source_id(text);

	ck_assert_str_eq(id, wanted);
	free(id);
}

START_TEST(however_a_source_is_written_it_has_one_name)
{
	static const char name[] = "vsphere://vc/moref=vm-1?snapshot=s-1&disk=[ds]%20a.vmdk";
	char here[PATH_MAX];

	expect_id("vsphere://vc/moref=vm-1?snapshot=s-1&disk=[ds]%20a.vmdk", name);
	expect_id("VSPHERE://me@VC:443/moRef=vm-1?disk=%5bds] a.vmdk&snapshot=s-1&transport=nbd",
		  name);
	expect_id("vsphere://[FE80::1%25a]:1/[ds] a b.vmx",
		  "vsphere://[fe80::1%25a]:1/a%20b.vmx?dsName=ds");
	expect_id("vsphere://vc/a.vmx?dcPath=DC&dsName=ds&disk=a.vmdk",
		  "vsphere://vc/a.vmx?dcPath=DC&dsName=ds&disk=a.vmdk");
	ck_assert_ptr_nonnull(realpath(".", here));
	expect_id("./", here);
	expect_id("no/such/file", "no/such/file");
	expect_id("vsphere://", "vsphere://");
}
END_TEST

START_TEST(a_server_may_stand_alone)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{ "vsphere://root@vc", NULL },
		{ "VSPHERE://root@VC/", NULL },
		{ "vsphere://root@vc/moref=vm-1", "follows the server" },
		{ "vsphere://root@vc?disk=2000", "follows the server" },
		{ "vsphere://root:secret@vc", "password" },
		{ "vsphere://", "no host" },
		{ "vc", "no server" },
	};
	struct vdt_source src;
	const char *wrong = vdt_source_parse_server(cases[_i].text, &src);

	if (cases[_i].wrong == NULL) {
		ck_assert_ptr_null(wrong);
		ck_assert_str_eq(src.user, "root");
		ck_assert_str_eq(src.host, "vc");
		ck_assert_uint_eq(src.port, 443);
		ck_assert_ptr_null(src.vmx_spec);
	} else {
		ck_assert_ptr_nonnull(wrong);
		ck_assert_msg(strstr(wrong, cases[_i].wrong) != NULL, "%s", wrong);
	}
	vdt_source_free(&src);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("source");
	TCase *tc = unit_tcase(s, "source");

	tcase_add_loop_test(tc, a_url_is_taken_apart, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, what_is_no_url_of_ours_is_refused_without_a_word_of_it, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, a_server_may_stand_alone, 0, 7);
	tcase_add_test(tc, all_else_is_a_file);
	tcase_add_test(tc, a_disk_of_digits_is_a_key);
	tcase_add_test(tc, however_a_source_is_written_it_has_one_name);
	return unit_run(s);
}
