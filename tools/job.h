/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A long operation: how far it is, told to people and to programs, and how it is cancelled.
 *
 *	struct vdt_job_options how = VDT_JOB_OPTIONS;          VDT_OPTIONS_JOB(&how) in the table
 *	vdt_job_begin(&how, "converting", path);
 *	err = VixDiskLib_Clone(.., vdt_job_progress, NULL, ..);
 *	code = vdt_job_end(err, "cannot convert %s", path);
 *
 * 1. One at a time.  From begin to end Ctrl-C and SIGTERM do not end the program: they cancel the
 *    operation, which cleans up.  SIGUSR1 prints a line.
 * 2. Signals are taken by a thread, so no handler interrupts anything, and an operation that does
 *    not call back can still be asked.
 */
#ifndef VDT_JOB_H
#define VDT_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "exitcode.h"

struct vdt_job_options {
	int fd;       /* gets lines "N/100"; -1: none */
	bool shown;   /* also where stderr is no terminal */
	bool quiet;   /* never on a terminal */
	bool may_die; /* nothing is to be cleaned up: signals end the program as ever */
};

#define VDT_JOB_OPTIONS  \
	{                \
		.fd = -1 \
	}

/* The options of verbs that take their time: elements of a struct vdt_option array. */
#define VDT_OPTIONS_JOB(how)                                                                \
	{ "progress", 'p', VDT_OPT_MAYBE, (how), vdt_take_progress, "an open descriptor" }, \
	{                                                                                   \
		"no-progress", 0, VDT_OPT_FLAG, &(how)->quiet, NULL, NULL                   \
	}

/** vdt_take_progress() - for VDT_OPTIONS_JOB */
bool vdt_take_progress(const char *value, void *how);

/** vdt_job_begin() - "@verb @object" is what people read; @verb is borrowed until its end */
void vdt_job_begin(const struct vdt_job_options *how, const char *verb, const char *object);

/** vdt_job_is_wanted() - false once it was cancelled */
bool vdt_job_is_wanted(void);

/** vdt_job_progress() - a VixDiskLibProgressFunc; FALSE when the operation shall end */
Bool vdt_job_progress(void *data, int percent);

/** vdt_job_at() - the same for loops of our own: @done of @total bytes, 0: nobody knows; false: end */
bool vdt_job_at(uint64_t done, uint64_t total);

/** vdt_job_finish() - the operation is over; the caller tells what has become of it */
void vdt_job_finish(void);

/**
 * vdt_job_end() - the operation is over, told
 * @err: its result; VIX_E_CANCELLED where vdt_job_at() said so
 * @fmt: what failed, for vdt_report()
 *
 * Return: the exit code, which has been told where it is not VDT_OK.
 */
enum vdt_exit vdt_job_end(VixError err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
