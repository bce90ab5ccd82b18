/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random disks against the flat bytes that they were made from, through the public interface:
 * read whole, here and there, from several threads, and asked for their allocated blocks.
 *
 * VDISK_RANDOM_DISKS says how many (200), VDISK_RANDOM_FIRST the first seed (1).  A failure names
 * the seed: `mkrandisk SEED DIRECTORY` makes that disk again.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "osutil.h"
#include "randcheck.h"

#define GROUPS  10
#define SECTOR  RANDISK_SECTOR
#define THREADS 3
#define PARTS   12 /* read by each thread */

struct reader {
	VixDiskLibHandle disk;
	const struct randisk *want;
	uint64_t random;
	unsigned char *buf;
	char wrong[200]; /* empty: all was right */
};

static void read_part(struct reader *r, uint64_t sector, uint64_t count)
{
	const unsigned char *want = r->want->bytes + sector * SECTOR;
	VixError err = VixDiskLib_Read(r->disk, sector, count, r->buf);
	uint64_t i = 0;

	if (err != VIX_OK) {
		snprintf(r->wrong, sizeof(r->wrong), "[%llu, +%llu) gave error %llu",
			 (unsigned long long)sector, (unsigned long long)count,
			 (unsigned long long)err);
		return;
	}
	if (memcmp(r->buf, want, count * SECTOR) == 0)
		return;
	while (memcmp(r->buf + i * SECTOR, want + i * SECTOR, SECTOR) == 0)
		i++;
	snprintf(r->wrong, sizeof(r->wrong), "sector %llu, read in [%llu, +%llu), differs",
		 (unsigned long long)(sector + i), (unsigned long long)sector,
		 (unsigned long long)count);
}

static uint64_t draw(struct reader *r, uint64_t n)
{
	return randisk_random(&r->random, n);
}

static void *read_parts(void *arg)
{
	struct reader *r = arg;

	for (int i = 0; i < PARTS && r->wrong[0] == '\0'; i++) {
		uint64_t sector = draw(r, r->want->sectors);
		uint64_t most = draw(r, 2) == 0 ? 16 : r->want->sectors;

		read_part(r, sector, 1 + draw(r, vu_min(most, r->want->sectors - sector)));
	}
	return NULL;
}

static void check_reader(const struct reader *r)
{
	ck_assert_msg(r->wrong[0] == '\0', "%s: %s", r->want->story, r->wrong);
}

static void check_parts(VixDiskLibHandle disk, const struct randisk *want, uint64_t seed)
{
	struct reader readers[THREADS];
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		readers[i] = (struct reader){ .disk = disk, .want = want, .random = seed + i };
		readers[i].buf = malloc(want->sectors * SECTOR);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_parts, &readers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		free(readers[i].buf);
		check_reader(&readers[i]);
	}
}

/* Must a chunk be in the list: yes, no, or either. */
static enum randisk_allocated want_chunk(const struct randisk *want, uint64_t first, uint64_t end)
{
	enum randisk_allocated chunk = RANDISK_ABSENT;

	for (uint64_t s = first; s < end; s++) {
		if (want->allocated[s] == RANDISK_ALLOCATED)
			return RANDISK_ALLOCATED;
		if (want->allocated[s] == RANDISK_EITHER)
			chunk = RANDISK_EITHER;
	}
	return chunk;
}

static bool is_listed(const VixDiskLibBlockList *list, uint64_t sector)
{
	for (uint32 i = 0; i < list->numBlocks; i++)
		if (sector >= list->blocks[i].offset &&
		    sector - list->blocks[i].offset < list->blocks[i].length)
			return true;
	return false;
}

/* Whole chunks only can be asked for: what is behind the last one is left out. */
static void check_blocks(VixDiskLibHandle disk, const struct randisk *want)
{
	uint64_t chunk = VIXDISKLIB_MIN_CHUNK_SIZE;
	uint64_t asked = vu_round_down(want->sectors, chunk);
	VixDiskLibBlockList *list;

	if (asked == 0)
		return;
	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(disk, 0, asked, chunk, &list));
	for (uint64_t s = 0; s < asked; s += chunk) {
		enum randisk_allocated chunk_is = want_chunk(want, s, s + chunk);

		if (chunk_is != RANDISK_EITHER)
			ck_assert_msg(is_listed(list, s) == (chunk_is == RANDISK_ALLOCATED),
				      "%s: the chunk at sector %llu is %slisted", want->story,
				      (unsigned long long)s, is_listed(list, s) ? "" : "not ");
	}
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
}

static void check_disk(uint64_t seed)
{
	VixDiskLibConnection c = connect_local();
	const char *dir = in_dir("disk");
	struct randisk want;
	VixDiskLibHandle disk;
	VixDiskLibInfo *info;
	VixError err;

	ck_assert_int_eq(vu_mkdir_p(dir, 0700), 0);
	randisk_make(seed, dir, &want);
	err = VixDiskLib_Open(c, want.path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk);
	ck_assert_msg(err == VIX_OK, "%s: open gave error %llu: %s", want.story,
		      (unsigned long long)err, client_log.last_warning);
	ck_assert_ok(VixDiskLib_GetInfo(disk, &info));
	ck_assert_uint_eq(info->capacity, want.sectors);
	VixDiskLib_FreeInfo(info);
	reads_as(disk, &want);
	check_parts(disk, &want, seed);
	check_blocks(disk, &want);
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Disconnect(c));
	randisk_free(&want);
	ck_assert_int_eq(vu_rm_rf(dir), 0);
}

START_TEST(random_disks_read_as_they_were_made)
{
	uint64_t first = number_of("VDISK_RANDOM_FIRST", 1);
	uint64_t disks = number_of("VDISK_RANDOM_DISKS", 200);

	for (uint64_t i = (uint64_t)_i; i < disks; i += GROUPS)
		check_disk(first + i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("random");
	TCase *tc = client_tcase(s, "read");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, random_disks_read_as_they_were_made, 0, GROUPS);
	return client_run(s);
}
