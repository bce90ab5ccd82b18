/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/access.c, over canned replies.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/access.h"
#include "cannedvim.h"
#include "said.h"

static const struct vim_ref the_vm = { "VirtualMachine", "vm-57" };

START_TEST(moving_is_forbidden_and_permitted)
{
	static const struct canned script[] = { { "DisableMethods", NULL, "", NULL },
						{ "EnableMethods", NULL, "", NULL },
						{ 0 } };
	struct vim_session *s = canned_start(script, true);

	ck_assert_int_eq(vim_access_forbid_moving(s, the_vm, "backup & co"), VIX_OK);
	ck_assert_int_eq(vim_access_permit_moving(s, the_vm, "backup & co"), VIX_OK);
	ck_assert_str_eq(canned_asked(),
			 "internal DisableMethods AuthorizationManager "
			 "<entity type=\"VirtualMachine\">vm-57</entity><method><method>"
			 "RelocateVM_Task</method><reasonId>backup &amp; co</reasonId></method>"
			 "<sourceId>backup &amp; co</sourceId>\n"
			 "internal EnableMethods AuthorizationManager "
			 "<entity type=\"VirtualMachine\">vm-57</entity><method>RelocateVM_Task"
			 "</method><sourceId>backup &amp; co</sourceId>\n");
}
END_TEST

START_TEST(who_forbids_has_a_name_of_at_most_fifty_bytes)
{
	static const struct canned script[] = { { "DisableMethods", NULL, "", NULL }, { 0 } };
	struct vim_session *s = canned_start(script, true);
	char name[52] = "";

	ck_assert_int_eq(vim_access_forbid_moving(s, the_vm, NULL), VIX_E_INVALID_ARG);
	ck_assert_int_eq(vim_access_forbid_moving(s, the_vm, ""), VIX_E_INVALID_ARG);
	memset(name, 'x', 51);
	ck_assert_int_eq(vim_access_forbid_moving(s, the_vm, name), VIX_E_INVALID_ARG);
	ck_assert_str_eq(canned_asked(), "");
	name[50] = '\0';
	ck_assert_int_eq(vim_access_forbid_moving(s, the_vm, name), VIX_OK);
}
END_TEST

START_TEST(a_host_moves_nothing)
{
	struct vim_session *s = canned_start((const struct canned[]){ { 0 } }, false);

	ck_assert_int_eq(vim_access_forbid_moving(s, the_vm, "x"), VIX_E_NOT_SUPPORTED);
	ck_assert(said("HostAgent is not a vCenter, cannot deactivate svMotion"));
}
END_TEST

static const struct {
	const char *fault;
	VixError err;
} refusals[] = {
	{ "MethodAlreadyDisabled", VIX_E_OBJECT_IS_BUSY },
	{ "MethodNotFound", VIX_E_NOT_SUPPORTED },
	{ "InvalidRequest", VIX_E_NOT_SUPPORTED },
	{ "NoPermission", VIX_E_FILE_ACCESS_ERROR },
	{ "ManagedObjectNotFound", VIX_E_OBJECT_NOT_FOUND },
};

START_TEST(a_server_that_refuses_is_told)
{
	const struct canned script[] = { { "DisableMethods", NULL, NULL, refusals[_i].fault },
					 { 0 } };

	ck_assert_int_eq(vim_access_forbid_moving(canned_start(script, true), the_vm, "x"),
			 refusals[_i].err);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("access");
	TCase *tc = unit_tcase(s, "access");

	tcase_add_checked_fixture(tc, said_start, said_stop);
	tcase_add_test(tc, moving_is_forbidden_and_permitted);
	tcase_add_test(tc, who_forbids_has_a_name_of_at_most_fifty_bytes);
	tcase_add_test(tc, a_host_moves_nothing);
	tcase_add_loop_test(tc, a_server_that_refuses_is_told, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	return unit_run(s);
}
