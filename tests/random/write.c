/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random writes to random disks against flat bytes, through the public interface: from one thread
 * and from several, flushed now and then, read meanwhile, closed, and read again by us and, where
 * it reads that kind rightly, by qemu-img.
 *
 * VDISK_RANDOM_DISKS says how many (120), VDISK_RANDOM_FIRST the first seed (1).  A failure names
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
#define OPS     25 /* of each thread */

/* One thread: its part of the disk is nobody else's, though grains at its ends are. */
struct writer {
	VixDiskLibHandle disk;
	const struct randisk *model; /* its bytes in [first, end) change */
	uint64_t first, end;
	uint64_t random;
	unsigned char *buf;
	char wrong[200]; /* empty: all was right */
};

static uint64_t draw(struct writer *w, uint64_t n)
{
	return randisk_random(&w->random, n);
}

static void go_wrong(struct writer *w, const char *what, uint64_t sector, uint64_t count,
		     VixError err)
{
	snprintf(w->wrong, sizeof(w->wrong), "%s of [%llu, +%llu): error %llu", what,
		 (unsigned long long)sector, (unsigned long long)count, (unsigned long long)err);
}

/* Zeros, now and then, in part or whole. */
static void draw_bytes(struct writer *w, uint64_t count)
{
	uint64_t sort = draw(w, 4);

	memset(w->buf, sort == 0 ? 0 : (int)(1 + draw(w, 255)), count * SECTOR);
	if (sort == 1 && count > 1)
		memset(w->buf + draw(w, count) * SECTOR, 0, SECTOR);
}

static bool is_refusal(VixError err)
{
	return err == VIX_E_FILE_READ_ONLY || err == VIX_E_NOT_SUPPORTED;
}

static void write_some(struct writer *w, uint64_t sector, uint64_t count)
{
	VixError err;

	draw_bytes(w, count);
	err = VixDiskLib_Write(w->disk, sector, count, w->buf);
	if (err == VIX_OK)
		memcpy(w->model->bytes + sector * SECTOR, w->buf, count * SECTOR);
	else if (!is_refusal(err))
		go_wrong(w, "write", sector, count, err);
}

static void read_some(struct writer *w, uint64_t sector, uint64_t count)
{
	VixError err = VixDiskLib_Read(w->disk, sector, count, w->buf);

	if (err != VIX_OK)
		go_wrong(w, "read", sector, count, err);
	else if (memcmp(w->buf, w->model->bytes + sector * SECTOR, count * SECTOR) != 0)
		go_wrong(w, "wrong bytes", sector, count, err);
}

static void *work(void *arg)
{
	struct writer *w = arg;

	for (int i = 0; i < OPS && w->wrong[0] == '\0'; i++) {
		uint64_t sector = w->first + draw(w, w->end - w->first);
		uint64_t longest = draw(w, 3) == 0 ? w->end : 20;
		uint64_t count = 1 + draw(w, vu_min(longest, w->end - sector));
		VixError err;

		if (draw(w, 3) == 0)
			read_some(w, sector, count);
		else
			write_some(w, sector, count);
		err = draw(w, 8) == 0 ? VixDiskLib_Flush(w->disk) : VIX_OK;
		if (err != VIX_OK)
			go_wrong(w, "flush", sector, count, err);
	}
	return NULL;
}

static void work_together(VixDiskLibHandle disk, const struct randisk *model, uint64_t seed)
{
	unsigned n = seed % 2 == 0 || model->sectors < THREADS ? 1 : THREADS;
	struct writer w[THREADS];
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < n; i++) {
		w[i] = (struct writer){
			.disk = disk,
			.model = model,
			.first = model->sectors * i / n,
			.end = model->sectors * (i + 1) / n,
			.random = seed * 10 + i,
			.buf = malloc(model->sectors * SECTOR),
		};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &w[i]), 0);
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		free(w[i].buf);
	}
	for (unsigned i = 0; i < n; i++)
		ck_assert_msg(w[i].wrong[0] == '\0', "%s: %s", model->story, w[i].wrong);
}

static void write_disk(uint64_t seed)
{
	VixDiskLibConnection c = connect_local();
	const char *dir = in_dir("disk");
	struct randisk model;
	VixDiskLibHandle disk;

	ck_assert_int_eq(vu_mkdir_p(dir, 0700), 0);
	randisk_make(seed, dir, &model);
	for (uint64_t round = 0; round < 2; round++) {
		VixError err = VixDiskLib_Open(c, model.path, 0, &disk);

		ck_assert_msg(err == VIX_OK, "%s: open gave error %llu: %s", model.story,
			      (unsigned long long)err, client_log.last_warning);
		work_together(disk, &model, seed + round);
		reads_as(disk, &model);
		ck_assert_ok(VixDiskLib_Close(disk));
	}
	ck_assert_ok(VixDiskLib_Open(c, model.path, VIXDISKLIB_FLAG_OPEN_READ_ONLY, &disk));
	reads_as(disk, &model);
	ck_assert_ok(VixDiskLib_Close(disk));
	if (seed % 3 == 0)
		qemu_reads_as(&model, dir);
	ck_assert_ok(VixDiskLib_Disconnect(c));
	randisk_free(&model);
	ck_assert_int_eq(vu_rm_rf(dir), 0);
}

START_TEST(random_disks_keep_what_is_written_to_them)
{
	uint64_t first = number_of("VDISK_RANDOM_FIRST", 1);
	uint64_t disks = number_of("VDISK_RANDOM_DISKS", 120);

	for (uint64_t i = (uint64_t)_i; i < disks; i += GROUPS)
		write_disk(first + i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("random-write");
	TCase *tc = client_tcase(s, "write");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, random_disks_keep_what_is_written_to_them, 0, GROUPS);
	return client_run(s);
}
