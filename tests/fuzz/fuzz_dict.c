/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as a dictionary: what was read can be found, and printed and read again it is the same.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "dict.h"
#include "strbuf.h"

static char *print(const struct vu_dict *d)
{
	struct vu_strbuf text = { 0 };

	VU_ARRAY_FOREACH(&d->entries, it)
		vu_strbuf_printf(&text, "%s = \"%s\"\n", it->key, it->value);
	return vu_strbuf_take(&text);
}

static void check_same(const struct vu_dict *a, const struct vu_dict *b)
{
	FUZZ_CHECK(a->entries.n == b->entries.n);
	for (size_t i = 0; i < a->entries.n; i++) {
		FUZZ_CHECK(strcmp(a->entries.v[i].key, b->entries.v[i].key) == 0);
		FUZZ_CHECK(strcmp(a->entries.v[i].value, b->entries.v[i].value) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vu_dict first = { 0 }, second = { 0 };
	size_t bad_line;
	char *text;

	FUZZ_CHECK(vu_dict_parse(&first, (const char *)data, size, &bad_line) == 0);
	FUZZ_CHECK(first.entries.n <= VU_DICT_MAX);
	FUZZ_CHECK(bad_line <= size);
	VU_ARRAY_FOREACH(&first.entries, it)
		FUZZ_CHECK(vu_dict_get(&first, it->key) == it->value);

	text = print(&first);
	FUZZ_CHECK(vu_dict_parse(&second, text, strlen(text), &bad_line) == 0);
	FUZZ_CHECK(bad_line == 0);
	check_same(&first, &second);
	free(text);
	vu_dict_free(&first);
	vu_dict_free(&second);
	return 0;
}
