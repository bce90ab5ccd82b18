/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors of the libraries, told; see report.h.
 */
#include "config.h"

#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cleanup.h"
#include "message.h"

/* The libraries say it all in one line, parts separated by "; ": what failed, then details.  Hints
 * are not in JSON: there the line remains one. */
static void tell_sentence(enum vdt_exit code, char *said)
{
	char *detail = vdt_message_is_json() ? NULL : strstr(said, "; ");

	if (detail != NULL)
		*detail = '\0';
	vdt_error(code, "%s", said);
	while (detail != NULL) {
		char *text = detail + 2;

		detail = strstr(text, "; ");
		if (detail != NULL)
			*detail = '\0';
		vdt_hint("%s", text);
	}
}

enum vdt_exit vdt_report(VixError err, const char *fmt, ...)
{
	VU_AUTO(free) char *said = vdt_lib_take();
	VU_AUTO(free) char *what = NULL;
	enum vdt_exit code = vdt_exit_from_vix(err);
	char *text;
	va_list ap;

	if (said != NULL) {
		tell_sentence(code, said);
		return code;
	}
	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	text = VixDiskLib_GetErrorText(err, NULL);
	vdt_error(code, "%s: %s", what != NULL ? what : "failed", text != NULL ? text : "error");
	VixDiskLib_FreeErrorText(text);
	return code;
}
