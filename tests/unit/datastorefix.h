/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on a server of the test's own, read through libvdisk/store/datastore.c, as a fixture:
 *
 *	tcase_add_checked_fixture(tc, datastorefix_setup, datastorefix_teardown);
 *	...
 *	ck_assert_uint_eq(open_file("[ds] vm/a.vmdk"), VIX_OK);
 *	check_read(0, 100);
 *
 * The session is a fake one, linked in the place of the real: it has a cookie that counts logins.
 */
#ifndef DATASTOREFIX_H
#define DATASTOREFIX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "../../libvdisk/store/datastore-impl.h"
#include "cleanup.h"
#include "httpfix.h"

#define BIG_BYTES ((24u << 20) + 12345)
#define TARGETS   200

/* The session. */

struct vim_session {
	atomic_uint generation, renewals;
	bool is_refused;   /* no login is accepted any more */
	atomic_uint files; /* that are open over it */
};

static struct vim_session session;

struct vim_session *vim_session_share(struct vim_session *s)
{
	return s;
}

void vim_session_close(struct vim_session *s)
{
	(void)s;
}

void vim_session_hold(struct vim_session *s)
{
	s->files++;
}

void vim_session_unhold(struct vim_session *s)
{
	s->files--;
}

struct vim_http *vim_session_http(const struct vim_session *s)
{
	(void)s;
	return http;
}

unsigned vim_session_generation(const struct vim_session *s)
{
	return atomic_load(&s->generation);
}

VixError vim_session_renew(struct vim_session *s, unsigned generation)
{
	char cookie[40];

	s->renewals++;
	if (s->is_refused)
		return VIX_E_AUTHENTICATION_FAIL;
	if (generation == s->generation) {
		snprintf(cookie, sizeof(cookie), "vmware_soap_session=%u", ++s->generation);
		vim_http_set_cookie(http, cookie);
	}
	return VIX_OK;
}

/* The server. */

enum fault {
	NONE,
	STATUS,
	CUT,
	RESET,
	OTHER_RANGE,
	NO_TOTAL,
	OTHER_SIZE,
	HUGE_SIZE,
	HANG,
	IGNORES_RANGES,
	SHORT_BODY
};

static unsigned char *big;      /* all files have its bytes, */
static atomic_size_t file_size; /* and as many of them */
static atomic_int fault, fault_status;
static atomic_int n_good;   /* requests before the fault, */
static atomic_int n_faults; /* and with it */
static atomic_uint login;   /* the generation that is logged in; 0: anybody */
static const char *only;    /* the target of the only file that there is; NULL: all are there */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held: nothing is answered */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char target[200];
	uint64_t first, count; /* 0: no range */
} asked[TARGETS];              /* the first requests */
static atomic_uint n_asked;

static void note_request(const struct tlsrequest *q)
{
	VU_LOCK(&log_lock);

	if (n_asked < TARGETS) {
		snprintf(asked[n_asked].target, sizeof(asked[0].target), "%.199s", q->target);
		asked[n_asked].first = q->first;
		asked[n_asked].count = q->has_range ? q->last - q->first + 1 : 0;
	}
	n_asked++;
}

static bool say_status(struct tlspeer *p, int status)
{
	return tlspeer_say(p, "HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n", status);
}

static bool do_fault(struct tlspeer *p, const struct tlsrequest *q)
{
	uint64_t n = q->last - q->first + 1;
	struct tlsrequest other = *q;

	switch ((enum fault)fault) {
	case STATUS:
		return say_status(p, fault_status);
	case CUT:
		tlspeer_say(p,
			    "HTTP/1.1 206 x\r\nContent-Length: %zu\r\n"
			    "Content-Range: bytes %zu-%zu/%zu\r\n\r\nxxxx",
			    (size_t)n, (size_t)q->first, (size_t)q->last, (size_t)file_size);
		return false;
	case OTHER_RANGE:
		other.first++;
		return tlspeer_file(p, &other, big, file_size);
	case NO_TOTAL:
		tlspeer_say(p,
			    "HTTP/1.1 206 x\r\nContent-Length: %zu\r\n"
			    "Content-Range: bytes %zu-%zu/*\r\n\r\n",
			    (size_t)n, (size_t)q->first, (size_t)q->last);
		return tlspeer_send(p, big + q->first, n);
	case OTHER_SIZE:
		return tlspeer_file(p, q, big, file_size + 1);
	case HANG:
		return tlspeer_hang(p);
	case HUGE_SIZE:
		tlspeer_say(p,
			    "HTTP/1.1 206 x\r\nContent-Length: %zu\r\n"
			    "Content-Range: bytes %zu-%zu/18446744073709551615\r\n\r\n",
			    (size_t)n, (size_t)q->first, (size_t)q->last);
		return tlspeer_send(p, big, n);
	case IGNORES_RANGES:
		other.has_range = false;
		return tlspeer_file(p, &other, big, file_size);
	case SHORT_BODY:
		tlspeer_say(p,
			    "HTTP/1.1 206 x\r\nContent-Length: %zu\r\n"
			    "Content-Range: bytes %zu-%zu/%zu\r\n\r\n",
			    (size_t)n - 1, (size_t)q->first, (size_t)q->last, (size_t)file_size);
		return tlspeer_send(p, big + q->first, n - 1);
	default:
		return tlspeer_reset(p);
	}
}

static bool is_logged_in(const struct tlsrequest *q)
{
	char cookie[60];

	snprintf(cookie, sizeof(cookie), "Cookie: vmware_soap_session=%u\r\n", login);
	return login == 0 || strstr(q->head, cookie) != NULL;
}

static bool answer(struct tlspeer *p, const struct tlsrequest *q, void *ctx)
{
	(void)ctx;
	note_request(q);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	if (!is_logged_in(q))
		return say_status(p, 401);
	if (only != NULL && strcmp(q->target, only) != 0)
		return say_status(p, 404);
	if (fault != NONE && n_good-- <= 0 && n_faults-- > 0)
		return do_fault(p, q);
	return tlspeer_file(p, q, big, file_size);
}

/* The next @times requests, after @after good ones. */
static inline void misbehave(enum fault what, int status, int after, int times)
{
	fault_status = status;
	n_good = after;
	n_faults = times;
	fault = what;
}

/* The store. */

static struct vd_datastores *files;
static struct vd_store *store;

static inline void datastorefix_setup(void)
{
	httpfix_setup();
	big = malloc(BIG_BYTES + 1);
	for (unsigned i = 0; i <= BIG_BYTES; i++)
		big[i] = (unsigned char)(i * 2654435761u >> 24);
	file_size = BIG_BYTES;
	fault = NONE;
	login = 0;
	only = NULL;
	n_asked = 0;
	session = (struct vim_session){ .generation = 0 };
	serve(answer);
	ck_assert_uint_eq(vd_datastores_new(&session, "DC0", &files), VIX_OK);
	store = NULL;
}

static inline void datastorefix_teardown(void)
{
	ck_assert_uint_eq(session.files, store != NULL); /* which is kept alive for it */
	vd_store_close(store);
	ck_assert_uint_eq(session.files, 0);
	vd_datastores_free(files);
	httpfix_teardown();
	free(big);
}

static inline VixError open_with(const char *path, unsigned mode)
{
	vd_store_close(store);
	return vd_store_open(vd_datastores_ops(files), path, mode, &store);
}

static inline VixError open_file(const char *path)
{
	return open_with(path, 0);
}

/* Good bytes, and none beside them. */
static inline VixError try_read(uint64_t off, size_t len)
{
	unsigned char *buf = malloc(len + 1);
	VixError err;

	buf[len] = 0xee;
	err = vd_store_pread(store, buf, len, off);
	if (err == VIX_OK)
		ck_assert_msg(memcmp(buf, big + off, len) == 0, "%zu bytes at %zu", len,
			      (size_t)off);
	ck_assert_uint_eq(buf[len], 0xee);
	free(buf);
	return err;
}

static inline void check_read(uint64_t off, size_t len)
{
	VixError err = try_read(off, len);

	ck_assert_msg(err == VIX_OK, "%zu bytes at %zu: %zu: %s", len, (size_t)off, (size_t)err,
		      said_text);
}

#endif
