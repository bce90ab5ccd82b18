/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several threads that read one chain of sparse and compressed links at the same time.
 */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "../../libvdisk/disk-chain.h"
#include "memstore.h"
#include "mkvmdk.h"
#include "said.h"

#define CAPACITY  12000u /* sectors: some regions of 1 MiB */
#define THREADS   4u
#define READS     300u
#define READ_MOST 200u

static struct vd_disk *disk;

/* All data, zeros in every eleventh grain. */
static enum mk_kind base_kind(uint64_t grain)
{
	return grain % 11 == 0 ? MK_ZERO : MK_DATA;
}

/* Nothing in the first half of the disk, then some grains. */
static enum mk_kind child_kind(uint64_t grain)
{
	return grain > CAPACITY / 16 && grain % 5 == 1 ? MK_DATA : MK_ABSENT;
}

static enum mk_kind chain_kind(uint64_t grain)
{
	return child_kind(grain) == MK_DATA ? MK_DATA : base_kind(grain);
}

static const struct mk_spec whole = { .capacity = CAPACITY, .grain = 8, .kind = chain_kind };

static void add_link(const char *path, enum mk_layout layout, enum mk_kind (*kind)(uint64_t),
		     const char *descriptor)
{
	struct mk_spec spec = { .layout = layout,
				.capacity = CAPACITY,
				.grain = 8,
				.descriptor = descriptor,
				.kind = kind };
	struct mk_image img = mk_build(&spec);

	memstore_add(path, img.bytes, img.len);
	mk_free(&img);
}

static void setup(void)
{
	said_start();
	add_link("a.vmdk", MK_SPARSE, base_kind, "CID=1\nRW 12000 SPARSE \"a\"\n");
	add_link("b.vmdk", MK_STREAM_FRONT, child_kind,
		 "CID=2\nparentCID=1\nparentFileNameHint=\"a.vmdk\"\nRW 12000 SPARSE \"b\"\n");
	add_link("c.vmdk", MK_SPARSE, child_kind,
		 "CID=3\nparentCID=2\nparentFileNameHint=\"b.vmdk\"\nRW 12000 SPARSE \"c\"\n");
	ck_assert_msg(vd_chain_open(&memstore_ops, "c.vmdk", 0, &disk) == VIX_OK, "%s", said_text);
}

static void teardown(void)
{
	vd_disk_close(disk);
	memstore_reset();
	said_stop();
}

/* Reads here and there; the number of reads that went wrong. */
static void *read_some(void *seed)
{
	unsigned char got[READ_MOST * 512], wanted[READ_MOST * 512];
	uint64_t x = 1 + *(unsigned *)seed;
	uintptr_t wrong = 0;

	for (unsigned i = 0; i < READS; i++) {
		uint64_t sector, count;

		x = x * 6364136223846793005u + 1442695040888963407u;
		sector = (x >> 33) % (CAPACITY - READ_MOST);
		count = 1 + (x >> 20) % READ_MOST;
		mk_guest(&whole, sector, count, wanted);
		if (vd_disk_read(disk, sector, count, got) != VIX_OK ||
		    memcmp(got, wanted, count * 512) != 0)
			wrong++;
	}
	return (void *)wrong;
}

START_TEST(threads_read_what_is_there)
{
	pthread_t threads[THREADS];
	unsigned seeds[THREADS];
	void *wrong;

	for (unsigned i = 0; i < THREADS; i++) {
		seeds[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_some, &seeds[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
		ck_assert_ptr_null(wrong);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain-threads");
	TCase *tc = unit_tcase(s, "threads");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, threads_read_what_is_there);
	return unit_run(s);
}
