/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a check of a disk has found, and what became of it.
 *
 * 1. All problems are counted, and the first VD_PROBLEMS_MAX kept.
 * 2. A problem is mended when the file is as it should be, durably or after the next flush.
 * 3. Nothing here touches a file.
 */
#ifndef VD_REPORT_H
#define VD_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../common/array.h"
#include "vixDiskLib.h"

#define VD_PROBLEMS_MAX 1000u
#define VD_NO_OFF       UINT64_MAX /* a problem of the whole file */

enum vd_problem_kind {
	VD_PROBLEM_DAMAGE,  /* something can't be read, is wrong, or would be after a write */
	VD_PROBLEM_LEAK,    /* room that nothing uses, a file that is left over */
	VD_PROBLEM_TROUBLE, /* something could not be looked at */
};

struct vd_problem {
	enum vd_problem_kind kind;
	VixError code; /* what a call that stumbles over it gives; DISK_NEEDSREPAIR: none does */
	char *file;    /* its path */
	uint64_t off;  /* bytes; or VD_NO_OFF */
	char *what;    /* a sentence, without the file's name */
	const char *advice; /* what somebody can do; static */
	uint64_t clusters;  /* LEAK: how many; others: 1 */
	bool can_mend;      /* by repair */
	bool is_mended;
};

struct vd_report {
	bool repair; /* mend what can be mended; set by the caller, then constant */

	VU_ARRAY(struct vd_problem) problems;
	uint64_t damages, damages_mended;
	uint64_t leaks, leaks_mended; /* clusters */
	uint64_t troubles;
	bool is_short_of_memory; /* a problem could not be kept */
	struct vd_problem last;  /* the one that was told last, without its texts */
	bool is_last_kept;

	/* Grains of sparse extents; of others, units of 64 KiB. */
	uint64_t clusters, allocated, compressed;
	uint64_t fragmented;    /* allocated, but not behind the one before it */
	uint64_t end_off;       /* behind all that is in use, in the last file that was looked at */
	uint64_t cluster_bytes; /* of the last extent that was looked at */
};

/* The words for who can do what. */
#define VD_ADVICE_REPAIR  "CheckRepair with repair, or vdisk check --repair, mends it"
#define VD_ADVICE_RESTORE "copy the file again or restore it"
#define VD_ADVICE_CLONE   "clone the disk: the copy has none of it"

/**
 * vd_report_problem() - something was found
 * @p:   its file is copied, its what not looked at; clusters 0 counts as 1
 * @fmt: the sentence
 *
 * Return: true: the caller may mend it now, and tells so with vd_report_mended().
 */
bool vd_report_problem(struct vd_report *r, const struct vd_problem *p, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** vd_report_mended() - the last problem that was told is no more */
void vd_report_mended(struct vd_report *r);

/**
 * vd_report_result() - what the whole check comes to
 *
 * Return: VIX_OK  no damage is left; leaks are none
 *         DISK_NEEDSREPAIR  damage, and nothing was to be mended
 *         DISK_CANTREPAIR   damage that could not be mended
 *         the code of the first damage that has one of its own: FILE_NOT_FOUND, DISK_OPENPARENT ..
 *         FILE_ERROR        something could not be looked at, and what could be is sound
 *         OUT_OF_MEMORY
 */
VixError vd_report_result(const struct vd_report *r);

/**
 * vd_report_words() - what was logged of a file, without words that the report has elsewhere
 * @caught: see vu_log_catch(); changed
 * @file:   its path
 */
const char *vd_report_words(char *caught, const char *file);

/** vd_report_free() - free what it keeps */
void vd_report_free(struct vd_report *r);

#endif
