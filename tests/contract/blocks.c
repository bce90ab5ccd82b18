/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract with programs written for VDDK, rule 16: QueryAllocatedBlocks as each client asks, up
 * to the end of a disk and past it, and what they do with the answer.
 */
#include "config.h"

#include <string.h>

#include "../api/client.h"
#include "../api/disks.h"

#define CHUNK     VIXDISKLIB_MIN_CHUNK_SIZE
#define MOST      VIXDISKLIB_MAX_CHUNK_NUMBER
#define READ_ONLY VIXDISKLIB_FLAG_OPEN_READ_ONLY

static VixDiskLibConnection conn;
static VixDiskLibHandle disk;

/* Disks by their capacity and which of their grains, of a chunk each, are allocated. */
static const struct disk {
	uint64 capacity;
	const char *grains;
} disks[] = {
	{ 1, "X" },
	{ 1, "." },
	{ 100, "X" }, /* less than a chunk */
	{ CHUNK - 1, "." },
	{ CHUNK, "X" },
	{ CHUNK + 1, ".X" },
	{ 4 * CHUNK, "X.XX" },
	{ 4 * CHUNK + 3, "XXX.X" }, /* the tail that nbdkit's own test has */
	{ 4 * CHUNK + 3, "....." },
	{ 17 * CHUNK - 1, ".X.X.X.XX.X..X.XX" },
	{ 40 * CHUNK + 127, "XXXXXXXXXXXXXXXX........................X" },
};
#define N_DISKS (int)(sizeof(disks) / sizeof(disks[0]))

static void connect(void)
{
	conn = connect_local();
}

static void disconnect(void)
{
	ck_assert_ok(VixDiskLib_Disconnect(conn));
	ck_assert_uint_eq(client_log.warnings, 0);
}

static const struct disk *open_nth(int i)
{
	make_sparse("blocks.vmdk", disks[i].capacity, disks[i].grains);
	disk = open_disk(conn, "blocks.vmdk", READ_ONLY);
	return &disks[i];
}

/* Are all sectors of a range allocated, or none? */
static bool is_all(const struct disk *d, uint64 start, uint64 end, bool allocated)
{
	for (uint64 s = start; s < end; s = (s / GRAIN + 1) * GRAIN)
		if ((d->grains[s / GRAIN] == 'X') != allocated)
			return false;
	return true;
}

/* Does exactly what is allocated of a range stand in the list, in order and joined? */
static bool is_right(const struct disk *d, const VixDiskLibBlockList *list, uint64 start,
		     uint64 end)
{
	uint64 at = start;

	for (uint32 i = 0; i < list->numBlocks; i++) {
		const VixDiskLibBlock *b = &list->blocks[i];

		if (b->length == 0 || b->offset < at || (i > 0 && b->offset == at))
			return false;
		if (!is_all(d, at, b->offset, false) ||
		    !is_all(d, b->offset, b->offset + b->length, true))
			return false;
		at = b->offset + b->length;
	}
	return at <= end && is_all(d, at, end, false);
}

static void query(const struct disk *d, uint64 start, uint64 count, uint64 chunk)
{
	uint64 end = start + count < d->capacity ? start + count : d->capacity;
	VixDiskLibBlockList *list = NULL;

	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(disk, start, count, chunk, &list));
	ck_assert_ptr_nonnull(list);
	ck_assert(chunk != GRAIN || is_right(d, list, start, end));
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
}

static uint64 round_down(uint64 n)
{
	return n / CHUNK * CHUNK;
}

static uint64 round_up(uint64 n)
{
	return round_down(n + CHUNK - 1);
}

/* Where requests begin and end: at a few sectors beside each chunk's edge, and at the end. */
static uint64 next_place(uint64 sector, uint64 capacity)
{
	uint64 next = sector % CHUNK < 2 || sector % CHUNK == CHUNK - 1 ? sector + 1
									: round_up(sector) - 1;

	return next < capacity || sector == capacity ? next : capacity;
}

START_TEST(rule_16_first_question_of_nbdkit_works_on_every_disk)
{
	const struct disk *d = open_nth(_i);

	query(d, 0, CHUNK, CHUNK); /* longer than the disk, perhaps */
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

/* nbdkit 1.32: the start rounded down and the end rounded up, past the end of the disk. */
START_TEST(rule_16_ranges_are_rounded_to_chunks_past_the_end)
{
	const struct disk *d = open_nth(_i);

	for (uint64 at = 0; at < d->capacity; at = next_place(at, d->capacity))
		for (uint64 end = at + 1; end <= d->capacity; end = next_place(end, d->capacity))
			query(d, round_down(at), round_up(end) - round_down(at), CHUNK);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

/* The same with the count rounded by itself. */
START_TEST(rule_16_counts_are_rounded_to_chunks)
{
	const struct disk *d = open_nth(_i);

	for (uint64 at = 0; at < d->capacity; at = next_place(at, d->capacity))
		query(d, round_down(at), round_up(d->capacity - at), CHUNK);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

/* nbdkit since 1.42, and VMware's sample: whole chunks; the tail they take for allocated. */
START_TEST(rule_16_whole_chunks_up_to_the_tail)
{
	const struct disk *d = open_nth(_i);

	for (uint64 at = 0; at < round_down(d->capacity); at += CHUNK)
		query(d, at, round_down(d->capacity) - at, CHUNK);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

/* Larger chunks, as Go's library has them. */
START_TEST(rule_16_other_chunk_sizes)
{
	static const uint64 chunks[] = { 256, 2048, VIXDISKLIB_MAX_CHUNK_SIZE };
	const struct disk *d = open_nth(_i);

	for (unsigned i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++)
		for (uint64 at = 0; at < d->capacity; at += chunks[i])
			query(d, at, chunks[i], chunks[i]);
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

/* What nbdkit makes of an answer: it stops where a block ends before the one in front of it. */
START_TEST(rule_16_blocks_lead_from_the_start_to_the_end)
{
	const struct disk *d = open_nth(_i);
	VixDiskLibBlockList *list;
	uint64 position = 0;

	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(disk, 0, round_up(d->capacity), CHUNK, &list));
	for (uint32 i = 0; i < list->numBlocks; i++) {
		ck_assert_uint_le(position, list->blocks[i].offset);
		position = list->blocks[i].offset + list->blocks[i].length;
	}
	ck_assert_uint_le(position, d->capacity);
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
	ck_assert_ok(VixDiskLib_Close(disk));
}
END_TEST

static void make_huge(uint64 capacity)
{
	const VixDiskLibCreateParams p = { .diskType = VIXDISKLIB_DISK_MONOLITHIC_SPARSE,
					   .adapterType = VIXDISKLIB_ADAPTER_SCSI_LSILOGIC,
					   .hwVersion = VIXDISKLIB_HWVERSION_WORKSTATION_6,
					   .capacity = capacity };

	ck_assert_ok(VixDiskLib_Create(conn, in_dir("huge.vmdk"), &p, NULL, NULL));
}

/* 32 GiB at a time is what clients ask for; nothing allocated is a list, too. */
START_TEST(rule_16_as_many_chunks_as_the_constant_says)
{
	const uint64 most = (uint64)MOST * CHUNK;
	VixDiskLibBlockList *list;

	make_huge(most + 10 * CHUNK);
	disk = open_disk(conn, "huge.vmdk", READ_ONLY);
	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(disk, 0, most, CHUNK, &list));
	ck_assert_ptr_nonnull(list);
	ck_assert_uint_eq(list->numBlocks, 0);
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
	ck_assert_ok(VixDiskLib_QueryAllocatedBlocks(disk, 10 * CHUNK, most, CHUNK, &list));
	ck_assert_ok(VixDiskLib_FreeBlockList(list));
	ck_assert_err(VixDiskLib_QueryAllocatedBlocks(disk, 0, most + CHUNK, CHUNK, &list),
		      INVALID_ARG);
	ck_assert_ptr_null(list);
	client_log.warnings = 0;
	ck_assert_ok(VixDiskLib_Close(disk));
	ck_assert_ok(VixDiskLib_Unlink(conn, in_dir("huge.vmdk")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("contract: allocated blocks");
	TCase *tc = client_tcase(s, "blocks");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, connect, disconnect);
	tcase_add_loop_test(tc, rule_16_first_question_of_nbdkit_works_on_every_disk, 0, N_DISKS);
	tcase_add_loop_test(tc, rule_16_ranges_are_rounded_to_chunks_past_the_end, 0, N_DISKS);
	tcase_add_loop_test(tc, rule_16_counts_are_rounded_to_chunks, 0, N_DISKS);
	tcase_add_loop_test(tc, rule_16_whole_chunks_up_to_the_tail, 0, N_DISKS);
	tcase_add_loop_test(tc, rule_16_other_chunk_sizes, 0, N_DISKS);
	tcase_add_loop_test(tc, rule_16_blocks_lead_from_the_start_to_the_end, 0, N_DISKS);
	tcase_add_test(tc, rule_16_as_many_chunks_as_the_constant_says);
	return client_run(s);
}
