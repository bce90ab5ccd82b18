/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks of 2 TB and 62 TB: opened, asked for their blocks, written at their ends and in between,
 * and read again, in little memory. Their files are holes but for directories and what is written.
 *
 * Limits of the formats: the entries of sparse extents are sectors of the file in 32 bits, so that no
 * file may be longer than 2 TiB, however large the disk; the capacity of a vmfsSparse extent has
 * 32 bits, too; a file system may want less: ext4 16 TiB for a file.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "client.h"

#define SECTOR      512u
#define TIB         (UINT64_C(1) << 31) /* sectors */
#define DESC_SECTOR 1u
#define DESC_SIZE   20u /* sectors */
#define WRITE       5u  /* sectors that are written at a place */
#define SPREAD      3000u
#define READ_ONLY   VIXDISKLIB_FLAG_OPEN_READ_ONLY

/* Sanitizers keep memory of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

enum kind { SPARSE, COWD, FLAT };

static const struct large {
	enum kind kind;
	uint64_t sectors;
	uint32_t grain, gtes;
	bool has_tables;    /* all of them are there, two copies; else none */
	bool is_spread;     /* written at very many places */
	bool is_asked_all;  /* for all of its blocks */
	unsigned open_most; /* MiB */
} disks[] = {
	{ SPARSE, 2 * TIB, 128, 512, true, false, true, 16 },
	{ SPARSE, 2 * TIB, 8, 512, false, true, true, 16 },
	{ SPARSE, 62 * TIB, 128, 512, true, false, false, 40 },
	{ SPARSE, 62 * TIB, 2048, 4096, false, false, true, 40 },
	{ COWD, 2 * TIB - 1, 1, 4096, false, true, true, 16 },
	{ COWD, 2 * TIB - 1, 128, 4096, false, false, true, 16 },
	{ FLAT, 62 * TIB, 1, 0, false, true, true, 40 },
};
#define PEAK_MOST 80u /* MiB, at any time: a cache of 64 and some slack */

/* Making them. */

static int create(const char *name)
{
	int fd = open(in_dir(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void put(int fd, const void *bytes, size_t len, uint64_t sector)
{
	ck_assert_int_eq(pwrite(fd, bytes, len, (off_t)(sector * SECTOR)), (ssize_t)len);
}

static uint64_t tables_of(const struct large *l)
{
	return vu_div_up(l->sectors, (uint64_t)l->grain * l->gtes);
}

/* A directory, and behind it its tables, where there are any; the sector behind all. */
static uint64_t put_directory(int fd, const struct large *l, uint64_t sector)
{
	uint64_t n = tables_of(l), len = vu_round_up(n * 4, SECTOR);
	uint64_t table = sector + len / SECTOR, each = vu_div_up(l->gtes * 4, SECTOR);
	unsigned char *gd;

	if (!l->has_tables)
		return table;
	gd = calloc(1, len);
	for (uint64_t i = 0; i < n; i++)
		vu_put_le32(gd + 4 * i, (uint32_t)(table + i * each));
	put(fd, gd, len, sector);
	free(gd);
	return table + n * each;
}

static void cut(int fd, uint64_t sectors)
{
	ck_assert_int_eq(ftruncate(fd, (off_t)(sectors * SECTOR)), 0);
	close(fd);
}

static void put_descriptor(char *text, size_t size, const char *type, const char *extents)
{
	snprintf(text, size,
		 "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
		 "createType=\"%s\"\n\n# Extent description\n%s\n\n#DDB\n"
		 "ddb.adapterType = \"lsilogic\"\n",
		 type, extents);
}

static void make_sparse(const struct large *l)
{
	unsigned char h[SECTOR] = "KDMV";
	char text[DESC_SIZE * SECTOR] = "", extent[80];
	uint64_t at = DESC_SECTOR + DESC_SIZE;
	int fd = create("large.vmdk");

	snprintf(extent, sizeof(extent), "RW %llu SPARSE \"large.vmdk\"",
		 (unsigned long long)l->sectors);
	put_descriptor(text, sizeof(text), "monolithicSparse", extent);
	put(fd, text, sizeof(text), DESC_SECTOR);
	vu_put_le32(h + 4, 1);
	vu_put_le32(h + 8, l->has_tables ? 3 : 1);
	vu_put_le64(h + 12, l->sectors);
	vu_put_le64(h + 20, l->grain);
	vu_put_le64(h + 28, DESC_SECTOR);
	vu_put_le64(h + 36, DESC_SIZE);
	vu_put_le32(h + 44, l->gtes);
	if (l->has_tables) {
		vu_put_le64(h + 48, at);
		at = put_directory(fd, l, at);
	}
	vu_put_le64(h + 56, at);
	at = put_directory(fd, l, at);
	vu_put_le64(h + 64, vu_round_up(at, l->grain));
	memcpy(h + 73, "\n \r\n", 4);
	put(fd, h, sizeof(h), 0);
	cut(fd, vu_round_up(at, l->grain));
}

static void make_cowd(const struct large *l)
{
	unsigned char h[4 * SECTOR] = "COWD";
	char text[2048], extent[80];
	int fd = create("large-delta.vmdk");
	uint64_t end = put_directory(fd, l, 4);

	vu_put_le32(h + 4, 1);
	vu_put_le32(h + 8, 3);
	vu_put_le32(h + 12, (uint32_t)l->sectors);
	vu_put_le32(h + 16, l->grain);
	vu_put_le32(h + 20, 4);
	vu_put_le32(h + 24, (uint32_t)tables_of(l));
	vu_put_le32(h + 28, (uint32_t)end);
	put(fd, h, sizeof(h), 0);
	cut(fd, end);
	snprintf(extent, sizeof(extent), "RW %llu VMFSSPARSE \"large-delta.vmdk\"",
		 (unsigned long long)l->sectors);
	put_descriptor(text, sizeof(text), "vmfsSparse", extent);
	put_text("large.vmdk", text);
}

/* Of four files, since file systems have limits. */
static void make_flat(const struct large *l)
{
	char text[2048], extents[400] = "";

	for (unsigned i = 0; i < 4; i++) {
		char name[32];
		size_t len = strlen(extents);

		snprintf(name, sizeof(name), "large-f%03u.vmdk", i + 1);
		snprintf(extents + len, sizeof(extents) - len, "RW %llu FLAT \"%s\" 0\n",
			 (unsigned long long)l->sectors / 4, name);
		cut(create(name), l->sectors / 4);
	}
	put_descriptor(text, sizeof(text), "twoGbMaxExtentFlat", extents);
	put_text("large.vmdk", text);
}

static void make(const struct large *l)
{
	static void (*const makers[])(const struct large *) = { make_sparse, make_cowd, make_flat };

	makers[l->kind](l);
}

/* Memory. */

/* A figure of this process in KiB: "VmHWM:" is the most that it ever had, "VmRSS:" what it has. */
static unsigned long memory(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[200];

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtoul(line + strlen(name), NULL, 10);
	fclose(f);
	ck_assert_uint_ne(kib, 0);
	return kib;
}

static void at_most(const char *what, unsigned long since, unsigned most)
{
	unsigned long most_ever = memory("VmHWM:");
	unsigned long kib = most_ever > since ? most_ever - since : 0;

	printf("# %s: %lu KiB more than before\n", what, kib);
	fflush(stdout);
	if (!IS_SANITIZED)
		ck_assert_uint_le(kib, most * 1024ul);
}

/* What is done to them. */

static void stamp(unsigned char *buf, uint64_t sector)
{
	for (unsigned i = 0; i < WRITE * SECTOR; i += 8)
		vu_put_le64(buf + i, (sector + i / SECTOR + 1) * 0x9e3779b97f4a7c15u + i);
}

static uint64_t n_places(const struct large *l)
{
	return l->is_spread ? SPREAD : 3;
}

/* The first sectors, the last, and those between. */
static uint64_t place(const struct large *l, uint64_t i)
{
	uint64_t last = l->sectors - WRITE;

	return i == n_places(l) - 1 ? last : last / (n_places(l) - 1) * i;
}

static void write_places(VixDiskLibHandle disk, const struct large *l)
{
	unsigned char buf[WRITE * SECTOR];

	for (uint64_t i = 0; i < n_places(l); i++) {
		stamp(buf, place(l, i));
		ck_assert_ok(VixDiskLib_Write(disk, place(l, i), WRITE, buf));
	}
}

static void read_places(VixDiskLibHandle disk, const struct large *l)
{
	unsigned char want[WRITE * SECTOR], got[(WRITE + 2) * SECTOR];

	for (uint64_t i = 0; i < n_places(l); i++) {
		uint64_t before = i != 0 ? 1 : 0, after = i != n_places(l) - 1 ? 1 : 0;
		const unsigned char *p = got + before * SECTOR;

		stamp(want, place(l, i));
		ck_assert_ok(
			VixDiskLib_Read(disk, place(l, i) - before, before + WRITE + after, got));
		ck_assert_mem_eq(p, want, sizeof(want));
		ck_assert(vu_is_zero(got, before * SECTOR));
		ck_assert(vu_is_zero(p + sizeof(want), after * SECTOR));
	}
}

/* The number of sectors in the blocks. */
static uint64_t ask(VixDiskLibHandle disk, uint64_t first, uint64_t count, uint64_t chunk)
{
	VixDiskLibBlockList *list;
	uint64_t sum = 0;

	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(disk, first, count, chunk, &list));
	for (uint32 i = 0; i < list->numBlocks; i++)
		sum += list->blocks[i].length;
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
	return sum;
}

/* Small chunks, as many at a time as there may be, at the begin and at the end. */
static void ask_at_ends(VixDiskLibHandle disk, const struct large *l, bool is_written)
{
	uint64_t chunk = VIXDISKLIB_MIN_CHUNK_SIZE;
	uint64_t most = chunk * VIXDISKLIB_MAX_CHUNK_NUMBER;
	uint64_t last = vu_round_down(l->sectors - 1, most);

	ck_assert(is_written == (ask(disk, 0, most, chunk) >= WRITE));
	ck_assert(is_written ==
		  (ask(disk, last, vu_round_up(l->sectors - last, chunk), chunk) >= WRITE));
}

static void ask_all(VixDiskLibHandle disk, const struct large *l, bool is_written)
{
	uint64_t chunk = VIXDISKLIB_MAX_CHUNK_SIZE, sum = 0;
	uint64_t end = vu_round_up(l->sectors, chunk);

	for (uint64_t s = 0, n; s < end; s += n) {
		n = vu_min(end - s, chunk * VIXDISKLIB_MAX_CHUNK_NUMBER);
		sum += ask(disk, s, n, chunk);
	}
	if (is_written)
		ck_assert_uint_ge(sum, n_places(l) * WRITE);
	else
		ck_assert_uint_eq(sum, 0);
}

static void ask_for_blocks(VixDiskLibHandle disk, const struct large *l, bool is_written)
{
	ask_at_ends(disk, l, is_written);
	if (l->is_asked_all)
		ask_all(disk, l, is_written);
}

static void has_capacity(VixDiskLibHandle disk, uint64_t sectors)
{
	VixDiskLibInfo *info;

	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	ck_assert_uint_eq(info->capacity, sectors);
	VixDiskLib_FreeInfo(info);
}

/* The most that it ever had begins anew. */
static unsigned long begin_to_count(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "5", 1), 1);
	close(fd);
	return memory("VmRSS:");
}

START_TEST(large_disks_are_used_in_little_memory)
{
	static const char *const names[] = { "sparse", "vmfsSparse", "flat" };
	const struct large *l = &disks[_i];
	VixDiskLibConnection conn = connect_local();
	unsigned long since;
	VixDiskLibHandle disk;

	make(l);
	printf("# %s of %llu TB, grain %u\n", names[l->kind],
	       (unsigned long long)(l->sectors + 1) / TIB, l->grain);
	since = begin_to_count();
	disk = open_disk(conn, "large.vmdk", 0);
	at_most("open", since, l->open_most);
	has_capacity(disk, l->sectors);
	ask_for_blocks(disk, l, false);
	at_most("blocks", since, PEAK_MOST);
	write_places(disk, l);
	read_places(disk, l);
	ck_assert_ok(VixDiskLib_Flush(disk));
	at_most("writes", since, PEAK_MOST);
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "large.vmdk", READ_ONLY);
	read_places(disk, l);
	ask_for_blocks(disk, l, true);
	at_most("blocks again", since, PEAK_MOST);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(client_log.warnings, 0);
}
END_TEST

/* Room for one more grain, then none; what is there can still be written. */
START_TEST(a_sparse_file_does_not_grow_beyond_2_tib)
{
	static const struct large l = { SPARSE, 62 * TIB, 128, 512, false, false, false, 0 };
	VixDiskLibConnection conn = connect_local();
	unsigned char buf[WRITE * SECTOR], got[WRITE * SECTOR];
	VixDiskLibHandle disk;

	make(&l);
	disk = open_disk(conn, "large.vmdk", 0);
	stamp(buf, 7);
	ck_assert_ok(VixDiskLib_Write(disk, 7, WRITE, buf)); /* has a table now */
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_int_eq(truncate(in_dir("large.vmdk"), (off_t)(2 * TIB - 256) * SECTOR), 0);
	disk = open_disk(conn, "large.vmdk", 0);
	ck_assert_ok(VixDiskLib_Write(disk, 128, WRITE, buf));
	ck_assert_err(VixDiskLib_Write(disk, 256, WRITE, buf), DISK_FULL);
	ck_assert_err(VixDiskLib_Write(disk, 61 * TIB, WRITE, buf), DISK_FULL);
	stamp(buf, 8);
	ck_assert_ok(VixDiskLib_Write(disk, 128, WRITE, buf));
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "large.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(disk, 128, WRITE, got));
	ck_assert_mem_eq(got, buf, sizeof(got));
	ck_assert_ok(VixDiskLib_Read(disk, 256, WRITE, got));
	ck_assert(vu_is_zero(got, sizeof(got)));
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

/* Nobody can read meanwhile.  A step for each of the sectors that go takes minutes: longer than the
 * test may. */
START_TEST(much_is_cut_off_at_once)
{
	static const struct large l = { SPARSE, TIB / 1024, 128, 512, false, false, false, 0 };
	VixDiskLibConnection conn = connect_local();
	VixDiskLibHandle disk;
	struct stat st;

	make(&l);
	ck_assert_int_eq(truncate(in_dir("large.vmdk"), (off_t)(2 * TIB) * SECTOR), 0);
	disk = open_disk(conn, "large.vmdk", 0);
	ck_assert_ok(VixDiskLib_Shrink(disk, NULL, NULL));
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_int_eq(stat(in_dir("large.vmdk"), &st), 0);
	ck_assert_int_lt(st.st_size, (off_t)TIB);
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("large");
	TCase *tc = client_tcase(s, "large"), *quick = client_tcase(s, "quick");

	tcase_set_timeout(tc, 300);
	tcase_set_timeout(quick, 60);
	tcase_add_loop_test(tc, large_disks_are_used_in_little_memory, 0,
			    sizeof(disks) / sizeof(disks[0]));
	tcase_add_test(tc, a_sparse_file_does_not_grow_beyond_2_tib);
	tcase_add_test(quick, much_is_cut_off_at_once);
	return client_run(s);
}
