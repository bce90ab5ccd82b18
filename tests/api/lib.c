/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library as a whole: Init, InitEx, Exit, configuration, log functions, error texts.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "disks.h"

static VixError init_with(const char *config_file)
{
	return VixDiskLib_InitEx(8, 0, client_log_info, client_log_warning, client_log_panic, NULL,
				 config_file);
}

/* Does a call that needs Init work? */
static bool is_running(void)
{
	VixDiskLibConnection c;
	VixError err = VixDiskLib_Connect(NULL, &c);

	if (err == VIX_OK)
		VixDiskLib_Disconnect(c);
	else
		ck_assert_err(err, DISK_NOINIT);
	return err == VIX_OK;
}

static const uint32 accepted[][2] = {
	{ 1, 0 }, { 1, 2 }, { 5, 0 }, { 5, 5 }, { 6, 0 }, { 6, 5 },
	{ 6, 7 }, { 6, 8 }, { 7, 0 }, { 8, 0 }, { 8, 3 },
};

START_TEST(init_accepts_every_release_up_to_ours)
{
	const uint32 *v = accepted[_i];

	ck_assert_ok(VixDiskLib_Init(v[0], v[1], NULL, NULL, NULL, NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert_ok(VixDiskLib_InitEx(v[0], v[1], NULL, NULL, NULL, "/no/such/dir", NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert(!is_running());
}
END_TEST

static const uint32 refused[][2] = { { 0, 0 }, { 9, 0 }, { 9, 1 }, { 10, 0 }, { 1u << 31, 0 } };

START_TEST(init_refuses_newer_releases_and_says_so)
{
	const uint32 *v = refused[_i];

	ck_assert_err(VixDiskLib_InitEx(v[0], v[1], client_log_info, client_log_warning,
					client_log_panic, NULL, NULL),
		      INVALID_ARG);
	ck_assert_uint_eq(client_log.warnings, 1);
	ck_assert(!is_running());
	ck_assert_ok(VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
}
END_TEST

START_TEST(init_is_counted)
{
	ck_assert(!is_running());
	ck_assert_ok(init_with(NULL));
	ck_assert_ok(VixDiskLib_Init(6, 5, NULL, NULL, NULL, NULL));
	VixDiskLib_Exit();
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert(!is_running());
	VixDiskLib_Exit();
	ck_assert_ok(init_with(NULL));
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert(!is_running());
}
END_TEST

START_TEST(init_again_keeps_the_first_functions_and_checks_the_version)
{
	ck_assert_ok(init_with(NULL));
	ck_assert_ok(VixDiskLib_Init(7, 0, NULL, NULL, NULL, NULL));
	ck_assert_err(VixDiskLib_InitEx(9, 0, NULL, NULL, NULL, NULL, NULL), INVALID_ARG);
	ck_assert_uint_eq(client_log.warnings, 1);
	VixDiskLib_Exit();
	ck_assert(is_running());
	VixDiskLib_Exit();
	ck_assert(!is_running());
}
END_TEST

#define THREADS 8

static void *init_and_exit(void *unused)
{
	(void)unused;
	for (int i = 0; i < 50; i++) {
		if (VixDiskLib_Init(8, 0, NULL, NULL, NULL, NULL) != VIX_OK || !is_running())
			return (void *)"failed";
		VixDiskLib_Exit();
	}
	return NULL;
}

START_TEST(init_and_exit_may_come_from_several_threads)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, init_and_exit, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
	ck_assert(!is_running());
}
END_TEST

START_TEST(config_that_is_named_must_be_readable)
{
	ck_assert_err(init_with(in_dir("missing.conf")), FILE_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "missing.conf"));
	ck_assert(!is_running());
	ck_assert_uint_ne(init_with("/"), VIX_OK);
	ck_assert(!is_running());
}
END_TEST

START_TEST(config_that_is_unreadable_is_refused)
{
	put_text("secret.conf", "tmpDirectory = \"/tmp\"\n");
	ck_assert_int_eq(chmod(in_dir("secret.conf"), 0), 0);
	ck_assert_err(init_with(in_dir("secret.conf")), FILE_ACCESS_ERROR);
}
END_TEST

START_TEST(config_may_hold_comments_quotes_blank_lines_and_unknown_names)
{
	put_text("good.conf", "# a comment\n\n"
			      "tmpDirectory = \"/tmp\"\r\n"
			      "vixDiskLib.nfcAio.Session.BufSizeIn64KB=16\n"
			      "NoSuchName = yes\n");
	ck_assert_ok(init_with(in_dir("good.conf")));
	ck_assert_uint_eq(client_log.warnings, 0);
	VixDiskLib_Exit();
}
END_TEST

START_TEST(config_line_that_is_none_warns_and_is_ignored)
{
	put_text("odd.conf", "tmpDirectory = \"/tmp\"\nthis is no pair\n");
	ck_assert_ok(init_with(in_dir("odd.conf")));
	ck_assert_uint_eq(client_log.warnings, 1);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "odd.conf:2:"));
	VixDiskLib_Exit();
}
END_TEST

/* Opening for writing tells what it does: an information. */
static unsigned infos_of_an_open(void)
{
	VixDiskLibConnection c = connect_local();
	VixDiskLibHandle disk;

	make_flat("level.vmdk", GRAIN);
	client_log.infos = 0;
	disk = open_disk(c, "level.vmdk", 0);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	return client_log.infos;
}

START_TEST(config_log_level_says_what_the_log_function_gets)
{
	ck_assert_ok(init_with(NULL));
	ck_assert_uint_gt(infos_of_an_open(), 0);
	VixDiskLib_Exit();

	put_text("quiet.conf", "VIXDISKLIB.transport.loglevel = 1\n");
	ck_assert_ok(init_with(in_dir("quiet.conf")));
	ck_assert_uint_eq(infos_of_an_open(), 0);
	VixDiskLib_Exit();

	put_text("odd.conf", "vixDiskLib.transport.LogLevel = 17\n");
	ck_assert_ok(init_with(in_dir("odd.conf")));
	ck_assert_uint_gt(infos_of_an_open(), 0);
	VixDiskLib_Exit();
}
END_TEST

/* A flat disk in the directory "sub" whose data is beside that directory. */
static VixError open_with_extent_outside(void)
{
	VixDiskLibConnection c = connect_local();
	VixDiskLibHandle disk;
	VixError err;

	mkdir(in_dir("sub"), 0700);
	make_raw("outside.img", GRAIN);
	put_text("sub/link.vmdk", "# Disk DescriptorFile\nversion=1\nCID=1\n"
				  "parentCID=ffffffff\ncreateType=\"monolithicFlat\"\n"
				  "RW 128 FLAT \"../outside.img\" 0\n");
	err = VixDiskLib_Open(c, in_dir("sub/link.vmdk"), VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);
	if (err == VIX_OK)
		VixDiskLib_Close(disk);
	VixDiskLib_Disconnect(c);
	return err;
}

START_TEST(config_says_whether_extents_may_lie_outside)
{
	ck_assert_ok(init_with(NULL));
	ck_assert_err(open_with_extent_outside(), FILE_ACCESS_ERROR);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "outside.img"));
	VixDiskLib_Exit();

	put_text("trust.conf", "vixDiskLib.allowExtentsOutside = 1\n");
	ck_assert_ok(init_with(in_dir("trust.conf")));
	ck_assert_ok(open_with_extent_outside());
	VixDiskLib_Exit();
}
END_TEST

#define STREAM_SECTORS 2048

/* Text that repeats itself now and then, so that it pays to look for it. */
static void fill_with_words(uint8 *buf, size_t len)
{
	uint32_t x = 1;

	for (size_t i = 0; i < len; i += 4) {
		x = x * 1103515245 + 12345;
		snprintf((char *)buf + i, 4, "%03u", (x >> 16) % 200);
		buf[i + 3] = ' ';
	}
}

/* The length of a stream of words. */
static long bytes_of_stream(const char *name)
{
	const VixDiskLibCreateParams p = {
		.diskType = VIXDISKLIB_DISK_STREAM_OPTIMIZED,
		.adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
		.hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
		.capacity = STREAM_SECTORS,
	};
	static uint8 words[STREAM_SECTORS * 512], got[sizeof(words)];
	VixDiskLibConnection c = connect_local();
	VixDiskLibHandle disk;
	struct stat sb;

	fill_with_words(words, sizeof(words));
	ck_assert_ok(VixDiskLib_Create(c, in_dir(name), &p, NULL, NULL));
	disk = open_disk(c, name, 0);
	ck_assert_ok(VixDiskLib_Write(disk, 0, STREAM_SECTORS, words));
	ck_assert_ok(VixDiskLib_Read(disk, 0, STREAM_SECTORS, got));
	ck_assert_mem_eq(got, words, sizeof(words));
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_int_eq(stat(in_dir(name), &sb), 0);
	VixDiskLib_Disconnect(c);
	return (long)sb.st_size;
}

static long bytes_at_level(const char *line)
{
	long bytes;

	put_text("level.conf", line);
	ck_assert_ok(init_with(in_dir("level.conf")));
	bytes = bytes_of_stream("stream.vmdk");
	ck_assert_int_eq(remove(in_dir("stream.vmdk")), 0);
	VixDiskLib_Exit();
	return bytes;
}

START_TEST(config_says_how_hard_streams_are_compressed)
{
	long usual = bytes_at_level("");

	ck_assert_int_gt(bytes_at_level("vixDiskLib.streamLevel = 1\n"), usual);
	ck_assert_int_lt(bytes_at_level("vixDiskLib.streamLevel = 12\n"), usual);
	ck_assert_int_eq(bytes_at_level("vixDiskLib.streamLevel = 13\n"), usual);
}
END_TEST

START_TEST(config_of_the_user_is_read_when_none_is_named)
{
	mkdir(in_dir("home"), 0700);
	mkdir(in_dir("home/.vmware"), 0700);
	put_text("home/.vmware/config", "vixDiskLib.transport.LogLevel = \"0\"\nnot a pair\n");
	setenv("HOME", in_dir("home"), 1);

	ck_assert_ok(init_with(""));
	ck_assert_uint_eq(client_log.warnings, 0);
	ck_assert_uint_eq(infos_of_an_open(), 0);
	VixDiskLib_Exit();

	put_text("named.conf", "vixDiskLib.transport.LogLevel = 4\n");
	ck_assert_ok(init_with(in_dir("named.conf")));
	ck_assert_uint_gt(infos_of_an_open(), 0);
	VixDiskLib_Exit();
}
END_TEST

START_TEST(config_of_the_user_need_not_exist)
{
	setenv("HOME", in_dir("nobody"), 1);
	ck_assert_ok(init_with(NULL));
	VixDiskLib_Exit();
	unsetenv("HOME");
	ck_assert_ok(init_with(NULL));
	VixDiskLib_Exit();
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

START_TEST(error_text_works_before_init_for_every_value)
{
	static const VixError values[] = { VIX_OK, VIX_E_FAIL, VIX_ASYNC, 99, 65535, ~(VixError)0 };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char *text = VixDiskLib_GetErrorText(values[i], NULL);

		ck_assert_ptr_nonnull(text);
		ck_assert_uint_gt(strlen(text), 5);
		VixDiskLib_FreeErrorText(text);
	}
	VixDiskLib_FreeErrorText(NULL);
}
END_TEST

START_TEST(error_text_looks_at_the_code_only)
{
	char *bare = VixDiskLib_GetErrorText(VIX_E_FILE_NOT_FOUND, NULL);
	char *full = VixDiskLib_GetErrorText(VIX_E_FILE_NOT_FOUND | 0x0000000204010000u, "C");
	char *other = VixDiskLib_GetErrorText(VIX_E_DISK_FULL, NULL);

	ck_assert_str_eq(bare, full);
	ck_assert_str_ne(bare, other);
	VixDiskLib_FreeErrorText(bare);
	VixDiskLib_FreeErrorText(full);
	VixDiskLib_FreeErrorText(other);
}
END_TEST

START_TEST(transport_modes_are_listed_before_init)
{
	ck_assert_str_eq(VixDiskLib_ListTransportModes(), TRANSPORTS);
	ck_assert_ptr_eq(VixDiskLib_ListTransportModes(), VixDiskLib_ListTransportModes());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lib");
	TCase *tc = unit_tcase(s, "init");

	tcase_add_loop_test(tc, init_accepts_every_release_up_to_ours, 0,
			    sizeof(accepted) / sizeof(accepted[0]));
	tcase_add_loop_test(tc, init_refuses_newer_releases_and_says_so, 0,
			    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, init_is_counted);
	tcase_add_test(tc, init_again_keeps_the_first_functions_and_checks_the_version);
	tcase_add_test(tc, init_and_exit_may_come_from_several_threads);

	tc = unit_tcase(s, "config");
	tcase_add_test(tc, config_that_is_named_must_be_readable);
	if (geteuid() != 0) /* whom nothing is unreadable to */
		tcase_add_test(tc, config_that_is_unreadable_is_refused);
	tcase_add_test(tc, config_may_hold_comments_quotes_blank_lines_and_unknown_names);
	tcase_add_test(tc, config_line_that_is_none_warns_and_is_ignored);
	tcase_add_test(tc, config_log_level_says_what_the_log_function_gets);
	tcase_add_test(tc, config_says_whether_extents_may_lie_outside);
	tcase_add_test(tc, config_says_how_hard_streams_are_compressed);
	tcase_add_test(tc, config_of_the_user_is_read_when_none_is_named);
	tcase_add_test(tc, config_of_the_user_need_not_exist);

	tc = unit_tcase(s, "words");
	tcase_add_test(tc, error_text_works_before_init_for_every_value);
	tcase_add_test(tc, error_text_looks_at_the_code_only);
	tcase_add_test(tc, transport_modes_are_listed_before_init);
	return client_run(s);
}
