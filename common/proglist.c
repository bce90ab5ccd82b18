/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists for programs; see proglist.h.
 */
#include "config.h"

#include "proglist.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "bytes.h"

struct list {
	VU_ARRAY(char *) strings;
	bool failed;
	max_align_t elements[];
};

static struct list *list_of(const void *elements)
{
	return (struct list *)((char *)elements - offsetof(struct list, elements));
}

void *vu_proglist_new(size_t n, size_t size)
{
	uint64_t bytes;
	struct list *list;

	if (!vu_mul_fits(n, size, &bytes) ||
	    !vu_add_fits(bytes, offsetof(struct list, elements), &bytes) || bytes > SIZE_MAX)
		return NULL;
	list = calloc(1, (size_t)bytes);
	return list != NULL ? list->elements : NULL;
}

void vu_proglist_free(void *elements)
{
	struct list *list;

	if (elements == NULL)
		return;
	list = list_of(elements);
	VU_ARRAY_FOREACH(&list->strings, s)
		free(*s);
	VU_ARRAY_FREE(&list->strings);
	free(list);
}

char *vu_proglist_text(void *elements, const char *s)
{
	static char empty[1];
	struct list *list = list_of(elements);
	char *text;

	if (s == NULL || s[0] == '\0')
		return empty;
	text = strdup(s);
	if (text != NULL && VU_ARRAY_PUSH(&list->strings, text) == 0)
		return text;
	free(text);
	list->failed = true;
	return empty;
}

VixError vu_proglist_end(const void *elements)
{
	return list_of(elements)->failed ? VIX_E_OUT_OF_MEMORY : VIX_OK;
}
