/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of ESX: vmfsSparse and seSparse extents behind a descriptor of their own.
 */
#include "config.h"

#include "images.h"

#define AT(...)                     \
	{                           \
		{                   \
			__VA_ARGS__ \
		}                   \
	}
#define HDR(off, bytes, number)                            \
	{                                                  \
		{                                          \
			HEADER, off, bytes, NUMBER, number \
		}                                          \
	}

#define BAD   VIX_E_DISK_INVALIDDISK
#define NOSUP VIX_E_DISK_NOTSUPPORTED
#define NEWER VIX_E_DISK_UNSUPPORTEDDISKVERSION

static const struct row cowd_rows[] = {
	{ "magic", "magic", "COWX", BAD, "has no sparse header", W, HDR(3, 1, 'X') },
	{ "version-0", "version", "0", NEWER, "version 0", W, HDR(4, 4, 0) },
	{ "version-max", "version", "2^32-1", NEWER, "version 4294967295", W,
	  HDR(4, 4, UINT32_MAX) },
	{ "capacity-0", "numSectors", "0", BAD, "capacity 0 is not 1 to", W, HDR(12, 4, 0) },
	{ "capacity-less", "numSectors", "one less than in the descriptor", BAD,
	  "is less than the 1000", W, HDR(12, 4, 999) },
	{ "capacity-max", "numSectors", "2^32-1", BAD, "numGDEntries 1", W,
	  HDR(12, 4, UINT32_MAX) },
	{ "grainsize-0", "grainSize", "0", BAD, "grainSize 0", W, HDR(16, 4, 0) },
	{ "grainsize-3", "grainSize", "3", BAD, "grainSize 3", W, HDR(16, 4, 3) },
	{ "grainsize-2p15", "grainSize", "2^15", BAD, "grainSize 32768", W, HDR(16, 4, 32768) },
	{ "grainsize-max", "grainSize", "2^32-1", BAD, "grainSize 4294967295", W,
	  HDR(16, 4, UINT32_MAX) },
	{ "gdoffset-0", "gdOffset", "0", BAD, "gdOffset 0", W, HDR(20, 4, 0) },
	{ "gdoffset-behind", "gdOffset", "behind the end", BAD, "gdOffset", W,
	  AT(HEADER, 20, 4, IS_BEHIND, 0) },
	{ "gdoffset-max", "gdOffset", "2^32-1", BAD, "gdOffset 4294967295", W,
	  HDR(20, 4, UINT32_MAX) },
	{ "gdentries-0", "numGDEntries", "0", BAD, "numGDEntries 0", W, HDR(24, 4, 0) },
	{ "gdentries-max", "numGDEntries", "2^32-1", VIX_OK, NULL, W, HDR(24, 4, UINT32_MAX) },
	{ "parent", "parentFileName", "not terminated", VIX_OK, NULL, W, HDR(32, 8, UINT64_MAX) },
	{ "unclean", "uncleanShutdown", "2^32-1", VIX_OK, NULL, W, HDR(1648, 4, UINT32_MAX) },
	{ "gde-max", "directory entry 0", "2^32-1", BAD, "is said to be at sector", W,
	  AT(GDE, 0, 4, NUMBER, UINT32_MAX) },
	{ "gde-header", "directory entry 0", "the header", BAD, "is said to be at sector", W,
	  AT(GDE, 0, 4, NUMBER, 1) },
	{ "gde-directory", "directory entry 0", "the directory", BAD, "is said to be at sector", W,
	  AT(GDE, 0, 4, IS_GD, 0) },
	{ "gde-last", "directory entry 0", "the last sector", BAD, "is said to be at sector", W,
	  AT(GDE, 0, 4, IS_LAST, 0) },
	{ "gte-1", "table entry 0", "1", BAD, "makes no sense", W, AT(GTE, 0, 4, NUMBER, 1) },
	{ "gte-header", "table entry 0", "the header", BAD, "inside metadata", W,
	  AT(GTE, 0, 4, NUMBER, 2) },
	{ "gte-directory", "table entry 0", "the directory", BAD, "inside metadata", W,
	  AT(GTE, 0, 4, IS_GD, 0) },
	{ "gte-max", "table entry 0", "2^32-1", BAD, "are said to be at byte", W,
	  AT(GTE, 0, 4, NUMBER, UINT32_MAX) },
	{ "gte-last", "table entry 0", "the last sector", BAD, "are said to be at byte", W,
	  AT(GTE, 0, 4, IS_LAST, 0) },
	{ "gte-itself", "table entry 0", "its own table", VIX_OK, NULL, W,
	  AT(GTE, 0, 4, IS_TABLE, 0) },
	{ "gte-twice", "table entry 0", "that of the next grain", VIX_OK, NULL, W,
	  AT(GTE, 0, 4, IS_NEXT, 0) },
};

/* Bytes of the volatile header, which is the second sector. */
#define VOLATILE(off) (SECTOR + (off))

static const struct row sesparse_rows[] = {
	{ "magic", "constantHeader.magic", "another", BAD, "has no sparse header", E,
	  HDR(0, 1, 0) },
	{ "version", "version", "3", NEWER, "version 0x0000000000000003", E, HDR(8, 8, 3) },
	{ "capacity-0", "capacity", "0", BAD, "capacity 0 is not 1 to", E, HDR(16, 8, 0) },
	{ "capacity-less", "capacity", "one less than in the descriptor", BAD,
	  "is less than the 1000", E, HDR(16, 8, 999) },
	{ "capacity-2p37", "capacity", "2^37", BAD, "its grain directory", E,
	  HDR(16, 8, UINT64_C(1) << 37) },
	{ "capacity-2p63", "capacity", "2^63", BAD, "capacity 9223372036854775808", E,
	  HDR(16, 8, UINT64_C(1) << 63) },
	{ "capacity-max", "capacity", "2^64-1", BAD, "capacity 18446744073709551615", E,
	  HDR(16, 8, UINT64_MAX) },
	{ "grainsize-0", "grainSize", "0", BAD, "grainSize 0", E, HDR(24, 8, 0) },
	{ "grainsize-3", "grainSize", "3", BAD, "grainSize 3", E, HDR(24, 8, 3) },
	{ "grainsize-2p63", "grainSize", "2^63", BAD, "grainSize 9223372036854775808", E,
	  HDR(24, 8, UINT64_C(1) << 63) },
	{ "table-0", "grainTableSize", "0", BAD, "numGTEsPerGT 0", E, HDR(32, 8, 0) },
	{ "table-3", "grainTableSize", "3", BAD, "numGTEsPerGT 192", E, HDR(32, 8, 3) },
	{ "table-max", "grainTableSize", "2^64-1", BAD, "grainTableSize 18446744073709551615", E,
	  HDR(32, 8, UINT64_MAX) },
	{ "flags", "flags", "1", NOSUP, "ask for a feature", E, HDR(40, 8, 1) },
	{ "reserved", "reserved1", "1", NOSUP, "ask for a feature", E, HDR(48, 8, 1) },
	{ "volatile-0", "volatileHeader.offset", "0", BAD, "its volatile header at sector 0", E,
	  HDR(80, 8, 0) },
	{ "volatile-2p55", "volatileHeader.offset", "2^55", BAD, "its volatile header at sector", E,
	  HDR(80, 8, UINT64_C(1) << 55) },
	{ "volatile-max", "volatileHeader.offset", "2^64-1", BAD, "its volatile header at sector",
	  E, HDR(80, 8, UINT64_MAX) },
	{ "volatile-magic", "volatileHeader.magic", "0", BAD, "of its volatile header is wrong", E,
	  HDR(VOLATILE(0), 8, 0) },
	{ "journal", "replayJournal", "1", VIX_E_DISK_NEEDSREPAIR, "its journal must be replayed",
	  E, HDR(VOLATILE(24), 8, 1) },
	{ "gd-0", "grainDirectory.offset", "0", BAD, "its grain directory", E, HDR(128, 8, 0) },
	{ "gd-2p55", "grainDirectory.offset", "2^55", BAD, "its grain directory", E,
	  HDR(128, 8, UINT64_C(1) << 55) },
	{ "gd-max", "grainDirectory.offset", "2^64-1", BAD, "its grain directory", E,
	  HDR(128, 8, UINT64_MAX) },
	{ "gd-size-0", "grainDirectory.size", "0", BAD, "its grain directory", E, HDR(136, 8, 0) },
	{ "tables-0", "grainTables.offset", "0", BAD, "its tables are said to begin", E,
	  HDR(144, 8, 0) },
	{ "tables-2p63", "grainTables.offset", "2^63", BAD, "its tables are said to begin", E,
	  HDR(144, 8, UINT64_C(1) << 63) },
	{ "tables-behind", "grainTables.offset", "behind the end", BAD, "is said to be at sector",
	  E, AT(HEADER, 144, 8, IS_BEHIND, 0) },
	{ "tables-directory", "grainTables.offset", "the directory", BAD, "is said to be at sector",
	  E, AT(HEADER, 144, 8, IS_GD, 0) },
	{ "grains-0", "grains.offset", "0", BAD, "its grains at 0", E, HDR(192, 8, 0) },
	{ "grains-max", "grains.offset", "2^64-1", BAD, "its grains at 18446744073709551615", E,
	  HDR(192, 8, UINT64_MAX) },
	{ "grains-behind", "grains.offset", "behind the end", BAD, "are said to be at byte", E,
	  AT(HEADER, 192, 8, IS_BEHIND, 0) },
	{ "grains-directory", "grains.offset", "the directory", BAD, "inside metadata", E,
	  AT(HEADER, 192, 8, IS_GD, 0) },
	{ "gde-kind", "directory entry 0", "0x2000000000000000", BAD, "makes no sense", E,
	  AT(GDE, 0, 8, NUMBER, UINT64_C(2) << 60) },
	{ "gde-behind", "directory entry 0", "table 2^32-1", BAD, "is said to be at sector", E,
	  AT(GDE, 0, 8, NUMBER, UINT64_C(1) << 60 | UINT32_MAX) },
	{ "gde-max", "directory entry 0", "2^64-1", BAD, "makes no sense", E,
	  AT(GDE, 0, 8, NUMBER, UINT64_MAX) },
	{ "gte-kind", "table entry 0", "0x4000000000000000", BAD, "makes no sense", E,
	  AT(GTE, 0, 8, NUMBER, UINT64_C(4) << 60) },
	{ "gte-absent", "table entry 0", "absent, with a number", BAD, "makes no sense", E,
	  AT(GTE, 0, 8, NUMBER, 1) },
	{ "gte-behind", "table entry 0", "grain 2^20", BAD, "are said to be at byte", E,
	  AT(GTE, 0, 8, NUMBER, UINT64_C(3) << 60 | 256) },
	{ "gte-max", "table entry 0", "2^64-1", BAD, "makes no sense", E,
	  AT(GTE, 0, 8, NUMBER, UINT64_MAX) },
	{ "gte-largest", "table entry 0", "grain 2^60-1", BAD, "makes no sense", E,
	  AT(GTE, 0, 8, NUMBER, UINT64_MAX >> 2) },
	{ "gte-unmapped", "table entry 0", "unmapped, with a number", VIX_OK, NULL, E,
	  AT(GTE, 0, 8, NUMBER, UINT64_C(1) << 60 | 12345) },
};

static const struct row cut_rows[] = {
	{ "cut-0", "length", "0", BAD, "has no sparse header", W | E, AT(CUT, 0, 0, NUMBER, 0) },
	{ "cut-header", "length", "in the header", BAD, "has no sparse header", W | E,
	  AT(CUT, 511, 0, NUMBER, 0) },
	{ "cut-behind-header", "length", "behind the header", BAD, "gdOffset", W,
	  AT(CUT, 0, 0, NUMBER, 4) },
	{ "cut-behind-header", "length", "behind the header", BAD, "its volatile header", E,
	  AT(CUT, 0, 0, NUMBER, 1) },
	{ "cut-volatile", "length", "behind the second header", BAD, "its grain directory", E,
	  AT(CUT, 0, 0, NUMBER, 2) },
	{ "cut-table", "length", "in the table", BAD, "is said to be at sector", W | E,
	  AT(CUT, 16, 0, IS_TABLE, 0) },
	{ "cut-grain", "length", "in the first grain", BAD, "are said to be at byte", W | E,
	  AT(CUT, 100, 0, IS_GRAIN, 0) },
};

void hostile_add_esx(void)
{
	HOSTILE_ADD_ROWS(cowd_rows, "");
	HOSTILE_ADD_ROWS(sesparse_rows, "");
	HOSTILE_ADD_ROWS(cut_rows, "");
}
