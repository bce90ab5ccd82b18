/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Storms against flat bytes, through the public interface: several threads at once on random disks
 * of every kind that is written, alone and in chains of up to 32, with sync and async calls
 * mixed (storm.h).  What was flushed must be in the files, what was closed must be read again, by us
 * and, where it reads that kind rightly, by qemu-img.
 *
 * VDISK_RANDOM_DISKS says how many (24), VDISK_RANDOM_FIRST the first seed (1).  A failure names
 * the seed: it makes the same disk, and each thread does the same things in the same order.
 */
#include "config.h"

#include "storm.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "osutil.h"
#include "randcheck.h"

#define GROUPS    8
#define ROUNDS    3
#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

static VixDiskLibHandle open_with(const struct storm *storm, unsigned conn, uint32 flags)
{
	VixDiskLibHandle disk;
	VixError err = VixDiskLib_Open(storm->conns[conn], storm->model.path, flags, &disk);

	ck_assert_msg(err == VIX_OK, "%s: open gave error %llu: %s", storm->model.story,
		      (unsigned long long)err, client_log.last_warning);
	return disk;
}

/* Runs of sectors, short or long: several owners for one grain, or several grains for one. */
static void draw_owners(struct storm *storm, uint64_t *random, unsigned threads)
{
	static const uint64_t longest[] = { 2, 12, 90, 700 };
	uint64_t most = longest[randisk_random(random, 4)];

	for (uint64_t s = 0, n; s < storm->model.sectors; s += n) {
		unsigned owner = (unsigned)randisk_random(random, threads + 1);

		n = vu_min(1 + randisk_random(random, most), storm->model.sectors - s);
		memset(storm->owner + s, owner < threads ? (int)owner : (int)STORM_NOBODY, n);
	}
}

static void work_together(struct storm *storm, uint64_t *random)
{
	unsigned n = 1 + (unsigned)randisk_random(random, STORM_THREADS);
	struct storm_worker *workers[STORM_THREADS];
	pthread_t threads[STORM_THREADS];
	char wrong[STORM_THREADS][200];

	draw_owners(storm, random, n);
	for (unsigned i = 0; i < n; i++)
		workers[i] = storm_worker_new(storm, i, randisk_random(random, UINT64_MAX));
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, storm_work, workers[i]), 0);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < n; i++)
		storm_worker_end(workers[i], wrong[i]);
	for (unsigned i = 0; i < n; i++)
		ck_assert_msg(wrong[i][0] == '\0', "%s: %s: %s", storm->model.story, wrong[i],
			      client_log.last_warning);
}

static void has_metadata(const struct storm *storm, VixDiskLibHandle disk)
{
	for (unsigned i = 0; i < STORM_THREADS; i++) {
		const char *wrong = storm_metadata_error(storm, disk, i);

		ck_assert_msg(wrong == NULL, "%s: %s", storm->model.story, wrong);
	}
}

/* By a reader that knows nothing but the files. */
static void files_have_all(const struct storm *storm, unsigned conn)
{
	VixDiskLibHandle disk = open_with(storm, conn, READ_ONLY);

	reads_as(disk, &storm->model);
	has_metadata(storm, disk);
	ck_assert_ok(VixDiskLib_Close(disk));
}

static void connect_both(struct storm *storm)
{
	storm->conns[0] = connect_local();
	storm->conns[1] = connect_local();
}

static void disconnect_both(const struct storm *storm)
{
	ck_assert_ok(VixDiskLib_Disconnect(storm->conns[0]));
	ck_assert_ok(VixDiskLib_Disconnect(storm->conns[1]));
}

static void storm_once(struct storm *storm, uint64_t *random)
{
	connect_both(storm);
	storm->flags = randisk_random(random, 5) == 0 ? VIXDISKLIB_FLAG_OPEN_UNBUFFERED : 0;
	storm->shared = open_with(storm, 0, storm->flags);
	work_together(storm, random);
	reads_as(storm->shared, &storm->model);
	if (randisk_random(random, 2) == 0) {
		ck_assert_ok(VixDiskLib_Flush(storm->shared));
		files_have_all(storm, 1);
	}
	/* Disconnect closes what is open. */
	if (randisk_random(random, 2) == 0)
		ck_assert_ok(VixDiskLib_Close(storm->shared));
	disconnect_both(storm);
}

static void storm_on_disk(uint64_t seed)
{
	struct randisk_wish wish = {
		.links = seed % 8 == 1 ? 32 : 0,
		.is_writable = true,
	};
	const char *dir = in_dir("disk");
	struct storm storm = { 0 };
	uint64_t random = seed;

	ck_assert_int_eq(vu_mkdir_p(dir, 0700), 0);
	randisk_make_as(seed, &wish, dir, &storm.model);
	storm.owner = malloc(storm.model.sectors);
	for (int round = 0; round < ROUNDS; round++)
		storm_once(&storm, &random);
	connect_both(&storm);
	files_have_all(&storm, 0);
	disconnect_both(&storm);
	if (seed % 3 == 0)
		qemu_reads_as(&storm.model, dir);
	free(storm.owner);
	randisk_free(&storm.model);
	ck_assert_int_eq(vu_rm_rf(dir), 0);
}

START_TEST(storms_leave_what_was_written)
{
	uint64_t first = number_of("VDISK_RANDOM_FIRST", 1);
	uint64_t disks = number_of("VDISK_RANDOM_DISKS", 24);

	for (uint64_t i = (uint64_t)_i; i < disks; i += GROUPS)
		storm_on_disk(first + i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("random-storm");
	TCase *tc = client_tcase(s, "storm");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, storms_leave_what_was_written, 0, GROUPS);
	return client_run(s);
}
