/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of the tools.
 */
#include "config.h"

#include "message.h"

#include <jansson.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "../common/alloc.h"
#include "../common/cleanup.h"
#include "../common/log.h"
#include "json.h"

static struct {
	const char *prog;
	bool quiet, json;
	int verbose;
	bool progress_shown;
	int redirect;         /* where messages go as JSON lines; -1: stderr */
	pthread_mutex_t lock; /* guards said: the libraries speak from any thread */
	char *said;
	int (*exit_status)(enum vdt_exit code); /* NULL: the code itself */
} state = { .prog = "vdisk", .redirect = -1, .lock = PTHREAD_MUTEX_INITIALIZER };

void vdt_message_init(const char *prog)
{
	state.prog = prog;
}

const char *vdt_message_prog(void)
{
	return state.prog;
}

void vdt_message_set(bool quiet, int verbose)
{
	state.quiet = quiet;
	state.verbose = verbose;
}

bool vdt_message_is_quiet(void)
{
	return state.quiet;
}

bool vdt_message_is_verbose(void)
{
	return state.verbose > 0;
}

void vdt_message_map_exit(int (*fn)(enum vdt_exit code))
{
	state.exit_status = fn;
}

int vdt_message_exit_status(enum vdt_exit code)
{
	return state.exit_status != NULL ? state.exit_status(code) : (int)code;
}

void vdt_message_set_json(bool json)
{
	state.json = json;
}

bool vdt_message_is_json(void)
{
	return state.json;
}

/* What a message is; sent along when it goes to another process. */
enum kind { ERROR, HINT, NOTE };

static void print_json_error(enum vdt_exit code, const char *text)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:i, s:o}", "schema", "vdisk/1", "type", "error",
			      "code", vdt_exit_name(code), "exit", vdt_message_exit_status(code),
			      "message", vdt_json_text(text));
	VU_AUTO(free) char *line = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	fprintf(stderr, "%s\n", line != NULL ? line : "{\"type\":\"error\"}");
	json_decref(o);
}

static void print_message(enum kind kind, enum vdt_exit code, const char *text)
{
	vdt_progress(NULL);
	if (kind == ERROR && state.json)
		print_json_error(code, text);
	else if (kind == ERROR)
		fprintf(stderr, "%s: %s\n", state.prog, text);
	else if (kind == HINT && !state.json)
		fprintf(stderr, "  %s\n", text);
	else if (kind == NOTE && !state.json && !state.quiet)
		fprintf(stderr, "%s: %s\n", state.prog, text);
}

static void send_message(enum kind kind, enum vdt_exit code, const char *text)
{
	json_t *o = json_pack("{s:i, s:i, s:o}", "kind", (int)kind, "exit", (int)code, "text",
			      vdt_json_text(text));
	char *line = json_dumps(o, JSON_COMPACT);

	if (line != NULL)
		dprintf(state.redirect, "%s\n", line);
	free(line);
	json_decref(o);
}

static void message(enum kind kind, enum vdt_exit code, const char *fmt, va_list ap)
{
	VU_AUTO(free) char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	if (state.redirect >= 0)
		send_message(kind, code, text != NULL ? text : "out of memory");
	else
		print_message(kind, code, text != NULL ? text : "out of memory");
}

void vdt_error(enum vdt_exit code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(ERROR, code, fmt, ap);
	va_end(ap);
}

void vdt_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(HINT, VDT_OK, fmt, ap);
	va_end(ap);
}

void vdt_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(NOTE, VDT_OK, fmt, ap);
	va_end(ap);
}

void vdt_message_redirect(int fd)
{
	state.redirect = fd;
}

bool vdt_message_replay(const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	int kind, code;
	const char *text;
	bool ok = json_unpack(o, "{s:i, s:i, s:s}", "kind", &kind, "exit", &code, "text", &text) ==
		  0;

	if (ok)
		print_message((enum kind)kind, (enum vdt_exit)code, text);
	json_decref(o);
	return ok;
}

static bool wants_progress(void)
{
	return !state.quiet && !state.json && isatty(STDERR_FILENO);
}

void vdt_progress(const char *fmt, ...)
{
	va_list ap;

	if (fmt == NULL && !state.progress_shown)
		return;
	if (!wants_progress())
		return;
	fputs("\r\033[K", stderr);
	state.progress_shown = fmt != NULL;
	if (fmt == NULL)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
}

/* One prepared line, without its newline. */
static char *line_of(const char *fmt, va_list args)
{
	char *text;
	size_t n;

	if (vasprintf(&text, fmt, args) < 0)
		return NULL;
	n = strlen(text);
	if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return text;
}

void vdt_lib_log(const char *fmt, va_list args)
{
	VU_AUTO(free) char *text = state.verbose > 0 ? line_of(fmt, args) : NULL;

	if (text != NULL)
		vdt_note("%s", text);
}

void vdt_lib_warn(const char *fmt, va_list args)
{
	char *text = line_of(fmt, args);
	char *before;

	{
		VU_LOCK(&state.lock);
		before = state.said;
		state.said = text;
	}
	if (before != NULL)
		vdt_note("%s", before);
	free(before);
}

void vdt_lib_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdt_lib_warn(fmt, ap);
	va_end(ap);
}

char *vdt_lib_take(void)
{
	VU_LOCK(&state.lock);
	return VU_STEAL(state.said);
}

void vdt_lib_flush(void)
{
	VU_AUTO(free) char *text = vdt_lib_take();

	if (text != NULL)
		vdt_note("%s", text);
}
