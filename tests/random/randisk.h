/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes random disks: any kind of link over any other, any grain, holes, zeros and partial ends,
 * and beside each the flat bytes that must be read from it.  The same seed makes the same disk.
 *
 * Written from docs/formats/, not from the reader: it shares no code with it.
 */
#ifndef RANDISK_H
#define RANDISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANDISK_SECTOR 512u

/* Of one sector: has any link of the chain given it bytes of its own? */
enum randisk_allocated {
	RANDISK_ABSENT,
	RANDISK_ALLOCATED,
	RANDISK_EITHER, /* a hole of a flat file, which a file system may or may not tell */
};

struct randisk {
	char path[256]; /* of the newest link */
	char story[2048];
	uint64_t sectors;
	unsigned char *bytes;     /* what must be read */
	unsigned char *allocated; /* enum randisk_allocated of each sector */
	unsigned links;
	bool is_for_qemu;    /* qemu-img reads this kind rightly */
	bool is_for_libvmdk; /* so does libvmdk */
};

/* What a disk must be, apart from its seed. */
struct randisk_wish {
	unsigned links;   /* 0: drawn */
	bool is_writable; /* all of the newest link is of kinds that can be written in any order */
};

/** randisk_make() - make the files of a disk in a directory that exists; randisk_free() */
void randisk_make(uint64_t seed, const char *dir, struct randisk *d_out);

/** randisk_make_as() - the same, of the disks that are as wished */
void randisk_make_as(uint64_t seed, const struct randisk_wish *wish, const char *dir,
		     struct randisk *d_out);

/** randisk_free() - free what must be read; the files stay */
void randisk_free(struct randisk *d);

/** randisk_random() - the next number below @n of a sequence; @state is where it stands */
uint64_t randisk_random(uint64_t *state, uint64_t n);

#endif
