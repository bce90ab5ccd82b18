/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ordered key = "value" text; see dict.h.
 *
 * 1. Input is untrusted.  Keys are searched one by one, so their number is bounded.
 */
#include "config.h"

#include "dict.h"

#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "cleanup.h"

struct span {
	const char *s;
	size_t len;
};

static struct span trim(struct span t)
{
	while (t.len > 0 && vu_ascii_is_blank(t.s[0])) {
		t.s++;
		t.len--;
	}
	while (t.len > 0 && (vu_ascii_is_blank(t.s[t.len - 1]) || t.s[t.len - 1] == '\r'))
		t.len--;
	return t;
}

/* A key is one word: an extent line with "=" in its file name is none. */
static bool is_key(struct span key)
{
	for (size_t i = 0; i < key.len; i++)
		if (vu_ascii_is_blank(key.s[i]) || key.s[i] == '"')
			return false;
	return key.len > 0;
}

/* What is between the first and the last quote; false when there is but one. */
static bool unquote(struct span *value)
{
	const char *last;

	if (value->len == 0 || value->s[0] != '"')
		return true;
	last = memrchr(value->s, '"', value->len);
	if (last == value->s)
		return false;
	value->s++;
	value->len = (size_t)(last - value->s);
	return true;
}

static bool copy_pair(struct span key, struct span value, char **key_out, char **value_out)
{
	VU_AUTO(free) char *key_copy = strndup(key.s, key.len);
	VU_AUTO(free) char *value_copy = strndup(value.s, value.len);

	if (key_copy == NULL || value_copy == NULL)
		return false;
	*key_out = VU_STEAL(key_copy);
	*value_out = VU_STEAL(value_copy);
	return true;
}

int vu_dict_parse_line(const char *line, size_t len, char **key_out, char **value_out)
{
	struct span all = trim((struct span){ line, len }), key, value;
	const char *equals;

	*key_out = *value_out = NULL;
	if (all.len == 0 || all.s[0] == '#')
		return 0;
	equals = memchr(all.s, '=', all.len);
	if (equals == NULL || memchr(all.s, '\0', all.len) != NULL)
		return -1;
	key = trim((struct span){ all.s, (size_t)(equals - all.s) });
	value = trim((struct span){ equals + 1, (size_t)(all.s + all.len - equals - 1) });
	if (!is_key(key) || !unquote(&value))
		return -1;
	return copy_pair(key, value, key_out, value_out) ? 1 : -2;
}

/*
 * So that keys which differ only at their ends, as an enemy would choose them, are told apart at
 * once.  Where we are loaded is not known to him.
 */
static uint32_t hash_key(const char *key)
{
	uint32_t h = 2166136261u ^ (uint32_t)((uintptr_t)vu_dict_get >> 12);

	for (const char *p = key; *p != '\0'; p++)
		h = (h ^ (unsigned char)vu_ascii_lower(*p)) * 16777619u;
	return h;
}

static struct vu_dict_entry *find(const struct vu_dict *d, const char *key)
{
	uint32_t hash = hash_key(key);

	VU_ARRAY_FOREACH(&d->entries, it)
		if (it->hash == hash && vu_ascii_casecmp(it->key, key) == 0)
			return it;
	return NULL;
}

const char *vu_dict_get(const struct vu_dict *d, const char *key)
{
	const struct vu_dict_entry *e = find(d, key);

	return e != NULL ? e->value : NULL;
}

/* Adds or replaces; takes both over when it returns 0.  -1 without memory, 1 without room. */
static int put(struct vu_dict *d, char *key, char *value)
{
	struct vu_dict_entry *e = find(d, key);

	if (e == NULL) {
		if (d->entries.n >= VU_DICT_MAX)
			return 1;
		return VU_ARRAY_PUSH(&d->entries,
				     ((struct vu_dict_entry){ key, value, hash_key(key) }));
	}
	free(e->value);
	e->value = value;
	free(key);
	return 0;
}

int vu_dict_set(struct vu_dict *d, const char *key, const char *value)
{
	VU_AUTO(free) char *key_copy = strdup(key);
	VU_AUTO(free) char *value_copy = strdup(value);

	if (key_copy == NULL || value_copy == NULL || put(d, key_copy, value_copy) != 0)
		return -1;
	VU_STEAL(key_copy);
	VU_STEAL(value_copy);
	return 0;
}

/* As vu_dict_parse_line(), and adds the pair; one too many is no pair. */
static int parse_into(struct vu_dict *d, const char *line, size_t len)
{
	VU_AUTO(free) char *key = NULL;
	VU_AUTO(free) char *value = NULL;
	int kind = vu_dict_parse_line(line, len, &key, &value);
	int err;

	if (kind != 1)
		return kind;
	err = put(d, key, value);
	if (err != 0)
		return err < 0 ? -2 : -1;
	VU_STEAL(key);
	VU_STEAL(value);
	return 1;
}

int vu_dict_parse(struct vu_dict *d, const char *text, size_t len, size_t *bad_line_out)
{
	size_t number = 0, bad_line = 0;

	for (size_t at = 0; at < len; at++) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t line_len = newline != NULL ? (size_t)(newline - (text + at)) : len - at;
		int kind = parse_into(d, text + at, line_len);

		number++;
		if (kind == -2)
			return -1;
		if (kind == -1 && bad_line == 0)
			bad_line = number;
		at += line_len;
	}
	if (bad_line_out != NULL)
		*bad_line_out = bad_line;
	return 0;
}

void vu_dict_free(struct vu_dict *d)
{
	VU_ARRAY_FOREACH(&d->entries, it) {
		free(it->key);
		free(it->value);
	}
	VU_ARRAY_FREE(&d->entries);
}
