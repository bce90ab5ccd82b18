/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line per message, to the client's handlers; see log.h.
 *
 * 1. A message is formatted into one bounded line before the lock is taken: arguments never run
 *    under it, and control characters that slipped in become blanks.
 * 2. The lock is recursive and `delivering` is only seen by its holder: what a handler logs while
 *    it runs, directly or through the library, is dropped, so a handler cannot feed itself.
 * 3. errno is what it was.
 */
#include "config.h"

#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define LINE_MAX_BYTES 4096 /* of a message, with the newline and the NUL */
#define CUT_MARK       "..."
#define QUOTE_MAX      200 /* bytes quoted of one string */
#define QUOTE_BUFFERS  8
#define QUOTE_WIDTH    4 /* bytes that one byte may become: \xNN */

static pthread_mutex_t sink_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct vu_log_handlers sink; /* under sink_lock */
static bool delivering;             /* under sink_lock: a handler runs */

static atomic_int least_level = VU_LOG_INFO;

static _Thread_local unsigned hushed;   /* vu_log_hush() less vu_log_unhush() */
static _Thread_local const char *about; /* vu_log_about() */
static _Thread_local char *caught;      /* vu_log_catch(); NULL: nobody does */
static _Thread_local size_t caught_size;

static pthread_once_t debug_once = PTHREAD_ONCE_INIT;
static char debug_areas[256]; /* set once, then constant */

void vu_log_set_handlers(const struct vu_log_handlers *h)
{
	VU_LOCK(&sink_lock);

	sink = h != NULL ? *h : (struct vu_log_handlers){ 0 };
}

void vu_log_set_level(enum vu_log_level level)
{
	atomic_store(&least_level, level);
}

static void read_debug_areas(void)
{
	const char *areas = secure_getenv("VDISK_DEBUG");

	if (areas != NULL)
		snprintf(debug_areas, sizeof(debug_areas), "%s", areas);
}

void vu_log_hush(void)
{
	hushed++;
}

void vu_log_unhush(void)
{
	hushed--;
}

void vu_log_catch(char *into, size_t size)
{
	caught = into;
	caught_size = size;
	if (into != NULL)
		into[0] = '\0';
}

const char *vu_log_about(const char *disk)
{
	const char *before = about;

	about = disk;
	return before;
}

static bool token_is(const char *token, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(token, word, len) == 0;
}

/* Does VDISK_DEBUG name @area? */
static bool is_debugged(const char *area)
{
	pthread_once(&debug_once, read_debug_areas);
	for (const char *p = debug_areas; *p != '\0'; p += strspn(p, ",")) {
		size_t len = strcspn(p, ",");

		if (token_is(p, len, area) || token_is(p, len, "all"))
			return true;
		p += len;
	}
	return false;
}

static bool is_wanted(enum vu_log_level level, const char *area)
{
	if (level == VU_LOG_DBG)
		return is_debugged(area);
	if (level == VU_LOG_ERR && hushed != 0)
		return false;
	return (int)level <= atomic_load(&least_level);
}

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The end of a text that was too long for @room bytes: a mark, behind a whole character. */
static size_t mark_cut(char *line, size_t room)
{
	size_t end = room - strlen(CUT_MARK) - 1;

	while (end > 0 && is_continuation((unsigned char)line[end]))
		end--;
	memcpy(line + end, CUT_MARK, strlen(CUT_MARK) + 1);
	return end + strlen(CUT_MARK);
}

/* Names the disk behind a text of @len bytes where that does not; the new length, as snprintf(). */
static size_t name_disk(char *line, size_t len, size_t room)
{
	const char *disk = vu_log_quote(about);

	if (about == NULL || len >= room || strstr(line, disk) != NULL)
		return len;
	return len + (size_t)snprintf(line + len, room - len, " (disk %s)", disk);
}

/* One line with its newline; @line has LINE_MAX_BYTES. */
__attribute__((format(printf, 4, 0))) static void
format_line(char *line, enum vu_log_level level, const char *area, const char *fmt, va_list ap)
{
	const size_t room = LINE_MAX_BYTES - 1; /* the newline's place */
	size_t used = 0, len;
	int n;

	if (level == VU_LOG_DBG)
		used = (size_t)snprintf(line, room / 2, "%.64s: ", area);
	n = vsnprintf(line + used, room - used, fmt, ap);
	len = used + (n > 0 ? (size_t)n : 0);
	if (level <= VU_LOG_WARN)
		len = name_disk(line, len, room);
	if (len >= room)
		len = mark_cut(line, room);
	for (size_t i = 0; i < len; i++)
		if (is_control((unsigned char)line[i]))
			line[i] = ' ';
	memcpy(line + len, "\n", 2);
}

/* A va_list for the handler. */
__attribute__((format(printf, 2, 3))) static void call_handler(vu_log_handler_fn *handler,
							       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	handler(fmt, ap);
	va_end(ap);
}

/* The first line counts: those behind it say what followed from it. */
static void keep(const char *line)
{
	if (caught[0] == '\0')
		snprintf(caught, caught_size, "%.*s", (int)strcspn(line, "\n"), line);
}

static void deliver(enum vu_log_level level, const char *line)
{
	VU_LOCK(&sink_lock);
	vu_log_handler_fn *handler = level <= VU_LOG_WARN ? sink.warn : sink.log;

	if (handler == NULL || delivering)
		return;
	delivering = true;
	call_handler(handler, "%s", line);
	delivering = false;
}

void vu_log_msg(enum vu_log_level level, const char *area, const char *fmt, ...)
{
	int saved_errno = errno;
	char line[LINE_MAX_BYTES];
	va_list ap;

	if (!is_wanted(level, area))
		return;
	va_start(ap, fmt);
	format_line(line, level, area, fmt, ap);
	va_end(ap);
	if (caught != NULL && level <= VU_LOG_WARN)
		keep(line);
	else
		deliver(level, line);
	errno = saved_errno;
}

/* Bytes of the UTF-8 sequence that @lead begins and the least code point it may carry. */
static size_t utf8_shape(unsigned char lead, unsigned *bits, unsigned *least)
{
	static const struct {
		unsigned char mask, mark;
		unsigned least;
	} shapes[] = { { 0x80, 0x00, 0 },
		       { 0xe0, 0xc0, 0x80 },
		       { 0xf0, 0xe0, 0x800 },
		       { 0xf8, 0xf0, 0x10000 } };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if ((lead & shapes[i].mask) == shapes[i].mark) {
			*bits = lead & (unsigned char)~shapes[i].mask;
			*least = shapes[i].least;
			return i + 1;
		}
	}
	return 0;
}

/* Bytes of the printable character at @s; 0 when it is a control or no valid UTF-8. */
static size_t printable_len(const unsigned char *s)
{
	unsigned code, least;
	size_t len = utf8_shape(s[0], &code, &least);

	for (size_t i = 1; i < len; i++) {
		if (!is_continuation(s[i]))
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (len == 0 || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ? 0 : len;
}

const char *vu_log_quote(const char *s)
{
	static _Thread_local char buffers[QUOTE_BUFFERS]
					 [QUOTE_MAX * QUOTE_WIDTH + sizeof(CUT_MARK)];
	static _Thread_local unsigned next;
	char *text = buffers[next++ % QUOTE_BUFFERS], *out = text;
	const unsigned char *in = (const unsigned char *)(s != NULL ? s : "(null)");
	const unsigned char *end = in + QUOTE_MAX;

	while (*in != '\0') {
		size_t len = printable_len(in);

		if (in + (len != 0 ? len : 1) > end) {
			memcpy(out, CUT_MARK, strlen(CUT_MARK));
			out += strlen(CUT_MARK);
			break;
		}
		if (len == 0)
			out += sprintf(out, "\\x%02x", *in++);
		for (; len > 0; len--)
			*out++ = (char)*in++;
	}
	*out = '\0';
	return text;
}
