/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions while memory runs short: whichever allocation fails, nothing is left, here or on the server.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../../libvdisk/vim/properties.h"
#include "../../libvdisk/vim/session.h"
#include "fakevim.h"

#include "oom.h"

#define ALLOCATIONS 2000u /* more than any of this needs */

static unsigned kept;

void fakevim_enter(void)
{
	kept = oom_countdown;
	oom_countdown = 0;
}

void fakevim_leave(void)
{
	oom_countdown = kept;
}

/* Opens a session, asks for a property, closes it. */
static VixError use(const struct vim_login *login)
{
	static const char *const paths[] = { "name", NULL };
	const struct vim_ref vm = { "VirtualMachine", "vm-0" };
	const struct vim_ask ask = { vm.type, paths, &vm, 1, NULL };
	struct vim_session *s;
	struct vim_props *p = NULL;
	VixError err = vim_session_open(login, &s);

	if (err == VIX_OK)
		err = vim_props_lookup(s, &ask, &p);
	vim_props_free(p);
	vim_session_close(s);
	return err;
}

/* With the first allocation that fails, then the second, until none does.  Logout may be that one. */
static void every_allocation_fails_once(const struct vim_login *login, unsigned lenders)
{
	VixError err = VIX_OK;
	unsigned i;

	for (i = 1; i < ALLOCATIONS; i++) {
		oom_countdown = i;
		err = use(login);
		if (oom_countdown != 0)
			break;
		ck_assert(err == VIX_OK || err == VIX_E_OUT_OF_MEMORY);
		ck_assert_uint_eq(fakevim.https, 0);
		ck_assert_uint_le(fakevim.sessions, lenders + 1);
		if (fakevim.sessions > lenders)
			fakevim.sessions = lenders;
	}
	oom_countdown = 0;
	ck_assert_uint_gt(i, 20);
	ck_assert_uint_lt(i, ALLOCATIONS);
	ck_assert_uint_eq(err, VIX_OK);
}

START_TEST(login_ends_well_or_not_at_all)
{
	const struct vim_login login = { .server.host = "vc.test",
					 .by = VIM_BY_PASSWORD,
					 .user = FAKEVIM_USER,
					 .password = FAKEVIM_PASSWORD };

	fakevim_reset();
	fakevim.pages = 2;
	every_allocation_fails_once(&login, 0);
}
END_TEST

START_TEST(lent_session_stays_as_it_is)
{
	char cookie[40];
	const struct vim_login login = { .server.host = "vc.test",
					 .by = VIM_BY_SESSION,
					 .cookie = cookie };

	fakevim_reset();
	fakevim.pages = 2;
	snprintf(cookie, sizeof(cookie), "%s", fakevim_login());
	every_allocation_fails_once(&login, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session-oom");
	TCase *tc = unit_tcase(s, "open");

	tcase_add_test(tc, login_ends_well_or_not_at_all);
	tcase_add_test(tc, lent_session_stays_as_it_is);
	return unit_run(s);
}
