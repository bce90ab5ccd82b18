/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/lease.c and lease-info.c, over canned replies.  vsphere/lease.sh has a server.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/lease.h"
#include "cannedvim.h"
#include "said.h"

#define CONTROLLER                                                                         \
	"<VirtualDevice xsi:type=\"ParaVirtualSCSIController\"><key>1000</key><busNumber>" \
	"1</busNumber></VirtualDevice>"
#define DISK(key, unit)                                                                          \
	"<VirtualDevice xsi:type=\"VirtualDisk\"><key>" key "</key><controllerKey>1000</control" \
	"lerKey><unitNumber>" unit "</unitNumber></VirtualDevice>"
#define DEVICES(devices)                                 \
	CANNED_PAGE(                                     \
		CANNED_OBJECT("VirtualMachine", "vm-57", \
			      CANNED_ARRAY("config.hardware.device", "VirtualDevice", devices)))
#define FILE(key, url)                                                                     \
	"<deviceUrl><key>" key "</key><url>" url "</url><sslThumbprint>aa</sslThumbprint>" \
	"<disk>true</disk></deviceUrl>"
#define OTHER \
	"<deviceUrl><key>/vm-57/nvram</key><url>https://*/n</url><disk>false</disk></deviceUrl>"
#define LEASE(state, more) \
	CANNED_PAGE(CANNED_OBJECT("HttpNfcLease", "lease-1", CANNED_TEXT("state", state) more))
#define ERROR                                                                                \
	"<propSet><name>error</name><val><fault xsi:type=\"FileLocked\"/><localizedMessage>" \
	"because</localizedMessage></val></propSet>"
#define OPENING "<i xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"

static struct vim_xml *xml;

static void setup(void)
{
	said_start();
}

static void teardown(void)
{
	vim_xml_free(xml);
	xml = NULL;
	said_stop();
}

static vim_node *parse(const char *text)
{
	ck_assert_int_eq(vim_xml_parse(text, strlen(text), &xml), VIX_OK);
	return vim_xml_root(xml);
}

START_TEST(a_disk_is_named_by_its_place)
{
	char *place;
	bool is_only;

	ck_assert_int_eq(vim_lease_place(parse(OPENING CONTROLLER DISK("2000", "0")
						       DISK("2001", "15") "</i>"),
					 2001, &place, &is_only),
			 VIX_OK);
	ck_assert_str_eq(place, "ParaVirtualSCSIController1:15");
	ck_assert(!is_only);
	free(place);
}
END_TEST

static const struct {
	const char *devices;
	VixError err;
	bool is_only;
} strange_devices[] = {
	{ OPENING "</i>", VIX_E_OBJECT_NOT_FOUND, false },
	{ OPENING DISK("2001", "0") "</i>", VIX_E_OBJECT_NOT_FOUND, true },
	{ OPENING DISK("2000", "0") "</i>", VIX_OK, true },
	{ OPENING CONTROLLER DISK("2000", "-1") "</i>", VIX_OK, true },
	{ OPENING DISK("2000", "0") DISK("2000", "1") "</i>", VIX_OK, false },
	{ OPENING "<VirtualDevice xsi:type=\"VirtualDisk\"><key>2000</key></VirtualDevice></i>",
	  VIX_OK, true },
};

START_TEST(devices_may_say_less)
{
	char *place;
	bool is_only;

	ck_assert_int_eq(
		vim_lease_place(parse(strange_devices[_i].devices), 2000, &place, &is_only),
		strange_devices[_i].err);
	ck_assert_ptr_null(place);
	ck_assert(is_only == strange_devices[_i].is_only);
}
END_TEST

static const struct {
	const char *url, *host, *target;
	unsigned port;
} urls[] = {
	{ "https://*/nfc/1/disk-0.vmdk", NULL, "/nfc/1/disk-0.vmdk", 0 },
	{ "https://*:8443/a", NULL, "/a", 8443 },
	{ "HTTPS://esx.test/a?b=c", "esx.test", "/a?b=c", 0 },
	{ "https://esx.test:443/a", "esx.test", "/a", 443 },
	{ "https://[fe80::1]:65535/a", "fe80::1", "/a", 65535 },
	{ "https://**/a", "**", "/a", 0 }, /* no name of a host: that is found out there */
};

START_TEST(urls_are_taken_apart)
{
	struct vim_lease_file f;
	char text[512];

	snprintf(text, sizeof(text), OPENING OTHER FILE("/vm-57/x", "%s") "</i>", urls[_i].url);
	ck_assert_int_eq(vim_lease_find(parse(text), NULL, true, &f), VIX_OK);
	ck_assert_pstr_eq(f.host, urls[_i].host);
	ck_assert_str_eq(f.target, urls[_i].target);
	ck_assert_uint_eq(f.port, urls[_i].port);
	ck_assert_str_eq(f.thumbprint, "aa");
	vim_lease_file_free(&f);
}
END_TEST

static const char *const bad_urls[] = {
	"",
	"https://",
	"https:///a",
	"http://esx.test/a",
	"https://esx.test",
	"https://esx.test:/a",
	"https://esx.test:0/a",
	"https://esx.test:65536/a",
	"https://esx.test:99999999999999999999/a",
	"https://esx.test:+1/a",
	"https://esx.test?a",
	"https://u:p@esx.test/a",
	"https://[fe80::1/a",
	"https://[]/a",
	"https://[::1]x/a",
};

START_TEST(what_is_no_url_is_refused)
{
	struct vim_lease_file f;
	char text[512];

	snprintf(text, sizeof(text), OPENING FILE("/vm-57/x", "%s") "</i>", bad_urls[_i]);
	ck_assert_int_eq(vim_lease_find(parse(text), NULL, true, &f), VIX_E_NET_HTTP_TRANSFER);
	ck_assert_ptr_null(f.host);
	ck_assert_ptr_null(f.target);
	ck_assert_ptr_null(f.thumbprint);
}
END_TEST

#define AT(place, url) FILE("/vm-57/" place, "https://" url "/a")

static const struct {
	const char *info, *place;
	bool is_only;
	const char *host; /* NULL: none is picked */
} picks[] = {
	{ AT("X0:0", "a") AT("X0:1", "b"), "X0:1", false, "b" },
	{ AT("X0:0", "a") AT("X0:1", "b"), "X0:2", false, NULL },
	{ AT("X0:0", "a") AT("X0:1", "b"), NULL, false, NULL },
	{ AT("X0:0", "a") AT("X0:0", "b"), "X0:0", false, NULL },
	{ AT("X0:0", "a") AT("X0:1", "b"), "X0:1", true, "b" },
	{ AT("X0:0", "a"), "X0:1", true, "a" },
	{ AT("X0:0", "a"), "X0:1", false, NULL }, /* one of several has been left out */
	{ OTHER AT("X0:0", "a"), NULL, true, "a" },
	{ OTHER, "nvram", true, NULL },
	{ FILE("X0:0", "https://a/a"), "X0:0", false, NULL },
	{ "<deviceUrl><disk>true</disk></deviceUrl>", "X0:0", false, NULL },
	{ "", "X0:0", true, NULL },
};

START_TEST(no_file_is_guessed)
{
	struct vim_lease_file f;
	char text[1024];
	VixError err;

	snprintf(text, sizeof(text), OPENING "%s</i>", picks[_i].info);
	err = vim_lease_find(parse(text), picks[_i].place, picks[_i].is_only, &f);
	ck_assert_int_eq(err, picks[_i].host != NULL ? VIX_OK : VIX_E_NOT_SUPPORTED);
	ck_assert_pstr_eq(f.host, picks[_i].host);
	vim_lease_file_free(&f);
}
END_TEST

/* A lease, up to where it is ready. */

static struct canned script[] = {
	{ "RetrievePropertiesEx", "config.hardware.device", DEVICES(DISK("2000", "0")), NULL },
	{ "ExportVm", NULL, CANNED_REF("HttpNfcLease", "lease-1"), NULL },
	{ "RetrievePropertiesEx", "lease-1", NULL, NULL },
	{ "HttpNfcLeaseAbort", NULL, "", NULL },
	{ 0 },
};

static const struct vim_lease_disk disk = { { "VirtualMachine", "vm-57" }, 2000, "export it" };

static const struct {
	const char *lease, *says;
	VixError err;
} ends[] = {
	{ LEASE("error", ERROR), "refuses to export it: FileLocked: because",
	  VIX_E_FILE_ALREADY_LOCKED },
	{ LEASE("error", ""), "refuses to export it", VIX_E_FAIL },
	{ LEASE("done", ""), "no known state: done", VIX_E_NET_HTTP_TRANSFER },
	{ LEASE("odd\x7f", ""), "no known state: odd\\x7f", VIX_E_NET_HTTP_TRANSFER },
	{ CANNED_PAGE(CANNED_OBJECT("HttpNfcLease", "lease-1", "")), "no known state: none",
	  VIX_E_NET_HTTP_TRANSFER },
	{ LEASE("ready", ""), "does not tell which", VIX_E_NOT_SUPPORTED },
	{ LEASE("ready",
		"<propSet><name>info</name><val>" FILE("/a/b", "ftp://a") "</val></propSet>"),
	  "no URL", VIX_E_NET_HTTP_TRANSFER },
};

START_TEST(what_does_not_get_ready_is_aborted)
{
	struct vim_lease *l;

	script[2].reply = ends[_i].lease;
	ck_assert_int_eq(vim_lease_export(canned_start(script, true), &disk, &l), ends[_i].err);
	ck_assert_ptr_null(l);
	ck_assert_msg(said(ends[_i].says), "%s", said_text);
	ck_assert_ptr_nonnull(strstr(canned_asked(), "HttpNfcLeaseAbort lease-1"));
}
END_TEST

START_TEST(what_never_began_is_not_aborted)
{
	static const struct canned refused[] = {
		{ "RetrievePropertiesEx", NULL, DEVICES(DISK("2000", "0")), NULL },
		{ "ExportVm", NULL, NULL, "InvalidPowerState" },
		{ 0 },
	};
	static const struct canned none[] = {
		{ "RetrievePropertiesEx", NULL, DEVICES(DISK("2000", "0")), NULL },
		{ "ExportVm", NULL, CANNED_REF("Task", "task-1"), NULL },
		{ 0 },
	};
	static const struct canned gone[] = {
		{ "RetrievePropertiesEx", NULL, DEVICES(DISK("2001", "0")), NULL }, { 0 }
	};
	struct vim_lease *l;

	ck_assert_int_eq(vim_lease_export(canned_start(refused, true), &disk, &l),
			 VIX_E_OBJECT_IS_BUSY);
	ck_assert_int_eq(vim_lease_export(canned_start(none, true), &disk, &l),
			 VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("ExportVm began no lease"));
	ck_assert_int_eq(vim_lease_export(canned_start(gone, true), &disk, &l),
			 VIX_E_OBJECT_NOT_FOUND);
	ck_assert(said("no device 2000 any more"));
	ck_assert_int_eq(canned_login()->owners, 0);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	Suite *s = suite_create("lease");
	TCase *tc = unit_tcase(s, "lease");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_disk_is_named_by_its_place);
	tcase_add_loop_test(tc, devices_may_say_less, 0, COUNT(strange_devices));
	tcase_add_loop_test(tc, urls_are_taken_apart, 0, COUNT(urls));
	tcase_add_loop_test(tc, what_is_no_url_is_refused, 0, COUNT(bad_urls));
	tcase_add_loop_test(tc, no_file_is_guessed, 0, COUNT(picks));
	tcase_add_loop_test(tc, what_does_not_get_ready_is_aborted, 0, COUNT(ends));
	tcase_add_test(tc, what_never_began_is_not_aborted);
	return unit_run(s);
}
