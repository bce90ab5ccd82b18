/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the snapshots of ESX, which no other tool writes:
 *
 *	mkdelta cowd|sesparse GRAIN PARENT.raw CHILD.raw EXTENT
 *
 * EXTENT becomes what a host would have written while the content of the disk changed from
 * PARENT.raw to CHILD.raw.  GRAIN is in sectors.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/mkvmdk.h"
#include "bytes.h"

#define SECTOR 512u

struct raw {
	unsigned char *bytes;
	size_t len;
};

static struct raw parent, child;
static size_t grain_bytes;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct raw load(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct raw raw;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		fail(path);
	raw.len = (size_t)ftell(f);
	raw.bytes = calloc(1, raw.len);
	rewind(f);
	if (raw.bytes == NULL || fread(raw.bytes, 1, raw.len, f) != raw.len)
		fail(path);
	fclose(f);
	return raw;
}

/* A grain that became zeros was zeroed or given up by the guest, in turns. */
static enum mk_kind kind(uint64_t grain)
{
	size_t off = grain * grain_bytes, len = vu_min(grain_bytes, child.len - off);
	size_t before = off < parent.len ? vu_min(len, parent.len - off) : 0;

	if (memcmp(parent.bytes + off, child.bytes + off, before) == 0 &&
	    vu_is_zero(child.bytes + off + before, len - before))
		return MK_ABSENT;
	if (vu_is_zero(child.bytes + off, len))
		return grain % 2 == 0 ? MK_ZERO : MK_UNMAPPED;
	return MK_DATA;
}

int main(int argc, char **argv)
{
	struct mk_spec spec = { .kind = kind, .has_no_empty_tables = true };
	struct mk_image img;
	FILE *f;

	if (argc != 6) {
		fprintf(stderr, "usage: mkdelta cowd|sesparse GRAIN PARENT CHILD EXTENT\n");
		return 1;
	}
	parent = load(argv[3]);
	child = load(argv[4]);
	spec.layout = strcmp(argv[1], "cowd") == 0 ? MK_COWD : MK_SESPARSE;
	spec.grain = (uint32_t)strtoul(argv[2], NULL, 10);
	spec.capacity = child.len / SECTOR;
	spec.guest = child.bytes;
	grain_bytes = (size_t)spec.grain * SECTOR;
	img = mk_build(&spec);
	f = fopen(argv[5], "wb");
	if (f == NULL || fwrite(img.bytes, 1, img.len, f) != img.len || fclose(f) != 0)
		fail(argv[5]);
	mk_free(&img);
	free(parent.bytes);
	free(child.bytes);
	return 0;
}
