/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small disks for the tests of the public interface, made byte by byte in the test's directory.
 * Every allocated sector holds its own pattern.
 */
#ifndef API_DISKS_H
#define API_DISKS_H

#include <stdbool.h>
#include <stdint.h>

#define GRAIN 128 /* sectors */

/* NAME and NAME-flat: a monolithicFlat disk, all of it written. */
void make_flat(const char *name, uint64_t sectors);

/* NAME: the bare sectors. */
void make_raw(const char *name, uint64_t sectors);

/*
 * NAME: a monolithicSparse disk of up to 65536 sectors.  @grains has a character for each grain:
 * 'X' is allocated, '.' is not.
 */
void make_sparse(const char *name, uint64_t sectors, const char *grains);

/* Makes the table of such a disk point far outside of the file for one grain. */
void break_grain(const char *name, unsigned grain);

/* NAME: as make_sparse() without any grain, on the parent NAME that make_sparse() or make_flat()
 * has made. */
void make_child(const char *name, uint64_t sectors, const char *parent);

/* What the descriptors of these disks say. */
#define DISK_UUID "60 00 C2 93 7b a0 3a 03-9f 22 56 c5 29 93 b7 27"

/* Is this the pattern of @sector? / are these zeros? (512 bytes) */
bool has_pattern(const void *buf, uint64_t sector);
bool has_zeros(const void *buf);

#endif
