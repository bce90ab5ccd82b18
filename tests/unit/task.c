/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/task.c, over canned replies.  vsphere/task.c has a server.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/task.h"
#include "cannedvim.h"
#include "said.h"

#define INFO(inside)                                                                       \
	CANNED_PAGE(CANNED_OBJECT("Task", "task-9",                                        \
				  "<propSet><name>info</name><val xsi:type=\"TaskInfo\">"  \
				  "<key>task-9</key><task type=\"Task\">task-9</task>"     \
				  "<name>X_Task</name><cancelled>false</cancelled>" inside \
				  "</val></propSet>"))
#define STATE(state) "<state>" state "</state>"
#define FAULT(fault)                                                       \
	"<error><fault xsi:type=\"" fault "\"/><localizedMessage>because " \
	"of it</localizedMessage></error>"
#define ASK "RetrievePropertiesEx"

static const struct vim_call call = { .method = "X_Task",
				      .of = { "VirtualMachine", "vm-57" },
				      .args = "<a/>" };

/* One that a test changes while the task is waited for. */
static struct canned script[] = {
	{ "X_Task", NULL, CANNED_REF("Task", "task-9"), NULL },
	{ ASK, "task-9", NULL, NULL },
	{ "CancelTask", NULL, "", NULL },
	{ 0 },
};

static const char *states[8]; /* that the server tells, one after the other; the last one stays */
static unsigned percents[8], n_asked, ends_after;

static bool next(unsigned percent, void *ctx)
{
	ck_assert_ptr_eq(ctx, percents);
	percents[n_asked] = percent;
	if (states[n_asked] != NULL)
		script[1].reply = states[n_asked];
	n_asked++;
	return n_asked != ends_after;
}

static struct vim_task how;
static char *result;

static void setup(void)
{
	said_start();
	memset(states, 0, sizeof(states));
	n_asked = ends_after = 0;
	result = NULL;
	script[2].reply = "";
	script[2].fault = NULL;
	how = (struct vim_task){ .doing = "do it", .fn = next, .ctx = percents };
}

static void teardown(void)
{
	free(result);
	said_stop();
}

static VixError run(void)
{
	return vim_task_run(canned_start(script, true), &call, &how, &result);
}

static VixError run_with(const char *state)
{
	states[0] = state;
	return run();
}

START_TEST(a_task_is_waited_for_and_its_result_told)
{
	states[0] = INFO(STATE("queued"));
	states[1] = INFO(STATE("running") "<progress>42</progress>");
	states[2] = INFO(
		STATE("success") "<result type=\"VirtualMachineSnapshot\" "
				 "xsi:type=\"ManagedObjectReference\">snapshot-7</result>");
	ck_assert_int_eq(run(), VIX_OK);
	ck_assert_str_eq(result, "snapshot-7");
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_uint_eq(percents[1], 0);
	ck_assert_uint_eq(percents[2], 42);
	ck_assert_ptr_nonnull(strstr(canned_asked(), "X_Task vm-57 <a/>\n"));
	ck_assert(said_nothing());
}
END_TEST

START_TEST(a_result_is_not_always_there_or_wanted)
{
	ck_assert_int_eq(run_with(INFO(STATE("success"))), VIX_OK);
	ck_assert_ptr_null(result);
	ck_assert_int_eq(vim_task_run(canned_start(script, true), &call,
				      &(struct vim_task){ .doing = "do it" }, NULL),
			 VIX_OK);
}
END_TEST

static const struct {
	const char *info, *says;
	VixError err;
} ends[] = {
	{ INFO(STATE("error") FAULT("NoPermission")),
	  "refuses to do it: NoPermission: because of it", VIX_E_FILE_ACCESS_ERROR },
	{ INFO(STATE("error") FAULT("FileLocked")), "FileLocked", VIX_E_FILE_ALREADY_LOCKED },
	{ INFO(STATE("error") FAULT("ANewOne")), "ANewOne", VIX_E_FAIL },
	{ INFO(STATE("error")), "refuses to do it: Fault", VIX_E_FAIL },
	{ INFO(STATE("odd\x7f")), "no known state: odd\\x7f", VIX_E_NET_HTTP_TRANSFER },
	{ INFO(""), "no known state: none", VIX_E_NET_HTTP_TRANSFER },
	{ CANNED_PAGE(""), "task-9", VIX_E_OBJECT_NOT_FOUND },
};

START_TEST(what_goes_wrong_is_told)
{
	ck_assert_int_eq(run_with(ends[_i].info), ends[_i].err);
	ck_assert_ptr_null(result);
	ck_assert_msg(said(ends[_i].says), "%s", said_text);
}
END_TEST

START_TEST(what_begins_no_task_is_an_error)
{
	static const struct canned none[] = {
		{ "X_Task", NULL, CANNED_REF("VirtualMachine", "vm-57"), NULL }, { 0 }
	};
	static const struct canned refused[] = { { "X_Task", NULL, NULL, "InvalidState" }, { 0 } };

	ck_assert_int_eq(vim_task_run(canned_start(none, true), &call, &how, &result),
			 VIX_E_NET_HTTP_TRANSFER);
	ck_assert(said("X_Task began no task"));
	ck_assert_int_eq(vim_task_run(canned_start(refused, true), &call, &how, &result),
			 VIX_E_OBJECT_IS_BUSY);
	ck_assert_uint_eq(n_asked, 0);
}
END_TEST

START_TEST(who_gives_up_has_the_task_cancelled)
{
	ends_after = 2;
	how.grace_ms = 1;
	ck_assert_int_eq(run_with(INFO(STATE("running"))), VIX_E_CANCELLED);
	ck_assert_uint_eq(n_asked, 2);
	ck_assert_ptr_nonnull(strstr(canned_asked(), "CancelTask task-9"));
}
END_TEST

START_TEST(a_task_that_ends_for_being_cancelled_was_cancelled)
{
	ends_after = 1;
	ck_assert_int_eq(run_with(INFO(STATE("error") FAULT("RequestCanceled"))), VIX_E_CANCELLED);
}
END_TEST

START_TEST(a_task_that_succeeds_all_the_same_has_succeeded)
{
	ends_after = 1;
	script[2].fault = "NotSupported";
	ck_assert_int_eq(run_with(INFO(STATE("success") "<result>x</result>")), VIX_OK);
	ck_assert_str_eq(result, "x");
}
END_TEST

START_TEST(a_task_without_end_is_cancelled_in_time)
{
	how.limit_ms = how.grace_ms = 1;
	ck_assert_int_eq(run_with(INFO(STATE("running"))), VIX_E_NET_HTTP_OPERATION_TIMEDOUT);
	ck_assert(said("cannot do it: task task-9 has not ended in time"));
	ck_assert_ptr_nonnull(strstr(canned_asked(), "CancelTask task-9"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("task");
	TCase *tc = unit_tcase(s, "task");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_task_is_waited_for_and_its_result_told);
	tcase_add_test(tc, a_result_is_not_always_there_or_wanted);
	tcase_add_loop_test(tc, what_goes_wrong_is_told, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tc, what_begins_no_task_is_an_error);
	tcase_add_test(tc, who_gives_up_has_the_task_cancelled);
	tcase_add_test(tc, a_task_that_ends_for_being_cancelled_was_cancelled);
	tcase_add_test(tc, a_task_that_succeeds_all_the_same_has_succeeded);
	tcase_add_test(tc, a_task_without_end_is_cancelled_in_time);
	return unit_run(s);
}
