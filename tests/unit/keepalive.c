/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/keepalive.c, against fakevim.c.
 */
#include "config.h"

#include "unit.h"

#include "../../libvdisk/vim/session.h"
#include "fakevim.h"
#include "osutil.h"
#include "said.h"

#define KEEP_MS 20u

static void start(void)
{
	fakevim_reset();
	said_start();
}

static struct vim_session *opened(void)
{
	const struct vim_login login = { .server.host = "vc.test",
					 .by = VIM_BY_PASSWORD,
					 .user = FAKEVIM_USER,
					 .password = FAKEVIM_PASSWORD,
					 .keep_ms = KEEP_MS };
	struct vim_session *s;

	ck_assert_uint_eq(vim_session_open(&login, &s), VIX_OK);
	return s;
}

START_TEST(idle_session_with_a_disk_is_kept_alive)
{
	struct vim_session *s = opened();

	vu_sleep_ms(5 * KEEP_MS);
	ck_assert_uint_eq(fakevim_calls("CurrentTime"), 0);
	vim_session_hold(s);
	vim_session_hold(s);
	while (fakevim_calls("CurrentTime") < 3)
		vu_sleep_ms(1);
	/* and renewed, where the server has forgotten it all the same */
	fakevim_expire();
	while (fakevim_calls("Login") < 2)
		vu_sleep_ms(1);
	ck_assert_uint_eq(fakevim_calls("Login"), 2);
	vim_session_unhold(s);
	vim_session_unhold(s);
	vim_session_close(s);
	ck_assert_uint_eq(fakevim.sessions, 0);
}
END_TEST

START_TEST(end_does_not_wait_for_a_server_that_does_not_answer)
{
	struct vim_session *s = opened();

	fakevim.hangs = "CurrentTime";
	vim_session_hold(s);
	while (__atomic_load_n(&fakevim.hanging, __ATOMIC_RELAXED) == 0)
		vu_sleep_ms(1);
	vim_session_unhold(s);
	vim_session_close(s); /* or the test has no end */
	ck_assert_uint_eq(fakevim.sessions, 0);
	ck_assert_uint_gt(fakevim.limit_ms, 0); /* of the logout */
	ck_assert_uint_le(fakevim.limit_ms, 10000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keepalive");
	TCase *tc = unit_tcase(s, "keepalive");

	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_test(tc, idle_session_with_a_disk_is_kept_alive);
	tcase_add_test(tc, end_does_not_wait_for_a_server_that_does_not_answer);
	return unit_run(s);
}
