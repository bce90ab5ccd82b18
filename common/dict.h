/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ordered key = "value" text, as in VMDK descriptors and configuration files.
 *
 * 1. Keys compare without regard to case; the first spelling is kept.
 * 2. Order of entries is the order of first appearance; setting an existing key keeps its place.
 */
#ifndef VU_DICT_H
#define VU_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "array.h"

#define VU_DICT_MAX 4096 /* entries: they are searched one by one, and may come from an enemy */

struct vu_dict_entry {
	char *key;
	char *value;
	uint32_t hash; /* dict.c's own */
};

struct vu_dict {
	VU_ARRAY(struct vu_dict_entry) entries;
};

/**
 * vu_dict_parse_line() - take one line apart
 * @line:      @len bytes, no newline; trailing CR and blanks are dropped
 * @key_out:   filled: the key, for the caller to free()
 * @value_out: filled: the value without its quotes (between the first and the last one)
 *
 * Blanks around "=" are allowed.  "#" in the first column after blanks makes a comment.  A key
 * with blanks or quotes in it is none, nor is a line with a NUL or a value with a single quote
 * mark at its beginning.
 * Return: 1 for a pair, 0 for a blank line or a comment, -1 when it is neither, -2 without memory.
 */
int vu_dict_parse_line(const char *line, size_t len, char **key_out, char **value_out);

/**
 * vu_dict_parse() - add every pair of a text
 * @bad_line_out: filled with the number of the first line that is no pair (0: none); may be NULL
 *
 * Lines that are no pair are passed over, and so is what comes after VU_DICT_MAX keys.
 * Return: 0, or -1 when memory is short.
 */
int vu_dict_parse(struct vu_dict *d, const char *text, size_t len, size_t *bad_line_out);

/** vu_dict_get() - the value of @key, borrowed; NULL when there is none */
const char *vu_dict_get(const struct vu_dict *d, const char *key);

/**
 * vu_dict_set() - add or replace; copies both
 *
 * Return: 0, or -1 when memory is short or there are VU_DICT_MAX other keys.
 */
int vu_dict_set(struct vu_dict *d, const char *key, const char *value);

/** vu_dict_free() - drop all entries */
void vu_dict_free(struct vu_dict *d);

#endif
