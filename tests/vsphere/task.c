/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/task.c against the servers: tasks that succeed, fail, never end, and answers that are lost.
 */
#include "config.h"

#include "server.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/vim/task.h"
#include "../unit/said.h"
#include "../unit/unit.h"

static struct vserver *server;
static struct vim_session *session;
static char *result;

static void read_password(char *buf, size_t size)
{
	FILE *f = fopen(vserver_info(server, "password_file"), "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(buf, (int)size, f));
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
}

static void setup(void)
{
	char password[256];
	struct vim_login login = {
		.server = { .host = vserver_info(server, "host"),
			    .port = (unsigned)atoi(vserver_info(server, "port")),
			    .trust.thumbprint = vserver_info(server, "thumbprint") },
		.by = VIM_BY_PASSWORD,
		.user = vserver_info(server, "user"),
		.password = password,
	};

	said_start();
	result = NULL;
	vserver_tell(server, "clear");
	read_password(password, sizeof(password));
	ck_assert_int_eq(vim_session_open(&login, &session), VIX_OK);
}

static void teardown(void)
{
	vserver_tell(server, "clear");
	vim_session_close(session);
	free(result);
	said_stop();
}

static VixError make_snapshot(const struct vim_task *how)
{
	const struct vim_call call = {
		.method = "CreateSnapshot_Task",
		.of = { "VirtualMachine", vserver_info(server, "moref") },
		.args = "<name>s</name><memory>false</memory><quiesce>false</quiesce>",
	};

	return vim_task_run(session, &call, how, &result);
}

static const struct vim_task patient = { .doing = "make a snapshot" };

START_TEST(a_snapshot_is_the_result_of_its_task)
{
	ck_assert_int_eq(make_snapshot(&patient), VIX_OK);
	ck_assert_ptr_nonnull(result);
	ck_assert_ptr_nonnull(strstr(result, "snapshot"));
	ck_assert(said_nothing());
}
END_TEST

START_TEST(the_error_of_a_task_is_told)
{
	vserver_tell(server,
		     "fault?kind=task&fault=FileLocked&text=in use&call=CreateSnapshot_Task");
	ck_assert_int_eq(make_snapshot(&patient), VIX_E_FILE_ALREADY_LOCKED);
	ck_assert_ptr_null(result);
	ck_assert_msg(said("refuses to make a snapshot: FileLocked: in use"), "%s", said_text);
}
END_TEST

START_TEST(a_task_without_end_is_given_up)
{
	const struct vim_task how = { .doing = "wait", .limit_ms = 120, .grace_ms = 120 };

	vserver_tell(server, "fault?kind=task&call=CreateSnapshot_Task");
	ck_assert_int_eq(make_snapshot(&how), VIX_E_NET_HTTP_OPERATION_TIMEDOUT);
	ck_assert_int_eq(vserver_counter(server, "soap CancelTask"), 1);
}
END_TEST

START_TEST(answers_that_are_lost_are_asked_for_again)
{
	vserver_tell(server, "fault?kind=close&call=RetrievePropertiesEx&times=5");
	ck_assert_int_eq(make_snapshot(&patient), VIX_OK);
	ck_assert_ptr_nonnull(result);
}
END_TEST

START_TEST(a_server_that_is_gone_ends_it)
{
	struct vim_task how = patient;

	how.lost_ms = 100;
	vserver_tell(server, "fault?kind=close&call=RetrievePropertiesEx&times=-1");
	ck_assert_int_eq(make_snapshot(&how), VIX_E_HOST_TCP_CONN_LOST);
}
END_TEST

START_TEST(a_session_that_ends_meanwhile_is_renewed)
{
	vserver_tell(server, "fault?kind=expire&call=RetrievePropertiesEx");
	ck_assert_int_eq(make_snapshot(&patient), VIX_OK);
	ck_assert_ptr_nonnull(result);
}
END_TEST

int main(void)
{
	int status = vserver_start(&server, NULL);
	Suite *s = suite_create("task");
	TCase *tc = unit_tcase(s, "task");

	if (status)
		return vserver_skip(status);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_snapshot_is_the_result_of_its_task);
	tcase_add_test(tc, the_error_of_a_task_is_told);
	tcase_add_test(tc, a_task_without_end_is_given_up);
	tcase_add_test(tc, answers_that_are_lost_are_asked_for_again);
	tcase_add_test(tc, a_server_that_is_gone_ends_it);
	tcase_add_test(tc, a_session_that_ends_meanwhile_is_renewed);
	status = unit_run(s);
	vserver_stop(server);
	return status;
}
