/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How far a long operation is: the one way to tell a client, and to be told to stop.
 *
 *	struct vd_progress p;
 *	vd_progress_start(&p, progressFunc, progressCallbackData, total);	0
 *	VD_TRY(vd_progress_add(&p, sectors));					1..99
 *	vd_progress_end(&p);							100
 *
 * 1. 0 is told first, 100 last and once, when all is done and durable; an operation that fails never
 *    tells 100.  Percentages never fall; one may come again, so that who waits can cancel.
 * 2. The client's function runs on the thread that called the operation, with no lock held.
 * 3. FALSE cancels once the function has returned TRUE in the same operation: functions that return
 *    nothing, or always 0, were made for a library that does not look.  100 can't be cancelled.
 */
#ifndef VD_PROGRESS_H
#define VD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "vixDiskLib.h"

struct vd_progress {
	VixDiskLibProgressFunc fn; /* the client's; NULL: nobody is told */
	void *data;
	uint64_t total, done; /* in a unit of the operation's choice */
	uint64_t told_ms;     /* when @told was */
	int told;             /* percent */
	bool has_agreed;      /* it returned TRUE before */
	bool is_cancelled;
};

/**
 * vd_progress_start() - an operation begins: 0 percent
 * @fn:    the client's; may be NULL
 * @total: units of work, at most 2^56; 0 is as good as 1
 */
void vd_progress_start(struct vd_progress *p, VixDiskLibProgressFunc fn, void *data,
		       uint64_t total);

/**
 * vd_progress_add() - so much more is done
 * @p:     NULL: nobody is told
 * @units: 0 to ask only whether to stop; more than was announced counts as all
 *
 * To be called where the operation can be given up: cheap, so after each piece of work.
 * Errors: CANCELLED  the client said so, now or before
 */
VixError vd_progress_add(struct vd_progress *p, uint64_t units);

/** vd_progress_end() - the operation has succeeded: 100 percent */
void vd_progress_end(struct vd_progress *p);

#endif
