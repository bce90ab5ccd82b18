/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing single values of a descriptor's text; see descriptor-write.h.
 */
#include "config.h"

#include "descriptor-write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/ascii.h"
#include "../common/cleanup.h"
#include "../common/dict.h"
#include "../common/strbuf.h"

#define DDB    "ddb."
#define BLANKS " \t"

/* A run of bytes of the text. */
struct part {
	size_t at, len;
};

struct place {
	struct part value;    /* with its quotes */
	bool is_known;        /* the key is there */
	bool is_quoted;       /* its value is */
	size_t after_last;    /* behind the last line of the data base, or of all */
	bool after_is_of_ddb; /* there is a line of the data base */
	bool has_crlf;        /* lines end so */
};

static bool is_key(const char *line, size_t len, const char *key, bool *is_ddb_out)
{
	VU_AUTO(free) char *found = NULL;
	VU_AUTO(free) char *value = NULL;

	*is_ddb_out = false;
	if (vu_dict_parse_line(line, len, &found, &value) != 1)
		return false;
	*is_ddb_out = vu_ascii_ncasecmp(found, DDB, strlen(DDB)) == 0;
	return vu_ascii_casecmp(found, key) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The value of a line that has one, at the byte @at of the text. */
static struct part find_value(const char *line, size_t len, size_t at, bool *is_quoted_out)
{
	size_t begin = (size_t)((const char *)memchr(line, '=', len) - line) + 1;

	while (len > begin && is_blank(line[len - 1]))
		len--;
	while (begin < len && is_blank(line[begin]))
		begin++;
	*is_quoted_out = begin < len && line[begin] == '"';
	if (*is_quoted_out)
		len = (size_t)((const char *)memrchr(line, '"', len) - line) + 1;
	return (struct part){ at + begin, len - begin };
}

static void look_at_line(const char *text, struct part line, const char *key, struct place *p)
{
	const char *s = text + line.at;
	bool is_ddb;

	if (line.len != 0 && s[line.len - 1] == '\r')
		p->has_crlf = true;
	if (is_key(s, line.len, key, &is_ddb)) {
		p->is_known = true;
		p->value = find_value(s, line.len, line.at, &p->is_quoted);
	}
	if (!is_ddb && p->after_is_of_ddb)
		return;
	p->after_last = line.at + line.len;
	p->after_is_of_ddb = is_ddb;
}

static struct place find_place(const struct vd_text *text, const char *key)
{
	struct place p = { 0 };

	for (size_t at = 0; at < text->len;) {
		const char *nl = memchr(text->bytes + at, '\n', text->len - at);
		size_t end = nl != NULL ? (size_t)(nl - text->bytes) : text->len;

		look_at_line(text->bytes, (struct part){ at, end - at }, key, &p);
		at = end + 1;
	}
	return p;
}

/* Puts @b, which is used up, where @old was. */
static VixError splice(struct vd_text *text, struct part old, struct vu_strbuf *b)
{
	size_t len = b->len;
	VU_AUTO(free) char *with = vu_strbuf_take(b);
	VU_AUTO(free) char *bytes = with != NULL ? malloc(text->len - old.len + len + 1) : NULL;
	size_t rest = text->len - old.at - old.len;

	if (bytes == NULL)
		return VIX_E_OUT_OF_MEMORY;
	memcpy(bytes, text->bytes, old.at);
	memcpy(bytes + old.at, with, len);
	memcpy(bytes + old.at + len, text->bytes + old.at + old.len, rest);
	text->len = old.at + len + rest;
	bytes[text->len] = '\0';
	free(text->bytes);
	text->bytes = VU_STEAL(bytes);
	return VIX_OK;
}

VixError vd_descriptor_put(struct vd_text *text, size_t at, size_t len, const char *with)
{
	struct vu_strbuf b = { 0 };

	vu_strbuf_puts(&b, with);
	return splice(text, (struct part){ at, len }, &b);
}

/* Blanks around it would be taken for those of the line. */
static bool needs_quotes(const char *value)
{
	size_t len = strlen(value);

	return len != 0 && (is_blank(value[0]) || is_blank(value[len - 1]));
}

VixError vd_descriptor_set(struct vd_text *text, const char *key, const char *value)
{
	struct place p = find_place(text, key);
	struct part old = { p.after_last, 0 };
	struct vu_strbuf b = { 0 };

	if (p.is_known) {
		old = p.value;
		vu_strbuf_printf(&b, p.is_quoted || needs_quotes(value) ? "\"%s\"" : "%s", value);
		return splice(text, old, &b);
	}
	/* Before the newline of the last line, if it has one: the new line gets that. */
	if (old.at != 0 && text->bytes[old.at - 1] == '\r')
		old.at--;
	vu_strbuf_printf(&b, "%s%s = \"%s\"", p.has_crlf ? "\r\n" : "\n", key, value);
	return splice(text, old, &b);
}

/* Extents. */

/* The number is the second word of the line. */
static struct part find_sectors(const struct vd_text *text, const struct vd_extent_line *line)
{
	size_t at = line->file_at, len = 0;

	while (at > 0 && text->bytes[at - 1] != '\n')
		at--;
	at += strspn(text->bytes + at, BLANKS);
	at += strcspn(text->bytes + at, BLANKS);
	at += strspn(text->bytes + at, BLANKS);
	while (text->bytes[at + len] >= '0' && text->bytes[at + len] <= '9')
		len++;
	return (struct part){ at, len };
}

VixError vd_descriptor_set_sectors(struct vd_text *text, const struct vd_extent_line *line,
				   uint64_t sectors)
{
	struct vu_strbuf b = { 0 };

	vu_strbuf_printf(&b, "%" PRIu64, sectors);
	return splice(text, find_sectors(text, line), &b);
}

VixError vd_descriptor_add_lines(struct vd_text *text, const struct vd_extent_line *line,
				 const char *lines)
{
	size_t at = line->file_at + strcspn(text->bytes + line->file_at, "\r\n");
	const char *eol = text->bytes[at] == '\r' ? "\r\n" : "\n";
	struct vu_strbuf b = { 0 };

	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		vu_strbuf_puts(&b, eol);
		vu_strbuf_add(&b, lines, len);
		lines += len + (lines[len] == '\n');
	}
	return splice(text, (struct part){ at, 0 }, &b);
}

bool vd_descriptor_may_set(const char *key, const char *value)
{
	return key[0] != '\0' && key[0] != '#' && strpbrk(key, " \t\r\n\"=") == NULL &&
	       strpbrk(value, "\r\n\"") == NULL;
}

VixError vd_descriptor_set_cid(struct vd_text *text, uint32_t old_cid, const char *long_id,
			       uint32_t cid)
{
	char old_hex[9], hex[9];
	size_t len = long_id != NULL ? strlen(long_id) : 0;

	snprintf(old_hex, sizeof(old_hex), "%08" PRIx32, old_cid);
	snprintf(hex, sizeof(hex), "%08" PRIx32, cid);
	if (len > 8 && vu_ascii_casecmp(long_id + len - 8, old_hex) == 0) {
		VU_AUTO(free) char *id = strdup(long_id);

		if (id == NULL)
			return VIX_E_OUT_OF_MEMORY;
		memcpy(id + len - 8, hex, 8);
		VD_TRY(vd_descriptor_set(text, DDB "longContentID", id));
	}
	return vd_descriptor_set(text, "CID", hex);
}
