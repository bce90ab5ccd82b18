/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small disks made byte by byte; see disks.h.
 */
#include "config.h"

#include "disks.h"

#include <endian.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define SECTOR       512
#define CID          "8f67ca74"
#define DESC_SECTOR  1 /* where things are in a sparse file */
#define DESC_SECTORS 20
#define GD_SECTOR    21
#define GT_SECTOR    22
#define OVERHEAD     128
#define GTES         512

static void fill_pattern(void *buf, uint64_t sector)
{
	uint64_t words[SECTOR / 8];

	for (unsigned i = 0; i < SECTOR / 8; i++)
		words[i] = (sector + 1) * 0x9e3779b97f4a7c15u + i;
	memcpy(buf, words, SECTOR);
}

bool has_pattern(const void *buf, uint64_t sector)
{
	unsigned char want[SECTOR];

	fill_pattern(want, sector);
	return memcmp(buf, want, SECTOR) == 0;
}

bool has_zeros(const void *buf)
{
	static const unsigned char zeros[SECTOR];

	return memcmp(buf, zeros, SECTOR) == 0;
}

static int create(const char *name)
{
	int fd = open(in_dir(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void put(int fd, const void *buf, size_t len, uint64_t off)
{
	ck_assert_int_eq(pwrite(fd, buf, len, (off_t)off), (ssize_t)len);
}

/* @count sectors of pattern from guest sector @first, at @off. */
static void put_pattern(int fd, uint64_t first, uint64_t count, uint64_t off)
{
	for (uint64_t i = 0; i < count; i++) {
		unsigned char buf[SECTOR];

		fill_pattern(buf, first + i);
		put(fd, buf, SECTOR, off + i * SECTOR);
	}
}

void make_raw(const char *name, uint64_t sectors)
{
	int fd = create(name);

	put_pattern(fd, 0, sectors, 0);
	close(fd);
}

/* @extent is what stands behind the size in the extent line; @parent NULL: a base. */
static void print_descriptor(char *text, size_t size, const char *type, uint64_t sectors,
			     const char *extent, const char *parent)
{
	snprintf(text, size,
		 "# Disk DescriptorFile\n"
		 "version=1\n"
		 "CID=" CID "\n"
		 "parentCID=%s\n"
		 "createType=\"%s\"\n"
		 "%s%s%s"
		 "\n"
		 "# Extent description\n"
		 "RW %" PRIu64 " %s\n"
		 "\n"
		 "#DDB\n"
		 "ddb.virtualHWVersion = \"13\"\n"
		 "ddb.geometry.cylinders = \"3\"\n"
		 "ddb.geometry.heads = \"64\"\n"
		 "ddb.geometry.sectors = \"32\"\n"
		 "ddb.adapterType = \"lsilogic\"\n"
		 "ddb.uuid = \"" DISK_UUID "\"\n",
		 parent != NULL ? CID : "ffffffff", type,
		 parent != NULL ? "parentFileNameHint=\"" : "", parent != NULL ? parent : "",
		 parent != NULL ? "\"\n" : "", sectors, extent);
}

void make_flat(const char *name, uint64_t sectors)
{
	char text[2048], extent[300], flat[256];

	snprintf(flat, sizeof(flat), "%s-flat", name);
	make_raw(flat, sectors);
	snprintf(extent, sizeof(extent), "FLAT \"%s\" 0", flat);
	print_descriptor(text, sizeof(text), "monolithicFlat", sectors, extent, NULL);
	put_text(name, text);
}

static void put_le32(unsigned char *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void put_le64(unsigned char *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

static void put_sparse_header(int fd, uint64_t sectors)
{
	unsigned char h[SECTOR] = "KDMV";

	put_le32(h + 4, 1);
	put_le32(h + 8, 1); /* the newline test is valid */
	put_le64(h + 12, sectors);
	put_le64(h + 20, GRAIN);
	put_le64(h + 28, DESC_SECTOR);
	put_le64(h + 36, DESC_SECTORS);
	put_le32(h + 44, GTES);
	put_le64(h + 56, GD_SECTOR);
	put_le64(h + 64, OVERHEAD);
	memcpy(h + 73, "\n \r\n", 4);
	put(fd, h, sizeof(h), 0);
}

/* The tables and grains; capacities end inside a grain too. */
static void put_grains(int fd, uint64_t sectors, const char *grains)
{
	unsigned char gd[SECTOR] = { 0 }, gt[GTES * 4] = { 0 };
	uint32_t at = OVERHEAD;

	put_le32(gd, GT_SECTOR);
	put(fd, gd, sizeof(gd), GD_SECTOR * SECTOR);
	for (uint64_t g = 0; grains[g] != '\0'; g++) {
		uint64_t left = sectors - g * GRAIN;

		if (grains[g] != 'X')
			continue;
		put_le32(gt + g * 4, at);
		put_pattern(fd, g * GRAIN, left < GRAIN ? left : GRAIN, (uint64_t)at * SECTOR);
		at += GRAIN;
	}
	put(fd, gt, sizeof(gt), GT_SECTOR * SECTOR);
	ck_assert_int_eq(ftruncate(fd, (off_t)at * SECTOR), 0);
}

static void make_any_sparse(const char *name, uint64_t sectors, const char *grains,
			    const char *parent)
{
	char text[DESC_SECTORS * SECTOR] = "", extent[256];
	int fd = create(name);

	snprintf(extent, sizeof(extent), "SPARSE \"%s\"", name);
	print_descriptor(text, sizeof(text), "monolithicSparse", sectors, extent, parent);
	put_sparse_header(fd, sectors);
	put(fd, text, sizeof(text), DESC_SECTOR * SECTOR);
	put_grains(fd, sectors, grains);
	close(fd);
}

void make_sparse(const char *name, uint64_t sectors, const char *grains)
{
	make_any_sparse(name, sectors, grains, NULL);
}

void break_grain(const char *name, unsigned grain)
{
	int fd = open(in_dir(name), O_RDWR | O_CLOEXEC);
	unsigned char gte[4];

	ck_assert_int_ge(fd, 0);
	put_le32(gte, 0x7fffff80);
	put(fd, gte, sizeof(gte), GT_SECTOR * SECTOR + grain * 4);
	close(fd);
}

void make_child(const char *name, uint64_t sectors, const char *parent)
{
	make_any_sparse(name, sectors, "", parent);
}
