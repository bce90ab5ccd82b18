/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables on stdout: a heading, columns as wide as what is in them, the last one open.
 */
#ifndef VDT_TABLE_H
#define VDT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define VDT_TABLE_COLUMNS_MAX 12

struct vdt_column {
	const char *heading; /* NULL: the end */
	bool is_right;       /* numbers */
};

struct vdt_table {
	const struct vdt_column *columns; /* borrowed */
	size_t n_columns;
	size_t shown[VDT_TABLE_COLUMNS_MAX]; /* columns that are printed, from left to right */
	size_t n_shown;
	char **cells; /* row by row */
	size_t n_cells, cap;
};

/** vdt_table_init() - an empty table, all of it shown; vdt_table_free() */
void vdt_table_init(struct vdt_table *t, const struct vdt_column *columns);

/**
 * vdt_table_show() - choose what is printed
 * @names: headings in any case, "name,size"
 *
 * Return: false: one of them is none, or there are too many
 */
bool vdt_table_show(struct vdt_table *t, const char *names);

/**
 * vdt_table_add() - the next cell, from left to right, row by row
 * @text: copied, escaped for a terminal; "" and NULL are shown as "-"
 *
 * Return: false when memory ran out
 */
bool vdt_table_add(struct vdt_table *t, const char *text);

/** vdt_table_print() - on stdout; rows that are not full are left out */
void vdt_table_print(const struct vdt_table *t, bool with_headings);

/** vdt_table_free() - what it owns */
void vdt_table_free(struct vdt_table *t);

#endif
