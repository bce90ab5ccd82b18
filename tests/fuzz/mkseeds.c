/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the inputs that the targets of sparse formats begin with, below a directory that has
 * one of each name: `make fuzz/mkseeds && fuzz/mkseeds .../tests/fuzz/corpus`.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "../unit/mkvmdk.h"
#include "bytes.h"

static enum mk_kind mixed(uint64_t grain)
{
	static const enum mk_kind kinds[] = { MK_DATA, MK_ABSENT, MK_ZERO, MK_DATA };

	return kinds[grain % 4];
}

static enum mk_kind second_only(uint64_t grain)
{
	return grain == 1 ? MK_DATA : MK_ABSENT;
}

static enum mk_kind each(uint64_t grain)
{
	static const enum mk_kind kinds[] = { MK_DATA, MK_UNMAPPED, MK_ZERO, MK_ABSENT, MK_DATA };

	return kinds[grain % 5];
}

/* A chain of two links, of which the image is one extent or both. */
#define CHAIN(child, base)                                                                  \
	"@@a.vmdk\nversion=1\nCID=2\nparentCID=1\nparentFileNameHint=\"b.vmdk\"\nRW " child \
	"\nddb.uuid = \"1\"\n@@b.vmdk\nversion=1\nCID=1\nRW " base                          \
	"\nddb.UUID = \"2\"\nddb.adapterType = \"ide\"\n@@s.vmdk\n"

static const struct seed {
	const char *name;
	const char *before; /* NULL, or what the image comes behind */
	struct mk_spec spec;
	size_t bad_off; /* 0, or a 32-bit field to be changed */
	uint32_t bad_value;
} seeds[] = {
	{ .name = "sparse/good-data", .spec = { .capacity = 6, .grain = 1, .gtes = 4 } },
	{ .name = "sparse/good-mixed",
	  .spec = { .capacity = 13, .grain = 2, .gtes = 4, .kind = mixed } },
	{ .name = "sparse/good-no-tables",
	  .spec = { .capacity = 580,
		    .grain = 4,
		    .gtes = 4,
		    .kind = second_only,
		    .has_no_empty_tables = true } },
	{ .name = "sparse/good-redundant-directory",
	  .spec = { .capacity = 3, .grain = 1, .gtes = 4 },
	  .bad_off = 56, /* gdOffset */
	  .bad_value = 4000 },
	{ .name = "sparse/bad-grain-size",
	  .spec = { .capacity = 3, .grain = 1, .gtes = 4 },
	  .bad_off = 20,
	  .bad_value = 3 },
	{ .name = "sparse/unsupported-version",
	  .spec = { .capacity = 3, .grain = 1, .gtes = 4 },
	  .bad_off = 4,
	  .bad_value = 4 },
	{ .name = "streamopt/good-footer",
	  .spec = { MK_STREAM_FOOTER, .capacity = 13, .grain = 4, .gtes = 2, .kind = mixed } },
	{ .name = "streamopt/good-front",
	  .spec = { MK_STREAM_FRONT, .capacity = 20, .grain = 8, .gtes = 4 } },
	{ .name = "streamopt/good-qemu",
	  .spec = { MK_STREAM_QEMU, .capacity = 60, .grain = 8, .gtes = 16, .kind = mixed } },
	{ .name = "streamopt/good-full-tail",
	  .spec = { MK_STREAM_QEMU, .capacity = 13, .grain = 8, .gtes = 1, .is_full_tail = true } },
	{ .name = "streamopt/bad-capacity",
	  .spec = { MK_STREAM_FOOTER, .capacity = 3, .grain = 1, .gtes = 4 },
	  .bad_off = 12,
	  .bad_value = 4 },
	{ .name = "streamopt/unsupported-flag",
	  .spec = { MK_STREAM_QEMU, .capacity = 3, .grain = 1, .gtes = 4 },
	  .bad_off = 8,
	  .bad_value = 0x70001 },
	{ .name = "cowd/good-mixed", .spec = { MK_COWD, .capacity = 13, .kind = mixed } },
	{ .name = "cowd/good-grain-8", .spec = { MK_COWD, .capacity = 21, .grain = 8 } },
	{ .name = "cowd/good-no-tables",
	  .spec = { MK_COWD, .capacity = 9000, .kind = second_only, .has_no_empty_tables = true } },
	{ .name = "cowd/bad-directory",
	  .spec = { MK_COWD, .capacity = 3 },
	  .bad_off = 20,
	  .bad_value = 4000 },
	{ .name = "cowd/unsupported-version",
	  .spec = { MK_COWD, .capacity = 3 },
	  .bad_off = 4,
	  .bad_value = 2 },
	{ .name = "chain/good-sparse",
	  .before = CHAIN("13 SPARSE \"s.vmdk\"", "13 ZERO"),
	  .spec = { .capacity = 13, .grain = 2, .gtes = 4, .kind = mixed } },
	{ .name = "chain/good-both",
	  .before = CHAIN("13 SPARSE \"s.vmdk\"", "13 SPARSE \"s.vmdk\""),
	  .spec = { MK_STREAM_QEMU, .capacity = 13, .grain = 4, .gtes = 4, .kind = mixed } },
	{ .name = "chain/good-cowd",
	  .before = CHAIN("3 VMFSSPARSE \"s.vmdk\"\nRW 1 FLAT \"s.vmdk\" 2", "4 ZERO"),
	  .spec = { MK_COWD, .capacity = 3, .kind = second_only } },
	{ .name = "sesparse/good-every-kind",
	  .spec = { MK_SESPARSE, .capacity = 43, .gtes = 64, .kind = each } },
	{ .name = "sesparse/good-grain-1",
	  .spec = { MK_SESPARSE, .capacity = 5, .grain = 1, .gtes = 64 } },
	{ .name = "sesparse/good-no-tables",
	  .spec = { MK_SESPARSE, .capacity = 4000, .gtes = 64, .kind = second_only,
		    .has_no_empty_tables = true } },
	{ .name = "sesparse/bad-capacity",
	  .spec = { MK_SESPARSE, .capacity = 3, .gtes = 64 },
	  .bad_off = 20,
	  .bad_value = 1 },
	{ .name = "sesparse/unsupported-journal",
	  .spec = { MK_SESPARSE, .capacity = 3, .gtes = 64 },
	  .bad_off = 512 + 24,
	  .bad_value = 1 },
};

static int write_seed(const char *dir, const struct seed *seed)
{
	struct mk_image img = mk_build(&seed->spec);
	char path[4096];
	FILE *f;
	int err;

	snprintf(path, sizeof(path), "%s/%s.vmdk", dir, seed->name);
	if (seed->bad_off != 0)
		vu_put_le32(img.bytes + seed->bad_off, seed->bad_value);
	f = fopen(path, "wb");
	err = f == NULL || (seed->before != NULL && fputs(seed->before, f) < 0) ||
	      fwrite(img.bytes, 1, img.len, f) != img.len;
	if (f != NULL && fclose(f) != 0)
		err = 1;
	if (err)
		perror(path);
	mk_free(&img);
	return err;
}

int main(int argc, char **argv)
{
	int failed = argc != 2;

	for (size_t i = 0; !failed && i < sizeof(seeds) / sizeof(seeds[0]); i++)
		failed = write_seed(argv[1], &seeds[i]);
	return failed;
}
