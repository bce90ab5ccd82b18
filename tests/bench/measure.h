/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What readbench and writebench share: the clock, the memory of the process, and calls of the library
 * one after the other or several at once.
 *
 * 1. For programs of one thread: only completions of the library come from others.
 * 2. What fails ends the program, with one line.
 */
#ifndef VDB_MEASURE_H
#define VDB_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vixDiskLib.h"

#define VDB_SECTOR    VIXDISKLIB_SECTOR_SIZE
#define VDB_DEPTH_MAX 64u

/* How the calls of a measure are made; the options that both programs have. */
struct vdb_calls {
	size_t bytes;    /* -b: of each call */
	uint64_t n;      /* -n: calls, where they are not those that a whole disk takes */
	uint64_t step;   /* -s: bytes from one call to the next, around the end */
	unsigned depth;  /* -q: how many are under way; 1: by Read and Write, else the async ones */
	bool unbuffered; /* -u: past the page cache */
	const char *config; /* -c: file for Init; NULL: that of the host */
};

/* Where the bytes are: a disk of the library or a plain file, which is only read. */
struct vdb_target {
	VixDiskLibHandle disk; /* NULL: it is the file */
	int fd;
	uint64_t size;
	const char *path;
};

/** vdb_calls_parse() - options up to the first word that is none; a bad one ends the program */
struct vdb_calls vdb_calls_parse(int argc, char **argv, const char *usage);

/** vdb_die() - "PROGRAM: PATH: cannot WHAT", and exit */
void vdb_die(const char *what, const char *path) __attribute__((noreturn));

/** vdb_now_s() - seconds, since some time */
double vdb_now_s(void);

/** vdb_memory_begin() - what is private memory now does not count */
void vdb_memory_begin(void);

/** vdb_memory_look() - perhaps there has never been more */
void vdb_memory_look(void);

/** vdb_print() - "SECONDS KIB": the most private memory that was seen, beyond that at the begin */
void vdb_print(double seconds);

/** vdb_buffer_new() - memory whose pages are there, none of them zeros; for the caller to free() */
void *vdb_buffer_new(size_t len);

/** vdb_connect() - the library, ready, and a connection: to this host, or to that of vsphere/params.h */
VixDiskLibConnection vdb_connect(const struct vdb_calls *c);

/** vdb_disconnect() - both are gone */
void vdb_disconnect(VixDiskLibConnection conn);

/** vdb_open() - a disk, open with @flags and, where @c says so, unbuffered; size too */
struct vdb_target vdb_open(VixDiskLibConnection conn, const char *path, uint32 flags,
			   const struct vdb_calls *c);

/** vdb_read_seq() - all of it, in calls; seconds */
double vdb_read_seq(const struct vdb_target *t, const struct vdb_calls *c);

/** vdb_read_steps() - @c->n calls, @c->step apart; seconds */
double vdb_read_steps(const struct vdb_target *t, const struct vdb_calls *c);

/** vdb_write_seq() - as vdb_read_seq(), of a disk; until it is flushed */
double vdb_write_seq(const struct vdb_target *t, const struct vdb_calls *c);

/** vdb_write_steps() - as vdb_read_steps(), of a disk; until it is flushed */
double vdb_write_steps(const struct vdb_target *t, const struct vdb_calls *c);

#endif
