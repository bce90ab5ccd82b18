/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of a descriptor's data base, between their quotes: "|22" stands for a quote, and so on for
 * other characters, in hexadecimal, as VMware's programs have it in all their files of this form.
 */
#ifndef VD_ESCAPE_H
#define VD_ESCAPE_H

/**
 * vd_escape() - a value as it is written
 * @value: one line
 *
 * Writes no more of "|XX" than it must: for quotes, and for a bar that would be taken for one.
 * Return: for the caller to free(); NULL when memory is short
 */
char *vd_escape(const char *value);

/**
 * vd_unescape() - a value as it is meant
 * @value: changed; gets no longer
 *
 * What would be a control character stays as it is written: a value is one line of plain text.
 */
void vd_unescape(char *value);

#endif
