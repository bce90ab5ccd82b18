/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that answers SOAP requests without a network: fakevim.c stands in for libvdisk/vim/http.c
 * where a test links it.
 *
 * 1. Sessions are cookies, as of the real thing; methods but those that need none want one of them.
 * 2. What it is asked is counted by method.  Any threads may ask.
 */
#ifndef FAKEVIM_H
#define FAKEVIM_H

#include <stdbool.h>
#include <stddef.h>

#include "vixDiskLib.h"

#define FAKEVIM_USER     "root & sons"
#define FAKEVIM_PASSWORD "pa$$ <\"word\">"

struct fakevim {
	/* what a test sets */
	const char *password; /* that is right */
	const char *versions; /* reply to vimServiceVersions.xml; NULL: 404 */
	const char *content;  /* RetrieveServiceContent's returnval; NULL: a vCenter's */
	const char *garble;   /* the method whose reply is the three below */
	unsigned garble_status;
	const char *garble_type, *garble_body;
	size_t garble_len;      /* 0: of the text */
	unsigned garble_times;  /* as often; 0: always */
	bool garble_begins;     /* there is a session behind it */
	const char *fault;      /* of every other method: "NoPermission" */
	VixError fails;         /* every request, as if there were no server */
	bool no_cookies;        /* logins give none: theirs is the one that they came with */
	bool early_cookies;     /* RetrieveServiceContent gives one */
	bool no_clones;         /* as ESXi */
	bool wants_quotes;      /* around the value of a cookie */
	bool missing_not_fault; /* properties are told to be missing to who is not logged in */
	bool never_satisfied;   /* nobody is logged in, ever */
	unsigned challenges;    /* of LoginBySSPI, before it accepts */
	unsigned pages;         /* of RetrievePropertiesEx's reply, an object each */
	bool endless;           /* there is always another page */
	unsigned login_ms;      /* that a login takes */
	const char *hangs;      /* the method that is not answered until the request is cancelled */
	/* what it has seen */
	unsigned sessions; /* there are now */
	unsigned https;    /* vim_http that there are now */
	unsigned hanging;  /* requests that are */
	unsigned limit_ms; /* of the last request */
	char last_body[8192], last_headers[512], login_cookie[64], sspi_token[64];
};

extern struct fakevim fakevim;

/* Of tests in which memory runs short, but not for the server: are called around what it does. */
__attribute__((weak)) void fakevim_enter(void);
__attribute__((weak)) void fakevim_leave(void);

/** fakevim_reset() - as at the start, and nothing is counted */
void fakevim_reset(void);

/** fakevim_calls() - how often a method was called */
unsigned fakevim_calls(const char *method);

/** fakevim_expire() - all sessions are forgotten */
void fakevim_expire(void);

/** fakevim_login() - a session that somebody else has.  Return: the value of its cookie, static. */
const char *fakevim_login(void);

#endif
