/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that uses the disk library through its public interface: what its tests share.
 *
 *	int main(void)
 *	{
 *		Suite *s = suite_create("disk");
 *		TCase *tc = client_tcase(s, "open");    (Init before each test, Exit after it)
 *		...
 *		return client_run(s);
 *	}
 */
#ifndef API_CLIENT_H
#define API_CLIENT_H

#include <stdbool.h>

#include "../unit/unit.h"
#include "vixDiskLib.h"

/* What the log functions got in this test. */
struct client_log {
	unsigned infos, warnings, panics;
	char last_info[1024];
	char last_warning[1024];
};
extern struct client_log client_log;

/* The log functions that fill it; each checks that a message is one whole line. */
VixDiskLibGenericLogFunc client_log_info, client_log_warning, client_log_panic;

/* A test case whose tests run between Init and Exit. */
TCase *client_tcase(Suite *s, const char *name);

/* Runs the suite with a directory of its own. */
int client_run(Suite *s);

/* The path of @name in that directory; good until the eighth next call. */
const char *in_dir(const char *name);

/* Makes or replaces a file in that directory. */
void put_file(const char *name, const void *data, size_t len);
void put_text(const char *name, const char *text);

/* Number of directory entries there. */
unsigned count_files(void);

/* Both must succeed. */
VixDiskLibConnection connect_local(void);
VixDiskLibHandle open_disk(VixDiskLibConnection c, const char *name, uint32 flags);

/* ck_assert_err(call, INVALID_ARG) - the result has this code and nothing above it */
#define ck_assert_err(expr, code) ck_assert_uint_eq((expr), VIX_E_##code)
#define ck_assert_ok(expr)        ck_assert_uint_eq((expr), VIX_OK)

/* Where no server is. */
#define NOBODY      "127.0.0.1"
#define NOBODY_PORT 1
#define THUMBPRINT  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"

/* What the library has.  ck_assert_unreached(call) - nobody was there, or servers are not built. */
#ifdef HAVE_VSPHERE
#define TRANSPORTS                "file:hotadd:https"
#define ck_assert_unreached(expr) ck_assert_err(expr, CANNOT_CONNECT_TO_HOST)
#else
#define TRANSPORTS                "file"
#define ck_assert_unreached(expr) ck_assert_err(expr, NOT_SUPPORTED)
#endif

#endif
