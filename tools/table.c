/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables on stdout; see table.h.
 */
#include "config.h"

#include "table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../common/alloc.h"
#include "../common/log.h"

void vdt_table_init(struct vdt_table *t, const struct vdt_column *columns)
{
	*t = (struct vdt_table){ .columns = columns };
	while (columns[t->n_columns].heading != NULL)
		t->n_columns++;
	assert(t->n_columns <= VDT_TABLE_COLUMNS_MAX);
}

bool vdt_table_add(struct vdt_table *t, const char *text)
{
	char *copy = strdup(text != NULL && text[0] != '\0' ? vu_log_quote(text) : "-");

	if (copy == NULL ||
	    vu_grow((void **)&t->cells, &t->cap, t->n_cells + 1, sizeof(*t->cells)) < 0) {
		free(copy);
		return false;
	}
	t->cells[t->n_cells++] = copy;
	return true;
}

/* Columns on a terminal; what the locale can't read counts as its bytes. */
static size_t width_of(const char *s)
{
	size_t width = 0, len = strlen(s);
	mbstate_t state = { 0 };

	while (len > 0) {
		wchar_t c;
		size_t n = mbrtowc(&c, s, len, &state);
		int w = n <= len && n > 0 ? wcwidth(c) : -1;

		if (n > len || n == 0)
			return width + len;
		width += w >= 0 ? (size_t)w : 1;
		s += n;
		len -= n;
	}
	return width;
}

static void widen(const struct vdt_table *t, size_t *widths)
{
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t *width = &widths[i % t->n_columns];
		size_t w = width_of(t->cells[i]);

		if (w > *width)
			*width = w;
	}
}

static void print_cell(const struct vdt_table *t, size_t column, const char *text, size_t width)
{
	int pad = (int)(width - width_of(text));

	if (t->columns[column].is_right)
		printf("%*s%s", pad, "", text);
	else if (column + 1 < t->n_columns)
		printf("%s%*s", text, pad, "");
	else
		fputs(text, stdout);
	fputs(column + 1 < t->n_columns ? "  " : "\n", stdout);
}

void vdt_table_print(const struct vdt_table *t, bool with_headings)
{
	size_t widths[VDT_TABLE_COLUMNS_MAX] = { 0 };
	size_t n = t->n_cells - t->n_cells % t->n_columns;

	for (size_t c = 0; c < t->n_columns && with_headings; c++)
		widths[c] = width_of(t->columns[c].heading);
	widen(t, widths);
	for (size_t c = 0; c < t->n_columns && with_headings; c++)
		print_cell(t, c, t->columns[c].heading, widths[c]);
	for (size_t i = 0; i < n; i++)
		print_cell(t, i % t->n_columns, t->cells[i], widths[i % t->n_columns]);
}

void vdt_table_free(struct vdt_table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct vdt_table){ 0 };
}
