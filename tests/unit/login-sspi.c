/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/login-sspi.c, against fakevim.c, with tokens that are made up here.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/vim/session.h"
#include "../../libvdisk/vim/sspi.h"
#include "fakevim.h"
#include "said.h"

struct vim_sspi {
	int unused;
};

static VixError opens_with, steps_with;
static unsigned live, steps;
static const char *token;  /* that is sent */
static char answered[100]; /* what the server's last one was */

VixError vim_sspi_open(const char *host, struct vim_sspi **p_out)
{
	ck_assert_str_eq(host, "vc.test");
	*p_out = opens_with != VIX_OK ? NULL : calloc(1, sizeof(**p_out));
	live += opens_with == VIX_OK;
	return opens_with;
}

VixError vim_sspi_step(struct vim_sspi *p, const void *in, size_t in_len, void **out,
		       size_t *out_len)
{
	(void)p;
	ck_assert((steps == 0) == (in == NULL));
	snprintf(answered, sizeof(answered), "%.*s", (int)in_len, in == NULL ? "" : (char *)in);
	steps++;
	*out = steps_with != VIX_OK ? NULL : strdup(token);
	*out_len = strlen(token);
	return steps_with;
}

void vim_sspi_close(struct vim_sspi *p)
{
	live -= p != NULL;
	free(p);
}

static void start(void)
{
	fakevim_reset();
	said_start();
	opens_with = steps_with = VIX_OK;
	live = steps = 0;
	token = "a token";
}

/* Tries to open a session.  Whatever comes of it, nothing is left behind. */
static VixError try(void)
{
	const struct vim_login login = { .server.host = "vc.test", .by = VIM_BY_SSPI };
	struct vim_session *s;
	VixError err = vim_session_open(&login, &s);

	ck_assert_uint_eq(live, 0);
	vim_session_close(s);
	ck_assert_uint_eq(fakevim.https, 0);
	ck_assert_uint_eq(fakevim.sessions, 0);
	return err;
}

START_TEST(token_is_sent_as_base64)
{
	ck_assert_uint_eq(try(), VIX_OK);
	ck_assert_uint_eq(steps, 1);
	ck_assert_uint_eq(fakevim_calls("LoginBySSPI"), 1);
	ck_assert_uint_eq(fakevim_calls("Login"), 0);
	ck_assert_str_eq(fakevim.sspi_token, "YSB0b2tlbg==");
}
END_TEST

START_TEST(challenges_are_answered_on_their_cookie)
{
	fakevim.challenges = 3;
	ck_assert_uint_eq(try(), VIX_OK);
	ck_assert_uint_eq(steps, 4);
	ck_assert_str_eq(answered, "challenge");
	ck_assert(said_nothing());
}
END_TEST

START_TEST(cookie_of_the_last_challenge_is_the_session)
{
	fakevim.challenges = 1;
	fakevim.no_cookies = true;
	ck_assert_uint_eq(try(), VIX_OK);
	ck_assert_uint_eq(fakevim_calls("Logout"), 1);
}
END_TEST

START_TEST(empty_token_can_be_sent)
{
	token = "";
	ck_assert_uint_eq(try(), VIX_OK);
	ck_assert_str_eq(fakevim.sspi_token, "");
}
END_TEST

START_TEST(challenges_without_end_are_a_refusal)
{
	fakevim.challenges = 1000;
	ck_assert_uint_eq(try(), VIX_E_AUTHENTICATION_FAIL);
	ck_assert_uint_eq(steps, 10);
	ck_assert(said("the login with Kerberos has no end after 10 tokens"));
}
END_TEST

START_TEST(who_has_no_ticket_sends_nothing)
{
	steps_with = VIX_E_AUTHENTICATION_FAIL;
	ck_assert_uint_eq(try(), VIX_E_AUTHENTICATION_FAIL);
	steps_with = VIX_OK;
	opens_with = VIX_E_NOT_SUPPORTED;
	ck_assert_uint_eq(try(), VIX_E_NOT_SUPPORTED);
	ck_assert_uint_eq(fakevim_calls("LoginBySSPI"), 0);
}
END_TEST

#define CHALLENGE(inner)                                                                    \
	"<Envelope><Body><Fault><detail><SSPIChallengeFault>" inner "</SSPIChallengeFault>" \
	"</detail></Fault></Body></Envelope>"

static const char *const bad_challenges[] = {
	CHALLENGE(""),
	CHALLENGE("<base64Token/>"),
	CHALLENGE("<base64Token>A</base64Token>"),
	CHALLENGE("<base64Token>****</base64Token>"),
	CHALLENGE("<base64Token>=</base64Token>"),
};

START_TEST(challenge_has_to_have_a_token)
{
	fakevim.garble = "LoginBySSPI";
	fakevim.garble_status = 500;
	fakevim.garble_body = bad_challenges[_i];
	ck_assert_uint_eq(try(), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert(said("vc.test:443: expected a token in its SSPIChallenge, none came"));
	ck_assert_uint_eq(said_lines(), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("login-sspi");
	TCase *tc = unit_tcase(s, "login");

	tcase_add_checked_fixture(tc, start, said_stop);
	tcase_add_test(tc, token_is_sent_as_base64);
	tcase_add_test(tc, challenges_are_answered_on_their_cookie);
	tcase_add_test(tc, cookie_of_the_last_challenge_is_the_session);
	tcase_add_test(tc, empty_token_can_be_sent);
	tcase_add_test(tc, challenges_without_end_are_a_refusal);
	tcase_add_test(tc, who_has_no_ticket_sends_nothing);
	tcase_add_loop_test(tc, challenge_has_to_have_a_token, 0,
			    sizeof(bad_challenges) / sizeof(bad_challenges[0]));
	return unit_run(s);
}
