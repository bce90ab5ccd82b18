/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chains: parents that are missing, changed, cyclic, too many, elsewhere, or no parents at all.
 */
#include "config.h"

#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS  255u
#define PARENT "CID=2\nparentCID=1\nparentFileNameHint=\"%s\"\nRW 100 ZERO\n"

/* One other file, whose name and text are told. */
struct pair {
	const char *name, *field, *value;
	VixError code;
	const char *words;
	const char *hint, *file, *text; /* text NULL: there is none */
};

static const struct pair pairs[] = {
	{ "itself", "parentFileNameHint", "the child", VIX_E_DISK_INVALIDCHAIN,
	  "disk.vmdk comes twice", DISK, NULL, NULL },
	{ "itself-dot", "parentFileNameHint", "the child, by another name", VIX_E_DISK_OPENPARENT,
	  "its parent disk.vmdk is missing", "./" DISK, NULL, NULL },
	{ "cycle", "parent of the parent", "the child", VIX_E_DISK_INVALIDCHAIN,
	  "disk.vmdk comes twice", "p.vmdk", "p.vmdk",
	  "CID=1\nparentCID=2\nparentFileNameHint=\"" DISK "\"\nRW 100 ZERO\n" },
	{ "missing", "parent", "missing", VIX_E_DISK_OPENPARENT, "its parent p.vmdk is missing",
	  "p.vmdk", NULL, NULL },
	{ "cid", "CID of the parent", "another", VIX_E_DISK_CID_MISMATCH,
	  "its parent p.vmdk was changed", "p.vmdk", "p.vmdk", "CID=3\nRW 100 ZERO\n" },
	{ "cid-none", "CID of the parent", "none", VIX_E_DISK_CID_MISMATCH, "it has CID 00000000",
	  "p.vmdk", "p.vmdk", "RW 100 ZERO\n" },
	{ "larger", "capacity of the parent", "a sector more", VIX_E_DISK_CAPACITY_MISMATCH,
	  "its parent p.vmdk has more: 101", "p.vmdk", "p.vmdk", "CID=1\nRW 101 ZERO\n" },
	{ "capacity-max", "capacity of the parent", "2^64-1", VIX_E_DISK_INVALIDDISK,
	  "extents are too large", "p.vmdk", "p.vmdk", "CID=1\nRW 18446744073709551615 ZERO\n" },
	{ "hint-empty", "parentFileNameHint", "empty", VIX_E_DISK_OPENPARENT,
	  "names no file for it", "", NULL, NULL },
	{ "hint-slash", "parentFileNameHint", "a directory", VIX_E_DISK_OPENPARENT,
	  "names no file for it", "p/", NULL, NULL },
	{ "hint-absolute", "parentFileNameHint", "an absolute name", VIX_E_DISK_OPENPARENT,
	  "allowExtentsOutside = 1 lets lead there", "/etc/passwd", NULL, NULL },
	{ "hint-up", "parentFileNameHint", "../..", VIX_E_DISK_OPENPARENT,
	  "allowExtentsOutside = 1 lets lead there", "../../p.vmdk", NULL, NULL },
	{ "hint-control", "parentFileNameHint", "control characters", VIX_E_DISK_OPENPARENT,
	  "its parent \\x1b[2J is missing", "\033[2J", NULL, NULL },
	{ "empty", "parent", "an empty file", VIX_E_DISK_INVALIDDISK, "no extent", "p.vmdk",
	  "p.vmdk", "" },
	{ "extent-missing", "extent of the parent", "missing", VIX_E_DISK_OPENPARENT,
	  "its extent gone-flat.vmdk is missing", "p.vmdk", "p.vmdk",
	  "CID=1\nRW 100 FLAT \"gone-flat.vmdk\" 0\n" },
	{ "extent-outside", "extent of the parent", "an absolute name", VIX_E_FILE_ACCESS_ERROR,
	  "outside of its directory", "p.vmdk", "p.vmdk", "CID=1\nRW 1 FLAT \"/etc/passwd\" 0\n" },
	{ "extent-child", "extent of the parent", "the child", VIX_E_DISK_INVALIDDISK,
	  "is itself a descriptor", "p.vmdk", "p.vmdk", "CID=1\nRW 100 SPARSE \"" DISK "\"\n" },
};

static const char *make_pair(const struct hostile_case *c)
{
	const struct pair *p = c->arg;

	hostile_put_descriptor(DISK, PARENT, p->hint);
	if (p->text != NULL)
		hostile_put_descriptor(p->file, "%s", p->text);
	return NULL;
}

static const char *make_fifo(const struct hostile_case *c)
{
	(void)c;
	hostile_put_descriptor(DISK, PARENT, "p.vmdk");
	return mkfifo("p.vmdk", 0600) < 0 ? "no FIFOs here" : NULL;
}

static const char *make_directory(const struct hostile_case *c)
{
	(void)c;
	hostile_put_descriptor(DISK, PARENT, "p.vmdk");
	return mkdir("p.vmdk", 0700) < 0 ? "no directories here" : NULL;
}

static const char *make_raw(const struct hostile_case *c)
{
	static const char bytes[512] = "raw";

	(void)c;
	hostile_put_descriptor(DISK, PARENT, "p.img");
	hostile_put("p.img", bytes, sizeof(bytes));
	return NULL;
}

/* A link beside the child that leads to a disk elsewhere, which may be somebody else's. */
static const char *make_link(const struct hostile_case *c)
{
	(void)c;
	hostile_put_descriptor(DISK, PARENT, "p.vmdk");
	hostile_put_descriptor("../other.vmdk", "CID=1\nRW 100 ZERO\n");
	return symlink("../other.vmdk", "p.vmdk") < 0 ? "no links here" : NULL;
}

/* Long chains: disk.vmdk, 1.vmdk … each with @more at its end; the last one, if any, is a base. */
static const char *put_chain(unsigned links, unsigned n_lines, const char *line_fmt)
{
	for (unsigned i = 0; i < links; i++) {
		const char *name = i == 0 ? DISK : hostile_text("%u.vmdk", i);
		FILE *f = fopen(name, "w");

		if (f == NULL)
			abort();
		fprintf(f, "version=1\nCID=1\n");
		if (i + 1 < links)
			fprintf(f, "parentCID=1\nparentFileNameHint=\"%u.vmdk\"\n", i + 1);
		fprintf(f, "RW 100000 ZERO\n");
		for (unsigned line = 0; line < n_lines; line++)
			fprintf(f, line_fmt, i % 100, line);
		fclose(f);
	}
	return NULL;
}

static const char *make_256_links(const struct hostile_case *c)
{
	(void)c;
	return put_chain(LINKS + 1, 0, "");
}

static const char *make_255_links(const struct hostile_case *c)
{
	(void)c;
	return put_chain(LINKS, 0, "");
}

static const char *make_many_keys(const struct hostile_case *c)
{
	(void)c;
	return put_chain(LINKS, 1000, "ddb.some.%u.key.%u=1\n");
}

static const char *make_many_extents(const struct hostile_case *c)
{
	(void)c;
	return put_chain(20, 20000, "RW 1 ZERO # %u %u\n");
}

static const char *make_much_text(const struct hostile_case *c)
{
	(void)c;
	return put_chain(40, 5000, "# %02u %0100u 100 bytes and some more that nobody needs\n");
}

static const struct hostile_case others[] = {
	{ "chain-fifo", "parent", "a FIFO", VIX_E_INCORRECT_FILE_TYPE, "not a regular file",
	  make_fifo, NULL, NULL, NULL },
	{ "chain-directory", "parent", "a directory", VIX_E_INCORRECT_FILE_TYPE,
	  "not a regular file", make_directory, NULL, NULL, NULL },
	{ "chain-raw", "parent", "raw data", VIX_E_DISK_INVALIDCHAIN, "its parent p.img is no VMDK",
	  make_raw, NULL, NULL, NULL },
	{ "chain-link", "parent", "a link out", VIX_E_FILE_ACCESS_ERROR, "outside of its directory",
	  make_link, NULL, NULL, NULL },
	{ "chain-256-links", "links", "256", VIX_E_DISK_TOOMANYREDO, "more than 255 links",
	  make_256_links, NULL, NULL, NULL },
	{ "chain-255-links", "links", "255", VIX_OK, NULL, make_255_links, NULL, NULL, NULL },
	{ "chain-255000-keys", "keys", "1000 in each of 255 links", VIX_OK, NULL, make_many_keys,
	  NULL, NULL, NULL },
	{ "chain-400000-extents", "extents", "20000 in each of 20 links", VIX_E_DISK_TOOMANYREDO,
	  "extents and descriptors of", make_many_extents, NULL, NULL, NULL },
	{ "chain-30-mb", "descriptors", "800 KB in each of 40 links", VIX_E_DISK_TOOMANYREDO,
	  "extents and descriptors of", make_much_text, NULL, NULL, NULL },
};

void hostile_add_chains(void)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		hostile_add(&(struct hostile_case){
			.name = hostile_text("chain-%s", pairs[i].name),
			.field = pairs[i].field,
			.value = pairs[i].value,
			.code = pairs[i].code,
			.words = pairs[i].words,
			.make = make_pair,
			.arg = &pairs[i],
		});
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		hostile_add(&others[i]);
}
