/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvdisk/disk.c, over a driver that counts calls.
 */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "../../libvdisk/disk.h"
#include "said.h"

#define CAPACITY 8u

struct counter {
	struct vd_disk disk;
	unsigned *freed; /* set to 1 by close */
	unsigned reads, writes, flushes, flushes_in_place, maps;
	bool is_all_in_place; /* nothing else is to be flushed */
	VixError answer;      /* of reads, writes and flushes */
};

static struct counter *counter_of(struct vd_disk *d)
{
	return (struct counter *)d;
}

static void on_close(struct vd_disk *d)
{
	*counter_of(d)->freed = 1;
}

static VixError on_read(struct vd_disk *d, uint64_t sector, uint64_t count, void *buf)
{
	counter_of(d)->reads++;
	memset(buf, (int)('a' + sector), count * 512);
	return counter_of(d)->answer;
}

static VixError on_write(struct vd_disk *d, uint64_t sector, uint64_t count, const void *buf)
{
	(void)sector;
	(void)count;
	(void)buf;
	counter_of(d)->writes++;
	return counter_of(d)->answer;
}

static VixError on_flush(struct vd_disk *d)
{
	counter_of(d)->flushes++;
	return counter_of(d)->answer;
}

/* Other threads may read meanwhile. */
static VixError on_flush_in_place(struct vd_disk *d, bool *done_out)
{
	struct counter *counter = counter_of(d);

	counter->flushes_in_place++;
	ck_assert_int_eq(pthread_rwlock_tryrdlock(&d->lock), 0);
	pthread_rwlock_unlock(&d->lock);
	*done_out = counter->is_all_in_place;
	return counter->answer;
}

static VixError on_extents(struct vd_disk *d, uint64_t sector, uint64_t count, vd_run_fn *fn,
			   void *ctx)
{
	counter_of(d)->maps++;
	fn(sector, count, true, ctx);
	return VIX_OK;
}

static void on_info(struct vd_disk *d, struct vd_disk_info *out)
{
	(void)d;
	out->links = 3;
}

static const char *on_meta_get(struct vd_disk *d, const char *key)
{
	(void)d;
	return strcmp(key, "uuid") == 0 ? "60 00" : NULL;
}

static VixError on_meta_each(struct vd_disk *d, vd_key_fn *fn, void *ctx)
{
	(void)d;
	fn("uuid", "60 00", ctx);
	return VIX_OK;
}

static const struct vd_disk_ops counting = {
	.close = on_close,
	.pread = on_read,
	.pwrite = on_write,
	.flush = on_flush,
	.extents = on_extents,
	.info = on_info,
	.meta_get = on_meta_get,
	.meta_each = on_meta_each,
};

static const struct vd_disk_ops in_place = {
	.close = on_close,
	.pread = on_read,
	.flush = on_flush,
	.flush_in_place = on_flush_in_place,
};

static const struct vd_disk_ops reading_only = {
	.close = on_close,
	.pread = on_read,
};

static unsigned freed;
static struct counter *c;
static unsigned char buf[CAPACITY * 512];

static void open_disk(const struct vd_disk_ops *ops, bool readonly)
{
	c = calloc(1, sizeof(*c));
	ck_assert_ptr_nonnull(c);
	vd_disk_init(&c->disk, ops, "file", CAPACITY, readonly);
	c->freed = &freed;
}

static void setup(void)
{
	freed = 0;
	memset(buf, 0, sizeof(buf));
	said_start();
	open_disk(&counting, false);
}

static void teardown(void)
{
	if (!freed)
		vd_disk_close(&c->disk);
	said_stop();
}

START_TEST(init_sets_what_a_disk_is)
{
	ck_assert_str_eq(c->disk.mode, "file");
	ck_assert_uint_eq(c->disk.capacity, CAPACITY);
	ck_assert(!c->disk.readonly);
}
END_TEST

START_TEST(reads_reach_the_driver)
{
	ck_assert_int_eq(vd_disk_read(&c->disk, 7, 1, buf), VIX_OK);
	ck_assert_int_eq(buf[511], 'h');
	ck_assert_int_eq(vd_disk_read(&c->disk, 0, CAPACITY, buf), VIX_OK);
	c->answer = VIX_E_FILE_ERROR;
	ck_assert_int_eq(vd_disk_read(&c->disk, 0, 1, buf), VIX_E_FILE_ERROR);
	ck_assert_uint_eq(c->reads, 3);
}
END_TEST

START_TEST(ranges_outside_of_the_disk_are_refused_and_nothing_is_transferred)
{
	ck_assert_int_eq(vd_disk_read(&c->disk, 8, 1, buf), VIX_E_DISK_OUTOFRANGE);
	ck_assert(said("cannot read 1 sectors from 8 on: the disk has only 8"));
	ck_assert_int_eq(vd_disk_read(&c->disk, 7, 2, buf), VIX_E_DISK_OUTOFRANGE);
	ck_assert_int_eq(vd_disk_read(&c->disk, UINT64_MAX, 2, buf), VIX_E_DISK_OUTOFRANGE);
	ck_assert_int_eq(vd_disk_read(&c->disk, 0, UINT64_MAX, buf), VIX_E_DISK_OUTOFRANGE);
	ck_assert_int_eq(vd_disk_write(&c->disk, 7, 2, buf), VIX_E_DISK_OUTOFRANGE);
	ck_assert_int_eq(vd_disk_extents(&c->disk, 9, 0, NULL, NULL), VIX_E_DISK_OUTOFRANGE);
	ck_assert_uint_eq(c->reads + c->writes + c->maps, 0);
	ck_assert_uint_eq(buf[0], 0);
}
END_TEST

START_TEST(nothing_to_transfer_and_nowhere_to_are_refused)
{
	ck_assert_int_eq(vd_disk_read(&c->disk, 0, 0, buf), VIX_E_INVALID_ARG);
	ck_assert_int_eq(vd_disk_read(&c->disk, 0, 1, NULL), VIX_E_INVALID_ARG);
	ck_assert_int_eq(vd_disk_write(&c->disk, 0, 0, buf), VIX_E_INVALID_ARG);
	ck_assert_int_eq(vd_disk_write(&c->disk, 0, 1, NULL), VIX_E_INVALID_ARG);
	ck_assert_uint_eq(c->reads + c->writes, 0);
}
END_TEST

START_TEST(writes_reach_the_driver_unless_the_disk_is_read_only)
{
	ck_assert_int_eq(vd_disk_write(&c->disk, 0, 1, buf), VIX_OK);
	ck_assert_uint_eq(c->writes, 1);
	c->disk.readonly = true;
	ck_assert_int_eq(vd_disk_write(&c->disk, 0, 1, buf), VIX_E_FILE_READ_ONLY);
	ck_assert_uint_eq(c->writes, 1);
	ck_assert(said("read-only"));
}
END_TEST

START_TEST(a_driver_that_cannot_write_says_so)
{
	vd_disk_close(&c->disk);
	freed = 0;
	open_disk(&reading_only, false);
	ck_assert_int_eq(vd_disk_write(&c->disk, 0, 1, buf), VIX_E_NOT_SUPPORTED);
	ck_assert_int_eq(vd_disk_flush(&c->disk), VIX_OK);
}
END_TEST

START_TEST(flushes_reach_the_driver_of_a_writable_disk_only)
{
	c->answer = VIX_E_DISK_FULL;
	ck_assert_int_eq(vd_disk_flush(&c->disk), VIX_E_DISK_FULL);
	c->disk.readonly = true;
	ck_assert_int_eq(vd_disk_flush(&c->disk), VIX_OK);
	ck_assert_uint_eq(c->flushes, 1);
}
END_TEST

START_TEST(readers_wait_only_for_what_can_not_be_flushed_in_place)
{
	vd_disk_close(&c->disk);
	freed = 0;
	open_disk(&in_place, false);
	c->is_all_in_place = true;
	ck_assert_int_eq(vd_disk_flush(&c->disk), VIX_OK);
	ck_assert_uint_eq(c->flushes_in_place, 1);
	ck_assert_uint_eq(c->flushes, 0);
	c->is_all_in_place = false;
	ck_assert_int_eq(vd_disk_flush(&c->disk), VIX_OK);
	ck_assert_uint_eq(c->flushes_in_place, 2);
	ck_assert_uint_eq(c->flushes, 1);
	c->answer = VIX_E_DISK_FULL;
	ck_assert_int_eq(vd_disk_flush(&c->disk), VIX_E_DISK_FULL);
	ck_assert_uint_eq(c->flushes, 1);
	c->answer = VIX_OK;
}
END_TEST

static bool count_run(uint64_t sector, uint64_t count, bool allocated, void *ctx)
{
	ck_assert_uint_eq(sector, 2);
	ck_assert(allocated);
	*(uint64_t *)ctx += count;
	return true;
}

START_TEST(extents_of_nothing_are_none)
{
	uint64_t sum = 0;

	ck_assert_int_eq(vd_disk_extents(&c->disk, CAPACITY, 0, count_run, &sum), VIX_OK);
	ck_assert_uint_eq(c->maps, 0);
	ck_assert_int_eq(vd_disk_extents(&c->disk, 2, 6, count_run, &sum), VIX_OK);
	ck_assert_uint_eq(sum, 6);
}
END_TEST

static VixError look_at_info(const struct vd_disk_info *info, void *ctx)
{
	ck_assert_int_eq(info->links, 3);
	ck_assert_uint_eq(info->capacity, CAPACITY);
	ck_assert_ptr_null(info->uuid);
	ck_assert_uint_eq(info->bios_geo.heads, 0);
	++*(unsigned *)ctx;
	return VIX_E_CANCELLED;
}

START_TEST(info_begins_as_zeros)
{
	unsigned n = 0;

	ck_assert_int_eq(vd_disk_get_info(&c->disk, look_at_info, &n), VIX_E_CANCELLED);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static bool is_uuid(const char *key, const char *value, void *ctx)
{
	*(bool *)ctx = strcmp(key, "uuid") == 0 && strcmp(value, "60 00") == 0;
	return true;
}

START_TEST(metadata_comes_from_the_driver)
{
	bool seen = false;
	char *value;

	ck_assert_int_eq(vd_disk_get_meta(&c->disk, "uuid", &value), VIX_OK);
	ck_assert_str_eq(value, "60 00");
	free(value);
	ck_assert_int_eq(vd_disk_get_meta(&c->disk, "other", &value), VIX_OK);
	ck_assert_ptr_null(value);
	ck_assert_int_eq(vd_disk_set_meta(&c->disk, "uuid", "x"), VIX_E_NOT_SUPPORTED);
	vd_disk_each_meta(&c->disk, is_uuid, &seen);
	ck_assert(seen);
}
END_TEST

START_TEST(close_frees_the_driver_and_takes_null)
{
	vd_disk_close(NULL);
	vd_disk_close(&c->disk);
	ck_assert_uint_eq(freed, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk");
	TCase *tc = unit_tcase(s, "disk");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, init_sets_what_a_disk_is);
	tcase_add_test(tc, reads_reach_the_driver);
	tcase_add_test(tc, ranges_outside_of_the_disk_are_refused_and_nothing_is_transferred);
	tcase_add_test(tc, nothing_to_transfer_and_nowhere_to_are_refused);
	tcase_add_test(tc, writes_reach_the_driver_unless_the_disk_is_read_only);
	tcase_add_test(tc, a_driver_that_cannot_write_says_so);
	tcase_add_test(tc, flushes_reach_the_driver_of_a_writable_disk_only);
	tcase_add_test(tc, readers_wait_only_for_what_can_not_be_flushed_in_place);
	tcase_add_test(tc, extents_of_nothing_are_none);
	tcase_add_test(tc, info_begins_as_zeros);
	tcase_add_test(tc, metadata_comes_from_the_driver);
	tcase_add_test(tc, close_frees_the_driver_and_takes_null);
	return unit_run(s);
}
