/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks made to do harm, one corrupted field each: what a case is, and how cases are added.
 *
 * A case makes its files in the current directory; the disk is always DISK.  It is then opened,
 * read, mapped and asked for its keys by a process of its own; see hostile.c.
 *
 * To add cases: a row in one of the tables, or a file cases-x.c with hostile_add_x(), named in
 * hostile.c; then `hostile.t readme` prints the new README.md.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

#define DISK "disk.vmdk"

struct hostile_case {
	const char *name;  /* without "bad-" */
	const char *field; /* what is corrupted */
	const char *value; /* what it says */
	VixError code;     /* VIX_OK: it does no harm */
	const char *words; /* of the one line that is said; NULL: nothing is */
	const char *(*make)(const struct hostile_case *c); /* NULL, or why it can't be made here */
	const void *arg;                                   /* @make's own */
	void (*meanwhile)(void); /* once the disk is open; NULL: nothing happens */
	const char *config;      /* lines of the configuration, NULL: none */
};

/** hostile_add() - one more case; a copy is kept, what it points to must stay */
void hostile_add(const struct hostile_case *c);

/** hostile_text() - printf() into memory that stays */
const char *hostile_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** hostile_put() - make a file of @len bytes in the current directory */
void hostile_put(const char *name, const void *bytes, size_t len);

/** hostile_put_text() - make a file of a text */
void hostile_put_text(const char *name, const char *text);

/** hostile_put_descriptor() - a descriptor of the lines in @fmt */
void hostile_put_descriptor(const char *name, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** hostile_put_lines() - a descriptor in which a line is repeated @n times */
void hostile_put_lines(const char *name, const char *head, const char *line, unsigned n);

/* The tables. */
void hostile_add_kdmv(void);
void hostile_add_esx(void);
void hostile_add_text(void);
void hostile_add_files(void);
void hostile_add_chains(void);

#endif
