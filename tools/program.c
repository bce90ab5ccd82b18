/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command with verbs; see program.h.
 */
#include "config.h"

#include "program.h"

#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "message.h"
#include "secret.h"
#include "streams.h"

static const struct vdt_program *running;

static const struct vdt_verb *find_verb(const char *name)
{
	for (const struct vdt_verb *v = running->verbs; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

enum vdt_exit vdt_help(const char *verb)
{
	fputs(find_verb(verb)->help, stdout);
	return vdt_streams_end(VDT_OK);
}

enum vdt_exit vdt_usage(const char *verb, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vdt_error(VDT_USAGE, "%s", text);
	vdt_hint("`%s%s%s --help` explains", running->name, verb != NULL ? " " : "",
		 verb != NULL ? verb : "");
	return VDT_USAGE;
}

static enum vdt_exit take_verb(int argc, char **argv)
{
	const struct vdt_verb *v;

	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		fputs(running->overview, stdout);
		return VDT_OK;
	}
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", running->name, PACKAGE_VERSION);
		return VDT_OK;
	}
	v = find_verb(argv[1]);
	if (v == NULL)
		return vdt_usage(NULL, "%s: there is no such verb", vu_log_quote(argv[1]));
	return v->run(argc - 1, argv + 1);
}

int vdt_program_run(const struct vdt_program *program, int argc, char **argv)
{
	enum vdt_exit code;

	running = program;
	vdt_streams_begin();
	setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_DFL);
	vdt_message_init(program->name);
	if (argc < 2) {
		fputs(program->overview, stderr);
		return VDT_USAGE;
	}
	vdt_secret_hide();
	code = take_verb(argc, argv);
	vdt_secret_forget();
	return vdt_streams_end(code);
}
