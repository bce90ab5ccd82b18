/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors: numbers, names, keys, lengths; flat and split extents that don't fit.
 */
#include "config.h"

#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/mkvmdk.h"

#define BAD VIX_E_DISK_INVALIDDISK

/* Files that extents lie in. */

/* a-flat.vmdk: 8 sectors */
static void put_flat(void)
{
	static const char bytes[8 * 512] = "flat";

	hostile_put("a-flat.vmdk", bytes, sizeof(bytes));
}

/* s.vmdk: a sparse extent of 1000 sectors without a descriptor */
static void put_sparse(void)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 1000, .grain = 8 });

	hostile_put("s.vmdk", img.bytes, img.len);
	mk_free(&img);
}

/* Descriptors of a few lines. */

struct text {
	const char *name, *field, *value;
	VixError code;
	const char *words, *lines;
};

static const struct text texts[] = {
	{ "extents-none", "extents", "none", BAD, "names no extent", "CID=1\n" },
	{ "access", "access mode", "RWX", BAD, "unknown access mode",
	  "RWX 8 FLAT \"a-flat.vmdk\" 0\n" },
	{ "type", "extent type", "BLOB", VIX_E_DISK_NOTSUPPORTED, "unknown extent type",
	  "RW 8 BLOB \"a-flat.vmdk\"\n" },
	{ "size-0", "extent size", "0", BAD, "bad extent size", "RW 0 ZERO\n" },
	{ "size-hex", "extent size", "0x8", BAD, "bad extent size", "RW 0x8 ZERO\n" },
	{ "size-2p64", "extent size", "2^64", BAD, "bad extent size",
	  "RW 18446744073709551616 ZERO\n" },
	{ "size-max", "extent size", "2^64-1", BAD, "extents are too large",
	  "RW 18446744073709551615 ZERO\n" },
	{ "size-2p63", "extent size", "2^63", BAD, "extents are too large",
	  "RW 9223372036854775808 ZERO\n" },
	{ "size-2p63-flat", "extent size", "2^63", BAD, "offset too large",
	  "RW 9223372036854775808 FLAT \"a-flat.vmdk\" 0\n" },
	{ "size-2p54", "extent size", "2^54", BAD, "extents are too large",
	  "RW 18014398509481984 ZERO\n" },
	{ "size-largest", "extent size", "2^54-1", VIX_OK, NULL, "RW 18014398509481983 ZERO\n" },
	{ "sum-2p54", "sum of extent sizes", "2^54", BAD, "extents are too large",
	  "RW 18014398509481983 ZERO\nRW 1 ZERO\n" },
	{ "sum-overflow", "sum of extent sizes", "2^64 + 1", BAD, "extents are too large",
	  "RW 2 ZERO\nRW 18446744073709551615 ZERO\n" },
	{ "offset-word", "extent offset", "x", BAD, "bad offset", "RW 8 FLAT \"a-flat.vmdk\" x\n" },
	{ "offset-negative", "extent offset", "-1", BAD, "bad offset",
	  "RW 8 FLAT \"a-flat.vmdk\" -1\n" },
	{ "offset-max", "extent offset", "2^64-1", BAD, "offset too large",
	  "RW 8 FLAT \"a-flat.vmdk\" 18446744073709551615\n" },
	{ "offset-2p55", "extent offset", "2^55", BAD, "offset too large",
	  "RW 8 FLAT \"a-flat.vmdk\" 36028797018963968\n" },
	{ "offset-behind", "extent offset", "behind the end of the file", BAD, "needs more than",
	  "RW 1 FLAT \"a-flat.vmdk\" 8\n" },
	{ "flat-short", "extent size", "a sector more than the file", BAD, "needs more than",
	  "RW 9 FLAT \"a-flat.vmdk\" 0\n" },
	{ "vmfs-short", "extent size", "a sector more than the file", BAD, "needs more than",
	  "RW 9 VMFS \"a-flat.vmdk\"\n" },
	{ "vmfs-2p53", "extent size", "2^53", BAD, "needs more than",
	  "RW 9007199254740992 VMFS \"a-flat.vmdk\"\n" },
	{ "name-unquoted", "file name", "without quotes", BAD, "no file name in quotes",
	  "RW 8 FLAT a-flat.vmdk 0\n" },
	{ "name-one-quote", "file name", "one quote", BAD, "no file name in quotes",
	  "RW 8 FLAT \"a-flat.vmdk\n" },
	{ "name-empty", "file name", "empty", BAD, "no file name in quotes", "RW 8 FLAT \"\" 0\n" },
	{ "name-quotes", "file name", "quotes inside", VIX_E_FILE_NOT_FOUND,
	  "its extent a\"b\"c is missing", "RW 8 FLAT \"a\"b\"c\" 0\n" },
	{ "name-control", "file name", "control characters", VIX_E_FILE_NOT_FOUND,
	  "its extent a\\x1b[2J\\x07 is missing", "RW 8 FLAT \"a\033[2J\007\" 0\n" },
	{ "name-directory", "file name", "a dot", VIX_E_INCORRECT_FILE_TYPE,
	  ".: cannot open: it is not a regular file", "RW 8 FLAT \".\" 0\n" },
	{ "version-5", "version", "5", VIX_E_DISK_UNSUPPORTEDDISKVERSION, "has version 5",
	  "version=5\nRW 8 ZERO\n" },
	{ "version-word", "version", "x", BAD, "its version is no number",
	  "version=x\nRW 8 ZERO\n" },
	{ "version-negative", "version", "-1", BAD, "its version is no number",
	  "version=-1\nRW 8 ZERO\n" },
	{ "version-2p64", "version", "2^64", BAD, "its version is no number",
	  "version=18446744073709551616\nRW 8 ZERO\n" },
	{ "cid-word", "CID", "xyz", BAD, "its CID is no content ID", "CID=xyz\nRW 8 ZERO\n" },
	{ "cid-long", "CID", "nine digits", BAD, "its CID is no content ID",
	  "CID=123456789\nRW 8 ZERO\n" },
	{ "parentcid-word", "parentCID", "-1", BAD, "its parentCID is no content ID",
	  "parentCID=-1\nRW 8 ZERO\n" },
	{ "encrypted", "encryptionKeys", "there", VIX_E_DISK_NEEDKEY, "it is encrypted",
	  "encryptionKeys=\"vmware:key/list\"\nRW 8 ZERO\n" },
	{ "nested", "SPARSE extent", "another descriptor", BAD, "is itself a descriptor",
	  "RW 8 SPARSE \"n.vmdk\"\n" },
	{ "nested-itself", "SPARSE extent", "the descriptor", BAD, "is itself a descriptor",
	  "RW 8 SPARSE \"" DISK "\"\n" },
	{ "flat-itself", "FLAT extent", "the descriptor", BAD, "is itself a descriptor",
	  "RW 1 FLAT \"./" DISK "\" 0\n" },
	{ "sparse-raw", "SPARSE extent", "raw data", BAD, "has no sparse header",
	  "RW 8 SPARSE \"a-flat.vmdk\"\n" },
	{ "split-missing", "second SPARSE extent", "missing", VIX_E_FILE_NOT_FOUND,
	  "its extent s2.vmdk is missing", "RW 1000 SPARSE \"s.vmdk\"\nRW 8 SPARSE \"s2.vmdk\"\n" },
	{ "split-less", "size of a SPARSE extent", "more than its header says", BAD,
	  "is less than the 1001", "RW 1001 SPARSE \"s.vmdk\"\n" },
	{ "split-2p50", "size of a SPARSE extent", "2^50", BAD, "is less than the 1125899906842624",
	  "RW 1125899906842624 SPARSE \"s.vmdk\"\n" },
	{ "split-twice", "both SPARSE extents", "the same file", VIX_OK, NULL,
	  "RW 1000 SPARSE \"s.vmdk\"\nRW 999 SPARSE \"./s.vmdk\"\n" },
	{ "flat-overlap", "two FLAT extents", "the same sectors", VIX_OK, NULL,
	  "RW 8 FLAT \"a-flat.vmdk\" 0\nRW 4 FLAT \"a-flat.vmdk\" 2\n" },
};

static const char *make_text(const struct hostile_case *c)
{
	put_flat();
	put_sparse();
	hostile_put_descriptor("n.vmdk", "RW 8 SPARSE \"" DISK "\"\n");
	hostile_put_descriptor(DISK, "%s", (const char *)c->arg);
	return NULL;
}

/* Descriptors that need more than a line. */

static const char *make_nul(const struct hostile_case *c)
{
	static const char text[] = "version=1\nRW 8 FLAT \"a\0b\" 0\n";

	(void)c;
	hostile_put(DISK, text, sizeof(text) - 1);
	return NULL;
}

/* A name of @n letters. */
static const char *put_long_name(unsigned n)
{
	char *name = malloc(n + 1);

	if (name == NULL)
		abort();
	memset(name, 'n', n);
	name[n] = '\0';
	hostile_put_descriptor(DISK, "RW 8 FLAT \"%s\" 0\n", name);
	free(name);
	return NULL;
}

static const char *make_name_300(const struct hostile_case *c)
{
	(void)c;
	return put_long_name(300);
}

static const char *make_name_900000(const struct hostile_case *c)
{
	(void)c;
	return put_long_name(900000);
}

static const char *make_slashes(const struct hostile_case *c)
{
	hostile_put_lines(DISK, "RW 8 FLAT \"a", "/a\"", 20000);
	(void)c;
	return NULL;
}

static const char *make_2_million_extents(const struct hostile_case *c)
{
	(void)c;
	hostile_put_lines(DISK, "", "RW 1 ZERO\n", 2000000);
	return NULL;
}

static const char *make_65537_extents(const struct hostile_case *c)
{
	(void)c;
	hostile_put_lines(DISK, "", "RW 1 ZERO\n", 65537);
	return NULL;
}

static const char *make_65536_extents(const struct hostile_case *c)
{
	(void)c;
	hostile_put_lines(DISK, "", "RW 1 ZERO\n", 65536);
	return NULL;
}

static const char *make_40000_sparse(const struct hostile_case *c)
{
	(void)c;
	put_sparse();
	hostile_put_lines(DISK, "", "RW 9 SPARSE \"s.vmdk\"\n", 40000);
	return NULL;
}

/* Each of them is read, and inflates a grain. */
static const char *make_10000_streams(const struct hostile_case *c)
{
	struct mk_image img = mk_build(
		&(struct mk_spec){ MK_STREAM_FRONT, .capacity = 8, .grain = 8 });

	(void)c;
	hostile_put("s.vmdk", img.bytes, img.len);
	mk_free(&img);
	hostile_put_lines(DISK, "", "RW 1 SPARSE \"s.vmdk\"\n", 10000);
	return NULL;
}

/* As many different names of one file. */
static const char *make_20000_links(const struct hostile_case *c)
{
	FILE *f = fopen(DISK, "w");

	(void)c;
	put_sparse();
	if (f == NULL)
		abort();
	fputs("version=1\n", f);
	for (unsigned i = 0; i < 20000; i++) {
		const char *name = hostile_text("%u", i);

		if (link("s.vmdk", name) < 0)
			return "no hard links here";
		fprintf(f, "RW 9 SPARSE \"%s\"\n", name);
	}
	fclose(f);
	return NULL;
}

static const char *make_1025_split(const struct hostile_case *c)
{
	struct mk_image img = mk_build(&(struct mk_spec){ .capacity = 64, .grain = 8 });
	FILE *f = fopen(DISK, "w");

	(void)c;
	if (f == NULL)
		abort();
	fputs("version=1\n", f);
	for (unsigned i = 0; i < 1025; i++) {
		const char *name = hostile_text("s%u.vmdk", i);

		hostile_put(name, img.bytes, img.len);
		fprintf(f, "RW 64 SPARSE \"%s\"\n", name);
	}
	fclose(f);
	mk_free(&img);
	return NULL;
}

static const char *make_comments(const struct hostile_case *c)
{
	(void)c;
	hostile_put_lines(DISK, "RW 8 ZERO\n", "# ten bytes\n", 1000000);
	return NULL;
}

static const char *make_1025_keys(const struct hostile_case *c)
{
	(void)c;
	hostile_put_lines(DISK, "RW 8 ZERO\n", "ddb.a = \"b\"\n", 1025);
	return NULL;
}

/* All alike but for their ends. */
static const char *make_long_keys(const struct hostile_case *c)
{
	FILE *f = fopen(DISK, "w");

	(void)c;
	if (f == NULL)
		abort();
	fputs("version=1\nRW 8 ZERO\n", f);
	for (unsigned i = 0; i < 1000; i++)
		fprintf(f, "ddb.%0*u = 1\n", 1000, i);
	fclose(f);
	return NULL;
}

/* A descriptor in the first bytes of a file of a tebibyte, all of it a hole. */
static const char *make_huge(const struct hostile_case *c)
{
	(void)c;
	hostile_put_descriptor(DISK, "RW 8 ZERO\n");
	return truncate(DISK, INT64_C(1) << 40) < 0 ? "no file may be as long" : NULL;
}

static const struct hostile_case longer[] = {
	{ "descriptor-nul", "file name", "a NUL", BAD, "no file name in quotes", make_nul, NULL,
	  NULL, NULL },
	{ "descriptor-name-300", "file name", "300 bytes", VIX_E_FILE_ERROR,
	  "...: cannot open: File name too long", make_name_300, NULL, NULL, NULL },
	{ "descriptor-name-900000", "file name", "900000 bytes", VIX_E_FILE_ERROR,
	  "...: cannot open: File name too long", make_name_900000, NULL, NULL, NULL },
	{ "descriptor-name-slashes", "file name", "20000 directories", VIX_E_FILE_ERROR,
	  "...: cannot open: File name too long", make_slashes, NULL, NULL, NULL },
	{ "descriptor-2000000-extents", "extents", "2 million", BAD, "longer than 1 MiB",
	  make_2_million_extents, NULL, NULL, NULL },
	{ "descriptor-65537-extents", "extents", "65537", BAD, "too many extents",
	  make_65537_extents, NULL, NULL, NULL },
	{ "descriptor-65536-extents", "extents", "65536", VIX_OK, NULL, make_65536_extents, NULL,
	  NULL, NULL },
	{ "descriptor-40000-sparse", "SPARSE extents", "40000 of one file", VIX_OK, NULL,
	  make_40000_sparse, NULL, NULL, NULL },
	{ "descriptor-10000-streams", "SPARSE extents", "10000 of one compressed file", VIX_OK,
	  NULL, make_10000_streams, NULL, NULL, NULL },
	{ "descriptor-20000-links", "SPARSE extents", "20000 names of one file", VIX_OK, NULL,
	  make_20000_links, NULL, NULL, NULL },
	{ "descriptor-1025-split", "SPARSE extents", "1025 files", VIX_OK, NULL, make_1025_split,
	  NULL, NULL, NULL },
	{ "descriptor-12-mb", "descriptor", "12 MB of comments", BAD, "longer than 1 MiB",
	  make_comments, NULL, NULL, NULL },
	{ "descriptor-1025-keys", "keys", "1025 times the same", BAD, "too many keys",
	  make_1025_keys, NULL, NULL, NULL },
	{ "descriptor-long-keys", "keys", "1000 of 1000 bytes", VIX_OK, NULL, make_long_keys, NULL,
	  NULL, NULL },
	{ "descriptor-1-tib", "descriptor", "a hole of 1 TiB behind it", BAD, "longer than 1 MiB",
	  make_huge, NULL, NULL, NULL },
};

/* Descriptors inside of a sparse extent. */

static const struct text embedded[] = {
	{ "two-extents", "extents", "2", VIX_E_DISK_NOTSUPPORTED, "names 2 extents",
	  "version=1\nRW 1000 SPARSE \"" DISK "\"\nRW 8 FLAT \"/etc/passwd\" 0\n" },
	{ "flat", "extent type", "FLAT", BAD, "its descriptor calls it FLAT",
	  "version=1\nRW 1000 FLAT \"/etc/passwd\" 0\n" },
	{ "more", "extent size", "a sector more than in the header", BAD, "its header only 1000",
	  "version=1\nRW 1001 SPARSE \"" DISK "\"\n" },
	{ "empty", "descriptor", "empty", BAD, "holds no descriptor", "" },
	{ "garbage", "descriptor", "garbage", BAD, "names no extent", "\001\002\003" },
	{ "version", "version", "9", VIX_E_DISK_UNSUPPORTEDDISKVERSION, "has version 9",
	  "version=9\nRW 1000 SPARSE \"" DISK "\"\n" },
};

static const char *make_embedded(const struct hostile_case *c)
{
	struct mk_image img = mk_build(&(struct mk_spec){
		.capacity = 1000,
		.grain = 8,
		.descriptor = c->arg,
	});

	hostile_put(DISK, img.bytes, img.len);
	mk_free(&img);
	return NULL;
}

/* 10 MiB are reserved for a descriptor, and full. */
static const char *make_embedded_10_mib(const struct hostile_case *c)
{
	size_t len = 20481 * 512;
	char *bytes = malloc(len);

	(void)c;
	if (bytes == NULL)
		abort();
	make_embedded(&(struct hostile_case){ .arg = "version=1\n" });
	memset(bytes, '\n', len);
	FILE *f = fopen(DISK, "r+");
	if (f == NULL || fread(bytes, 1, 512, f) != 512)
		abort();
	fclose(f);
	memcpy(bytes + 36, "\0\x50\0\0\0\0\0\0", 8); /* descriptorSize: 20480 */
	hostile_put(DISK, bytes, len);
	free(bytes);
	return NULL;
}

static void add_text(const struct text *t, const char *of,
		     const char *(*make)(const struct hostile_case *c))
{
	hostile_add(&(struct hostile_case){
		.name = hostile_text("%s-%s", of, t->name),
		.field = t->field,
		.value = t->value,
		.code = t->code,
		.words = t->words,
		.make = make,
		.arg = t->lines,
	});
}

void hostile_add_text(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(&texts[i], "descriptor", make_text);
	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++)
		hostile_add(&longer[i]);
	for (size_t i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++)
		add_text(&embedded[i], "embedded", make_embedded);
	hostile_add(&(struct hostile_case){
		.name = "embedded-10-mib",
		.field = "descriptor",
		.value = "10 MiB of empty lines",
		.code = BAD,
		.words = "longer than 1 MiB",
		.make = make_embedded_10_mib,
	});
}
