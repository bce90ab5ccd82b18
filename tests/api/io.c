/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contents of disks: Read, Flush, Wait, QueryAllocatedBlocks.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "disks.h"

#define SECTOR     512
#define GAPS       "X.XX...X" /* of the disk gaps.vmdk, which ends inside its last grain */
#define GAPS_END   (8 * GRAIN - 100)
#define MIN_CHUNK  VIXDISKLIB_MIN_CHUNK_SIZE
#define MAX_CHUNK  VIXDISKLIB_MAX_CHUNK_SIZE
#define MAX_CHUNKS VIXDISKLIB_MAX_CHUNK_NUMBER

static VixDiskLibConnection conn;
static VixDiskLibHandle gaps;

static void open_gaps(void)
{
	conn = connect_local();
	make_sparse("gaps.vmdk", GAPS_END, GAPS);
	gaps = open_disk(conn, "gaps.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
}

static void close_gaps(void)
{
	ck_assert_ok(VixDiskLib_Close(gaps));
	ck_assert_ok(VixDiskLib_Disconnect(conn));
}

static bool is_allocated(uint64 sector)
{
	return GAPS[sector / GRAIN] == 'X';
}

static void holds_sectors(const uint8 *buf, uint64 first, uint64 count)
{
	for (uint64 i = 0; i < count; i++)
		ck_assert(is_allocated(first + i) ? has_pattern(buf + i * SECTOR, first + i)
						  : has_zeros(buf + i * SECTOR));
}

static const uint64 ranges[][2] = {
	{ 0, 1 },
	{ 0, GAPS_END },
	{ GAPS_END - 1, 1 },
	{ GRAIN - 1, 2 },
	{ GRAIN + 5, 3 },
	{ 2 * GRAIN - 1, 2 * GRAIN + 2 },
	{ 3 * GRAIN + 1, GAPS_END - 3 * GRAIN - 1 },
};

START_TEST(read_gives_what_was_written_and_zeros_elsewhere)
{
	uint64 first = ranges[_i][0], count = ranges[_i][1];
	uint8 *buf = malloc((count + 1) * SECTOR);

	memset(buf, 0xa5, (count + 1) * SECTOR);
	ck_assert_ok(VixDiskLib_Read(gaps, first, count, buf));
	holds_sectors(buf, first, count);
	for (int i = 0; i < SECTOR; i++)
		ck_assert_uint_eq(buf[count * SECTOR + i], 0xa5);
	free(buf);
}
END_TEST

START_TEST(read_past_the_end_transfers_nothing)
{
	uint8 buf[2 * SECTOR];

	memset(buf, 0xa5, sizeof(buf));
	ck_assert_err(VixDiskLib_Read(gaps, GAPS_END, 1, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Read(gaps, GAPS_END - 1, 2, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Read(gaps, UINT64_MAX, 2, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Read(gaps, 0, UINT64_MAX, buf), DISK_OUTOFRANGE);
	ck_assert_err(VixDiskLib_Read(gaps, 2, UINT64_MAX / SECTOR + 2, buf), DISK_OUTOFRANGE);
	for (size_t i = 0; i < sizeof(buf); i++)
		ck_assert_uint_eq(buf[i], 0xa5);
}
END_TEST

START_TEST(read_of_nothing_or_into_nothing_is_an_error)
{
	uint8 buf[SECTOR];

	ck_assert_err(VixDiskLib_Read(gaps, 0, 0, buf), INVALID_ARG);
	ck_assert_err(VixDiskLib_Read(gaps, 0, 1, NULL), INVALID_ARG);
}
END_TEST

START_TEST(read_and_query_of_a_damaged_table_say_so)
{
	VixDiskLibBlockList *list = (VixDiskLibBlockList *)(void *)&conn;
	uint8 buf[2 * SECTOR];
	VixDiskLibHandle disk;

	make_sparse("damaged.vmdk", 4 * GRAIN, "XXXX");
	break_grain("damaged.vmdk", 2);
	disk = open_disk(conn, "damaged.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_ok(VixDiskLib_Read(disk, 2 * GRAIN - 2, 2, buf));
	ck_assert_err(VixDiskLib_Read(disk, 2 * GRAIN - 1, 2, buf), DISK_INVALIDDISK);
	ck_assert_ptr_nonnull(strstr(client_log.last_warning, "damaged.vmdk"));
	ck_assert_err(VixDiskLib_QueryAllocatedBlocks(disk, 0, 4 * GRAIN, GRAIN, &list),
		      DISK_INVALIDDISK);
	ck_assert_ptr_null(list);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(flush_and_wait_succeed_on_every_disk)
{
	VixDiskLibHandle rw = open_disk(conn, "gaps.vmdk", 0);

	ck_assert_ok(VixDiskLib_Wait(gaps));
	ck_assert_ok(VixDiskLib_Flush(gaps));
	ck_assert_ok(VixDiskLib_Flush(rw));
	ck_assert_ok(VixDiskLib_Close(rw));
}
END_TEST

/* The blocks of an answer as text: "0+128 256+256" */
static const char *blocks_of(VixDiskLibHandle disk, uint64 start, uint64 count, uint64 chunk)
{
	static char text[1024];
	VixDiskLibBlockList *list = NULL;
	size_t used = 0;

	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(disk, start, count, chunk, &list));
	ck_assert_ptr_nonnull(list);
	text[0] = '\0';
	for (uint32 i = 0; i < list->numBlocks; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%lu+%lu",
					 i == 0 ? "" : " ", list->blocks[i].offset,
					 list->blocks[i].length);
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
	return text;
}

static VixError query_fails(uint64 start, uint64 count, uint64 chunk)
{
	VixDiskLibBlockList *list = (VixDiskLibBlockList *)(void *)&conn;
	VixError err = VixDiskLib_QueryAllocatedBlocks(gaps, start, count, chunk, &list);

	ck_assert_ptr_null(list);
	return err;
}

START_TEST(query_lists_allocated_chunks_joined)
{
	ck_assert_str_eq(blocks_of(gaps, 0, 7 * GRAIN, GRAIN), "0+128 256+256");
	ck_assert_str_eq(blocks_of(gaps, 2 * GRAIN, GRAIN, GRAIN), "256+128");
	ck_assert_str_eq(blocks_of(gaps, 4 * GRAIN, 3 * GRAIN, GRAIN), "");
}
END_TEST

START_TEST(query_counts_a_chunk_with_one_allocated_sector)
{
	ck_assert_str_eq(blocks_of(gaps, 0, 6 * GRAIN, 2 * GRAIN), "0+512");
	ck_assert_str_eq(blocks_of(gaps, 0, 6 * GRAIN, 3 * GRAIN), "0+768");
	ck_assert_str_eq(blocks_of(gaps, 0, 900, 150), "0+600 750+150");
}
END_TEST

START_TEST(query_may_end_past_the_disk_by_less_than_a_chunk)
{
	ck_assert_str_eq(blocks_of(gaps, 7 * GRAIN, GRAIN, GRAIN), "896+28");
	ck_assert_str_eq(blocks_of(gaps, 0, 8 * GRAIN, GRAIN), "0+128 256+256 896+28");
	ck_assert_str_eq(blocks_of(gaps, 0, 2048, 2048), "0+924");
	ck_assert_err(query_fails(0, 9 * GRAIN, GRAIN), DISK_OUTOFRANGE);
	ck_assert_err(query_fails(8 * GRAIN, GRAIN, GRAIN), DISK_OUTOFRANGE);
	ck_assert_err(query_fails(UINT64_MAX / GRAIN * GRAIN, GRAIN, GRAIN), DISK_OUTOFRANGE);
}
END_TEST

/* The first thing that clients ask, to see whether they can ask at all. */
START_TEST(query_of_one_chunk_works_on_a_disk_that_is_smaller)
{
	VixDiskLibHandle tiny;

	make_flat("tiny.vmdk", 3);
	tiny = open_disk(conn, "tiny.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_str_eq(blocks_of(tiny, 0, 128, 128), "0+3");
	ck_assert_ok(VixDiskLib_Close(tiny));
}
END_TEST

START_TEST(query_of_a_chain_sees_all_links_unless_one_is_asked_for)
{
	VixDiskLibHandle disk;

	make_child("child.vmdk", GAPS_END, "gaps.vmdk");
	disk = open_disk(conn, "child.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	ck_assert_str_eq(blocks_of(disk, 0, 7 * GRAIN, GRAIN), "0+128 256+256");
	ck_assert_ok(VixDiskLib_Close(disk));
	disk = open_disk(conn, "child.vmdk",
			 VIXDISKLIB_FLAG_OPEN_READ_ONLY | VIXDISKLIB_FLAG_OPEN_SINGLE_LINK);
	ck_assert_str_eq(blocks_of(disk, 0, 7 * GRAIN, GRAIN), "");
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

START_TEST(query_keeps_its_limits)
{
	ck_assert_err(query_fails(0, 127, 127), INVALID_ARG);
	ck_assert_err(query_fails(0, MAX_CHUNK + 128, MAX_CHUNK + 128), INVALID_ARG);
	ck_assert_err(query_fails(0, 128, 0), INVALID_ARG);
	ck_assert_err(query_fails(0, 0, MIN_CHUNK), INVALID_ARG);
	ck_assert_err(query_fails(1, MIN_CHUNK, MIN_CHUNK), INVALID_ARG);
	ck_assert_err(query_fails(0, MIN_CHUNK + 1, MIN_CHUNK), INVALID_ARG);
	ck_assert_err(query_fails(0, (MAX_CHUNKS + 1) * (uint64)MIN_CHUNK, MIN_CHUNK), INVALID_ARG);
	ck_assert_err(query_fails(0, MAX_CHUNKS * (uint64)MIN_CHUNK, MIN_CHUNK), DISK_OUTOFRANGE);
	ck_assert_str_eq(blocks_of(gaps, 0, MAX_CHUNK, MAX_CHUNK), "0+924");
	ck_assert_err(VixDiskLib_QueryAllocatedBlocks(gaps, 0, 128, 128, NULL), INVALID_ARG);
	ck_assert_ok(VixDiskLib_FreeBlockList(NULL));
}
END_TEST

/* What was not in a file when it was opened for reading: grains, and tables of the second kind. */
START_TEST(a_reader_follows_a_file_that_gets_longer)
{
	static const struct {
		VixDiskLibDiskType type;
		uint64 capacity;
	} kinds[] = {
		{ VIXDISKLIB_DISK_MONOLITHIC_SPARSE, 1 << 21 },
		{ VIXDISKLIB_DISK_VMFS_SPARSE, 1 << 25 }, /* its directory is not kept in memory */
	};
	const VixDiskLibCreateParams params = {
		.diskType = kinds[_i].type,
		.adapterType = VIXDISKLIB_ADAPTER_IDE,
		.capacity = kinds[_i].capacity,
	};
	uint64 step = params.capacity / 4;
	VixDiskLibHandle reader, writer;
	uint8 want[SECTOR], got[SECTOR];

	memset(want, 0x5a, sizeof(want));
	ck_assert_ok(VixDiskLib_Create(conn, in_dir("d.vmdk"), &params, NULL, NULL));
	reader = open_disk(conn, "d.vmdk", VIXDISKLIB_FLAG_OPEN_READ_ONLY);
	writer = open_disk(conn, "d.vmdk", 0);
	for (uint64 s = step; s < params.capacity; s += step)
		ck_assert_ok(VixDiskLib_Write(writer, s, 1, want));
	ck_assert_ok(VixDiskLib_Flush(writer));
	for (uint64 s = step; s < params.capacity; s += step) {
		ck_assert_ok(VixDiskLib_Read(reader, s, 1, got));
		ck_assert_mem_eq(got, want, SECTOR);
	}
	ck_assert_ok(VixDiskLib_Close(writer));
	ck_assert_ok(VixDiskLib_Close(reader));
	ck_assert_uint_eq(client_log.warnings, 0);
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("d.vmdk")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io");
	TCase *tc = client_tcase(s, "io");

	tcase_add_checked_fixture(tc, open_gaps, close_gaps);
	tcase_add_loop_test(tc, read_gives_what_was_written_and_zeros_elsewhere, 0,
			    sizeof(ranges) / sizeof(ranges[0]));
	tcase_add_test(tc, read_past_the_end_transfers_nothing);
	tcase_add_test(tc, read_of_nothing_or_into_nothing_is_an_error);
	tcase_add_test(tc, read_and_query_of_a_damaged_table_say_so);
	tcase_add_test(tc, flush_and_wait_succeed_on_every_disk);

	tc = client_tcase(s, "query");
	tcase_add_checked_fixture(tc, open_gaps, close_gaps);
	tcase_add_test(tc, query_lists_allocated_chunks_joined);
	tcase_add_test(tc, query_counts_a_chunk_with_one_allocated_sector);
	tcase_add_test(tc, query_may_end_past_the_disk_by_less_than_a_chunk);
	tcase_add_test(tc, query_of_one_chunk_works_on_a_disk_that_is_smaller);
	tcase_add_test(tc, query_of_a_chain_sees_all_links_unless_one_is_asked_for);
	tcase_add_test(tc, query_keeps_its_limits);
	tcase_add_loop_test(tc, a_reader_follows_a_file_that_gets_longer, 0, 2);
	return client_run(s);
}
