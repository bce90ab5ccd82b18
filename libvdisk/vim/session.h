/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session with a vCenter or an ESXi host: who we are, and calls of its methods.
 *
 * 1. A session that we have begun ends with Logout, whatever happens; one that a client lent us
 *    never does.
 * 2. When the server has forgotten it, one thread logs in again, once, and the others wait for that;
 *    a refused login is never tried again.
 * 3. May be used from any threads.
 * 4. A session that is used is kept alive by that; one that has disks open and is idle asks the
 *    server something now and then, from a thread that is not there before.
 * 5. It belongs to the process that opened it: a child of fork() can only close it, which neither logs
 *    out nor sends anything; all else is HOST_NOT_CONNECTED there.
 * 6. A password is kept for the next login, and wiped once that can't be: on close, and when it was
 *    refused.
 */
#ifndef VIM_SESSION_H
#define VIM_SESSION_H

#include "../../common/strbuf.h"
#include "http.h"
#include "xml.h"

enum vim_credentials { VIM_BY_PASSWORD, VIM_BY_SESSION, VIM_BY_SSPI };

/* How to log in; strings are borrowed for the call. */
struct vim_login {
	struct vim_server server;
	enum vim_credentials by;
	const char *user, *password; /* VIM_BY_PASSWORD */
	const char *cookie, *key; /* VIM_BY_SESSION: with or without its name and quotes; key may be
				      * NULL */
	unsigned keep_ms; /* how long a session with open disks may be idle; 0: 20 minutes */
};

/* A managed object, by name. */
struct vim_ref {
	const char *type;  /* "VirtualMachine" */
	const char *value; /* "vm-57" */
};

/* What the server has, of RetrieveServiceContent; NULL: it has none. */
struct vim_content {
	bool is_vcenter;
	const char *api_version; /* "8.0.1.0" */
	const char *product;     /* "VMware vCenter Server 8.0.1" */
	const char *root_folder, *property_collector, *session_manager, *search_index;
	const char *file_manager, *virtual_disk_manager, *view_manager, *authorization_manager;
	const char *vstorage_object_manager, *vstorage_type; /* the manager's type, too */
};

/* A call of a method. */
struct vim_call {
	const char *method; /* "RetrievePropertiesEx" */
	struct vim_ref of;  /* _this */
	const char *args;   /* the other arguments as XML, from vim_arg_*(), or NULL */
	bool is_internal;   /* of urn:internalvim25 */
	unsigned limit_ms;  /* as of struct vim_request */
};

/* Why a server refused; message and detail are part of the reply. */
struct vim_fault {
	char name[64];       /* "InvalidLogin"; "": the reply was no fault */
	const char *message; /* faultstring, or "" */
	vim_node *detail;    /* the element of the fault, or NULL */
};

struct vim_session;

/**
 * vim_session_open() - reach the server, prove who it is, log in
 * @s_out: filled; vim_session_close()
 *
 * A session that a client has lent us is cloned where the server can do that; the clone is ours.
 * Errors: CANNOT_CONNECT_TO_HOST  it can't be reached, is not who it has to be, or no vCenter or ESXi
 *                                 host (logged: host, port, what was expected and what came)
 *         AUTHENTICATION_FAIL     the login was refused, or the lent session is none
 *         NOT_SUPPORTED           VIM_BY_SSPI without GSSAPI, or with a server that lacks it
 *         INVALID_ARG             no user or password, no cookie, or none that can be sent (logged)
 *         OUT_OF_MEMORY
 * Test:   unit/session.c
 */
VixError vim_session_open(const struct vim_login *login, struct vim_session **s_out);

/** vim_session_share() - one more owner; vim_session_close().  Return: @s. */
struct vim_session *vim_session_share(struct vim_session *s);

/**
 * vim_session_close() - end of one ownership; the last one logs out and frees; NULL is fine
 *
 * Of a session that was lent and could not be cloned, nothing ends.
 */
void vim_session_close(struct vim_session *s);

/**
 * vim_session_hold() - a disk is open: the session does not end for want of use
 *
 * vim_session_unhold() once for each.  A failure to keep it alive is seen by the next call.
 */
void vim_session_hold(struct vim_session *s);

/** vim_session_unhold() - a disk was closed */
void vim_session_unhold(struct vim_session *s);

/** vim_session_http() - its connections, with its cookie */
struct vim_http *vim_session_http(const struct vim_session *s);

/** vim_session_content() - what the server has */
const struct vim_content *vim_session_content(const struct vim_session *s);

/** vim_session_server() - the server as it was named, for another vim_http; valid as long as @s */
const struct vim_server *vim_session_server(const struct vim_session *s);

/** vim_session_generation() - counts logins: read it before a request that may find the session gone */
unsigned vim_session_generation(const struct vim_session *s);

/**
 * vim_session_renew() - the session of @generation is gone: log in again, unless somebody has
 *
 * Errors: AUTHENTICATION_FAIL  refused, now or before; those of vim_http_send()
 */
VixError vim_session_renew(struct vim_session *s, unsigned generation);

/**
 * vim_session_try() - call a method
 * @x_out:     filled: the reply; its "returnval" elements are below vim_xml_root(); vim_xml_free().
 *             Also filled, with VIX_OK, when the server refused:
 * @fault_out: then filled; its name is "" otherwise
 *
 * NotAuthenticated is dealt with, once.
 * Errors: those of vim_http_send() and vim_session_renew(); NET_HTTP_TRANSFER  the reply is no SOAP
 */
VixError vim_session_try(struct vim_session *s, const struct vim_call *call, struct vim_xml **x_out,
			 struct vim_fault *fault_out);

/**
 * vim_session_call() - as vim_session_try(), but a fault is an error: logged, and as vim_fault_code()
 * @x_out: filled on success
 */
VixError vim_session_call(struct vim_session *s, const struct vim_call *call,
			  struct vim_xml **x_out);

/** vim_fault_code() - the code of a fault by its name ("NoPermission"); FAIL for those not known */
VixError vim_fault_code(const char *name);

/** vim_fault_say() - log a fault, naming server and method.  Return: its code. */
VixError vim_fault_say(const struct vim_session *s, const char *method, const struct vim_fault *f);

/** vim_arg_text() - append <name>value</name>, escaped */
void vim_arg_text(struct vu_strbuf *b, const char *name, const char *value);

/** vim_arg_uint() - append <name>value</name> */
void vim_arg_uint(struct vu_strbuf *b, const char *name, uint64_t value);

/** vim_arg_bool() - append <name>true</name> or false */
void vim_arg_bool(struct vu_strbuf *b, const char *name, bool value);

/** vim_arg_ref() - append <name type="…">value</name>, escaped */
void vim_arg_ref(struct vu_strbuf *b, const char *name, struct vim_ref ref);

#endif
