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
#include "../common/ascii.h"
#include "../common/log.h"

void vdt_table_init(struct vdt_table *t, const struct vdt_column *columns)
{
	*t = (struct vdt_table){ .columns = columns };
	while (columns[t->n_columns].heading != NULL)
		t->n_columns++;
	assert(t->n_columns <= VDT_TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < t->n_columns; i++)
		t->shown[t->n_shown++] = i;
}

/* The column of a name; n_columns: there is none. */
static size_t find_column(const struct vdt_table *t, const char *name, size_t len)
{
	size_t i = 0;

	while (i < t->n_columns && (strlen(t->columns[i].heading) != len ||
				    vu_ascii_ncasecmp(t->columns[i].heading, name, len) != 0))
		i++;
	return i;
}

bool vdt_table_show(struct vdt_table *t, const char *names)
{
	for (t->n_shown = 0; t->n_shown < VDT_TABLE_COLUMNS_MAX; names++) {
		size_t len = strcspn(names, ",");
		size_t column = find_column(t, names, len);

		if (column == t->n_columns)
			return false;
		t->shown[t->n_shown++] = column;
		names += len;
		if (*names == '\0')
			return true;
	}
	return false;
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

static void print_cell(const struct vdt_table *t, size_t at, const char *text, size_t width)
{
	int pad = (int)(width - width_of(text));
	bool is_last = at + 1 == t->n_shown;

	if (t->columns[t->shown[at]].is_right)
		printf("%*s%s", pad, "", text);
	else if (!is_last)
		printf("%s%*s", text, pad, "");
	else
		fputs(text, stdout);
	fputs(is_last ? "\n" : "  ", stdout);
}

void vdt_table_print(const struct vdt_table *t, bool with_headings)
{
	size_t widths[VDT_TABLE_COLUMNS_MAX] = { 0 };

	for (size_t c = 0; c < t->n_columns && with_headings; c++)
		widths[c] = width_of(t->columns[c].heading);
	widen(t, widths);
	for (size_t i = 0; i < t->n_shown && with_headings; i++)
		print_cell(t, i, t->columns[t->shown[i]].heading, widths[t->shown[i]]);
	for (size_t row = 0; row + t->n_columns <= t->n_cells; row += t->n_columns)
		for (size_t i = 0; i < t->n_shown; i++)
			print_cell(t, i, t->cells[row + t->shown[i]], widths[t->shown[i]]);
}

void vdt_table_free(struct vdt_table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct vdt_table){ 0 };
}
