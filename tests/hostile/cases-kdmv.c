/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosted sparse extents, plain and compressed: header, footer, directory, tables, grains, markers,
 * and cuts.
 */
#include "config.h"

#include "../unit/mkvmdk.h"
#include "images.h"

#define BOTH(off, what, number)                    \
	{                                          \
		{ GDE, off, 4, what, number },     \
		{                                  \
			RGDE, off, 4, what, number \
		}                                  \
	}

static const struct row header_rows[] = {
	{ "magic", "magic", "KDMX", BAD, "is neither a descriptor nor a sparse extent", ALL,
	  HDR(3, 1, 'X') },
	{ "version-0", "version", "0", NEWER, "version 0", ALL, HDR(4, 4, 0) },
	{ "version-4", "version", "4", NEWER, "version 4", ALL, HDR(4, 4, 4) },
	{ "version-max", "version", "2^32-1", NEWER, "version 4294967295", ALL,
	  HDR(4, 4, UINT32_MAX) },
	{ "flags-unknown", "flags", "bit 18", NOSUP, "ask for a feature", ALL, HDR(10, 1, 0x07) },
	{ "flags-max", "flags", "2^32-1", NOSUP, "ask for a feature", ALL, HDR(8, 4, UINT32_MAX) },
	{ "flags-compressed", "flags", "compressed, algorithm none", BAD, "contradict", S,
	  HDR(8, 4, 0x30003) },
	{ "flags-plain", "flags", "not compressed, algorithm deflate", BAD, "contradict", STREAMS,
	  HDR(8, 4, 3) },
	{ "flags-markers-only", "flags", "markers, not compressed", BAD,
	  "markers without compressed grains", S, HDR(8, 4, 0x20003) },
	{ "flags-no-markers", "flags", "compressed, no markers", NOSUP, "grains without markers",
	  STREAMS, HDR(8, 4, 0x10003) },
	{ "algorithm-2", "compressAlgorithm", "2", NOSUP, "compressAlgorithm 2 is not supported",
	  STREAMS, HDR(77, 2, 2) },
	{ "algorithm-1", "compressAlgorithm", "1", BAD, "contradict", S, HDR(77, 2, 1) },
	{ "newlines", "singleEndLineChar", "carriage return", BAD, "newlines were converted", ALL,
	  HDR(73, 1, '\r') },
	{ "capacity-0", "capacity", "0", BAD, "capacity 0 is not 1 to", ALL, HDR(12, 8, 0) },
	{ "capacity-2p37", "capacity", "2^37", BAD, "gdOffset", S | B,
	  HDR(12, 8, UINT64_C(1) << 37) },
	{ "capacity-2p63", "capacity", "2^63", BAD, "capacity 9223372036854775808", ALL,
	  HDR(12, 8, UINT64_C(1) << 63) },
	{ "capacity-max", "capacity", "2^64-1", BAD, "capacity 18446744073709551615", ALL,
	  HDR(12, 8, UINT64_MAX) },
	{ "capacity-less", "capacity", "one less than in the descriptor", BAD,
	  "its header only 999", S | B | C, HDR(12, 8, 999) },
	{ "capacity-footer", "capacity", "one less than in the footer", BAD,
	  "its footer contradicts its header", A, HDR(12, 8, 999) },
	{ "grainsize-0", "grainSize", "0", BAD, "grainSize 0", ALL, HDR(20, 8, 0) },
	{ "grainsize-3", "grainSize", "3", BAD, "grainSize 3", ALL, HDR(20, 8, 3) },
	{ "grainsize-2p15", "grainSize", "2^15", BAD, "grainSize 32768", ALL, HDR(20, 8, 32768) },
	{ "grainsize-2p63", "grainSize", "2^63", BAD, "grainSize 9223372036854775808", ALL,
	  HDR(20, 8, UINT64_C(1) << 63) },
	{ "grainsize-max", "grainSize", "2^64-1", BAD, "grainSize 18446744073709551615", ALL,
	  HDR(20, 8, UINT64_MAX) },
	{ "grainsize-double", "grainSize", "twice the true one", BAD, "compressed grain at byte",
	  B | C, HDR(20, 8, 2 * GRAIN) },
	{ "grainsize-footer", "grainSize", "other than in the footer", BAD,
	  "its footer contradicts its header", A, HDR(20, 8, 2 * GRAIN) },
	{ "gtes-0", "numGTEsPerGT", "0", BAD, "numGTEsPerGT 0", ALL, HDR(44, 4, 0) },
	{ "gtes-3", "numGTEsPerGT", "3", BAD, "numGTEsPerGT 3", ALL, HDR(44, 4, 3) },
	{ "gtes-8192", "numGTEsPerGT", "8192", BAD, "numGTEsPerGT 8192", ALL, HDR(44, 4, 8192) },
	{ "gtes-max", "numGTEsPerGT", "2^32-1", BAD, "numGTEsPerGT 4294967295", ALL,
	  HDR(44, 4, UINT32_MAX) },
	{ "descoffset-0", "descriptorOffset", "0", BAD, "descriptorOffset 0", ALL, HDR(28, 8, 0) },
	{ "descoffset-2p63", "descriptorOffset", "2^63", BAD, "descriptorOffset", ALL,
	  HDR(28, 8, UINT64_C(1) << 63) },
	{ "descoffset-max", "descriptorOffset", "2^64-1", BAD, "descriptorOffset", ALL,
	  HDR(28, 8, UINT64_MAX) },
	{ "descoffset-last", "descriptorOffset", "the last sector", BAD, "descriptorOffset", ALL,
	  AT(HEADER, 28, 8, IS_LAST, 0) },
	{ "descsize-0", "descriptorSize", "0", BAD, "holds no descriptor", ALL, HDR(36, 8, 0) },
	{ "descsize-10mib", "descriptorSize", "more than the file", BAD, "descriptorSize 20480",
	  ALL, HDR(36, 8, 20480) },
	{ "descsize-max", "descriptorSize", "2^64-1", BAD, "descriptorSize", ALL,
	  HDR(36, 8, UINT64_MAX) },
	{ "gdoffset-0", "gdOffset", "0", BAD, "gdOffset 0", B, HDR(56, 8, 0) },
	{ "gdoffset-2p55", "gdOffset", "2^55", BAD, "gdOffset", B, HDR(56, 8, UINT64_C(1) << 55) },
	{ "gdoffset-2p63", "gdOffset", "2^63", BAD, "gdOffset", B | A,
	  HDR(56, 8, UINT64_C(1) << 63) },
	{ "gdoffset-behind", "gdOffset", "behind the end", BAD, "gdOffset", B,
	  AT(HEADER, 56, 8, IS_BEHIND, 0) },
	{ "gdoffset-at-end", "gdOffset", "2^64-1, without a footer", BAD, "no footer marker", B | C,
	  HDR(56, 8, UINT64_MAX) },
	{ "gdoffset-redundant", "gdOffset", "2^64-1", VIX_OK, "using the redundant one", S,
	  HDR(56, 8, UINT64_MAX) },
	{ "gdoffset-both",
	  "gdOffset, rgdOffset",
	  "2^64-1",
	  BAD,
	  "gdOffset",
	  S,
	  { { HEADER, 56, 8, NUMBER, UINT64_MAX }, { HEADER, 48, 8, NUMBER, UINT64_MAX } } },
	{ "gdoffset-descriptor", "gdOffset", "the descriptor", BAD, "is said to be at sector", B,
	  HDR(56, 8, 1) },
	{ "gdoffset-header", "gdOffset", "a table", BAD, "are said to be at byte", B,
	  AT(HEADER, 56, 8, IS_TABLE, 0) },
	{ "unclean", "uncleanShutdown", "255", VIX_OK, NULL, ALL, HDR(72, 1, 255) },
};

static const struct row footer_rows[] = {
	{ "marker-type", "type of the footer's marker", "2", BAD, "no footer marker", A,
	  AT(FOOTER_MARKER, 12, 4, NUMBER, 2) },
	{ "marker-size", "size of the footer's marker", "1", BAD, "no footer marker", A,
	  AT(FOOTER_MARKER, 8, 4, NUMBER, 1) },
	{ "end-marker", "type of the last marker", "1", BAD, "no end-of-stream marker", A,
	  AT(END_MARKER, 12, 4, NUMBER, 1) },
	{ "magic", "magic of the footer", "KDMX", BAD, "is not that of a sparse extent", A,
	  AT(FOOTER, 3, 1, NUMBER, 'X') },
	{ "version", "version of the footer", "9", NEWER, "version 9", A,
	  AT(FOOTER, 4, 4, NUMBER, 9) },
	{ "capacity", "capacity of the footer", "2^36", BAD, "gdOffset", A,
	  AT(FOOTER, 12, 8, NUMBER, UINT64_C(1) << 36) },
	{ "grainsize", "grainSize of the footer", "16", BAD, "contradicts its header", A,
	  AT(FOOTER, 20, 8, NUMBER, 16) },
	{ "gtes", "numGTEsPerGT of the footer", "8", BAD, "contradicts its header", A,
	  AT(FOOTER, 44, 4, NUMBER, 8) },
	{ "gd-at-end", "gdOffset of the footer", "2^64-1: once more at the end", BAD,
	  "contradicts its header", A, AT(FOOTER, 56, 8, NUMBER, UINT64_MAX) },
	{ "gd-0", "gdOffset of the footer", "0", BAD, "gdOffset 0", A,
	  AT(FOOTER, 56, 8, NUMBER, 0) },
	{ "gd-behind", "gdOffset of the footer", "behind the end", BAD, "gdOffset", A,
	  AT(FOOTER, 56, 8, IS_BEHIND, 0) },
	{ "gd-itself", "gdOffset of the footer", "the footer", BAD, "is said to be at sector", A,
	  AT(FOOTER, 56, 8, IS_FOOTER, 0) },
	{ "gd-marker", "sectors behind the directory's marker", "2^64-1", VIX_OK, NULL, A,
	  AT(GD_MARKER, 0, 8, NUMBER, UINT64_MAX) },
};

static const struct row table_rows[] = {
	{ "gde-max", "directory entry 0", "2^32-1", BAD, "is said to be at sector", ALL,
	  BOTH(0, NUMBER, UINT32_MAX) },
	{ "gde-behind", "directory entry 0", "behind the end", BAD, "is said to be at sector", ALL,
	  BOTH(0, IS_BEHIND, 0) },
	{ "gde-descriptor", "directory entry 0", "the descriptor", BAD, "is said to be at sector",
	  ALL, BOTH(0, NUMBER, 1) },
	{ "gde-directory", "directory entry 0", "the directory", BAD, "is said to be at sector",
	  ALL, BOTH(0, IS_GD, 0) },
	{ "gde-redundant-directory", "directory entry 0", "the redundant directory", BAD,
	  "is said to be at sector", S | C, BOTH(0, IS_RGD, 0) },
	{ "gde-grain", "directory entry 7", "a grain", BAD, "disk.vmdk", S | B,
	  BOTH(7, IS_GRAIN, 0) },
	{ "gde-one-copy", "directory entry 0", "2^32-1, in one copy", VIX_OK,
	  "using its second copy", S | C, AT(GDE, 0, 4, NUMBER, UINT32_MAX) },
	{ "gde-twice", "directory entry 1", "that of entry 0", VIX_OK, NULL, S,
	  BOTH(1, IS_TABLE, 0) },
	{ "gde-twice", "directory entry 1", "that of entry 0", BAD, "instead of 128", STREAMS,
	  BOTH(1, IS_TABLE, 0) },
	{ "gte-max", "table entry 0", "2^32-1", BAD, "are said to be at byte", ALL,
	  AT(GTE, 0, 4, NUMBER, UINT32_MAX) },
	{ "gte-behind", "table entry 0", "behind the end", BAD, "are said to be at byte", ALL,
	  AT(GTE, 0, 4, IS_BEHIND, 0) },
	{ "gte-last", "table entry 0", "the last sector", BAD, "are said to be at byte", S,
	  AT(GTE, 0, 4, IS_LAST, 0) },
	{ "gte-last", "table entry 0", "the end marker", BAD, "impossible length of 0", A | B,
	  AT(GTE, 0, 4, IS_LAST, 0) },
	{ "gte-descriptor", "table entry 0", "the descriptor", BAD, "inside metadata", ALL,
	  AT(GTE, 0, 4, NUMBER, 2) },
	{ "gte-directory", "table entry 0", "the directory", BAD, "inside metadata", ALL,
	  AT(GTE, 0, 4, IS_GD, 0) },
	{ "gte-redundant-directory", "table entry 0", "the redundant directory", BAD,
	  "inside metadata", S | C, AT(GTE, 0, 4, IS_RGD, 0) },
	{ "gte-itself", "table entry 0", "its own table", VIX_OK, NULL, S,
	  AT(GTE, 0, 4, IS_TABLE, 0) },
	{ "gte-itself", "table entry 0", "its own table", BAD, "the marker at byte", STREAMS,
	  AT(GTE, 0, 4, IS_TABLE, 0) },
	{ "gte-twice", "table entry 0", "that of the next grain", VIX_OK, NULL, S,
	  AT(GTE, 0, 4, IS_NEXT, 0) },
	{ "gte-twice", "table entry 0", "that of the next grain", BAD,
	  "is for sector 8 instead of 0", STREAMS, AT(GTE, 0, 4, IS_NEXT, 0) },
	{ "gte-footer", "table entry 0", "the footer", BAD, "instead of 0", A,
	  AT(GTE, 0, 4, IS_FOOTER, 0) },
};

static const struct row grain_rows[] = {
	{ "lba-wrong", "sector in the first marker", "8", BAD, "is for sector 8 instead of 0",
	  STREAMS, AT(MARKER, 0, 8, NUMBER, 8) },
	{ "lba-2p63", "sector in the first marker", "2^63", BAD, "instead of 0", STREAMS,
	  AT(MARKER, 0, 8, NUMBER, UINT64_C(1) << 63) },
	{ "size-0", "size in the first marker", "0", BAD, "impossible length of 0", STREAMS,
	  AT(MARKER, 8, 4, NUMBER, 0) },
	{ "size-1", "size in the first marker", "1", BAD, "is damaged", STREAMS,
	  AT(MARKER, 8, 4, NUMBER, 1) },
	{ "size-short", "size in the first marker", "half of it", BAD, "is damaged", STREAMS,
	  AT(MARKER, 8, 4, NUMBER, 200) },
	{ "size-double", "size in the first marker", "two grains", BAD, "impossible length of 8192",
	  STREAMS, AT(MARKER, 8, 4, NUMBER, 2 * GRAIN * SECTOR) },
	{ "size-max", "size in the first marker", "2^32-1", BAD, "impossible length of 4294967295",
	  STREAMS, AT(MARKER, 8, 4, NUMBER, UINT32_MAX) },
	{ "zlib-header", "first bytes of the first grain", "zeros", BAD, "is damaged", STREAMS,
	  AT(DEFLATED, 0, 2, NUMBER, 0) },
	{ "deflate", "compressed bytes of the first grain", "2^64-1", BAD, "is damaged", STREAMS,
	  AT(DEFLATED, 4, 8, NUMBER, UINT64_MAX) },
	{ "bomb", "first grain", "inflates to 256 KiB", BAD, "is damaged", STREAMS,
	  AT(MARKER, 0, 0, IS_BOMB, 256u << 10) },
	{ "long", "first grain", "inflates to a byte too much", BAD, "is damaged", STREAMS,
	  AT(MARKER, 0, 0, IS_BOMB, GRAIN *SECTOR + 1) },
	{ "short", "first grain", "inflates to a byte too few", BAD, "is damaged", STREAMS,
	  AT(MARKER, 0, 0, IS_BOMB, GRAIN *SECTOR - 1) },
	{ "nothing", "first grain", "inflates to nothing", BAD, "is damaged", STREAMS,
	  AT(MARKER, 0, 0, IS_BOMB, 0) },
};

/* Places for CUT: the file ends off bytes behind them. */
static const struct row cut_rows[] = {
	{ "cut-0", "length", "0", BAD, "it is empty", ALL, AT(CUT, 0, 0, NUMBER, 0) },
	{ "cut-1", "length", "1 byte", BAD, "is neither a descriptor nor", ALL,
	  AT(CUT, 1, 0, NUMBER, 0) },
	{ "cut-header", "length", "in the header", BAD, "is neither a descriptor nor", ALL,
	  AT(CUT, 511, 0, NUMBER, 0) },
	{ "cut-behind-header", "length", "behind the header", BAD, "descriptorOffset", ALL,
	  AT(CUT, 512, 0, NUMBER, 0) },
	{ "cut-descriptor", "length", "in the descriptor", BAD, "descriptorOffset", ALL,
	  AT(CUT, 0, 0, NUMBER, 6) },
	{ "cut-directory", "length", "in the directory", BAD, "gdOffset", B,
	  AT(CUT, 16, 0, IS_GD, 0) },
	{ "cut-redundant-directory", "length", "in the redundant directory", BAD, "gdOffset", S,
	  AT(CUT, 16, 0, IS_RGD, 0) },
	{ "cut-redundant-directory", "length", "in the redundant directory", BAD, "gdOffset", C,
	  AT(CUT, 16, 0, IS_RGD, 0) },
	{ "cut-table", "length", "in the first table", BAD, "is said to be at sector", B,
	  AT(CUT, 16, 0, IS_TABLE, 0) },
	{ "cut-grain", "length", "in the first grain", BAD, "are said to be at byte", S,
	  AT(CUT, 100, 0, IS_GRAIN, 0) },
	{ "cut-marker", "length", "in the first marker", BAD, "is cut off", B | C,
	  AT(CUT, 5, 0, IS_GRAIN, 0) },
	{ "cut-packed", "length", "in the first compressed grain", BAD, "impossible length", B | C,
	  AT(CUT, 100, 0, IS_GRAIN, 0) },
	{ "cut-stream", "length", "in the first compressed grain", BAD, "no footer marker", A,
	  AT(CUT, 100, 0, IS_GRAIN, 0) },
	{ "cut-end", "length", "before the end marker", BAD, "no footer marker", A,
	  AT(CUT, 0, 0, IS_LAST, 0) },
	{ "cut-footer", "length", "before the footer", BAD, "no footer marker", A,
	  AT(CUT, 0, 0, IS_FOOTER, 0) },
};

/* The largest grains that are read: what inflates them has room for several. */
static const char *make_huge_grains(const struct hostile_case *c)
{
	struct mk_image img = mk_build(&(struct mk_spec){
		.layout = MK_STREAM_FRONT,
		.capacity = 3 * 16384,
		.grain = 16384,
		.descriptor = "version=1\nRW 49152 SPARSE \"" DISK "\"\n",
	});

	(void)c;
	hostile_put(DISK, img.bytes, img.len);
	mk_free(&img);
	return NULL;
}

void hostile_add_kdmv(void)
{
	hostile_add(&(struct hostile_case){
		.name = "stream-front-grainsize-16384",
		.field = "grainSize",
		.value = "16384",
		.code = VIX_OK,
		.make = make_huge_grains,
	});
	HOSTILE_ADD_ROWS(header_rows, "");
	HOSTILE_ADD_ROWS(footer_rows, "footer-");
	HOSTILE_ADD_ROWS(table_rows, "");
	HOSTILE_ADD_ROWS(grain_rows, "grain-");
	HOSTILE_ADD_ROWS(cut_rows, "");
}
