/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK, rules 18, 19 and 21: codes that are told apart by
 * their numbers, truth values of one byte, and what log functions get.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "../api/client.h"
#include "../api/disks.h"

#define READ_ONLY    VIXDISKLIB_FLAG_OPEN_READ_ONLY
#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

static VixDiskLibConnection conn;

static void connect(void)
{
	conn = connect_local();
}

static void disconnect(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

/* Rule 18: Coriolis has these numbers in its source. */

START_TEST(rule_18_codes_have_vmwares_numbers_and_texts)
{
	static const struct {
		VixError code, number;
	} codes[] = {
		{ VIX_OK, 0 },
		{ VIX_E_FAIL, 1 },
		{ VIX_E_OUT_OF_MEMORY, 2 },
		{ VIX_E_HOST_NETWORK_CONN_REFUSED, 14009 },
		{ VIX_E_CANNOT_CONNECT_TO_HOST, 18000 },
		{ VIX_E_DISK_OUTOFRANGE, 16007 },
		{ VIX_E_DISK_KEY_NOTFOUND, 16052 },
		{ VIX_E_BUFFER_TOOSMALL, 24 },
		{ VIX_E_MNTAPI_VOLUME_ALREADY_MOUNTED, 24305 },
		{ VIX_ASYNC, 25000 },
	};
	char *unknown = VixDiskLib_GetErrorText(9999, NULL);

	for (int i = 0; i < COUNT(codes); i++) {
		char *text = VixDiskLib_GetErrorText(codes[i].code, NULL);

		ck_assert_uint_eq(codes[i].code, codes[i].number);
		ck_assert_ptr_nonnull(text);
		ck_assert_str_ne(text, unknown);
		VixDiskLib_FreeErrorText(text);
	}
	VixDiskLib_FreeErrorText(unknown);
}
END_TEST

/* Rule 19: of what a binding passes for a Bool only the lowest byte is one. */

static const struct truth {
	int passed;
	bool is_true;
} truths[] = {
	{ 0, false },          { 1, true },          { 0x100, false },
	{ 0x7fffff00, false }, { 0x7fffff01, true }, { 0x12345680, true },
	{ 2, true },           { -1, true },         { (int)0xffffff00, false },
};

/* The types that such a binding takes these functions for. */
typedef VixError (*connect_fn)(const VixDiskLibConnectParams *, int, const char *, const char *,
			       VixDiskLibConnection *);
typedef VixError (*clone_fn)(VixDiskLibConnection, const char *, VixDiskLibConnection, const char *,
			     const VixDiskLibCreateParams *, VixDiskLibProgressFunc, void *, int);
typedef VixError (*grow_fn)(VixDiskLibConnection, const char *, VixDiskLibSectorType, int,
			    VixDiskLibProgressFunc, void *);
typedef VixError (*check_fn)(VixDiskLibConnection, const char *, int);

/* &function as another @type, as dlsym() would give it */
#define AS(type, function) ((type)(void (*)(void))(function))

static const VixDiskLibCreateParams sparse = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
					       .adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
					       .hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
					       .capacity = 4 * GRAIN };

START_TEST(rule_19_read_only_is_one_byte)
{
	connect_fn connect_ex = AS(connect_fn, VixDiskLib_ConnectEx);
	const struct truth *t = &truths[_i];
	VixDiskLibConnection c;
	VixDiskLibHandle disk;
	uint8 buf[512] = { 0 };

	make_flat("bool.vmdk", GRAIN);
	ck_assert_ok(connect_ex(NULL, t->passed, NULL, NULL, &c));
	disk = open_disk(c, "bool.vmdk", 0);
	ck_assert_uint_eq(VixDiskLib_Write(disk, 0, 1, buf),
			  t->is_true ? VIX_E_FILE_READ_ONLY : VIX_OK);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

/* This one is the eighth argument: on the stack. */
START_TEST(rule_19_over_write_is_one_byte)
{
	clone_fn clone = AS(clone_fn, VixDiskLib_Clone);
	const struct truth *t = &truths[_i];

	make_flat("from.vmdk", GRAIN);
	ck_assert_ok(VixDiskLib_Create(conn, in_dir("to.vmdk"), &sparse, NULL, NULL));
	ck_assert_uint_eq(clone(conn, in_dir("to.vmdk"), conn, in_dir("from.vmdk"), &sparse, NULL,
				NULL, t->passed),
			  t->is_true ? VIX_OK : VIX_E_FILE_ALREADY_EXISTS);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("to.vmdk")));
}
END_TEST

static uint32 cylinders_of(const char *name)
{
	VixDiskLibHandle disk = open_disk(conn, name, READ_ONLY);
	VixDiskLibInfo *info;
	uint32 cylinders;

	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	cylinders = info->physGeo.cylinders;
	VixDiskLib_FreeInfo(info);
	ck_assert_ok(VixDiskLib_Close(disk));
	return cylinders;
}

START_TEST(rule_19_update_geometry_is_one_byte)
{
	grow_fn grow = AS(grow_fn, VixDiskLib_Grow);
	const struct truth *t = &truths[_i];
	uint32 before;

	ck_assert_ok(VixDiskLib_Create(conn, in_dir("grow.vmdk"), &sparse, NULL, NULL));
	before = cylinders_of("grow.vmdk");
	ck_assert_ok(grow(conn, in_dir("grow.vmdk"), 400000, t->passed, NULL, NULL));
	ck_assert_int_eq(cylinders_of("grow.vmdk") != before, t->is_true);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("grow.vmdk")));
}
END_TEST

/* A connection for reading only can look, and can't mend. */
START_TEST(rule_19_repair_is_one_byte)
{
	check_fn check = AS(check_fn, VixDiskLib_CheckRepair);
	const struct truth *t = &truths[_i];
	VixDiskLibConnection c;

	make_sparse("check.vmdk", GRAIN, "X");
	ck_assert_ok(VixDiskLib_ConnectEx(NULL, TRUE, NULL, NULL, &c));
	ck_assert_uint_eq(check(c, in_dir("check.vmdk"), t->passed),
			  t->is_true ? VIX_E_FILE_READ_ONLY : VIX_OK);
	ck_assert_ok(VixDiskLib_Disconnect(c));
}
END_TEST

/* What progress functions of such bindings return: an int, of which one byte counts. */
struct progress {
	int first, others;
	unsigned told;
};

static int tell(void *data, int percent)
{
	struct progress *p = data;

	(void)percent;
	return p->told++ == 0 ? p->first : p->others;
}

static VixError clone_with(struct progress *p)
{
	VixError err = VixDiskLib_Clone(conn, in_dir("copy.vmdk"), conn, in_dir("long.vmdk"),
					&sparse, AS(VixDiskLibProgressFunc, tell), p, TRUE);

	ck_assert_uint_gt(p->told, 1);
	return err;
}

START_TEST(rule_19_progress_functions_return_one_byte)
{
	const struct truth *t = &truths[_i];
	struct progress agreed = { .first = 0x7f01, .others = t->passed };
	struct progress never = { .first = 0, .others = 0x7f00 };

	make_flat("long.vmdk", 200 * GRAIN);
	ck_assert_uint_eq(clone_with(&agreed), t->is_true ? VIX_OK : VIX_E_CANCELLED);
	ck_assert_ok(clone_with(&never)); /* one that says nothing at all */
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("copy.vmdk")));
}
END_TEST

/* Rule 21: one call for each message, with arguments that can be printed, ending in "\n". */

#define THREADS 4
#define ROUNDS  40

static atomic_uint in_callback, messages, marked;
static atomic_bool is_odd;

/* check's own assertions must not be used on a thread of the test. */
static void take_line(const char *fmt, va_list args)
{
	char line[5000];
	int n;

	if (atomic_fetch_add(&in_callback, 1) != 0)
		atomic_store(&is_odd, true);
	n = vsnprintf(line, sizeof(line), fmt, args);
	if (n < 2 || n >= (int)sizeof(line) || strchr(line, '\n') != line + n - 1)
		atomic_store(&is_odd, true);
	if (strstr(line, "no-such-") != NULL)
		atomic_fetch_add(&marked, 1);
	atomic_fetch_add(&messages, 1);
	atomic_fetch_sub(&in_callback, 1);
}

/* A program may have no use for them. */
static void ignore_line(const char *fmt, va_list args)
{
	(void)fmt;
	(void)args;
	atomic_fetch_add(&messages, 1);
}

static void *fail_often(void *c)
{
	VixDiskLibHandle disk;

	for (int i = 0; i < ROUNDS; i++)
		if (VixDiskLib_Open(c, in_dir("no-such-disk"), READ_ONLY, &disk) !=
		    VIX_E_FILE_NOT_FOUND)
			return (void *)"another error";
	return NULL;
}

static void fail_on_threads(VixDiskLibConnection c)
{
	pthread_t threads[THREADS];
	void *wrong;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fail_often, c), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_msg(wrong == NULL, "%s", (char *)wrong);
	}
}

START_TEST(rule_21_each_message_comes_once_from_any_thread)
{
	ck_assert_ok(VixDiskLib_InitEx(6, 5, take_line, take_line, take_line, NULL, NULL));
	conn = connect_local();
	atomic_store(&marked, 0);
	fail_on_threads(conn);
	ck_assert_uint_eq(atomic_load(&marked), THREADS * ROUNDS);
	ck_assert(!atomic_load(&is_odd));
	disconnect();
	VixDiskLib_Exit();
}
END_TEST

START_TEST(rule_21_arguments_need_not_be_looked_at)
{
	ck_assert_ok(VixDiskLib_InitEx(6, 5, ignore_line, ignore_line, ignore_line, NULL, NULL));
	conn = connect_local();
	atomic_store(&messages, 0);
	fail_on_threads(conn);
	ck_assert_uint_ge(atomic_load(&messages), THREADS * ROUNDS);
	disconnect();
	VixDiskLib_Exit();
}
END_TEST

/* What a name has in it is no format, and no second line. */
START_TEST(rule_21_names_are_printed_as_one_line)
{
	static const char *const names[] = { "no-such-%s%n%d", "no-such-\nname",
					     "no-such-\r\x1b[2J", "no-such-\xff\xfe" };
	VixDiskLibHandle disk;
	char longest[3000];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_ok(VixDiskLib_InitEx(6, 5, take_line, take_line, take_line, NULL, NULL));
	conn = connect_local();
	atomic_store(&messages, 0);
	for (int i = 0; i < COUNT(names); i++)
		ck_assert_err(VixDiskLib_Open(conn, in_dir(names[i]), READ_ONLY, &disk),
			      FILE_NOT_FOUND);
	ck_assert_uint_ne(VixDiskLib_Open(conn, longest, READ_ONLY, &disk), VIX_OK);
	ck_assert_uint_eq(atomic_load(&messages), COUNT(names) + 1);
	ck_assert(!atomic_load(&is_odd));
	disconnect();
	VixDiskLib_Exit();
}
END_TEST

static void add_bytes(Suite *s)
{
	TCase *tc = client_tcase(s, "one byte");

	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_loop_test(tc, rule_19_read_only_is_one_byte, 0, COUNT(truths));
	tcase_add_loop_test(tc, rule_19_over_write_is_one_byte, 0, COUNT(truths));
	tcase_add_loop_test(tc, rule_19_update_geometry_is_one_byte, 0, COUNT(truths));
	tcase_add_loop_test(tc, rule_19_repair_is_one_byte, 0, COUNT(truths));
	tcase_add_loop_test(tc, rule_19_progress_functions_return_one_byte, 0, COUNT(truths));
}

int main(void)
{
	Suite *s = suite_create("contract: values");
	TCase *tc = unit_tcase(s, "codes and messages");

	tcase_add_test(tc, rule_18_codes_have_vmwares_numbers_and_texts);
	tcase_add_test(tc, rule_21_each_message_comes_once_from_any_thread);
	tcase_add_test(tc, rule_21_arguments_need_not_be_looked_at);
	tcase_add_test(tc, rule_21_names_are_printed_as_one_line);
	add_bytes(s);
	return client_run(s);
}
