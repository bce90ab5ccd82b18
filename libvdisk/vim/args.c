/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments of methods as XML; see session.h.
 *
 * 1. Whatever a text has in it, it stays the text of its element.
 */
#include "config.h"

#include "session.h"

#include <inttypes.h>
#include <string.h>

/* The entity of a character that can't stand for itself; NULL: it can. */
static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	default:
		return NULL;
	}
}

static void escape(struct vu_strbuf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		const char *e = entity(*s);

		if (e != NULL)
			vu_strbuf_puts(b, e);
		else if ((unsigned char)*s < ' ')
			vu_strbuf_printf(b, "&#%d;", *s);
		else
			vu_strbuf_putc(b, *s);
	}
}

void vim_arg_text(struct vu_strbuf *b, const char *name, const char *value)
{
	vu_strbuf_printf(b, "<%s>", name);
	escape(b, value);
	vu_strbuf_printf(b, "</%s>", name);
}

void vim_arg_uint(struct vu_strbuf *b, const char *name, uint64_t value)
{
	vu_strbuf_printf(b, "<%s>%" PRIu64 "</%s>", name, value, name);
}

void vim_arg_bool(struct vu_strbuf *b, const char *name, bool value)
{
	vu_strbuf_printf(b, "<%s>%s</%s>", name, value ? "true" : "false", name);
}

void vim_arg_ref(struct vu_strbuf *b, const char *name, struct vim_ref ref)
{
	vu_strbuf_printf(b, "<%s type=\"", name);
	escape(b, ref.type);
	vu_strbuf_puts(b, "\">");
	escape(b, ref.value);
	vu_strbuf_printf(b, "</%s>", name);
}
