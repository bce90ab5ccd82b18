/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on a datastore, read through a real session from the servers of the vSphere tests: their bytes, or an
 * error by its name, whatever the server does.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libvdisk/store/datastore.h"
#include "../../libvdisk/vim/session.h"
#include "../unit/said.h"
#include "../unit/unit.h"
#include "cleanup.h"
#include "osutil.h"
#include "server.h"

#define BYTES ((8u << 20) + 12345)

static struct vserver *server;
static unsigned char *bytes;
static struct vim_session *session;
static struct vd_datastores *files;
static struct vd_store *store;

/* "[datastore] NAME", and the file itself. */
static const char *make_file(const char *name)
{
	static char path[300];
	char host[600];
	FILE *f;

	snprintf(host, sizeof(host), "%s/%s", vserver_info(server, "ds_dir"), name);
	f = fopen(host, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, BYTES, f), BYTES);
	ck_assert_int_eq(fclose(f), 0);
	snprintf(path, sizeof(path), "[%s] /%s", vserver_info(server, "datastore"), name);
	return path;
}

static void log_in(void)
{
	VU_AUTO(free) char *password = NULL;
	struct vim_login login = {
		.server = { .host = vserver_info(server, "host"),
			    .port = (unsigned)atoi(vserver_info(server, "port")),
			    .trust.thumbprint = vserver_info(server, "sha256"),
			    .stall_ms = 2000,
			    .pause_ms = 1 },
		.by = VIM_BY_PASSWORD,
		.user = vserver_info(server, "user"),
	};

	ck_assert_int_eq(vu_read_file(vserver_info(server, "password_file"), 1000, &password, NULL),
			 0);
	password[strcspn(password, "\n")] = '\0';
	login.password = password;
	ck_assert_uint_eq(vim_session_open(&login, &session), VIX_OK);
}

static void setup(void)
{
	said_start();
	vserver_tell(server, "clear");
	vserver_tell(server, "reset");
	bytes = malloc(BYTES);
	for (unsigned i = 0; i < BYTES; i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 24);
	log_in();
	ck_assert_uint_eq(vd_datastores_new(session, vserver_info(server, "datacenter"), &files),
			  VIX_OK);
	ck_assert_uint_eq(vd_store_open(vd_datastores_ops(files), make_file("file.bin"), 0, &store),
			  VIX_OK);
}

static void teardown(void)
{
	vserver_tell(server, "clear");
	vd_store_close(store);
	vd_datastores_free(files);
	vim_session_close(session);
	free(bytes);
	said_stop();
}

/* In pieces of @len, the last one shorter. */
static VixError read_all(size_t len)
{
	unsigned char *buf = malloc(len);
	VixError err = VIX_OK;

	for (uint64_t off = 0; off < BYTES && err == VIX_OK; off += len) {
		size_t part = off + len > BYTES ? (size_t)(BYTES - off) : len;

		err = vd_store_pread(store, buf, part, off);
		if (err == VIX_OK)
			ck_assert_int_eq(memcmp(buf, bytes + off, part), 0);
	}
	free(buf);
	return err;
}

START_TEST(all_bytes_are_there_in_pieces_of_any_size)
{
	static const size_t lens[] = { 4096, 65536, 100000, 1u << 20, 3000001, BYTES };

	ck_assert_uint_eq(store->size, BYTES);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		ck_assert_uint_eq(read_all(lens[i]), VIX_OK);
	ck_assert_uint_eq((unsigned)vserver_counter(server, "logins"), 1);
}
END_TEST

START_TEST(a_session_that_ends_in_mid_read_is_begun_again)
{
	char buf[100];

	vserver_tell(server, "fault?kind=expire&path=/folder&after=2&times=1");
	ck_assert_uint_eq(read_all(1u << 20), VIX_OK);
	vserver_tell(server, "expire");
	ck_assert_uint_eq(read_all(BYTES), VIX_OK);
	ck_assert_uint_eq(vd_store_pread(store, buf, sizeof(buf), 5000000), VIX_OK);
	ck_assert_uint_eq((unsigned)vserver_counter(server, "logins"), 3);
}
END_TEST

/* What a server does once or twice, and gets over. */
START_TEST(what_passes_is_not_noticed)
{
	static const char *const faults[] = {
		"kind=status&code=503&times=2", "kind=status&code=502&times=2",
		"kind=status&code=500&times=1", "kind=cut&at=1000&times=2",
		"kind=reset&at=1000&times=2",   "kind=reset&times=2",
		"kind=close&times=2",           "kind=delay&ms=50&times=3",
		"kind=chunked&times=9",
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		vserver_tell(server, "fault?path=/folder&%s", faults[i]);
		ck_assert_msg(read_all(1u << 20) == VIX_OK, "%s: %s", faults[i], said_text);
		ck_assert_msg(read_all(BYTES) == VIX_OK, "%s: %s", faults[i], said_text);
		vserver_tell(server, "clear");
	}
}
END_TEST

/* The reads are far from each other: nothing is read ahead. */
START_TEST(what_stays_is_an_error_by_its_name)
{
	static const struct {
		const char *fault;
		VixError code;
	} rows[] = {
		{ "kind=status&code=403", VIX_E_FILE_ACCESS_ERROR },
		{ "kind=status&code=404", VIX_E_FILE_NOT_FOUND },
		{ "kind=status&code=409", VIX_E_FILE_ALREADY_LOCKED },
		{ "kind=status&code=423", VIX_E_FILE_ALREADY_LOCKED },
		{ "kind=status&code=500", VIX_E_NET_HTTP_TRANSFER },
		{ "kind=status&code=503", VIX_E_OBJECT_IS_BUSY },
		{ "kind=cut&at=1000", VIX_E_HOST_TCP_CONN_LOST },
		{ "kind=reset", VIX_E_HOST_TCP_CONN_LOST },
		{ "kind=range&by=1", VIX_E_NET_HTTP_TRANSFER },
		{ "kind=norange", VIX_E_NET_HTTP_TRANSFER },
		{ "kind=short&by=10", VIX_E_NET_HTTP_TRANSFER },
		{ "kind=length&by=-10", VIX_E_NET_HTTP_TRANSFER },
		{ "kind=redirect&to=https://127.0.0.1:1/", VIX_E_NET_HTTP_TRANSFER },
		{ "kind=stall&at=1000&ms=60000", VIX_E_HOST_TCP_SOCKET_ERROR },
	};
	char buf[100];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		said_start();
		vserver_tell(server, "fault?path=/folder&times=99&%s", rows[i].fault);
		VixError err = vd_store_pread(store, buf, sizeof(buf), i * 5 % 14 * 550000 + 70000);
		ck_assert_msg(err == rows[i].code, "%s: %zu: %s", rows[i].fault, (size_t)err,
			      said_text);
		ck_assert_msg(said("file.bin") && said(vserver_info(server, "host")), "%s",
			      said_text);
		vserver_tell(server, "clear");
	}
	ck_assert_uint_eq(read_all(1u << 20), VIX_OK);
}
END_TEST

START_TEST(names_with_every_sign_are_found)
{
	static const char *const names[] = { "a b",   "a+b&c=d", "a%2fb",
					     "x#y?z", "[x]",     "\xc3\xa4\xe2\x82\xac" };
	struct vd_store *st;
	char c;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_msg(vd_store_open(vd_datastores_ops(files), make_file(names[i]), 0,
					    &st) == VIX_OK,
			      "%s: %s", names[i], said_text);
		ck_assert_uint_eq(vd_store_pread(st, &c, 1, BYTES - 1), VIX_OK);
		vd_store_close(st);
	}
	ck_assert_uint_eq(vd_store_open(vd_datastores_ops(files), "[nowhere] a/b", 0, &st),
			  VIX_E_FILE_NOT_FOUND);
}
END_TEST

int main(void)
{
	int status = vserver_start(&server, NULL);
	Suite *s = suite_create("datastore");
	TCase *tc = unit_tcase(s, "real session");

	if (status)
		return vserver_skip(status);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_bytes_are_there_in_pieces_of_any_size);
	tcase_add_test(tc, a_session_that_ends_in_mid_read_is_begun_again);
	tcase_add_test(tc, what_passes_is_not_noticed);
	tcase_add_test(tc, what_stays_is_an_error_by_its_name);
	tcase_add_test(tc, names_with_every_sign_are_found);
	status = unit_run(s);
	vserver_stop(server);
	return status;
}
