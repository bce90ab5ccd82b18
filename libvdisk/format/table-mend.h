/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a check of grain tables works with, and its changes of the file; for table-check.c.
 *
 * 1. Before the first change the file is marked as not closed; after the last one, and a flush, the
 *    mark is taken away.
 * 2. A table that gets another place goes behind the end of the file, and is durable before the
 *    directory names it.
 */
#ifndef VD_TABLE_MEND_H
#define VD_TABLE_MEND_H

#include "table-check.h"
#include "usage.h"

enum vd_copy { VD_FIRST, VD_SECOND };

/* A part of the file in memory, for reading it in order. */
struct vd_check_reader {
	unsigned char *buf;
	uint64_t off;
	size_t len;                  /* 0: nothing */
	uint64_t hole_off, hole_end; /* a hole that was found */
};

/* Both entries of a grain, as places. */
struct vd_check_entry {
	uint64_t was[2], now[2];
	bool is_unsound; /* was[VD_FIRST] can't be */
};

/* Both copies of a table. */
struct vd_check_pair {
	uint64_t index;
	uint64_t sector[2]; /* as the directories say */
	bool is_sound[2];   /* it can be there */
	bool is_shared;     /* both directories name the same one: it counts as one copy */
	const unsigned char
		*entries[2]; /* until the next pair is loaded; NULL: none, or unreadable */
	enum vd_copy read;   /* the one that readers use */
};

struct vd_check_work {
	struct vd_table_check *c;
	struct vd_grain_tables *t;
	struct vd_store *st;
	struct vd_usage used;
	struct vd_check_reader directories[2], tables[2];
	struct vd_check_entry *entries; /* of one table */
	unsigned char *table;           /* room for one table */
	const unsigned char *empty;     /* a table of zeros: that of a hole of the file */
	uint64_t n_grains;              /* of the capacity */
	bool is_first;                  /* this is the first window of the map */
	bool is_marked;
	bool has_overlap;                    /* so nothing is mended */
	uint64_t next_place;                 /* behind the last grain */
	uint64_t unsound_begin, unsound_end; /* tables with entries that can't be */
};

/** vd_check_work_open() - OUT_OF_MEMORY; vd_check_work_close() in any case */
VixError vd_check_work_open(struct vd_check_work *w, struct vd_table_check *c);

/** vd_check_work_close() - free */
void vd_check_work_close(struct vd_check_work *w);

/**
 * vd_check_is_sound_grain() - can a grain be at a place?
 *
 * Where there is none, that is fine, too.
 */
bool vd_check_is_sound_grain(const struct vd_check_work *w, uint64_t grain, uint64_t place);

/** vd_check_why_unsound() - why a grain can't be there; words for behind the place */
const char *vd_check_why_unsound(const struct vd_check_work *w, uint64_t place);

/**
 * vd_check_may_mend() - may anything be changed?
 *
 * Not where things share sectors: writing one of them could destroy another.
 */
bool vd_check_may_mend(const struct vd_check_work *w);

/**
 * vd_check_tell() - damage was found
 * @off:      byte of the file; or VD_NO_OFF
 * @can_mend: by itself, it could be mended
 *
 * Return: as vd_report_problem()
 */
bool vd_check_tell(const struct vd_check_work *w, uint64_t off, bool can_mend, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** vd_check_directory_off() - the byte at which the entry of a table lies in its directory */
uint64_t vd_check_directory_off(const struct vd_grain_tables *t, enum vd_copy copy, uint64_t index);

/** vd_check_load_sectors() - where the copies of a table are; @p has no entries */
void vd_check_load_sectors(struct vd_check_work *w, uint64_t index, struct vd_check_pair *p);

/** vd_check_load() - the same, with their entries, as far as they can be read */
void vd_check_load(struct vd_check_work *w, uint64_t index, struct vd_check_pair *p);

/** vd_mend_begin() - before a change: mark the file; FILE_ERROR, DISK_FULL, FILE_READ_ONLY */
VixError vd_mend_begin(struct vd_check_work *w);

/** vd_mend_end() - flush all changes, take the mark away; the same errors */
VixError vd_mend_end(struct vd_check_work *w);

/**
 * vd_mend_entry() - make a copy of a table from the other one, and have the directory name it
 *
 * Tells the report.  A first copy that the directory lacked becomes an empty one: which grains of
 * the second one it may have, comparing them tells.
 * Errors: as vd_mend_begin(), OUT_OF_MEMORY
 */
VixError vd_mend_entry(struct vd_check_work *w, const struct vd_check_pair *p, enum vd_copy copy);

/** vd_mend_table() - write a copy that can't be read from the other one; tells the report; likewise */
VixError vd_mend_table(struct vd_check_work *w, const struct vd_check_pair *p, enum vd_copy copy);

/** vd_mend_tables() - write what w->entries say into both copies; the same errors */
VixError vd_mend_tables(struct vd_check_work *w, const struct vd_check_pair *p);

#endif
