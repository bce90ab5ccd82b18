/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * As whom, and how, servers are connected to.
 *
 *	struct vdt_login login = VDT_LOGIN;              VDT_OPTIONS_LOGIN(&login) in the table
 *	code = vdt_login_connect(&login, &src, &conn);
 *	vdt_login_end(&login);
 *
 * 1. A secret is looked for when it is first needed, and once: a descriptor can't be read again.
 * 2. A process that is forked in between has it, too; each of the two forgets it by itself.
 */
#ifndef VDT_LOGIN_H
#define VDT_LOGIN_H

#include <stdbool.h>

#include "exitcode.h"
#include "secret.h"
#include "source.h"

struct vdt_login {
	const char *user, *thumbprint, *transport, *cookie_file;
	char *ca_file; /* absolute; owned */
	struct vdt_secret_options password;
	char *secret; /* password or cookie, once it was looked for; owned */
	char *whose;  /* of whom it is; NULL: for everybody; owned */
};

#define VDT_LOGIN                       \
	{                               \
		.password = {.fd = -1 } \
	}

/* The options of verbs that reach servers: elements of a struct vdt_option array. */
#define VDT_OPTIONS_LOGIN(l)                                                                    \
	{ "user", 0, VDT_OPT_TEXT, &(l)->user, NULL, NULL },                                    \
		{ "password-file", 0, VDT_OPT_TEXT, &(l)->password.file, NULL, NULL },          \
		{ "password-fd", 0, VDT_OPT_FD, &(l)->password.fd, NULL, NULL },                \
		{ "insecure-file", 0, VDT_OPT_FLAG, &(l)->password.insecure_file, NULL, NULL }, \
		{ "cookie-file", 0, VDT_OPT_TEXT, &(l)->cookie_file, NULL, NULL },              \
		{ "thumbprint", 0, VDT_OPT_TEXT, &(l)->thumbprint, NULL, NULL },                \
		{ "ca-file", 0, VDT_OPT_TAKE, (l), vdt_take_ca_file, "a file" },                \
	{                                                                                       \
		"transport", 0, VDT_OPT_TEXT, &(l)->transport, NULL, NULL                       \
	}

/* Their help. */
#define VDT_LOGIN_HELP                                                                  \
	"\n"                                                                            \
	"For disks of servers, vsphere://[USER@]HOST[:PORT]/moref=ID[?disk=NAME]:\n"    \
	"      --user=USER        as whom\n"                                            \
	"      --password-file=FILE, --password-fd=N, --cookie-file=FILE\n"             \
	"                         where the password, or the cookie of a session, is\n" \
	"      --insecure-file    others may read that file\n"                          \
	"      --thumbprint=HEX   of the server's certificate, SHA-1 or SHA-256\n"      \
	"      --ca-file=FILE     certificates of who may vouch for the server\n"       \
	"      --transport=MODES  such as hotadd:https, the first that works\n"

/** vdt_take_ca_file() - for VDT_OPTIONS_LOGIN */
bool vdt_take_ca_file(const char *path, void *login);

/**
 * vdt_login_learn() - look for the secret that a server will ask for
 * @src: of a server
 *
 * Return: VDT_OK, or why not, which has been said
 */
enum vdt_exit vdt_login_learn(struct vdt_login *l, const struct vdt_source *src);

/**
 * vdt_login_params() - and tell the library; VixDiskLib_FreeConnectParams()
 * @p_out: filled; its strings are those of @l and @src
 */
enum vdt_exit vdt_login_params(struct vdt_login *l, const struct vdt_source *src,
			       VixDiskLibConnectParams **p_out);

/** vdt_login_cause() - @err of a connect, for vdt_report(): a server that is not who it has to be is
 * no server that is away */
VixError vdt_login_cause(VixError err);

/** vdt_login_connect() - and connect; VixDiskLib_Disconnect() */
enum vdt_exit vdt_login_connect(struct vdt_login *l, const struct vdt_source *src,
				VixDiskLibConnection *conn_out);

/** vdt_login_forget() - wipe the secret; it can be looked for again */
void vdt_login_forget(struct vdt_login *l);

/** vdt_login_end() - wipe and free; all but the options is gone */
void vdt_login_end(struct vdt_login *l);

/**
 * vdt_login_init_library() - VixDiskLib_InitEx(), with what of @l is configuration
 * @l: NULL: nothing
 */
VixError vdt_login_init_library(const struct vdt_login *l);

#endif
