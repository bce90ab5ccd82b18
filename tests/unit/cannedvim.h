/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session that answers as it was told: cannedvim.c stands in for libvdisk/vim/session.c where a test
 * links it.
 *
 *	static const struct canned script[] = {
 *		{ "FindByInventoryPath", "F/DC", CANNED_REF("Datacenter", "datacenter-2"), NULL },
 *		{ 0 }
 *	};
 *	struct vim_session *s = canned_start(script, true);
 */
#ifndef CANNEDVIM_H
#define CANNEDVIM_H

#include "../../libvdisk/vim/session.h"

/* A reply, of which @reply is inside of the method's response; it may be given again and again. */
struct canned {
	const char *method; /* NULL ends a script */
	const char *about;  /* has to be in the arguments; NULL: whatever they are */
	const char *reply;
	const char *fault; /* instead */
};

/* What replies are made of. */
#define CANNED_REF(type, value) "<returnval type=\"" type "\">" value "</returnval>"
#define CANNED_OBJECT(type, value, props) \
	"<objects><obj type=\"" type "\">" value "</obj>" props "</objects>"
#define CANNED_TEXT(path, value) \
	"<propSet><name>" path "</name><val xsi:type=\"xsd:string\">" value "</val></propSet>"
#define CANNED_POINT(path, type, value)                                                       \
	"<propSet><name>" path "</name><val xsi:type=\"ManagedObjectReference\" type=\"" type \
	"\">" value "</val></propSet>"
#define CANNED_ARRAY(path, type, values)                                                     \
	"<propSet><name>" path "</name><val xsi:type=\"ArrayOf" type "\">" values "</val></" \
	"propSet>"
#define CANNED_PAGE(objects) "<returnval>" objects "</returnval>"

/** canned_start() - a session with these replies; @is_vcenter: else it is an ESXi host's */
struct vim_session *canned_start(const struct canned *script, bool is_vcenter);

/** canned_asked() - everything that was asked since the start: method, arguments, a newline each */
const char *canned_asked(void);

/* What a session was opened with, as long as it is open; and who has it. */
struct canned_login {
	char host[64], user[64], password[64], cookie[64], thumbprint[128];
	unsigned port;
	enum vim_credentials by;
	bool trusts_anybody;
	int owners;
};

/** canned_login() - of vim_session_open(), which is refused if @host is "nobody" */
const struct canned_login *canned_login(void);

/** canned_content() - what the server has; to be changed by a test */
struct vim_content *canned_content(void);

#endif
