/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/vim/trust.c, through requests to servers that are who they have to be, or not.
 */
#include "config.h"

#include "unit.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "../../libvdisk/vim/trust.h"
#include "httpfix.h"

static atomic_uint n_answered;

static bool answer(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)q;
	(void)ctx;
	n_answered++;
	return tlspeer_say(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
}

static bool answer_and_close(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	answer(p, q, ctx);
	return false;
}

static VixError get_with(const struct vim_server *to)
{
	ck_assert_int_eq(connect_to(to), VIX_OK);
	return get("/");
}

static VixError get_with_print(const char *print)
{
	struct vim_server to = server_with(print);

	return get_with(&to);
}

/* Refused, in words; and the server has not heard a request. */
static void assert_refused(const struct vim_server *to, const char *words)
{
	unsigned before = n_answered;

	said_start();
	ck_assert_uint_eq(get_with(to), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert_msg(said(words), "%s", said_text);
	ck_assert(said(vim_http_name(http)));
	ck_assert_uint_eq(n_answered, before);
}

START_TEST(a_fingerprint_alone_decides_in_every_way_to_write_it)
{
	static const struct {
		int bits;
		const char *form;
	} ways[] = { { 1, "%02X:" },   { 1, "%02x:" },   { 1, "%02X" },   { 1, "%02x" },
		     { 256, "%02X:" }, { 256, "%02x:" }, { 256, "%02X" }, { 256, "%02x" } };
	char print[100];

	serve(answer);
	for (size_t i = 0; i < 8; i++) {
		tlscert_print(&cert, ways[i].bits, ways[i].form, print);
		ck_assert_msg(get_with_print(print) == VIX_OK, "%s: %s", print, said_text);
		ck_assert_str_eq(reply.body, "hi");
	}
	ck_assert(said_nothing());
}
END_TEST

START_TEST(another_fingerprint_is_refused_and_both_are_told)
{
	struct vim_server to;
	char print[100];

	serve(answer);
	for (int bits = 1; bits <= 256; bits += 255) {
		tlscert_print(&cert, bits, "%02X:", print);
		print[0] = print[0] == '0' ? '1' : '0';
		to = server_with(print);
		assert_refused(&to, print);
		tlscert_print(&cert, bits, "%02X:", print);
		ck_assert(said(print));
		ck_assert(said("CN=localhost, valid to "));
		ck_assert(said(bits == 1 ? "not match; pinned: SHA-1 "
					 : "not match; pinned: SHA-256 "));
	}
}
END_TEST

START_TEST(the_last_byte_of_a_fingerprint_counts)
{
	char print[100];
	size_t end;

	serve(answer);
	for (int bits = 1; bits <= 256; bits += 255) {
		tlscert_print(&cert, bits, "%02x", print);
		end = strlen(print) - 1;
		print[end] = print[end] == '0' ? '1' : '0';
		ck_assert_uint_eq(get_with_print(print), VIX_E_CANNOT_CONNECT_TO_HOST);
	}
	ck_assert_uint_eq(n_answered, 0);
}
END_TEST

START_TEST(what_is_no_fingerprint_is_an_invalid_argument)
{
	static const char *const none[] = {
		"x",
		"00",
		"3A:91",
		":",
		"00112233445566778899aabbccddeeff001122",    /* 19 bytes */
		"00112233445566778899aabbccddeeff00112233:", /* colon at the end */
		"00112233445566778899aabbccddeeff0011223",   /* half a byte */
		"00::112233445566778899aabbccddeeff00112233",
		"00 112233445566778899aabbccddeeff00112233",
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
		"gg112233445566778899aabbccddeeff00112233",
	};

	serve(answer);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct vim_server to = server_with(none[i]);

		said_start();
		ck_assert_msg(connect_to(&to) == VIX_E_INVALID_ARG, "%s", none[i]);
		ck_assert(said("neither SHA-1 nor SHA-256"));
	}
}
END_TEST

/* The same server, and connections that were proved: each vim_http proves its own. */
START_TEST(a_wrong_fingerprint_is_refused_after_a_right_one_was_accepted)
{
	char wrong[100];
	struct vim_server to;

	serve(answer);
	ck_assert_uint_eq(get("/"), VIX_OK);
	strcpy(wrong, print256);
	wrong[94] = wrong[94] == '0' ? '1' : '0';
	to = server_with(wrong);
	assert_refused(&to, wrong);
}
END_TEST

START_TEST(no_tls_session_is_resumed)
{
	serve(answer_and_close);
	for (unsigned i = 1; i <= 4; i++) {
		ck_assert_uint_eq(get("/"), VIX_OK);
		ck_assert_uint_eq(tlsserver_connections(server), i);
	}
	ck_assert_uint_eq(tlsserver_resumed(server), 0);
}
END_TEST

START_TEST(a_certificate_that_changes_between_connections_is_refused)
{
	struct tlscert other = tlscert_make(&(struct tlscert_how){ 0 });

	serve(answer_and_close);
	ck_assert_uint_eq(get("/"), VIX_OK);
	tlsserver_use(server, &other);
	ck_assert_uint_eq(get("/"), VIX_E_CANNOT_CONNECT_TO_HOST);
	ck_assert(said("its certificate does not match"));
	tlsserver_use(server, &cert);
	ck_assert_uint_eq(get("/"), VIX_OK);
	ck_assert_uint_eq(n_answered, 2);
	tlscert_free(&other);
}
END_TEST

START_TEST(a_fingerprint_is_of_the_servers_own_certificate_not_of_its_signer)
{
	struct tlscert ca = tlscert_make(&(struct tlscert_how){ .name = "CA", .is_authority = 1 });
	struct tlscert leaf = tlscert_make(&(struct tlscert_how){ .by = &ca });
	char print[100];

	serve(answer);
	tlsserver_use(server, &leaf);
	tlscert_print(&ca, 256, "%02x", print);
	ck_assert_uint_eq(get_with_print(print), VIX_E_CANNOT_CONNECT_TO_HOST);
	tlscert_print(&leaf, 256, "%02x", print);
	ck_assert_uint_eq(get_with_print(print), VIX_OK);
	tlscert_free(&leaf);
	tlscert_free(&ca);
}
END_TEST

/* Authorities. */

static struct tlscert ca;

static void ca_setup(void)
{
	httpfix_setup();
	ca = tlscert_make(&(struct tlscert_how){ .name = "Test CA", .is_authority = 1 });
	tlscert_write(&ca, in_tmpdir("ca.pem"));
	serve(answer);
}

static void ca_teardown(void)
{
	tlscert_free(&ca);
	httpfix_teardown();
}

/* The server has this certificate from now on. */
static struct vim_server server_that_has(const struct tlscert_how *how)
{
	struct vim_server to = server_with(NULL);

	tlscert_free(&cert);
	cert = tlscert_make(how);
	tlsserver_use(server, &cert);
	to.trust.ca_file = in_tmpdir("ca.pem");
	return to;
}

START_TEST(who_an_authority_vouches_for_is_trusted)
{
	struct vim_server to = server_that_has(&(struct tlscert_how){ .by = &ca });

	ck_assert_uint_eq(get_with(&to), VIX_OK);
	to.host = "localhost";
	ck_assert_uint_eq(get_with(&to), VIX_OK);
	ck_assert(said_nothing());
}
END_TEST

START_TEST(an_unknown_authority_is_refused_with_the_fingerprint_to_give)
{
	struct vim_server to = server_that_has(&(struct tlscert_how){ 0 });

	assert_refused(&to, "its certificate is not trusted: self-signed");
	tlscert_print(&cert, 256, "%02X:", print256);
	ck_assert(said(print256));
	to.trust.ca_file = NULL;
	assert_refused(&to, "its certificate is not trusted");
}
END_TEST

START_TEST(another_name_is_refused)
{
	struct vim_server to = server_that_has(
		&(struct tlscert_how){ .by = &ca, .name = "other.example" });

	assert_refused(&to, "127.0.0.1");
	ck_assert(said("CN=other.example"));
}
END_TEST

START_TEST(an_expired_certificate_is_refused)
{
	struct vim_server to = server_that_has(&(struct tlscert_how){ .by = &ca, .days = -2 });

	assert_refused(&to, "certificate has expired");
}
END_TEST

START_TEST(authorities_that_are_not_there_trust_nobody)
{
	struct vim_server to = server_that_has(&(struct tlscert_how){ .by = &ca });

	to.trust.ca_file = in_tmpdir("none.pem");
	assert_refused(&to, "it has not proved who it is");
	ck_assert(said("none.pem"));
}
END_TEST

/* An expired certificate of another name, signed by nobody. */
START_TEST(anybody_is_trusted_only_where_that_is_said_and_no_fingerprint_is_given)
{
	struct vim_server to = server_that_has(
		&(struct tlscert_how){ .name = "other.example", .days = -2 });

	assert_refused(&to, "not trusted");
	to.trust.anybody = true;
	ck_assert_uint_eq(get_with(&to), VIX_OK);
	to.trust.thumbprint = print256;
	assert_refused(&to, "does not match");
}
END_TEST

START_TEST(a_fingerprint_accepts_what_authorities_would_not)
{
	struct vim_server to = server_that_has(
		&(struct tlscert_how){ .name = "other.example", .days = -2 });

	tlscert_print(&cert, 1, "%02X:", print256);
	to.trust.thumbprint = print256;
	ck_assert_uint_eq(get_with(&to), VIX_OK);
}
END_TEST

START_TEST(a_server_without_tls_1_2_is_refused)
{
	struct vim_server to;

	tlsserver_stop(server);
	server = tlsserver_start(&(struct tlsserver_how){
		.cert = &cert, .answer = answer, .max_version = TLS1_1_VERSION });
	to = server_with(print256);
	ck_assert_uint_eq(get_with(&to), VIX_E_NET_HTTP_SSL_CONNECT_ERROR);
	ck_assert(said("version"));
	ck_assert_uint_eq(n_answered, 0);
}
END_TEST

START_TEST(tls_1_2_is_enough)
{
	struct vim_server to;

	tlsserver_stop(server);
	server = tlsserver_start(&(struct tlsserver_how){
		.cert = &cert, .answer = answer, .max_version = TLS1_2_VERSION });
	to = server_with(print256);
	ck_assert_uint_eq(get_with(&to), VIX_OK);
}
END_TEST

START_TEST(a_fingerprint_is_printed_as_it_is_read)
{
	struct vim_pin pin;
	char text[VIM_PRINT_MAX];

	ck_assert_int_eq(vim_pin_parse(print256, &pin), 0);
	vim_pin_print(&pin, text);
	ck_assert_str_eq(text, print256);
	pin.len = 0;
	vim_pin_print(&pin, text);
	ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http-trust");
	TCase *tc = unit_tcase(s, "fingerprints");

	tcase_add_checked_fixture(tc, httpfix_setup, httpfix_teardown);
	tcase_add_test(tc, a_fingerprint_alone_decides_in_every_way_to_write_it);
	tcase_add_test(tc, another_fingerprint_is_refused_and_both_are_told);
	tcase_add_test(tc, the_last_byte_of_a_fingerprint_counts);
	tcase_add_test(tc, what_is_no_fingerprint_is_an_invalid_argument);
	tcase_add_test(tc, a_wrong_fingerprint_is_refused_after_a_right_one_was_accepted);
	tcase_add_test(tc, no_tls_session_is_resumed);
	tcase_add_test(tc, a_certificate_that_changes_between_connections_is_refused);
	tcase_add_test(tc, a_fingerprint_is_of_the_servers_own_certificate_not_of_its_signer);
	tcase_add_test(tc, a_fingerprint_is_printed_as_it_is_read);

	tc = unit_tcase(s, "authorities");
	tcase_add_checked_fixture(tc, ca_setup, ca_teardown);
	tcase_add_test(tc, who_an_authority_vouches_for_is_trusted);
	tcase_add_test(tc, an_unknown_authority_is_refused_with_the_fingerprint_to_give);
	tcase_add_test(tc, another_name_is_refused);
	tcase_add_test(tc, an_expired_certificate_is_refused);
	tcase_add_test(tc, authorities_that_are_not_there_trust_nobody);
	tcase_add_test(tc, anybody_is_trusted_only_where_that_is_said_and_no_fingerprint_is_given);
	tcase_add_test(tc, a_fingerprint_accepts_what_authorities_would_not);
	tcase_add_test(tc, a_server_without_tls_1_2_is_refused);
	tcase_add_test(tc, tls_1_2_is_enough);
	return unit_run(s);
}
