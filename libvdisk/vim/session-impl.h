/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a session consists of, for the files that make one: session.c, login*.c, content.c, keepalive.c.
 *
 * 1. Its lock is not held over a request.
 * 2. One thread at a time logs in; what is marked "of the login" is that thread's.
 */
#ifndef VIM_SESSION_IMPL_H
#define VIM_SESSION_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "session.h"
#include "soap.h"

struct vim_session {
	struct vim_login login; /* our copies; set in open, then constant, but its secrets: of the
				     * login */
	struct vim_http *http;  /* set in open, then constant, as what follows */
	struct vim_xml *about;  /* what content points into */
	struct vim_content content;
	char version[8]; /* of the API, "6.7" */
	unsigned forks;  /* vu_forks() of the process that it belongs to */

	atomic_uint owners;
	atomic_uint generation; /* logins that were accepted */
	char *cookie;           /* of a session that is ours to end, or NULL; of the login */
	char *offered;          /* a cookie of who is not logged in yet, or NULL; of the login */

	pthread_mutex_t lock;  /* rank 7; guards what is below */
	pthread_cond_t landed; /* a login has ended, well or not */
	bool in_flight;        /* a thread is logging in */
	unsigned flights;      /* logins that have ended */
	VixError last;         /* how the last one did */
	bool is_refused;       /* one was refused: there is never another one */

	pthread_cond_t wake; /* of the thread that keeps it alive: look again */
	pthread_t keeper;
	bool has_keeper, is_asking, is_closing;
	unsigned disks;   /* that are open */
	uint64_t used_ms; /* when the server was last asked something, on vu_now_ms() */
};

/** vim_login_copy() - a copy of all strings; vim_login_free(), also when it fails.  0 or -1. */
int vim_login_copy(const struct vim_login *from, struct vim_login *to_out);

/** vim_login_forget() - wipe what is secret in it */
void vim_login_forget(struct vim_login *l);

/** vim_login_free() - wipe and free what is in it */
void vim_login_free(struct vim_login *l);

/**
 * vim_login_begin() - log in, over the session's connections, which have its cookie then
 *
 * Of one thread at a time.  What was there before is ended.
 * Errors: AUTHENTICATION_FAIL  refused (logged): never to be tried again
 *         CANNOT_CONNECT_TO_HOST, NOT_SUPPORTED and those of vim_soap_send() (all logged)
 */
VixError vim_login_begin(struct vim_session *s);

/** vim_login_end() - log out of what is ours; for the last owner, and before the next login */
void vim_login_end(struct vim_session *s);

/**
 * vim_login_offer() - take the cookie that a server has given before the login, if it has
 * @r: its cookie is taken
 *
 * The login is sent with it, and if that is answered without another one it is the session's.
 * Errors: OUT_OF_MEMORY
 */
VixError vim_login_offer(struct vim_session *s, struct vim_reply *r);

/**
 * vim_login_send() - vim_soap_send(), for calls that begin a session
 * @r_out: vim_reply_free(), also when it fails
 *
 * Of an answer that could not be read the cookie is taken: what may have begun ends with ours.
 */
VixError vim_login_send(struct vim_session *s, const struct vim_call *call,
			struct vim_reply *r_out);

/**
 * vim_login_accept() - what the server has answered to a login
 * @doing: "the login of root"
 * @r:     its cookie is taken
 *
 * Errors: as vim_login_begin()
 */
VixError vim_login_accept(struct vim_session *s, const char *doing, struct vim_reply *r);

/** vim_login_by_session() - a part of vim_login_begin(): with a cookie that a client has lent us */
VixError vim_login_by_session(struct vim_session *s);

/** vim_login_by_sspi() - a part of vim_login_begin(): with what Kerberos knows of us */
VixError vim_login_by_sspi(struct vim_session *s);

/**
 * vim_content_load() - ask the server what it is: fills version, about and content
 *
 * Errors: NET_HTTP_TRANSFER  it is neither a vCenter nor an ESXi host (logged); those of
 *         vim_soap_send()
 */
VixError vim_content_load(struct vim_session *s);

/**
 * vim_keeper_stop() - have the thread end, if there is one; for the last owner
 *
 * Return: false: it waits for an answer, that does not come soon; vim_keeper_join() would wait, too.
 */
bool vim_keeper_stop(struct vim_session *s);

/** vim_keeper_join() - wait for its end, and that of its request */
void vim_keeper_join(struct vim_session *s);

#endif
